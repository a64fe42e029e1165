// fuzz/systems/fast.cpp - records become calls of the engine, its structures an observation.
#include "fuzz/systems/fast.hpp"

#include "fuzz/reference/perform.hpp"

namespace faultline::fuzz {
namespace FL_FAST {

using namespace faultline::FL_FAST;

int result_of(Ret r) {
    switch (r) {
        case Ret::none:
        case Ret::blocked: return res_pending;
        case Ret::ok: return res_ok;
        case Ret::zero_mapped: return res_zero_mapped;
        case Ret::new_page: return res_new_page;
        case Ret::copied: return res_copied;
        case Ret::reused: return res_reused;
        case Ret::swapped_in: return res_swapped_in;
        case Ret::reclaimed: return res_reclaimed;
        case Ret::kept: return res_kept;
        case Ret::spurious: return res_spurious;
        case Ret::segv_maperr: return res_segv_maperr;
        case Ret::segv_accerr: return res_segv_accerr;
        case Ret::oom: return res_oom;
        case Ret::enomem: return res_enomem;
        case Ret::einval: return res_einval;
        case Ret::eexist: return res_eexist;
        case Ret::efault: return res_efault;
        case Ret::eagain: return res_eagain;
    }
    return res_pending;
}

namespace {

u32 prot_of(const Record& r) {
    return (r.has(flag_read) ? u32{faultline::FL_FAST::vma_read} : 0) |
           (r.has(flag_write) ? u32{faultline::FL_FAST::vma_write} : 0) |
           (r.has(flag_exec) ? u32{faultline::FL_FAST::vma_exec} : 0);
}
constexpr bool returns_page(std::uint8_t verb) {
    return verb == operation_id<OpMmap>() || verb == operation_id<OpMremap>() ||
           verb == operation_id<OpBrk>();
}

}  // namespace

/// The planted bug of this system is on in this thread while the system is used.
void FastSystem::switch_on() const {
#ifdef FAULTLINE_MUTANTS
    active_mutant() = static_cast<Mutant>(mutant_);
#endif
}

bool FastSystem::reset(const Bounds& b, const Rules& rules, std::string& problem) {
    switch_on();
    problem = std::string(bounds_problem(b));
    if (!problem.empty()) return false;
    bounds_ = b;
    Config c;
    c.levels = levels_;
    // In the middle of the arena begins what the second entry of the root table stands for.
    base_ = (std::uint64_t{1} << (9 * (levels_ - 1))) - static_cast<std::uint64_t>(b.pages / 2);
    const auto u = [](int x) { return static_cast<u32>(x); };
    const auto pages = static_cast<std::uint64_t>(b.pages);
    c.low = c.heap = c.min_pgoff = base_;
    c.high = base_ + pages;
    c.max_pgoff = base_ + static_cast<std::uint64_t>(b.max_pgoff());
    c.mms = u(b.mms);
    c.handles = u(b.handles);
    c.frames = u(b.frames);
    c.anon_vmas = u(b.anon_vmas);
    c.vmas_a_process = u(b.vmas);
    c.stack_guard_gap = u(b.stack_guard_gap);
    c.stack_limit = static_cast<u64>(b.stack_limit);
    c.memlock_limit = static_cast<u64>(b.memlock_limit);
    c.map_count_limit = u(b.map_count_limit);
    c.move_slack = u(b.move_slack);
    c.target_slack = u(b.target_slack);
    c.pin_bias = u(b.pin_bias);
    c.batch_size = u(b.batch_size);
    c.slots = u(b.slots);
    c.swap_devices = u(b.swap_devices);
    c.release = rules.fault_lock == FaultLock::mmap_lock ? x86::Release::v6_1
                                                         : x86::Release::v6_12;
    engine_ = std::make_unique<Engine>(c, rules);
    return true;
}

/// The page that the place names, 0 if there is none.
Pfn FastSystem::pointed() const {
    Engine& e = *engine_;
    const auto row = static_cast<u32>(place_.row);
    switch (place_.by) {
        case FramePlace::By::handle:
            return row < static_cast<u32>(bounds_.handles) ? e.handle(row).frame : 0;
        case FramePlace::By::slot: return row < e.swap().slots() ? e.swap().cached(row + 1) : 0;
        case FramePlace::By::entry: {
            if (row >= static_cast<u32>(bounds_.mms) || !e.mm(row).alive) return 0;
            const Entry entry = e.entry(row, base_ + static_cast<u64>(place_.page));
            if (is_frame(entry)) return frame_of(entry);
            return is_swap(entry) ? e.swap().cached(e.swap().slot_of(entry)) : 0;
        }
        case FramePlace::By::nothing: break;
    }
    return 0;
}
/// The call a record asks for. What its operation is not defined for is blocked.
Answer FastSystem::perform(const Record& r) {
    Engine& e = *engine_;
    const MmId who = r.who;
    const Vpn lo = base_ + r.page, hi = base_ + r.end;
    const bool range = r.page < r.end && r.end <= bounds_.pages;
    const bool page = r.page < bounds_.pages;
    const Access how = r.has(flag_write)  ? Access::write
                       : r.has(flag_exec) ? Access::fetch
                                          : Access::read;
    const Answer no{Ret::blocked};
    const bool grabs = page && r.gup != gup_none && r.gup <= gup_pin;
    const Grab kind = r.gup == gup_pin ? Grab::pin : Grab::get;
    switch (r.verb) {
        case operation_id<OpMmap>(): {
            const bool defined = r.op >= op_mmap && r.op <= op_mmap_noreplace &&
                                 (r.op != op_mmap || r.page == 0);
            const u32 grows = r.has(flag_grows) ? u32{faultline::FL_FAST::vma_growsdown} : 0;
            return range && defined ? e.mmap(who, static_cast<Place>(r.op - op_mmap), lo, hi,
                                             prot_of(r) | grows)
                                    : no;
        }
        case operation_id<OpMunmap>(): return range ? e.munmap(who, lo, hi) : no;
        case operation_id<OpMprotect>():
        case operation_id<OpAdvise>():
            if (!range || r.op < op_mprotect || r.op > op_munlock) return no;
            if (r.op == op_mprotect) return e.mprotect(who, lo, hi, prot_of(r));
            return e.advise(who, static_cast<Advice>(r.op - op_dontfork), lo, hi);
        case operation_id<OpDontneed>(): return range ? e.dontneed(who, lo, hi) : no;
        case operation_id<OpBrk>(): return r.end <= bounds_.pages ? e.brk(who, hi) : no;
        case operation_id<OpMremap>(): {
            const bool defined = range && r.span > 0 && r.span <= bounds_.pages &&
                                 (r.has(flag_fixed) || r.to == 0);
            return defined ? e.mremap(who, {lo, hi, base_ + r.to, r.span, r.has(flag_maymove),
                                            r.has(flag_fixed), r.has(flag_dontunmap)})
                           : no;
        }
        case operation_id<OpFault>():
            return page && !(r.has(flag_write) && r.has(flag_exec)) ? e.fault(who, lo, how) : no;
        case operation_id<OpFork>(): return e.fork(who);
        case operation_id<OpExit>(): return e.exit(who);
        case operation_id<OpGup>(): return grabs ? e.gup(who, lo, r.has(flag_write), kind) : no;
        case operation_id<OpGupFast>():
            return grabs ? e.gup_fast(who, lo, r.has(flag_write), kind) : no;
        case operation_id<OpStore>(): return page ? e.store_mapped(who, lo, r.value) : no;
        case operation_id<OpUnpin>(): return e.unpin(r.who);
        case operation_id<OpDma>(): return e.dma(r.who, r.value);
        case operation_id<OpDrain>(): return e.drain();
        case operation_id<OpReclaim>(): return e.reclaim(pointed());
        case operation_id<OpFreeSwap>(): return e.free_swap(pointed());
        case operation_id<OpSwapon>():
            return e.swapon(r.who, r.has(flag_fixed), r.has(flag_maymove));
        case operation_id<OpSwapoff>(): return e.swapoff(r.who);
        case operation_id<OpSwapoffEnd>(): return e.swapoff_end(r.who);
        case operation_id<OpUnuse>(): return page ? e.unuse(who, lo) : no;
        case verb_load: return page ? e.load(who, lo) : no;
        case verb_fetch: return page ? e.load(who, lo, true) : no;
        case verb_write: return page ? e.store(who, lo, r.value) : no;
        default: return no;
    }
}

Answered FastSystem::apply(const Record& r) {
    Answered out;
    const bool fits = r.page <= bounds_.pages && r.end <= bounds_.pages &&
                      r.to <= bounds_.pages && r.span <= bounds_.pages &&
                      r.value <= bounds_.values;
    if (!fits || r.task >= bounds_.tasks || r.verb == verb_step || r.has(flag_begin)) {
        out.blocked = true;
        return out;
    }
    switch_on();
    engine_->begin(r.deny);
    const Answer a = perform(r);
    out.blocked = a.ret == Ret::blocked;
    out.broken = engine_->broken();
    if (out.blocked) return out;
    out.result = result_of(a.ret);
    out.fault = result_of(a.fault);
    if (a.ret == Ret::ok && returns_page(r.verb)) out.page = page_of(a.page);
    out.child = a.child;
    out.handle = a.handle;
    out.value = static_cast<int>(a.value);
    return out;
}

void FastSystem::observe_vma(const Vma& v, SeenVma& out) const {
    out.lo = page_of(v.lo);
    out.hi = page_of(v.hi);
    out.pgoff = page_of(v.pgoff);
    out.flags = static_cast<std::uint16_t>(v.flags);
    out.anon_vma = v.anon_vma;
    out.chain.clear();
    for (AvcId c = v.chain_oldest; c != 0; c = engine_->anon().avc(c).newer)
        out.chain.push_back(engine_->anon().avc(c).anon_vma);
}
void FastSystem::observe_process(std::uint32_t id, SeenProcess& out) {
    const Mm& mm = engine_->mm(id);
    const VmaStore& store = engine_->vmas();
    out.alive = true;
    out.rss_anon = static_cast<int>(mm.rss_anon);
    out.rss_swap = static_cast<int>(mm.rss_swap);
    out.locked_vm = static_cast<int>(mm.locked_vm);
    out.map_count = static_cast<int>(mm.map_count);
    out.brk = page_of(mm.brk);
    std::size_t n = 0;
    for (VmaId v = mm.vmas.first(); v != 0; v = store.vmas[v].next) {
        if (out.vmas.size() == n) out.vmas.emplace_back();
        observe_vma(store.vmas[v], out.vmas[n++]);
    }
    out.vmas.resize(n);
    out.entries.assign(static_cast<std::size_t>(bounds_.pages), {});
    for (std::size_t p = 0; p < out.entries.size(); ++p) {
        const Entry e = engine_->entry(id, base_ + p);
        if (is_none(e)) continue;
        SeenEntry& seen = out.entries[p];
        if (is_swap(e)) {
            seen.kind = faultline::fuzz::EntryKind::swap;
            seen.slot = static_cast<int>(engine_->swap().slot_of(e));
            seen.swp_exclusive = is_swap_exclusive(e);
            continue;
        }
        const bool frame = is_frame(e);
        seen.kind = frame ? EntryKind::present : EntryKind::zero;
        seen.write = is_writable(e);
        seen.exec = (e & bits::no_execute) == 0 && !is_prot_none(e);
        seen.protnone = is_prot_none(e);
        seen.dirty = engine_->entries().is_dirty(e);
        if (!frame) continue;
        seen.frame = frame_of(e);
        seen.value = static_cast<int>(engine_->zone()[frame_of(e)].content);
    }
}
void FastSystem::observe(Observation& out) {
    const Engine& e = *engine_;
    out.processes.resize(static_cast<std::size_t>(bounds_.mms));
    for (std::uint32_t p = 0; p < out.processes.size(); ++p) {
        if (e.mm(p).alive) observe_process(p, out.processes[p]);
        else out.processes[p].alive = false;
    }
    out.frames.clear();
    for (std::uint32_t f = 1; f <= e.zone().frames(); ++f) {
        const Page& x = e.zone()[f];
        if (x.refcount == 0) continue;
        out.frames.push_back({f, static_cast<int>(x.refcount), static_cast<int>(x.mapcount),
                              x.anon_vma != 0 ? page_of(x.index) : 0,
                              (x.flags & page_exclusive) != 0, (x.flags & page_batched) != 0,
                              (x.flags & page_lru) != 0, x.anon_vma,
                              static_cast<int>(x.private_word), (x.flags & page_dirty) != 0});
    }
    out.frames_used = static_cast<int>(e.zone().in_use());
    out.anon_vmas.clear();
    for (AnonId a = 1; a < e.anon().end(); ++a) {
        const AnonVma& x = e.anon()[a];
        if (x.refcount == 0) continue;
        out.anon_vmas.push_back({a, x.root, x.parent, static_cast<int>(x.refcount),
                                 static_cast<int>(x.num_children),
                                 static_cast<int>(x.num_active_vmas)});
    }
    out.anon_vmas_live = static_cast<int>(e.anon().live());
    out.handles.resize(static_cast<std::size_t>(bounds_.handles));
    for (std::uint32_t h = 0; h < out.handles.size(); ++h)
        out.handles[h] = {e.handle(h).kind != Grab::none, e.handle(h).frame};
    observe_swap(out);
}
void FastSystem::observe_swap(Observation& out) const {
    const SwapStore& swap = engine_->swap();
    out.slots.resize(swap.slots());
    for (SlotId s = 1; s <= swap.slots(); ++s) {
        int device = 0;   // counted from 1, none while it is off
        for (u32 d = 0; d < swap.devices(); ++d)
            if (s >= swap.device(d).first && s < swap.device(d).end &&
                swap.device(d).phase != SwapPhase::off)
                device = static_cast<int>(d) + 1;
        out.slots[s - 1] = {device, static_cast<int>(swap.count(s)), swap.cached(s),
                            swap.has_cache(s), static_cast<int>(swap.content(s))};
    }
    out.devices.resize(swap.devices());
    for (u32 d = 0; d < swap.devices(); ++d)
        out.devices[d] = {static_cast<int>(swap.device(d).phase), swap.device(d).synchronous,
                          swap.device(d).stable};
}
std::string FastSystem::self_check() {
    switch_on();
    const char* wrong = engine_->self_check();
    return wrong != nullptr ? wrong : "";
}

}  // namespace FL_FAST

#ifdef FAULTLINE_MUTANTS
std::unique_ptr<System> make_fast_mutant(int mutant, unsigned levels) {
    return std::make_unique<FL_FAST::FastSystem>(levels, mutant);
}
#else
std::unique_ptr<System> make_fast(unsigned levels) {
    return std::make_unique<FL_FAST::FastSystem>(levels);
}
#endif

}  // namespace faultline::fuzz
