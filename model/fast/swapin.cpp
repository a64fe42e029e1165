// model/fast/swapin.cpp - a fault on a swap entry, and what becomes of a page's swap space.
//
// Source: linux mm/memory.c:do_swap_page@v6.1, @v6.12 and @v5.10; mm/swapfile.c:folio_free_swap,
//         free_swap_and_cache, reuse_swap_page@v5.10, unuse_pte@v6.1
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

void Engine::leave_swap_cache(Pfn frame) {
    Page& page = zone_[frame];
    swap_.leave(static_cast<SlotId>(page.private_word));
    page.private_word = 0;
    page.flags &= ~u32{page_swapcache | page_dirty};
    if (!FL_MUTANT(swap_cache_keeps_reference)) zone_.put(cpu_, frame);
}
/// folio_free_swap: the page's swap space goes if no entry needs it.
void Engine::free_swap_of(Pfn frame) {
    const Page& page = zone_[frame];
    if ((page.flags & page_swapcache) != 0 &&
        swap_.count(static_cast<SlotId>(page.private_word)) == 0)
        leave_swap_cache(frame);
}
/// The last map of the page went: so does its swap space.
void Engine::free_swap_cache(Pfn frame) {
    if (zone_[frame].mapcount == 0 && !FL_MUTANT(last_map_keeps_swap_cache)) free_swap_of(frame);
}
/// An entry that named a slot is gone; what is left in the swap cache alone goes too.
void Engine::free_swap_and_cache(Entry e) {
    const SlotId slot = swap_.slot_of(e);
    const Pfn cached = swap_.cached(slot);
    if (!FL_MUTANT(zap_keeps_swap_count) && !swap_.put(slot)) broken_ = true;
    if (cached != 0) free_swap_cache(cached);
}
/// Up to 5.15: map and swap count together say whether the page has one owner; the swap space of
/// one that has is given up.
bool Engine::reuse_swap_page(Pfn frame) {
    const Page& page = zone_[frame];
    if ((page.flags & page_swapcache) == 0) return page.mapcount <= 1;
    const u32 named = swap_.count(static_cast<SlotId>(page.private_word));
    if (page.mapcount + (FL_MUTANT(reuse_ignores_swap_count) ? 1 : named) > 1) return false;
    leave_swap_cache(frame);
    return true;
}

/// A page with the slot's content and one reference for the caller; 0 if there is no memory.
/// `alone`: past the swap cache.
Pfn Engine::read_slot(SlotId slot, bool alone) {
    const Pfn frame = refuse() ? 0 : zone_.alloc(cpu_);
    if (frame == 0) return 0;
    Page& page = zone_[frame];
    page.flags = page_uptodate | page_swapbacked;
    page.content = FL_MUTANT(swapin_reads_zeros) ? 0 : swap_.content(slot);
    if (!alone) enter_swap_cache(frame, slot);
    zone_.add_to_batch(cpu_, frame);
    return frame;
}
/// Drops the entry's count and says whether nobody else can have the page of the swap cache.
bool Engine::settle_cached(const Vma& v, Pfn frame, Entry e, bool write) {
    const SlotId slot = swap_.slot_of(e);
    const bool counts = !FL_MUTANT(swapin_keeps_count);
    const bool locked = (v.flags & vma_locked) != 0 && !FL_MUTANT(mlock_keeps_swap_space);
    if (rules_.swapin == Swapin::reuse) {
        const bool exclusive = write && reuse_swap_page(frame);
        if (counts && !swap_.put(slot)) broken_ = true;
        if (locked) free_swap_of(frame);
        return exclusive;
    }
    if (counts && !swap_.put(slot)) broken_ = true;
    if (locked || (write && zone_[frame].refcount == 2 && !FL_MUTANT(swapin_write_keeps_swap)))
        free_swap_of(frame);
    return (is_swap_exclusive(e) && !FL_MUTANT(swapin_ignores_marker)) ||
           zone_[frame].refcount == 1;
}
/// The entry maps the page; the caller's reference becomes the map's.
Entry Engine::map_swapped(Mm& mm, const Vma& v, Vpn vpn, Pfn frame, bool exclusive, bool write,
                          bool at_once) {
    Page& page = zone_[frame];
    exclusive = exclusive || FL_MUTANT(swapin_always_exclusive);
    if (page.mapcount == 0) {
        page.index = v.index_of(vpn);
        page.anon_vma = exclusive || FL_MUTANT(swapin_names_own) ? v.anon_vma
                                                                 : anon_[v.anon_vma].root;
    }
    ++page.mapcount;
    page.flags = (page.flags & ~u32{page_exclusive}) | (exclusive ? u32{page_exclusive} : 0);
    if (!FL_MUTANT(swapin_rss_not_counted)) {
        ++mm.rss_anon;
        --mm.rss_swap;
    }
    const bool writable = exclusive && (v.flags & vma_write) != 0 && (write || at_once);
    const Entry to = kind_.make(frame, v.prot, writable, writable && write);
    tables_.set(tables_.make_leaf(mm.tables, vpn), vpn, to);
    return to;
}
Ret Engine::swap_in(Mm& mm, VmaId id, Vpn vpn, Entry e, bool write) {
    const SlotId slot = swap_.slot_of(e);
    Pfn frame = swap_.cached(slot);
    const bool alone = frame == 0 && rules_.swap_skip != SwapSkip::never &&
                       swap_.device_of(slot).synchronous &&
                       (swap_.count(slot) == 1 || FL_MUTANT(skip_ignores_count));
    if (frame != 0) ++zone_[frame].refcount;
    else frame = read_slot(slot, alone);
    if (frame == 0) return Ret::oom;
    const Page& page = zone_[frame];
    bool exclusive = rules_.swapin != Swapin::reuse || write;
    if (alone) {
        if (!swap_.put(slot)) broken_ = true;
    } else {
        if (write && (page.flags & page_lru) == 0 && !FL_MUTANT(swapin_skips_drain))
            zone_.drain(cpu_);
        const bool marked = rules_.cow_reuse == CowReuse::exclusive;
        if (marked && (page.flags & page_exclusive) != 0) broken_ = true;   // BUG_ON
        exclusive = settle_cached(vma(id), frame, e, write);
    }
    const bool at_once = rules_.swapin == Swapin::writable;
    const Entry now = map_swapped(mm, vma(id), vpn, frame, exclusive, write, at_once);
    if (!write || is_writable(now)) return Ret::swapped_in;
    return write_protected(mm, id, tables_.leaf(mm.tables, vpn), vpn, false);
}

/// swapoff's walk comes to an entry of a device that goes: it is brought in, write-protected, and
/// its swap space freed.
Answer Engine::unuse(MmId id, Vpn vpn) {
    if (!alive(id)) return {Ret::blocked};
    Mm& mm = mms_[id];
    const Entry e = tables_.get(mm.tables, vpn);
    if (!is_swap(e)) return {Ret::blocked};
    const SlotId slot = swap_.slot_of(e);
    if (swap_.device_of(slot).phase != SwapPhase::going) return {Ret::blocked};
    Pfn frame = swap_.cached(slot);
    if (frame != 0) ++zone_[frame].refcount;
    else frame = read_slot(slot, false);
    if (frame == 0) return {Ret::oom};
    const bool exclusive = rules_.swapin != Swapin::reuse && is_swap_exclusive(e);
    map_swapped(mm, vma(covering(mm, vpn)), vpn, frame, exclusive, false, false);
    if (!swap_.put(slot)) broken_ = true;
    if (!FL_MUTANT(unuse_keeps_swap_cache)) free_swap_of(frame);
    return {};
}

}  // namespace faultline::FL_FAST
