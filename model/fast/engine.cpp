// model/fast/engine.cpp - the machine as it starts, and the small verbs every call is made of.
#include "model/fast/engine.hpp"

#include <algorithm>

#include "spec/kernel_bits.hpp"

namespace faultline::FL_FAST {

namespace {

/// Whether two neighbours may share an anon_vma although their protections differ.
/// Source: linux mm/vma.c:anon_vma_compatible@v6.12
bool shares_anon_vma(const Vma& below, const Vma& above, const Vma& donor) {
    constexpr u32 must_agree = ~u32{vma_prot};
    return below.hi == above.lo && above.pgoff + below.lo == below.pgoff + above.lo &&
           ((below.flags ^ above.flags) & must_agree) == 0 && donor.anon_vma != 0 &&
           donor.singular();
}

}  // namespace

Engine::Engine(const Config& config, const Rules& rules)
    : config_(config), rules_(rules), kind_(config.release),
      zone_(config.frames, config.cpus, config.batch_size), tables_(config.levels),
      store_(config.stack_guard_gap), anon_(rules, config.anon_vmas), tlb_(config.cpus),
      swap_(config.slots, config.swap_devices),
      mms_(config.mms), handles_(config.handles), mm_rows_(config.mms),
      handle_rows_(config.handles) {
    Mm& mm = mms_[0];
    mm.alive = true;
    mm.brk = config.heap;
    mm.tlb.context = ++contexts_;
    tables_.create(mm.tables);
    mm_rows_.take(0);
}

std::optional<u32> Engine::vm_fault(Ret fault) const {
    namespace vf = kernel::vm_fault;
    switch (fault) {
        case Ret::copied:
        case Ret::reused:   // VM_FAULT_WRITE went with 6.2
            return rules_.fault_lock == FaultLock::mmap_lock ? vf::write : 0;
        case Ret::zero_mapped:
        case Ret::new_page:
        case Ret::swapped_in:
        case Ret::spurious: return 0;
        case Ret::oom: return vf::oom;
        default: return std::nullopt;
    }
}

VmaId Engine::ending_at(Mm& mm, Vpn vpn) {
    if (vpn == 0) return 0;
    const VmaId id = covering(mm, vpn - 1);
    return id != 0 && vma(id).hi == vpn ? id : 0;
}
VmaId Engine::starting_at(Mm& mm, Vpn vpn) {
    const VmaId id = covering(mm, vpn);
    return id != 0 && vma(id).lo == vpn ? id : 0;
}
VmaId Engine::add_vma(MmId mm, Vpn lo, Vpn hi, u64 pgoff, u32 flags) {
    const VmaId id = store_.vmas.make();
    Vma& v = vma(id);
    v.lo = lo;
    v.hi = hi;
    v.pgoff = pgoff;
    v.mm = mm;
    set_flags(v, flags);
    mms_[mm].vmas.insert(store_, id);
    ++mms_[mm].map_count;
    return id;
}
void Engine::set_flags(Vma& v, u32 flags) {
    v.flags = flags;
    v.prot = page_prot(flags);
}
void Engine::resize(Mm& mm, VmaId id, Vpn lo, Vpn hi, u64 pgoff) {
    Vma& v = vma(id);
    write_lock(mm, v);
    if (!FL_MUTANT(resize_leaves_interval)) anon_.before_resize(v);
    mm.vmas.resize(store_, id, lo, hi);
    v.pgoff = pgoff;
    if (!FL_MUTANT(resize_leaves_interval)) anon_.after_resize(v);
}
void Engine::resize(Mm& mm, VmaId id, Vpn lo, Vpn hi) {
    const Vma& v = vma(id);
    resize(mm, id, lo, hi, v.pgoff + lo - v.lo);
}
/// [at, hi) becomes a VMA of its own. Source: linux mm/vma.c:__split_vma@v6.12
void Engine::split(Mm& mm, VmaId id, Vpn at) {
    const Vma old = vma(id);
    resize(mm, id, old.lo, at);
    const VmaId upper =
        add_vma(old.mm, at, old.hi,
                FL_MUTANT(split_keeps_pgoff)
                    ? old.pgoff
                    : old.index_of(at) + u64{FL_MUTANT(split_pgoff_off_by_one)},
                old.flags);
    write_lock(mm, vma(upper));
    inherit(upper, id);
}
void Engine::remove(Mm& mm, VmaId id) {
    mm.vmas.erase(store_, id);
    if (!anon_.unlink(vma(id))) broken_ = true;
    store_.vmas.release(id);
    --mm.map_count;
}
/// The survivor of a merge takes over the other side's chain if it has none.
void Engine::inherit(VmaId survivor, VmaId other) {
    if (FL_MUTANT(merge_drops_chain)) return;
    if (vma(survivor).anon_vma == 0 && vma(other).anon_vma != 0)
        anon_.clone(vma(survivor), survivor, vma(other));
}
/// Splits the VMA around `at` if it lies strictly inside; false if that cannot be had.
bool Engine::split_at(Mm& mm, Vpn at, bool counts, bool denied) {
    const VmaId id = covering(mm, at);
    if (id == 0 || vma(id).lo == at) return true;
    if (denied || !room_for_vma(mm)) return false;
    if (counts && mm.map_count >= config_.map_count_limit + u32{FL_MUTANT(map_limit_off_by_one)})
        return false;
    split(mm, id, at);
    return true;
}
/// Source: linux mm/vma.c:is_mergeable_anon_vma@v6.12, and commit 879bca0a2c4f
bool Engine::anon_mergeable(AnonId mine, bool mine_singular, const Vma& n) const {
    if (mine == n.anon_vma) return true;
    if (mine == 0) return n.singular() || FL_MUTANT(merge_with_fork_child);
    return n.anon_vma == 0 && mine_singular &&
           rules_.merge_anon == MergeAnon::either_singular;
}
/// [lo, hi) meets no VMA, nor the `gap` pages below the next one above if that is a stack.
bool Engine::range_free(Mm& mm, Vpn lo, Vpn hi, u64 gap) {
    const VmaId id = mm.vmas.find(store_, lo);
    if (id == 0) return true;
    const bool stack = (vma(id).flags & vma_growsdown) != 0;
    return vma(id).lo >= hi + (stack ? gap : 0);
}
void Engine::account_locked(Mm& mm, bool was, bool now, u64 pages) {
    if (now && !was) mm.locked_vm += pages;
    if (was && !now && !FL_MUTANT(locked_vm_never_falls)) mm.locked_vm -= pages;
}

/// Gives the VMA an anon_vma: the next one's, the previous one's, or a new root. False if the slab
/// refuses. Source: linux mm/rmap.c:__anon_vma_prepare, find_mergeable_anon_vma@v6.12
bool Engine::prepare(Vma& v, VmaId id, bool denied) {
    if (v.anon_vma != 0) return true;
    AnonId shared = 0;
    if (v.next != 0 && shares_anon_vma(v, vma(v.next), vma(v.next))) shared = vma(v.next).anon_vma;
    else if (v.prev != 0 && shares_anon_vma(vma(v.prev), v, vma(v.prev)))
        shared = vma(v.prev).anon_vma;
    if (FL_MUTANT(prepare_never_shares)) shared = 0;
    if (denied || (shared == 0 && !anon_.has_room())) return false;
    anon_.prepare(v, id, shared);
    return true;
}

}  // namespace faultline::FL_FAST
