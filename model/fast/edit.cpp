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
    const Vpn lo = call.cursor;
    if (call.what == Edit::lock && !FL_MUTANT(mlock_unlimited) &&
        mm.locked_vm + (call.end - lo) - locked_pages(mm, lo, call.end) > config_.memlock_limit)
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
    if (ret == Ret::ok && hole) return {Ret::enomem};
    if (ret == Ret::ok && call.what == Edit::lock && !FL_MUTANT(mlock_fills_nothing))
        ret = populate(mm, lo, call.end, true);
    return {ret};
}
u64 Engine::locked_pages(Mm& mm, Vpn lo, Vpn hi) {
    u64 pages = 0;
    for (VmaId v = mm.vmas.find(store_, lo); v != 0 && vma(v).lo < hi; v = vma(v).next)
        if ((vma(v).flags & vma_locked) != 0)
            pages += std::min(vma(v).hi, hi) - std::max(vma(v).lo, lo);
    return pages;
}
/// VMA by VMA, a page at a time. A fault that finds no memory is tried again if the VMA had pages
/// before it. Source: linux mm/gup.c:__mm_populate, populate_vma_page_range@v6.12
Ret Engine::populate(Mm& mm, Vpn lo, Vpn hi, bool reports) {
    const bool each_page = rules_.mlock_drains == MlockDrains::each_page;
    bool got_on = false;   // since the VMA was entered
    for (Vpn at = lo; at < hi;) {
        const VmaId id = mm.vmas.find(store_, at);
        if (id == 0 || vma(id).lo >= hi) return Ret::ok;
        const Vma& v = vma(id);
        at = std::max(at, v.lo);
        const Vpn stop = std::min(v.hi, hi);
        if ((v.flags & vma_prot) == 0) {
            if (!each_page) zone_.drain(cpu_);
            if (reports) return Ret::enomem;
            at = stop;
            got_on = false;
            continue;
        }
        const Entry e = tables_.get(mm.tables, at);
        const bool write = (v.flags & vma_write) != 0 && !FL_MUTANT(populate_only_reads);
        if (is_present(e) && (!write || is_writable(e))) {
            got_on = ++at != stop;
            if (each_page ? is_frame(e) : at == stop) zone_.drain(cpu_);
            continue;
        }
        const u32 asked = ask_gup | (write ? u32{ask_write} : 0);
        if (handle_covered(mm, id, at, asked) != Ret::oom) continue;
        if (!each_page) zone_.drain(cpu_);
        if (FL_MUTANT(populate_never_again)) got_on = false;
        if (!got_on && reports) return FL_MUTANT(populate_hides_oom) ? Ret::ok : Ret::eagain;
        if (!got_on) at = stop;
        got_on = false;
    }
    return Ret::ok;
}

/// The piece of v from the cursor on, with its new flags, may join n.
bool Engine::piece_joins(const EditCall& call, const Vma& v, const Vma& n) const {
    return call.edited(v.flags) == n.flags && n.pgoff + v.lo == v.pgoff + n.lo &&
           anon_mergeable(v.anon_vma, v.singular(), n);
}
/// The piece starts its VMA: the VMA below takes it, and perhaps the one above with it.
Engine::Join Engine::edit_left(Mm& mm, VmaId id, const EditCall& call) {
    const bool denied = refuse();
    const Vma& v = vma(id);
    if (v.lo != call.cursor || v.prev == 0) return Join::no;
    const VmaId below = v.prev;
    Vma& n = vma(below);
    if (n.hi != v.lo || !piece_joins(call, v, n)) return Join::no;
    if (denied) return Join::denied;
    const VmaId above = v.next;
    const bool both = above != 0 && vma(above).lo == v.hi && v.hi <= call.end &&
                      piece_joins(call, v, vma(above)) &&
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
    return Join::yes;
}
/// The piece ends its VMA: the VMA above takes it.
Engine::Join Engine::edit_right(Mm& mm, VmaId id, const EditCall& call) {
    const bool denied = refuse();
    const Vma& v = vma(id);
    const VmaId above = v.next;
    if (above == 0 || vma(above).lo != v.hi || v.hi > call.end) return Join::no;
    const Vma& n = vma(above);
    if (!piece_joins(call, v, n)) return Join::no;
    if (denied) return Join::denied;
    account_locked(mm, (v.flags & vma_locked) != 0, (n.flags & vma_locked) != 0,
                   v.hi - call.cursor);
    inherit(above, id);
    const u64 pgoff = FL_MUTANT(merge_right_keeps_pgoff) ? n.pgoff : v.index_of(call.cursor);
    const Vpn lo = v.lo;
    if (lo == call.cursor) remove(mm, id);
    else resize(mm, id, lo, call.cursor);
    resize(mm, above, call.cursor, n.hi, pgoff);
    return Join::yes;
}
Ret Engine::edit_piece(Mm& mm, VmaId id, const EditCall& call) {
    const Ret failed = call.advice() ? Ret::eagain : Ret::enomem;
    Join join = edit_left(mm, id, call);
    if (join == Join::no) join = edit_right(mm, id, call);
    if (join == Join::denied && rules_.merge_oom == MergeOom::fails) return failed;
    if (join != Join::yes) {
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
    const bool locks = call.what == Edit::lock || call.what == Edit::unlock;
    if (locks && rules_.mlock_drains == MlockDrains::each_range && !FL_MUTANT(populate_skips_drain))
        zone_.drain(cpu_);
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
            if (!is_present(e) && !(is_swap(e) && FL_MUTANT(protect_takes_swap_entries))) continue;
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
