// model/fast/fork.cpp - fork: VMAs with their chains, then page tables, one table at a time.
//
// Source: linux kernel/fork.c:dup_mmap; mm/memory.c:copy_page_range, copy_present_ptes,
//         copy_present_page@v6.12
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// A pinned page: the child gets a copy at once. False if memory ran out.
bool Engine::copy_pinned(const Vma& copy, Vpn vpn, Pfn old, Entry& out) {
    const Pfn fresh = refuse() ? 0 : zone_.alloc(cpu_);
    if (fresh == 0) return false;
    own(fresh, copy, vpn, zone_[old].content);
    out = kind_.make(fresh, copy.prot, (copy.flags & vma_write) != 0, true);
    return true;
}
/// The entries of one table in [lo, hi): shared read-only, or copied where pinned.
bool Engine::copy_table(Mm& parent, Mm& child, TableId from, VmaId copy, Vpn lo, Vpn hi,
                        Gather& gather) {
    const bool may_copy = rules_.fork_pinned == ForkPinned::copy && parent.has_pinned &&
                          !FL_MUTANT(fork_shares_pinned);
    const bool by_flag = rules_.cow_reuse == CowReuse::exclusive;
    const TableId to = tables_.make_leaf(child.tables, lo);
    Table& source = tables_.table(from);
    Table& target = tables_.table(to);
    u32 added = 0, pages = 0, swapped = 0;
    bool ok = true;
    for (Vpn vpn = lo; vpn < hi; ++vpn) {
        Entry& e = source.e[vpn & 511];
        if (is_none(e)) continue;
        Entry& into = target.e[vpn & 511];
        if (is_frame(e)) {
            const Pfn frame = frame_of(e);
            Page& page = zone_[frame];
            const bool pinned = may_copy && page.refcount >= config_.pin_bias &&
                                (!by_flag || (page.flags & page_exclusive) != 0);
            if (pinned) {
                ok = copy_pinned(vma(copy), vpn, frame, into);
                if (!ok) break;
            } else {
                if (!FL_MUTANT(fork_keeps_exclusive)) page.flags &= ~u32{page_exclusive};
                if (!FL_MUTANT(fork_not_mapcounted)) ++page.mapcount;
                if (!FL_MUTANT(fork_takes_no_reference)) ++page.refcount;
                if (is_writable(e) && !FL_MUTANT(fork_keeps_parent_writable)) {
                    e = kind_.wrprotect(e);
                    if (!FL_MUTANT(fork_skips_flush)) gather.add(vpn);
                }
                into = e;
                if (FL_MUTANT(fork_child_loses_dirty)) into &= ~(bits::dirty | kind_.saved_dirty);
            }
            ++pages;
        } else if (is_swap(e)) {
            // Both sides lose the marker: they share what comes back.
            if (!FL_MUTANT(fork_swap_not_counted)) swap_.dup(swap_.slot_of(e));
            if (!FL_MUTANT(fork_keeps_swap_marker)) e &= ~bits::swap_exclusive;
            into = e;
            ++swapped;
        } else {
            into = e;
        }
        ++added;
    }
    tables_.meta(to).used += added;
    if (!FL_MUTANT(fork_rss_not_counted)) child.rss_anon += pages;
    child.rss_swap += swapped;
    return ok;
}
bool Engine::copy_pages(Mm& parent, Mm& child, const Vma& v, VmaId copy, Gather& gather) {
    bool ok = true;
    tables_.each_leaf(parent.tables, v.lo, v.hi, [&](TableId from, Vpn lo, Vpn hi) {
        ok = ok && copy_table(parent, child, from, copy, lo, hi, gather);
    });
    return ok;
}

Answer Engine::fork(MmId id) {
    const int row = mm_rows_.lowest_free();
    if (!alive(id) || row < 0) return {Ret::blocked};
    const auto child_id = static_cast<MmId>(row);
    mm_rows_.take(child_id);
    Mm& parent = mms_[id];
    Mm& child = mms_[child_id];
    child.brk = parent.brk;
    child.tlb.context = ++contexts_;
    tables_.create(child.tables);
    bool ok = true;
    {
        Gather gather(tlb_, parent.tlb);
        for (VmaId at = parent.vmas.first(); at != 0 && ok; at = vma(at).next) {
            const bool denied = refuse();
            Vma& v = vma(at);
            write_lock(parent, v);
            if ((v.flags & vma_dontfork) != 0 && !FL_MUTANT(fork_ignores_dontfork)) continue;
            if (denied) {
                ok = false;
                break;
            }
            const VmaId copy = add_vma(child_id, v.lo, v.hi, v.pgoff,
                                       FL_MUTANT(fork_keeps_locked) ? v.flags
                                                                    : v.flags & ~u32{vma_locked});
            if ((v.flags & vma_wipeonfork) != 0 && !FL_MUTANT(fork_ignores_wipeonfork)) continue;
            ok = anon_.fork(vma(copy), copy, v);
            // Pages are copied only if the parent may have anonymous ones (vma_needs_copy).
            if (ok && v.anon_vma != 0) ok = copy_pages(parent, child, v, copy, gather);
        }
        if (ok) refuse();   // the look for one more VMA
    }
    end_write(parent);
    if (!ok) {
        tear_down(child_id);
        return {Ret::enomem};
    }
    child.alive = true;
    Answer out;
    out.child = row;
    return out;
}

}  // namespace faultline::FL_FAST
