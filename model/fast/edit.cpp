// model/fast/edit.cpp - mprotect, madvise flags, mlock, munlock: one VMA after the other.
//
// Source: linux mm/mprotect.c:mprotect_fixup, change_pte_range; mm/mlock.c:apply_vma_lock_flags;
//         mm/madvise.c:madvise_update_vma; mm/vma.c:vma_modify@v6.12
#include <algorithm>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

u32 Engine::EditCall::edited(u32 flags) const {
    switch (what) {
        case Edit::protect: return (flags & ~vma_prot) | prot;
        case Edit::dontfork: return flags | vma_dontfork;
        case Edit::dofork: return flags & ~u32{vma_dontfork};
        case Edit::wipeonfork: return flags | vma_wipeonfork;
        case Edit::keeponfork: return flags & ~u32{vma_wipeonfork};
        case Edit::lock: return flags | vma_locked;
        case Edit::unlock: return flags & ~u32{vma_locked};
    }
    return flags;
}

Answer Engine::mprotect(MmId id, Vpn lo, Vpn hi, u32 prot) {
    return edit(id, {Edit::protect, prot, lo, hi});
}
Answer Engine::advise(MmId id, Advice what, Vpn lo, Vpn hi) {
    const auto edit_of = static_cast<Edit>(static_cast<u8>(what) + 1);
    return edit(id, {edit_of, 0, lo, hi});
}
Answer Engine::edit(MmId id, EditCall call) {
    if (!alive(id) || call.cursor >= call.end) return {Ret::blocked};
    Mm& mm = mms_[id];
    if (call.what == Edit::lock &&
        mm.locked_vm + (call.end - call.cursor) > config_.memlock_limit && !FL_MUTANT(mlock_unlimited))
        return {Ret::enomem};
    bool hole = false;
    Ret ret = Ret::ok;
    while (call.cursor < call.end && ret == Ret::ok) {
        const VmaId here = mm.vmas.find(store_, call.cursor);
        const bool covered = here != 0 && vma(here).lo <= call.cursor;
        if (!covered && !call.advice()) {
            ret = Ret::enomem;
        } else if (!covered) {
            hole = true;
            call.cursor = here != 0 ? std::min(vma(here).lo, call.end) : call.end;
        } else if (call.edited(vma(here).flags) == vma(here).flags) {
            call.cursor = std::min(vma(here).hi, call.end);
        } else {
            ret = edit_piece(mm, here, call);
            if (ret != Ret::ok) break;
            const VmaId now = covering(mm, call.cursor);
            call.cursor = std::min(vma(now).hi, call.end);
        }
    }
    end_write(mm);
    return {ret == Ret::ok && hole ? Ret::enomem : ret};
}

/// The piece of v from the cursor on, with its new flags, may join n.
bool Engine::piece_joins(const EditCall& call, const Vma& v, const Vma& n, bool denied) const {
    return call.edited(v.flags) == n.flags && n.pgoff + v.lo == v.pgoff + n.lo && !denied &&
           anon_mergeable(v.anon_vma, v.singular(), n);
}
/// The piece starts its VMA: the VMA below takes it, and perhaps the one above with it.
bool Engine::edit_left(Mm& mm, VmaId id, const EditCall& call) {
    const bool denied = refuse();
    const Vma& v = vma(id);
    if (v.lo != call.cursor || v.prev == 0) return false;
    const VmaId below = v.prev;
    Vma& n = vma(below);
    if (n.hi != v.lo || !piece_joins(call, v, n, denied)) return false;
    const VmaId above = v.next;
    const bool both = above != 0 && vma(above).lo == v.hi && v.hi <= call.end &&
                      piece_joins(call, v, vma(above), denied) &&
                      outer_agree(n.anon_vma, vma(above).anon_vma);
    const Vpn stop = std::min(v.hi, call.end);
    account_locked(mm, (v.flags & vma_locked) != 0, (n.flags & vma_locked) != 0, stop - v.lo);
    inherit(below, id);
    Vpn end = stop;
    if (v.hi == stop) remove(mm, id);
    else resize(mm, id, stop, v.hi);
    if (both) {
        inherit(below, above);
        end = vma(above).hi;
        remove(mm, above);
    }
    resize(mm, below, n.lo, end);
    return true;
}
/// The piece ends its VMA: the VMA above takes it.
bool Engine::edit_right(Mm& mm, VmaId id, const EditCall& call) {
    const bool denied = refuse();
    const Vma& v = vma(id);
    const VmaId above = v.next;
    if (above == 0 || vma(above).lo != v.hi || v.hi > call.end) return false;
    const Vma& n = vma(above);
    if (!piece_joins(call, v, n, denied)) return false;
    account_locked(mm, (v.flags & vma_locked) != 0, (n.flags & vma_locked) != 0,
                   v.hi - call.cursor);
    inherit(above, id);
    const u64 pgoff = FL_MUTANT(merge_right_keeps_pgoff) ? n.pgoff : v.index_of(call.cursor);
    const Vpn lo = v.lo;
    if (lo == call.cursor) remove(mm, id);
    else resize(mm, id, lo, call.cursor);
    resize(mm, above, call.cursor, n.hi, pgoff);
    return true;
}
Ret Engine::edit_piece(Mm& mm, VmaId id, const EditCall& call) {
    if (!edit_left(mm, id, call) && !edit_right(mm, id, call)) {
        const Ret failed = call.advice() ? Ret::eagain : Ret::enomem;
        if (!split_at(mm, call.cursor, true, refuse())) return failed;
        const bool denied = refuse();
        if (vma(covering(mm, call.cursor)).hi > call.end &&
            !split_at(mm, call.end, true, denied))
            return failed;
    }
    Vma& v = vma(covering(mm, call.cursor));
    write_lock(mm, v);
    const u32 flags = call.edited(v.flags);
    account_locked(mm, (v.flags & vma_locked) != 0, (flags & vma_locked) != 0, v.pages());
    set_flags(v, flags);
    if (call.what == Edit::protect) protect(mm, v, call.cursor, std::min(v.hi, call.end));
    return Ret::ok;
}

/// Entries under v's protection; some stay writable. Source: change_pte_range,
/// can_change_private_pte_writable@v6.12
void Engine::protect(Mm& mm, const Vma& v, Vpn lo, Vpn hi) {
    const MprotectUpgrade rule = rules_.mprotect_upgrade;
    const bool upgrades = (v.flags & vma_write) != 0 && rule != MprotectUpgrade::no;
    Gather gather(tlb_, mm.tlb);
    tables_.each_leaf(mm.tables, lo, hi, [&](TableId at, Vpn from, Vpn to) {
        Table& table = tables_.table(at);
        for (Vpn vpn = from; vpn < to; ++vpn) {
            Entry& e = table.e[vpn & 511];
            if (is_none(e)) continue;
            bool write = false;
            if (upgrades && is_frame(e))
                write = ((zone_[frame_of(e)].flags & page_exclusive) != 0 ||
                         FL_MUTANT(upgrade_shared)) &&
                        (rule == MprotectUpgrade::exclusive || kind_.is_dirty(e));
            if (FL_MUTANT(protect_keeps_write) && is_writable(e)) write = true;
            e = kind_.protect(e, v.prot, write);
            if (!FL_MUTANT(protect_skips_flush)) gather.add(vpn);
        }
    });
}

}  // namespace faultline::FL_FAST
