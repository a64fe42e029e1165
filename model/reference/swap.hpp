// model/reference/swap.hpp - swap space: slots, their counts, the swap cache, and what clearing an
// entry frees.
//
// Why:     a slot's byte in swap_map and a page's place in the swap cache change under locks of
//          their own, in the middle of faults, forks and unmaps; here is each change by itself.
// Source:  linux mm/swapfile.c:swap_duplicate, swap_free, folio_free_swap,
//          free_swap_and_cache@v6.1;
//          mm/swap_state.c:add_to_swap_cache, __delete_from_swap_cache, free_swap_cache@v6.1;
//          mm/memory.c:zap_pte_range@v6.1
// Differs: a slot that nobody needs is free at once, Linux may keep it in a per-CPU cache of slots
//          (A-slot-cache); counts never overflow into continuations (A-swap-count).
#pragma once
#include "model/reference/page_cache.hpp"

namespace faultline {

/// Nothing is mapped here, nor swapped out.
constexpr auto is_empty(const auto& pte) {
    return !pte.zero && pte.frame.none() && pte.slot.none();
}
/// The entry maps the frame, or will find it in the swap cache.
template <class S>
constexpr auto finds_frame(const S& s, const auto& pte, const auto& frame) {
    using D = typename S::Domain;
    if constexpr (S::has_swap)
        return pte.frame == frame ||
               (pte.slot.some() && AT(s.frames, frame, slot) == pte.slot);
    else return pte.frame == frame;
}
/// Both entries lead to one page: the same frame, the same slot, or a frame and its slot.
template <class S>
constexpr auto same_page(const S& s, const auto& a, const auto& b) {
    return (finds_frame(s, a, b.frame) && b.frame.some()) ||
           (finds_frame(s, b, a.frame) && a.frame.some()) ||
           (a.slot == b.slot && a.slot.some());
}
/// A slot of a device, which nothing refers to.
constexpr auto slot_unused(const auto& slot) { return slot.count == 0 && !slot.cache; }

/// A slot that nothing refers to any more keeps only its device.
template <class K>
constexpr void free_unused_slot(K&, typename K::Mach::Slot& slot) {
    using D = typename K::D;
    IF(slot_unused(slot)) slot.value = typename K::Mach::Value{};
}
/// One more entry names the slot. Source: mm/swapfile.c:swap_duplicate@v6.1
template <class K>
constexpr void dup_slot(K& k, const auto& which) {
    using D = typename K::D;
    WITH(slot, k.s.slots, which) slot.count += 1;
}
/// One entry less. Source: mm/swapfile.c:swap_free@v6.1
template <class K>
constexpr void put_slot(K& k, const auto& which) {
    using D = typename K::D;
    WITH(slot, k.s.slots, which) {
        slot.count -= 1;
        free_unused_slot(k, slot);
    }
}
/// The frame of the swap cache that belongs to the slot.
template <class K>
constexpr auto cached_frame(const K& k, const auto& which) {
    using D = typename K::D;
    return D::find(k.s.frames, [&](const auto& f) { return f.slot == which && f.slot.some(); });
}
/// The frame enters the swap cache under `slot`, which is free or whose content it will get.
template <class K, class F>
constexpr void enter_swap_cache(K& k, F& f, const auto& which) {
    using D = typename K::D;
    f.slot = which;
    f.refcount += 1;
    WITH(slot, k.s.slots, which) slot.cache = true;
}
/// The frame leaves the swap cache; the slot keeps its count. The cache's reference goes, and the
/// frame with it if nobody has another.
template <class K, class F>
constexpr void leave_swap_cache(K& k, F& f) {
    using D = typename K::D;
    WITH(slot, k.s.slots, f.slot) {
        slot.cache = false;
        free_unused_slot(k, slot);
    }
    f.slot = typename K::Mach::SlotRef{};
    f.dirty = false;
    put_frame(k, f);
}
/// Drops the page's swap space if no entry needs it: not under writeback. The caller holds the
/// lock.
/// Source: mm/swapfile.c:folio_free_swap@v6.1
template <class K, class F>
constexpr void free_swap_of(K& k, F& f) {
    using D = typename K::D;
    IF(f.slot.some() && !f.writeback && AT(k.s.slots, f.slot, count) == 0) leave_swap_cache(k, f);
}
/// The last map of the page goes: so does its swap space, if its lock can be had.
/// Source: mm/swap_state.c:free_swap_cache@v6.1
template <class K, class F>
constexpr void free_swap_cache(K& k, F& f) {
    using D = typename K::D;
    if constexpr (K::Mach::has_swap)
        IF(f.mapcount == 0 && !f.locked) free_swap_of(k, f);
}
/// A page-table entry that held the slot is cleared: the slot loses a count, and what is left in
/// the swap cache alone goes. Source: mm/swapfile.c:free_swap_and_cache@v6.1
template <class K>
constexpr void free_swap_and_cache(K& k, const auto& which) {
    using D = typename K::D;
    auto cached = cached_frame(k, which);
    put_slot(k, which);
    WITH(f, k.s.frames, cached) free_swap_cache(k, f);
}

/// Clears one entry and what it held. Source: linux mm/memory.c:zap_pte_range@v6.1
template <class K, class Mm>
constexpr void zap_page(K& k, Mm& mm, const auto& mm_ref, const auto& page) {
    using D = typename K::D;
    WITH(pte, mm.ptes, page) {
        WITH(f, k.s.frames, pte.frame) {
            if constexpr (K::Mach::has_files) IF(is_file_page(f) && pte.dirty) f.dirty = true;
            count_rss(k, mm, f, false);
            forget_map(k, f);
            free_swap_cache(k, f);
            put_frame(k, f);
        }
        if constexpr (K::Mach::has_swap) IF(pte.slot.some()) {
            const auto slot = pte.slot;
            free_swap_and_cache(k, slot);
            mm.rss_swap -= 1;
        }
        pte = typename K::Mach::Pte{};
    }
    WITH(want, mm.want, page) want = typename K::Mach::Value{};
    detach_handles(k, mm_ref, page);
}

}  // namespace faultline
