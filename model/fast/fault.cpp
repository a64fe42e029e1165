// model/fast/fault.cpp - page faults, and user accesses through the TLB.
//
// Source:  linux arch/x86/mm/fault.c:do_user_addr_fault, access_error;
//          mm/memory.c:handle_pte_fault, do_anonymous_page, do_wp_page, wp_page_copy;
//          mm/mmap.c:expand_downwards@v6.12
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// A fault of one page by a user (or by GUP, which wants it unshared).
Ret Engine::handle(Mm& mm, Vpn vpn, u32 asked) {
    for (;;) {
        const VmaId id = mm.vmas.find(store_, vpn);
        if (id == 0) return Ret::segv_maperr;
        const Vma& v = vma(id);
        if (v.lo <= vpn) return handle_covered(mm, id, vpn, asked);
        // GUP does not grow stacks.
        const bool for_gup = (asked & ask_gup) != 0 && !FL_MUTANT(gup_grows_stack);
        if ((v.flags & vma_growsdown) == 0 || for_gup)
            return Ret::segv_maperr;
        if (!expand(mm, id, vpn)) return Ret::segv_maperr;
    }
}

/// Grows the stack down to the page; false if it may not or memory is short.
bool Engine::expand(Mm& mm, VmaId above, Vpn vpn) {
    const bool denied = refuse();
    Vma& v = vma(above);
    const u64 pages = v.lo - vpn;
    if (v.prev != 0) {
        const Vma& below = vma(v.prev);
        const bool near = below.hi + config_.stack_guard_gap >
                          vpn + u64{FL_MUTANT(guard_gap_off_by_one)};
        if (near && (below.flags & vma_growsdown) == 0 && (below.flags & vma_prot) != 0)
            return false;
    }
    const bool fits = v.hi - vpn <= config_.stack_limit &&
                      v.pgoff >= config_.min_pgoff + pages &&
                      ((v.flags & vma_locked) == 0 ||
                       mm.locked_vm + pages <= config_.memlock_limit);
    if (!fits || !prepare(v, above, denied)) return false;
    if (!FL_MUTANT(expand_not_accounted))
        account_locked(mm, false, (v.flags & vma_locked) != 0, pages);
    if (FL_MUTANT(expand_keeps_pgoff)) resize(mm, above, vpn, v.hi, v.pgoff);
    else resize(mm, above, vpn, v.hi);
    end_write(mm);
    return true;
}

Ret Engine::handle_covered(Mm& mm, VmaId id, Vpn vpn, u32 asked) {
    const Vma& v = vma(id);
    const bool write = (asked & ask_write) != 0, unshare = (asked & ask_unshare) != 0;
    if (v.lock_seq == mm.lock_seq) broken_ = true;   // a writer left it locked
    if (write ? (v.flags & vma_write) == 0 : (v.flags & vma_prot) == 0) return Ret::segv_accerr;
    const TableId table = tables_.leaf(mm.tables, vpn);
    const Entry e = table != 0 ? tables_.table(table).e[vpn & 511] : 0;
    // A fetch is refused only where something is mapped; an empty entry is filled first.
    if ((asked & ask_fetch) != 0 && (v.flags & vma_exec) == 0 && is_present(e) && !is_prot_none(e))
        return Ret::segv_accerr;
    if (is_none(e)) {
        if (write) return new_page(mm, id, vpn, e, unshare);
        if (refuse()) return Ret::oom;   // the page table
        const u64 prot = v.prot | bits::special;
        tables_.set(table != 0 ? table : tables_.make_leaf(mm.tables, vpn), vpn,
                    kind_.make(0, prot, FL_MUTANT(zero_page_writable) && (v.flags & vma_write) != 0,
                               false));
        return Ret::zero_mapped;
    }
    if (is_swap(e)) return swap_in(mm, id, vpn, e, write);
    if (is_zero_page(e)) return write ? new_page(mm, id, vpn, e, unshare) : Ret::spurious;
    const bool shared = (zone_[frame_of(e)].flags & page_exclusive) == 0;
    if ((write && !is_writable(e)) || (unshare && shared))
        return write_protected(mm, id, table, vpn, unshare);
    return Ret::spurious;
}

/// May this write-protected page be written in place?
bool Engine::may_reuse(Pfn frame) {
    const Page& page = zone_[frame];
    switch (rules_.cow_reuse) {
        case CowReuse::exclusive:
            if ((page.flags & page_exclusive) != 0) return true;
            if (page.refcount <= 3 && (page.flags & page_batched) != 0 &&
                !FL_MUTANT(reuse_without_drain))
                zone_.drain(cpu_);
            if (page.refcount == 2 && !FL_MUTANT(reuse_keeps_swap_cache)) free_swap_of(frame);
            return page.refcount == 1 || (FL_MUTANT(reuse_by_mapcount) && page.mapcount == 1);
        case CowReuse::page_count:
            return page.refcount == 1 && page.mapcount == 1;
        case CowReuse::mapcount:
            return reuse_swap_page(frame);
    }
    return false;
}
/// Write to, or unsharing of, a present write-protected page: reuse or copy.
Ret Engine::write_protected(Mm& mm, VmaId id, TableId table, Vpn vpn, bool unshare) {
    const Entry e = tables_.table(table).e[vpn & 511];
    Page& page = zone_[frame_of(e)];
    if (!may_reuse(frame_of(e))) return new_page(mm, id, vpn, e, unshare);
    if (rules_.reuse_moves_rmap == ReuseMovesRmap::yes && (page.flags & page_exclusive) == 0 &&
        !FL_MUTANT(reuse_keeps_rmap))
        page.anon_vma = vma(id).anon_vma;
    if (!FL_MUTANT(reuse_not_exclusive)) page.flags |= page_exclusive;
    if (!unshare) {
        const u64 dirty = FL_MUTANT(reuse_not_dirty) ? 0 : bits::dirty;
        tables_.set(table, vpn, kind_.mkwrite(e) | dirty);
    }
    return Ret::reused;
}

/// A fresh page becomes the page of v at vpn, exclusive. linux folio_add_new_anon_rmap@v6.12
void Engine::own(Pfn frame, const Vma& v, Vpn vpn, u64 content) {
    Page& page = zone_[frame];
    page.content = content;
    page.mapcount = 1;
    page.flags = page_uptodate | page_swapbacked;
    if (!FL_MUTANT(new_page_not_exclusive)) page.flags |= page_exclusive;
    page.anon_vma = FL_MUTANT(new_page_names_root) ? anon_[v.anon_vma].root : v.anon_vma;
    page.index = FL_MUTANT(index_ignores_pgoff) ? vpn : v.index_of(vpn);
    if (!FL_MUTANT(new_page_not_batched)) zone_.add_to_batch(cpu_, frame);
}
/// Fills an empty entry, or replaces what `old` maps by a copy.
Ret Engine::new_page(Mm& mm, VmaId id, Vpn vpn, Entry old, bool unshare) {
    Vma& v = vma(id);
    const bool copies = is_frame(old);
    if (!prepare(v, id, refuse())) return Ret::oom;
    const Pfn fresh = refuse() ? 0 : zone_.alloc(cpu_);
    if (fresh == 0) return Ret::oom;
    const bool keeps = copies && !FL_MUTANT(copy_forgets_content);
    own(fresh, v, vpn, keeps ? zone_[frame_of(old)].content : 0);
    const bool write = (v.flags & vma_write) != 0 && !unshare;
    tables_.set(tables_.make_leaf(mm.tables, vpn), vpn,
                kind_.make(fresh, v.prot, write, !unshare && !FL_MUTANT(new_page_clean)));
    if (is_none(old)) {
        ++mm.rss_anon;
        return Ret::new_page;
    }
    if (!FL_MUTANT(copy_skips_flush) || !copies) tlb_.flush_page(mm.tlb, vpn);
    if (!copies) {
        if (!FL_MUTANT(zero_to_page_not_counted)) ++mm.rss_anon;
        return Ret::copied;
    }
    const Pfn before = frame_of(old);
    if (!FL_MUTANT(copy_keeps_mapcount)) zone_.remove_map(zone_[before]);
    free_swap_cache(before);
    if (!FL_MUTANT(copy_keeps_reference)) zone_.put(cpu_, before);
    return Ret::copied;
}

Answer Engine::fault(MmId id, Vpn vpn, Access how) {
    if (!alive(id)) return {Ret::blocked};
    return {handle(mms_[id], vpn, ask(how))};
}

/// What the processor does: its TLB, else the tables; sets D before the first store.
bool Engine::translate(Mm& mm, Vpn vpn, Access how, Pfn& frame) {
    const auto serves = [&](Entry e) {
        return how == Access::read || (how == Access::fetch ? (e & bits::no_execute) == 0
                                                            : is_writable(e));
    };
    const bool write = how == Access::write;
    if (const Translation* t = tlb_.look(cpu_, mm.tlb, vpn))
        if (serves(t->entry) && (!write || (t->entry & bits::dirty) != 0)) {
            frame = frame_of(t->entry);
            return true;
        }
    const TableId table = tables_.leaf(mm.tables, vpn);
    if (table == 0) return false;
    Entry& e = tables_.table(table).e[vpn & 511];
    if ((e & bits::present) == 0 || !serves(e)) return false;
    e |= bits::accessed;
    if (write) e |= bits::dirty;
    tlb_.fill(cpu_, mm.tlb, vpn, e);
    frame = frame_of(e);
    return true;
}
/// Faults until the access goes through, or is refused.
Ret Engine::access(Mm& mm, Vpn vpn, Access how, Answer& out) {
    Pfn frame = 0;
    for (int tries = 0; !translate(mm, vpn, how, frame); ++tries) {
        out.fault = handle(mm, vpn, ask(how));
        if (is_refused(out.fault)) return out.fault;
        if (tries < 8) continue;
        broken_ = true;
        return Ret::blocked;
    }
    out.value = zone_[frame].content;
    return Ret::ok;
}
Answer Engine::load(MmId id, Vpn vpn, bool fetch) {
    Answer out;
    out.ret = alive(id) ? access(mms_[id], vpn, fetch ? Access::fetch : Access::read, out)
                        : Ret::blocked;
    if (out.ret != Ret::ok) out.value = 0;
    return out;
}
Answer Engine::store_mapped(MmId id, Vpn vpn, u64 value) {
    Pfn frame = 0;
    if (!alive(id) || !translate(mms_[id], vpn, Access::write, frame)) return {Ret::blocked};
    zone_[frame].content = value;
    return {};
}
Answer Engine::store(MmId id, Vpn vpn, u64 value) {
    if (!alive(id)) return {Ret::blocked};
    Answer out;
    out.ret = access(mms_[id], vpn, Access::write, out);
    out.value = 0;
    if (out.ret == Ret::ok) out.ret = store_mapped(id, vpn, value).ret;
    return out;
}

}  // namespace faultline::FL_FAST
