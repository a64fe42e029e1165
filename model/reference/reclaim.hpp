// model/reference/reclaim.hpp - one frame is taken back from its owners: swap space, unmapping, a
// write to the device, and the end in the allocator or on the LRU again.
//
// Why:     reclaim holds the page's lock but no address space: faults, forks and exits go on beside
//          it, page-table lock by page-table lock. The device takes its time, without the lock.
// Source:  linux mm/vmscan.c:shrink_folio_list, pageout, __remove_mapping@v6.1;
//          mm/rmap.c:try_to_unmap_one@v6.1; mm/page_io.c:swap_writepage@v6.1
// Differs: isolation and trylock are one step (A-isolate-locks); the walk goes by the age of the
//          VMAs' anon_vmas and sees what is added meanwhile (A-rmap-order); reclaim waits for its
//          own writeback (A-writeback-waits).
#pragma once
#include "model/reference/file_calls.hpp"

namespace faultline {

/// Takes the frame off the LRU and locks it.
template <class K>
constexpr BoolOf<K> start_reclaim(K& k, int frame_row) {
    using D = typename K::D;
    auto& f = k.s.frames[static_cast<std::size_t>(frame_row)];
    REQUIRE(f.lru && !f.locked && !f.writeback);
    f.lru = false;
    f.refcount += 1;
    f.locked = true;
    k.t.frame = K::Mach::FrameRef::row(frame_row);
    k.t.pc = pc_reclaim_add;
    return D::done();
}
/// Back on the LRU, without a word about its lock.
template <class K>
constexpr void put_back(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) {
        f.lru = true;
        put_frame(k, f);
    }
    finish(k, res_kept);
}
template <class K>
constexpr void unlock_and_put_back(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) f.locked = false;
    put_back(k);
}
/// A page that is not in the swap cache gets a slot of a device in use; a pinned one stays.
template <class K>
constexpr BoolOf<K> reclaim_add(K& k) {
    using D = typename K::D;
    auto free = D::find_row(k.s.slots, [&](int i, const auto& slot) {
        return BoolOf<K>(i < k.env.limits.slots) && slot_unused(slot) &&
               AT(k.s.devices, slot.device, phase) == device_on && !k.deny;
    });
    BoolOf<K> goes = false;
    WITH(f, k.s.frames, k.t.frame) {
        const BoolOf<K> in = f.slot.some();
        goes = in || (free.ok && !maybe_pinned(k, f));
        IF(goes && !in) {
            enter_swap_cache(k, f, free);
            f.dirty = true;
        }
    }
    IF(goes) k.t.pc = pc_reclaim_unmap;
    else unlock_and_put_back(k);
    return D::done();
}

/// The entries the reverse map finds, and how old the anon_vma of each one's VMA is.
template <class K>
struct Walk {
    using M = typename K::Mach;
    static constexpr int entries = M::B.mms * M::B.pages;
    std::array<typename M::Bool, static_cast<std::size_t>(entries)> hit{}, mlocked{};
    std::array<typename M::Num, static_cast<std::size_t>(entries)> age{};

    constexpr explicit Walk(const K& k) {
        using D = typename K::D;
        const auto anon_vma = AT(k.s.frames, k.t.frame, anon_vma);
        const auto index = AT(k.s.frames, k.t.frame, index);
        for (int p = 0; p < M::B.mms; ++p) {
            const auto& mm = k.s.mms[static_cast<std::size_t>(p)];
            for (int n = 0; n < M::B.pages; ++n) {
                const auto at = static_cast<std::size_t>(p * M::B.pages + n);
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                for (const auto& v : mm.vmas) {
                    const auto linked = D::at(v.links, anon_vma, [](const auto& l) { return l; });
                    const BoolOf<K> here = linked && spans(v, n) &&
                                           index + v.lo == v.pgoff + n &&
                                           pte.frame == k.t.frame && k.t.frame.some();
                    hit[at] = hit[at] || here;
                    mlocked[at] = mlocked[at] || (here && v.locked);
                    const auto older = AT(k.s.anon_vmas, v.anon_vma, age);
                    age[at] = age[at] + D::select(here, older + 0, 0);
                }
            }
        }
    }
    /// The first of the entries whose VMAs are oldest.
    constexpr auto next() const {
        return K::D::find_row(hit, [&](int i, const auto& mine) {
            BoolOf<K> first = mine;
            for (std::size_t j = 0; j < hit.size(); ++j)
                first = first && !(hit[j] && age[j] < age[static_cast<std::size_t>(i)]);
            return first;
        });
    }
};
/// The entry gives up the page and names its slot instead.
template <class K>
constexpr void swap_out_entry(K& k, auto& mm, auto& pte, auto& f) {
    using D = typename K::D;
    const bool keeps = k.env.rules.cow_reuse == CowReuse::exclusive;
    const BoolOf<K> exclusive = BoolOf<K>(keeps) && f.exclusive;
    dup_slot(k, f.slot);
    IF(pte.dirty) f.dirty = true;
    pte = typename K::Mach::Pte{};
    pte.slot = f.slot;
    pte.swp_exclusive = exclusive;
    mm.rss_anon -= 1;
    mm.rss_swap += 1;
    unmap_frame(k, f);
}
/// Unmaps one entry; an mlocked VMA or a pin on an exclusive page ends the attempt.
template <class K>
constexpr BoolOf<K> reclaim_unmap(K& k) {
    using D = typename K::D;
    constexpr int pages = K::Mach::B.pages;
    const Walk<K> walk(k);
    auto next = walk.next();
    const bool shares = k.env.rules.cow_reuse == CowReuse::exclusive;
    BoolOf<K> refused = false, mapped = false;
    WITH(f, k.s.frames, k.t.frame) {
        refused = BoolOf<K>(shares) && f.exclusive && maybe_pinned(k, f);
        mapped = f.mapcount != 0;
    }
    for (int i = 0; i < Walk<K>::entries; ++i) {
        refused = refused || (next.at(i) && walk.mlocked[static_cast<std::size_t>(i)]);
    }
    for (int i = 0; i < Walk<K>::entries; ++i) IF(next.at(i) && !refused) {
        auto& mm = k.s.mms[static_cast<std::size_t>(i / pages)];
        auto& pte = mm.ptes[static_cast<std::size_t>(i % pages)];
        WITH(f, k.s.frames, k.t.frame) swap_out_entry(k, mm, pte, f);
        detach_gets(k, K::Mach::MmRef::row(i / pages), i % pages);
    }
    IF((next.ok && refused) || (!next.ok && mapped)) unlock_and_put_back(k);
    IF(!next.ok && !mapped) k.t.pc = pc_reclaim_pageout;
    return D::done();
}

/// The page leaves the swap cache and is free: nobody but the cache and this task refers to it.
template <class K>
constexpr void remove_frame(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) {
        WITH(slot, k.s.slots, f.slot) {
            slot.cache = false;
            free_unused_slot(k, slot);
        }
        f = typename K::Mach::Frame{};
    }
    finish(k, res_reclaimed);
}
/// Clean: removed at once, no I/O. Dirty: its swap space goes if no entry needs it, else the write
/// begins and the lock is given up. With further references it stays.
template <class K>
constexpr BoolOf<K> reclaim_pageout(K& k) {
    using D = typename K::D;
    BoolOf<K> alone = false, dirty = false, writes = false;
    WITH(f, k.s.frames, k.t.frame) {
        alone = f.refcount == 2 && f.slot.some();
        dirty = f.dirty;
        writes = alone && dirty && AT(k.s.slots, f.slot, count) != 0;
        IF(writes) {
            f.dirty = false;
            f.writeback = true;
            f.locked = false;
        }
        IF(alone && dirty && !writes) free_swap_of(k, f);
    }
    IF(writes) k.t.pc = pc_reclaim_write;
    IF(!writes && alone && !dirty) remove_frame(k);
    IF(!writes && !(alone && !dirty)) unlock_and_put_back(k);
    return D::done();
}
/// The device reads the page.
template <class K>
constexpr BoolOf<K> reclaim_write(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) WITH(slot, k.s.slots, f.slot) slot.value = f.value;
    k.t.pc = pc_reclaim_written;
    return D::done();
}
/// The device says it is done.
template <class K>
constexpr BoolOf<K> reclaim_written(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) f.writeback = false;
    k.t.pc = pc_reclaim_drop;
    return D::done();
}
/// If the lock can be had, and the page is clean and nobody else's: it is free.
template <class K>
constexpr BoolOf<K> reclaim_drop(K& k) {
    using D = typename K::D;
    BoolOf<K> goes = false;
    WITH(f, k.s.frames, k.t.frame)
        goes = !f.locked && f.slot.some() && f.refcount == 2 && !f.dirty;
    IF(goes) remove_frame(k);
    else put_back(k);
    return D::done();
}

/// Somebody short of swap space throws out a page of the swap cache that no entry needs.
/// Source: mm/swapfile.c:__try_to_reclaim_swap@v6.1
template <class K>
constexpr BoolOf<K> free_swap(K& k, int frame_row) {
    using D = typename K::D;
    auto& f = k.s.frames[static_cast<std::size_t>(frame_row)];
    REQUIRE(f.slot.some() && !f.locked && !f.writeback);
    REQUIRE(AT(k.s.slots, f.slot, count) == 0);
    leave_swap_cache(k, f);
    k.out.result = res_ok;
    return D::done();
}
/// swapon: the device brings its share of the slots.
template <class K>
constexpr BoolOf<K> swapon(K& k, int device_row, const auto& args) {
    using D = typename K::D;
    auto& device = k.s.devices[static_cast<std::size_t>(device_row)];
    REQUIRE(device.phase == device_off);
    device.phase = device_on;
    device.synchronous = args.synchronous;
    device.stable = args.stable;
    const int share = k.env.limits.slots / k.env.limits.swap_devices;
    for (int i = 0; i < K::Mach::B.slots; ++i)
        if (i / share == device_row && i < k.env.limits.slots)
            k.s.slots[static_cast<std::size_t>(i)].device = K::Mach::DeviceRef::row(device_row);
    k.out.result = res_ok;
    return D::done();
}

}  // namespace faultline
