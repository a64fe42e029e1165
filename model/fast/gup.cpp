// model/fast/gup.cpp - get_user_pages slow and fast, unpin, device stores through a pin.
//
// Source: linux mm/gup.c:__get_user_pages, follow_page_pte, gup_fast_pte_range,
//         gup_must_unshare@v6.12
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// A read pin must not be taken on a page that may be shared.
bool Engine::must_unshare(Entry e, bool write, Grab kind) const {
    return rules_.gup_unshare == GupUnshare::yes && kind == Grab::pin && !write &&
           (zone_[frame_of(e)].flags & page_exclusive) == 0 && !FL_MUTANT(pin_never_unshares);
}
Answer Engine::keep(Pfn frame, bool write, Grab kind) {
    const int row = handle_rows_.lowest_free();
    handle_rows_.take(static_cast<u32>(row));
    handles_[static_cast<u32>(row)] = {kind, write, frame};
    zone_[frame].refcount += FL_MUTANT(pin_counts_one) ? 1 : refs(kind);
    Answer out;
    out.handle = row;
    return out;
}
/// Follows the page, faulting as often as it takes. `got` is 0 for the zero page.
Ret Engine::follow(Mm& mm, Vpn vpn, bool write, Grab kind, Pfn& got) {
    got = 0;
    for (int tries = 0; tries < 8; ++tries) {
        const VmaId id = covering(mm, vpn);
        const u32 needs = write ? vma_write : vma_read;
        const bool allowed = id != 0 && (vma(id).flags & needs) != 0;
        if (id != 0 && !allowed && !FL_MUTANT(gup_ignores_vma_flags)) return Ret::efault;
        const Entry e = tables_.get(mm.tables, vpn);
        if (allowed && is_zero_page(e) && !write) return Ret::ok;
        const bool usable = allowed && is_frame(e) && !is_prot_none(e) &&
                            (is_writable(e) || !write);
        const bool unshare = usable && must_unshare(e, write, kind);
        if (usable && !unshare) {
            got = frame_of(e);
            return Ret::ok;
        }
        const Ret ret = handle(mm, vpn, ask_gup | (write ? u32{ask_write} : 0) |
                                           (unshare ? u32{ask_unshare} : 0));
        if (ret == Ret::oom) return Ret::enomem;
        if (is_refused(ret)) return Ret::efault;
    }
    broken_ = true;
    return Ret::blocked;
}
Answer Engine::gup(MmId id, Vpn vpn, bool write, Grab kind) {
    if (!alive(id) || handle_rows_.lowest_free() < 0) return {Ret::blocked};
    Mm& mm = mms_[id];
    if (kind == Grab::pin && !FL_MUTANT(pin_not_announced)) mm.has_pinned = true;
    Pfn frame = 0;
    const Ret ret = follow(mm, vpn, write, kind, frame);
    return ret == Ret::ok && frame != 0 ? keep(frame, write, kind) : Answer{ret};
}
/// Without locks: looks, takes the reference, looks again; else the slow way.
Answer Engine::gup_fast(MmId id, Vpn vpn, bool write, Grab kind) {
    if (!alive(id) || handle_rows_.lowest_free() < 0) return {Ret::blocked};
    Mm& mm = mms_[id];
    if (kind == Grab::pin && !FL_MUTANT(fast_pin_not_announced)) mm.has_pinned = true;
    const Entry e = tables_.get(mm.tables, vpn);
    const bool usable = is_frame(e) && !is_prot_none(e) && (is_writable(e) || !write);
    if (usable && (!must_unshare(e, write, kind) || FL_MUTANT(fast_pin_never_unshares)))
        return keep(frame_of(e), write, kind);
    return gup(id, vpn, write, kind);
}

Answer Engine::unpin(u32 row) {
    if (row >= handles_.size() || handles_[row].kind == Grab::none) return {Ret::blocked};
    const Handle h = handles_[row];
    handles_[row] = {};
    handle_rows_.give(row);
    // Who has written through a pin marks the page dirty: unpin_user_pages_dirty_lock.
    if (h.kind == Grab::pin && h.write && (zone_[h.frame].flags & page_swapcache) != 0 &&
        !FL_MUTANT(unpin_leaves_page_clean))
        zone_[h.frame].flags |= page_dirty;
    zone_.put(cpu_, h.frame, FL_MUTANT(unpin_drops_one) ? 1 : refs(h.kind));
    return {};
}
Answer Engine::dma(u32 row, u64 value) {
    if (row >= handles_.size()) return {Ret::blocked};
    const Handle& h = handles_[row];
    if (h.kind != Grab::pin || !h.write) return {Ret::blocked};
    if (!FL_MUTANT(dma_is_lost)) zone_[h.frame].content = value;
    return {};
}
Answer Engine::drain() {
    if (zone_.batched(cpu_) == 0) return {Ret::blocked};
    if (!FL_MUTANT(drain_does_nothing)) zone_.drain(cpu_);
    return {};
}

}  // namespace faultline::FL_FAST
