// model/fast/reclaim.cpp - one page is taken back from its owners: swap space, unmapping, the write
// to the device, the end.
//
// Source:  linux mm/vmscan.c:shrink_folio_list, pageout, __remove_mapping@v6.1;
//          mm/rmap.c:try_to_unmap_one@v6.1; mm/swapfile.c:SYSCALL_DEFINE2(swapon)@v6.1
// Differs: the walk takes the VMAs by the age of their anon_vmas (A-rmap-order): where it ends
//          early the result depends on the order.
#include <algorithm>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

void Engine::enter_swap_cache(Pfn frame, SlotId slot) {
    Page& page = zone_[frame];
    page.private_word = slot;
    page.flags |= page_swapcache;
    ++page.refcount;
    swap_.enter(slot, frame);
}
/// Back on the LRU; the reference of who took it off goes.
Answer Engine::keep_page(Pfn frame) {
    zone_.put_back(frame);
    zone_.put(cpu_, frame);
    return {Ret::kept};
}
bool Engine::maybe_pinned(const Page& page) const { return page.refcount >= config_.pin_bias; }

Answer Engine::reclaim(Pfn frame) {
    if (frame == 0 || frame > zone_.frames() || (zone_[frame].flags & page_lru) == 0)
        return {Ret::blocked};
    Page& page = zone_[frame];
    zone_.isolate(frame);
    ++page.refcount;
    const bool denied = refuse();
    if ((page.flags & page_swapcache) == 0) {
        const SlotId slot = denied ? 0 : swap_.find_free();
        if (slot == 0 || (maybe_pinned(page) && !FL_MUTANT(reclaim_ignores_pins)))
            return keep_page(frame);
        enter_swap_cache(frame, slot);
        if (!FL_MUTANT(swap_out_starts_clean)) page.flags |= page_dirty;
    }
    return try_to_unmap(frame) ? page_out(frame) : keep_page(frame);
}

/// Every entry that maps the page names its slot instead; false if one stays.
bool Engine::try_to_unmap(Pfn frame) {
    Page& page = zone_[frame];
    const bool by_flag = rules_.cow_reuse == CowReuse::exclusive;
    mapped_at_.clear();
    rmap_walk(frame, [&](VmaId id, Vpn vpn) {
        const Vma& v = vma(id);
        mapped_at_.push_back({anon_[v.anon_vma].birth, v.mm, id, vpn});
    });
    std::sort(mapped_at_.begin(), mapped_at_.end());
    for (const MappedAt& at : mapped_at_) {
        const bool pinned = by_flag && (page.flags & page_exclusive) != 0 && maybe_pinned(page);
        const bool locked = (vma(at.vma).flags & vma_locked) != 0 &&
                            !FL_MUTANT(reclaim_ignores_mlock);
        if (pinned || locked) return false;
        swap_out_entry(mms_[at.mm], at.vpn, frame);
    }
    return page.mapcount == 0;
}
void Engine::swap_out_entry(Mm& mm, Vpn vpn, Pfn frame) {
    Page& page = zone_[frame];
    const auto slot = static_cast<SlotId>(page.private_word);
    const bool exclusive = rules_.cow_reuse == CowReuse::exclusive &&
                           (page.flags & page_exclusive) != 0 && !FL_MUTANT(swap_out_loses_marker);
    const TableId table = tables_.leaf(mm.tables, vpn);
    const bool dirty = kind_.is_dirty(tables_.table(table).e[vpn & 511]);
    if (dirty && !FL_MUTANT(swap_out_loses_dirty)) page.flags |= page_dirty;
    if (!FL_MUTANT(swap_out_not_counted)) swap_.dup(slot);
    tables_.set(table, vpn, swap_.entry(slot, exclusive));
    if (!FL_MUTANT(swap_out_skips_flush)) tlb_.flush_page(mm.tlb, vpn);
    --mm.rss_anon;
    ++mm.rss_swap;
    zone_.remove_map(page);
    zone_.put(cpu_, frame);
}
/// Nobody but the swap cache and the caller may refer to the page. Dirty, it is written first; if
/// no entry needs it, its swap space goes instead.
Answer Engine::page_out(Pfn frame) {
    Page& page = zone_[frame];
    const auto slot = static_cast<SlotId>(page.private_word);
    if (page.refcount != 2 && !FL_MUTANT(page_out_ignores_references)) return keep_page(frame);
    if ((page.flags & page_dirty) != 0) {
        if (swap_.count(slot) == 0) {
            free_swap_of(frame);
            return keep_page(frame);
        }
        if (!FL_MUTANT(page_out_writes_nothing)) swap_.content(slot) = page.content;
    }
    page.flags &= ~u32{page_dirty | page_swapcache};
    page.private_word = 0;
    if (!FL_MUTANT(reclaimed_stays_in_cache)) swap_.leave(slot);
    zone_.put(cpu_, frame, 2);
    return {Ret::reclaimed};
}

/// Somebody short of swap space throws out a page of the swap cache that no entry needs.
/// Source: linux mm/swapfile.c:__try_to_reclaim_swap@v6.1
Answer Engine::free_swap(Pfn frame) {
    if (frame == 0 || frame > zone_.frames()) return {Ret::blocked};
    const Page& page = zone_[frame];
    if ((page.flags & page_swapcache) == 0 ||
        swap_.count(static_cast<SlotId>(page.private_word)) != 0)
        return {Ret::blocked};
    leave_swap_cache(frame);
    return {};
}
Answer Engine::swapon(u32 device, bool synchronous, bool stable) {
    return {swap_.turn_on(device, synchronous, stable) ? Ret::ok : Ret::blocked};
}
Answer Engine::swapoff(u32 device) {
    return {swap_.turn_off(device) ? Ret::ok : Ret::blocked};
}
Answer Engine::swapoff_end(u32 device) {
    return {swap_.turn_off_end(device) ? Ret::ok : Ret::blocked};
}

}  // namespace faultline::FL_FAST
