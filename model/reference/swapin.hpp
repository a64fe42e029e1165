// model/reference/swapin.hpp - a fault on a swap entry, as atomic steps.
//
// Why:     between the look at the entry and the map lie a lookup, an allocation, a device read and
//          the wait for a page's lock; whatever was seen before must be looked at again. The path
//          that reads into a page of its own, past the swap cache, is the one that got it wrong.
// Source:  linux mm/memory.c:do_swap_page@v6.1 (6.1.192, and @v5.10, @v6.12);
//          mm/swap_state.c:__read_swap_cache_async@v6.1; mm/swapfile.c:swapcache_prepare@v6.1
// Differs: no readahead window (A-swap-readahead); a page comes back with the reverse map a fresh
//          one would get (A-unmapped-forgets).
#pragma once
#include "model/reference/fault.hpp"

namespace faultline {

/// The swap path past the cache holds SWAP_HAS_CACHE.
template <class K>
constexpr bool pins_slot(const K& k) {
    return k.env.rules.swap_skip == SwapSkip::pinned;
}
/// pte_same: the entry still is as it was sampled.
template <class K>
constexpr BoolOf<K> still_sampled(const K& k, const auto& pte) {
    return pte.slot == k.t.slot && k.t.slot.some() && pte.swp_exclusive == k.t.swp_exclusive;
}
template <class K>
constexpr BoolOf<K> entry_still_sampled(const K& k) {
    using D = typename K::D;
    BoolOf<K> same = false;
    for (int p = 0; p < K::Mach::B.mms; ++p) {
        const auto& mm = k.s.mms[static_cast<std::size_t>(p)];
        const auto slot = AT(mm.ptes, k.t.page, slot);
        const auto exclusive = AT(mm.ptes, k.t.page, swp_exclusive);
        same = same || (k.t.mm.is(p) && slot == k.t.slot && exclusive == k.t.swp_exclusive);
    }
    return same && k.t.slot.some();
}
/// Found in the swap cache: a reference is taken, the lock is still to be had.
template <class K>
constexpr void take_cached(K& k, const auto& cached) {
    using D = typename K::D;
    WITH(f, k.s.frames, cached) f.refcount += 1;
    k.t.frame = cached;
    IF(k.t.op == op_swapoff) k.t.pc = pc_swap_unuse;
    else k.t.pc = pc_swap_map;
}
/// No page could be had: out of memory if the entry still waits, else somebody was faster.
template <class K>
constexpr void end_without_page(K& k) {
    using D = typename K::D;
    const BoolOf<K> same = entry_still_sampled(k);
    IF(same) end_fault(k, res_oom);
    else end_fault(k, res_raced);
}

/// The device is gone, and nothing kept it: what the step reads is freed memory.
template <class K>
constexpr void touch_device(K& k) {
    using D = typename K::D;
    if (k.env.rules.swap_device_ref == SwapDeviceRef::none)
        k.out.bug = k.out.bug || AT(k.s.slots, k.t.slot, device).none();
}
/// Takes a reference to the device, or faults again if it is gone. Looks into the swap cache. A
/// slot of a synchronous device that one entry names is read past it.
template <class K>
constexpr BoolOf<K> swap_lookup(K& k) {
    using D = typename K::D;
    auto cached = cached_frame(k, k.t.slot);
    const auto device = AT(k.s.slots, k.t.slot, device);
    const BoolOf<K> skips = BoolOf<K>(k.env.rules.swap_skip != SwapSkip::never) &&
                            AT(k.s.devices, device, synchronous) &&
                            AT(k.s.slots, k.t.slot, count) == 1 && k.t.op != op_swapoff;
    touch_device(k);
    IF(device.none()) end_fault(k, res_raced);
    IF(device.some() && cached.ok) take_cached(k, cached);
    IF(device.some() && !cached.ok) {
        IF(skips) k.t.pc = pc_swap_pin;
        else k.t.pc = pc_swap_add;
    }
    return D::done();
}
/// Past the cache: takes SWAP_HAS_CACHE if the rule says so, and a page that nobody else can find.
/// Another such reader is waited for: Linux sleeps and faults again.
template <class K>
constexpr BoolOf<K> swap_pin(K& k) {
    using D = typename K::D;
    auto fresh = free_frame(k);
    auto cached = cached_frame(k, k.t.slot);
    REQUIRE(!BoolOf<K>(pins_slot(k)) || cached.ok || !AT(k.s.slots, k.t.slot, cache));
    const BoolOf<K> busy = BoolOf<K>(pins_slot(k)) && (AT(k.s.slots, k.t.slot, cache) ||
                                                       AT(k.s.slots, k.t.slot, count) == 0);
    touch_device(k);
    IF(busy) end_fault(k, res_raced);
    else {
        IF(fresh.ok) {
            if (pins_slot(k)) WITH(slot, k.s.slots, k.t.slot) slot.cache = true;
            WITH(f, k.s.frames, fresh) {
                f.refcount = 1;
                f.locked = true;
                add_to_batch(k, f);
            }
            k.t.frame = fresh;
            k.t.pc = pc_swap_read_alone;
        } else end_without_page(k);
    }
    return D::done();
}
/// The device fills the page in hand.
template <class K>
constexpr void read_slot(K& k) {
    using D = typename K::D;
    const auto value = AT(k.s.slots, k.t.slot, value);
    WITH(f, k.s.frames, k.t.frame) {
        f.value = value;
        f.uptodate = true;
    }
    k.out.major = true;
}
template <class K>
constexpr BoolOf<K> swap_read_alone(K& k) {
    touch_device(k);
    read_slot(k);
    k.t.pc = pc_swap_map_alone;
    return K::D::done();
}

/// The entry now maps the page; the reference in hand becomes the map's. `exclusive`: nobody else
/// can have the page.
template <class K>
constexpr void map_swapped(K& k, auto& mm, const typename K::Mach::Vma& v, auto& pte, auto& f,
                           const BoolOf<K>& exclusive) {
    using D = typename K::D;
    const BoolOf<K> at_once =
        BoolOf<K>(k.env.rules.swapin == Swapin::writable) && k.t.op != op_swapoff;
    const BoolOf<K> writable = exclusive && v.write && (k.t.write || at_once);
    const BoolOf<K> dirty = writable && k.t.write;
    IF(f.mapcount == 0) {
        f.index = v.pgoff + (k.t.page - v.lo);
        IF(exclusive) f.anon_vma = v.anon_vma;
        else f.anon_vma = AT(k.s.anon_vmas, v.anon_vma, root);
    }
    f.mapcount += 1;
    f.exclusive = exclusive;
    mm.rss_anon += 1;
    mm.rss_swap -= 1;
    pte = typename K::Mach::Pte{};
    pte.frame = k.t.frame;
    pte.exec = v.exec;
    pte.protnone = !accessible(flags_of<typename K::Mach>(v));
    pte.write = writable;
    pte.dirty = dirty;
}
/// The page is mapped. A write that the entry does not allow goes on as on any protected page.
template <class K>
constexpr void end_swapin(K& k) {
    using D = typename K::D;
    BoolOf<K> serves = false;
    WITH(mm, k.s.mms, k.t.mm) WITH(pte, mm.ptes, k.t.page) serves = pte.write || !k.t.write;
    IF(serves) end_fault(k, res_swapped_in);
    else {
        k.t.old = k.t.frame;
        k.t.frame = typename K::Mach::FrameRef{};
        k.t.slot = typename K::Mach::SlotRef{};
        k.t.swp_exclusive = false;
        k.t.pc = pc_fault_wp;
    }
}
/// Maps the page that was read past the cache, if the entry is still the one that was sampled.
template <class K>
constexpr BoolOf<K> swap_map_alone(K& k) {
    using D = typename K::D;
    BoolOf<K> same = false;
    const BoolOf<K> exclusive =
        BoolOf<K>(k.env.rules.swapin != Swapin::reuse) || BoolOf<K>(k.t.write);
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            same = still_sampled(k, pte);
            IF(same) WITH(f, k.s.frames, k.t.frame) map_swapped(k, mm, v, pte, f, exclusive);
        }
    }
    IF(same) put_slot(k, k.t.slot);
    if (pins_slot(k)) WITH(slot, k.s.slots, k.t.slot) {
        slot.cache = false;
        free_unused_slot(k, slot);
    }
    WITH(f, k.s.frames, k.t.frame) {
        f.locked = false;
        IF(!same) put_frame(k, f);
    }
    IF(same) end_swapin(k);
    else end_fault(k, res_raced);
    return D::done();
}

/// Through the cache: somebody's page, or a new one that is locked until it is read. Waits while a
/// reader past the cache holds the slot.
template <class K>
constexpr BoolOf<K> swap_add(K& k) {
    using D = typename K::D;
    auto cached = cached_frame(k, k.t.slot);
    auto fresh = free_frame(k);
    REQUIRE(cached.ok || !AT(k.s.slots, k.t.slot, cache));
    const BoolOf<K> unused = AT(k.s.slots, k.t.slot, count) == 0;
    touch_device(k);
    IF(cached.ok) take_cached(k, cached);
    else {
        IF(fresh.ok && !unused) {
            WITH(f, k.s.frames, fresh) {
                f.refcount = 1;
                f.locked = true;
                enter_swap_cache(k, f, k.t.slot);
                add_to_batch(k, f);
            }
            k.t.frame = fresh;
            k.t.pc = pc_swap_read;
        } else end_without_page(k);
    }
    return D::done();
}
/// The device fills the page of the cache; the end of the read unlocks it.
template <class K>
constexpr BoolOf<K> swap_read(K& k) {
    using D = typename K::D;
    read_slot(k);
    WITH(f, k.s.frames, k.t.frame) f.locked = false;
    IF(k.t.op == op_swapoff) k.t.pc = pc_swap_unuse;
    else k.t.pc = pc_swap_map;
    return D::done();
}
/// Drops the entry's count and decides who owns the page, which is locked and in the cache.
template <class K>
constexpr BoolOf<K> settle_cached(K& k, const typename K::Mach::Vma& v, auto& f) {
    using D = typename K::D;
    const auto device = AT(k.s.slots, k.t.slot, device);
    const BoolOf<K> stable = AT(k.s.devices, device, stable) &&
                             BoolOf<K>(k.env.rules.stable_writes == StableWrites::respected);
    BoolOf<K> exclusive = k.t.swp_exclusive && !(f.writeback && stable);
    if (k.env.rules.swapin == Swapin::reuse) {
        IF(k.t.write) exclusive = reuse_swap_page(k, f);
        else exclusive = false;
        put_slot(k, k.t.slot);
        IF(v.locked) free_swap_of(k, f);
    } else {
        put_slot(k, k.t.slot);
        IF(v.locked || (k.t.write && f.refcount == 2)) free_swap_of(k, f);
        exclusive = exclusive || f.refcount == 1;
    }
    return exclusive;
}
/// With the page's lock and the page-table lock: still in the cache, still of this slot, still this
/// entry? Then it is mapped.
template <class K>
constexpr BoolOf<K> swap_map(K& k) {
    using D = typename K::D;
    REQUIRE(!AT(k.s.frames, k.t.frame, locked));
    const BoolOf<K> cached = AT(k.s.frames, k.t.frame, slot) == k.t.slot;
    IF(cached && k.t.write && !AT(k.s.frames, k.t.frame, lru)) drain_batch(k);
    BoolOf<K> same = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            same = cached && still_sampled(k, pte);
            IF(same) WITH(f, k.s.frames, k.t.frame) {
                // BUG_ON(folio_test_anon(folio) && PageAnonExclusive(page))
                if (k.env.rules.cow_reuse == CowReuse::exclusive)
                    k.out.bug = k.out.bug || f.exclusive;
                const BoolOf<K> exclusive = settle_cached(k, v, f);
                map_swapped(k, mm, v, pte, f, exclusive);
            }
        }
    }
    IF(!same) WITH(f, k.s.frames, k.t.frame) put_frame(k, f);
    IF(same) end_swapin(k);
    else end_fault(k, res_raced);
    return D::done();
}

}  // namespace faultline
