// model/reference/frame.hpp - page frames: allocation, references, maps, the per-CPU LRU batch.
//
// Source:  linux mm/rmap.c:page_remove_rmap@v6.1, mm/swap.c:folio_add_lru@v6.1, mm/page_alloc.c
// Differs: a frame that loses its last map forgets page->mapping and PG_anon_exclusive at once,
//          Linux when it is freed (abstraction A-unmapped-forgets); one CPU, one batch (A-one-cpu).
#pragma once
#include "model/reference/machine.hpp"

namespace faultline {

template <class K>
using BoolOf = typename K::D::Bool;

/// First free frame within the limits, none if the allocator refuses or is empty.
template <class K>
constexpr auto free_frame(K& k) {
    using D = typename K::D;
    return D::find_row(k.s.frames, [&](int i, const auto& f) {
        return BoolOf<K>(i < k.env.limits.frames) && f.refcount == 0 && !k.deny;
    });
}
/// Drops one reference; the last one frees the frame.
template <class K, class F>
constexpr void put_frame(K&, F& f, int refs = 1) {
    using D = typename K::D;
    f.refcount -= refs;
    IF(f.refcount == 0) f = F{};
}
/// A page-table entry stops mapping f; its reference is still held.
template <class K, class F>
constexpr void forget_map(K&, F& f) {
    using D = typename K::D;
    f.mapcount -= 1;
    IF(f.mapcount == 0) {
        f.exclusive = false;
        f.anon_vma = typename K::Mach::AnonRef{};
        IF(f.inode.none()) f.index = 0;
    }
}
/// A page-table entry stops mapping f.
template <class K, class F>
constexpr void unmap_frame(K& k, F& f) {
    forget_map(k, f);
    put_frame(k, f);
}
/// Moves every batched frame onto the LRU; each loses the batch's reference.
/// Source: linux mm/swap.c:lru_add_drain_cpu@v6.1
template <class K>
constexpr void drain_batch(K& k) {
    using D = typename K::D;
    for (auto& f : k.s.frames) IF(f.batched) {
        f.batched = false;
        f.lru = true;
        put_frame(k, f);
    }
}
/// Puts a new page into this CPU's batch, which holds a reference; a full batch drains.
template <class K, class F>
constexpr void add_to_batch(K& k, F& f) {
    using D = typename K::D;
    f.batched = true;
    f.refcount += 1;
    if (k.env.limits.batch_size <= K::Mach::B.frames) {
        typename K::Mach::Num n = 0;
        for (const auto& g : k.s.frames) n = n + D::num(g.batched);
        IF(n >= k.env.limits.batch_size) drain_batch(k);
    }
}
template <class K>
constexpr BoolOf<K> maybe_pinned(const K& k, const auto& f) {
    return f.refcount >= k.env.limits.pin_bias;
}
/// The owner's page at (mm, page) is gone or replaced: its handles refer to an older page now.
template <class K>
constexpr void detach_handles(K& k, const auto& mm_ref, const auto& page) {
    using D = typename K::D;
    for (auto& h : k.s.handles)
        IF(h.attached && h.mm == mm_ref && h.page == page) h.attached = false;
}
/// A copy replaced the owner's page: plain references may fall behind, pins may not (claim
/// pin.coherent).
template <class K>
constexpr void detach_gets(K& k, const auto& mm_ref, const auto& page) {
    using D = typename K::D;
    for (auto& h : k.s.handles)
        IF(h.kind == gup_get && h.attached && h.mm == mm_ref && h.page == page) h.attached = false;
}

}  // namespace faultline
