// model/reference/gup.hpp - get_user_pages: slow, fast in three steps, unpin, and access through a
// handle.
//
// Why:     the fast path takes its reference without any lock, between two looks at the entry; that
//          gap is where fork can write-protect the page.
// Source:  linux mm/gup.c:follow_page_pte, gup_pte_range, try_grab_folio, gup_must_unshare@v6.12
// Differs: FOLL_GET handles are only read through: a write through one after fork is visible to
//          both sides in Linux too (A-get-reads); the zero page yields no handle (as since 6.1.y,
//          is_zero_page).
#pragma once
#include "model/reference/file_fault.hpp"

namespace faultline {

/// References one grab takes: one, or the pin bias.
template <class K>
constexpr void grab_frame(K& k, auto& f, const auto& kind) {
    using D = typename K::D;
    IF(kind == gup_pin) f.refcount += k.env.limits.pin_bias;
    else f.refcount += 1;
}
template <class K>
constexpr void ungrab_frame(K& k, auto& f, const auto& kind) {
    using D = typename K::D;
    IF(kind == gup_pin) put_frame(k, f, k.env.limits.pin_bias);
    else put_frame(k, f);
}
template <class K>
constexpr auto free_handle(const K& k) {
    return K::D::find_row(k.s.handles, [&](int i, const auto& h) {
        return BoolOf<K>(i < k.env.limits.handles) && h.kind == gup_none;
    });
}
/// The caller keeps what was grabbed: a handle for (mm, page).
template <class K>
constexpr void keep_handle(K& k, const auto& row, const typename K::Mach::FrameRef& frame) {
    using D = typename K::D;
    WITH(h, k.s.handles, row) {
        h.kind = k.t.gup;
        h.write = k.t.write;
        if constexpr (K::Mach::has_files) h.write = h.write || k.t.forced != 0;
        h.attached = true;
        h.mm = k.t.mm;
        h.page = k.t.page;
        h.frame = frame;
    }
}
/// MMF_HAS_PINNED is set before the walk, whatever comes of it.
/// Source: mm/gup.c:internal_get_user_pages_fast@v6.1
template <class K>
constexpr void announce_pin(K& k, auto& mm) {
    using D = typename K::D;
    IF(k.t.gup == gup_pin) mm.has_pinned = true;
}
/// A read pin must not be taken on a page that may be shared.
/// Source: mm/gup.c:gup_must_unshare@v6.12
template <class K>
constexpr BoolOf<K> must_unshare(const K& k, const auto& frame) {
    using D = typename K::D;
    const bool asks = k.env.rules.gup_unshare == GupUnshare::yes;
    return BoolOf<K>(asks) && k.t.gup == gup_pin && !k.t.write &&
           !AT(k.s.frames, frame, exclusive) && AT(k.s.frames, frame, inode).none();
}

/// A read-only entry serves a write that is forced. Source: mm/gup.c:can_follow_write_pte@v6.1;
/// follow_page_pte, can_follow_write_pte@v5.10
template <class K>
constexpr BoolOf<K> serves_forced(const K& k, const typename K::Mach::Vma& v, const auto& pte) {
    using D = typename K::D;
    BoolOf<K> serves = false;
    if constexpr (K::Mach::has_files) {
        if (k.env.rules.forced_write == ForcedWrite::cow_flag)
            serves = k.t.forced == 2 && pte.dirty;
        if (k.env.rules.forced_write == ForcedWrite::exclusive)
            serves = may_force<typename K::Mach>(v, k.t) && !v.write &&
                     AT(k.s.frames, pte.frame, exclusive);
    }
    return serves;
}
template <class K>
constexpr BoolOf<K> start_gup(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(k.s.mms[static_cast<std::size_t>(mm_row)].phase == mm_alive && may_read(k, ref));
    REQUIRE(args.page < k.env.limits.pages && args.gup != gup_none && args.gup <= gup_pin);
    REQUIRE(free_handle(k).ok);
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.write = args.write;
    k.t.gup = args.gup;
    if constexpr (K::Mach::has_files) {
        REQUIRE(!args.force || (args.write && args.gup == gup_pin));
        IF(args.force) k.t.forced = 1;
    }
    announce_pin(k, k.s.mms[static_cast<std::size_t>(mm_row)]);
    k.t.pc = pc_gup_follow;
    return D::done();
}
/// Under mmap_lock and the page-table lock: takes the page if the entry serves, else faults.
template <class K>
constexpr BoolOf<K> gup_follow(K& k) {
    using D = typename K::D;
    auto row = free_handle(k);
    REQUIRE(row.ok);
    BoolOf<K> got = false, zero = false, refused = false;
    typename K::Mach::FrameRef frame{};
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        BoolOf<K> allowed = false, forced = false;
        // mm/gup.c:check_vma_flags@v6.1
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            allowed = D::select(BoolOf<K>(k.t.write),
                                BoolOf<K>(v.write || may_force<typename K::Mach>(v, k.t)),
                                BoolOf<K>(v.read));
            forced = serves_forced(k, v, pte);
        }
        WITH(pte, mm.ptes, k.t.page) {
            const BoolOf<K> usable = allowed && pte.frame.some() && !pte.protnone &&
                                     (pte.write || !k.t.write || forced);
            const BoolOf<K> unshare = usable && must_unshare(k, pte.frame);
            zero = allowed && pte.zero && !k.t.write;
            got = usable && !unshare;
            refused = here.ok && !allowed;
            IF(got) frame = pte.frame;
            IF(!got && !zero && !refused) {
                k.t.unshare = unshare;
                enter_fault(k, mm);
            }
        }
    }
    IF(got) {
        WITH(f, k.s.frames, frame) grab_frame(k, f, k.t.gup);
        keep_handle(k, row, frame);
    }
    IF(got || zero) finish(k, res_ok);
    IF(refused) finish(k, res_efault);
    return D::done();
}

/// GUP-fast: samples the entry and the fork sequence without any lock.
template <class K>
constexpr BoolOf<K> start_gup_fast(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && args.page < k.env.limits.pages);
    REQUIRE(args.gup != gup_none && args.gup <= gup_pin && free_handle(k).ok);
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.write = args.write;
    k.t.gup = args.gup;
    announce_pin(k, mm);
    // Only pins heed the fork sequence. mm/gup.c:lockless_pages_from_mm@v6.1
    const bool checks = k.env.rules.gup_fork_seq == GupForkSeq::checked;
    const BoolOf<K> odd = BoolOf<K>(checks) && args.gup == gup_pin && fork_on(k, ref);
    BoolOf<K> usable = false;
    WITH(pte, mm.ptes, args.page) {
        usable = pte.frame.some() && !pte.protnone && (pte.write || !args.write) && !odd;
        IF(usable) k.t.frame = pte.frame;
    }
    IF(usable) k.t.pc = pc_gup_grab;
    else k.t.pc = pc_gup_lock;
    return D::done();
}
/// Takes the reference on whatever the sampled frame is by now; a free one is refused.
template <class K>
constexpr BoolOf<K> gup_grab(K& k) {
    using D = typename K::D;
    BoolOf<K> got = false;
    WITH(f, k.s.frames, k.t.frame) {
        got = f.refcount != 0;
        IF(got) grab_frame(k, f, k.t.gup);
    }
    IF(got) k.t.pc = pc_gup_check;
    else {
        k.t.pc = pc_gup_lock;
        k.t.stale = false;
        k.t.frame = typename K::Mach::FrameRef{};
    }
    return D::done();
}
/// Looks again: the same entry, no fork since, nothing to unshare; else gives the reference back.
template <class K>
constexpr BoolOf<K> gup_check(K& k) {
    using D = typename K::D;
    auto row = free_handle(k);
    REQUIRE(row.ok);
    const bool checks = k.env.rules.gup_fork_seq == GupForkSeq::checked;
    BoolOf<K> keep = false;
    WITH(mm, k.s.mms, k.t.mm) WITH(pte, mm.ptes, k.t.page)
        keep = pte.frame == k.t.frame && !pte.protnone && (pte.write || !k.t.write);
    keep = keep && !must_unshare(k, k.t.frame) &&
           !(BoolOf<K>(checks) && k.t.gup == gup_pin && k.t.stale);
    IF(keep) {
        keep_handle(k, row, k.t.frame);
        finish(k, res_ok);
    } else {
        WITH(f, k.s.frames, k.t.frame) ungrab_frame(k, f, k.t.gup);
        k.t.pc = pc_gup_lock;
        k.t.stale = false;
        k.t.frame = typename K::Mach::FrameRef{};
    }
    return D::done();
}
/// The fast path gave up: waits for mmap_lock.
template <class K>
constexpr BoolOf<K> gup_lock(K& k) {
    using D = typename K::D;
    REQUIRE(may_read(k, k.t.mm));
    k.t.pc = pc_gup_follow;
    return D::done();
}

/// unpin_user_page or put_page. Source: mm/gup.c:unpin_user_page@v6.1
template <class K>
constexpr BoolOf<K> unpin(K& k, int handle_row) {
    using D = typename K::D;
    auto& h = k.s.handles[static_cast<std::size_t>(handle_row)];
    REQUIRE(h.kind != gup_none);
    // Who has written through a pin marks the page dirty: unpin_user_pages_dirty_lock@v6.1
    if constexpr (K::Mach::has_swap) WITH(f, k.s.frames, h.frame)
        IF(h.kind == gup_pin && h.write && f.slot.some()) f.dirty = true;
    if constexpr (K::Mach::has_files) WITH(f, k.s.frames, h.frame)
        IF(h.kind == gup_pin && h.write && is_file_page(f)) f.dirty = true;
    WITH(f, k.s.frames, h.frame) ungrab_frame(k, f, h.kind);
    h = typename K::Mach::Handle{};
    k.out.result = res_ok;
    return D::done();
}
/// A device stores through a write pin: the owner, if it still maps the page, must see the value.
template <class K>
constexpr BoolOf<K> handle_store(K& k, int handle_row, const auto& args) {
    using D = typename K::D;
    auto& h = k.s.handles[static_cast<std::size_t>(handle_row)];
    REQUIRE(h.kind == gup_pin && h.write && args.value.v <= k.env.limits.values);
    BoolOf<K> may = true;   // ghost: who maps the file to write it may write it
    if constexpr (K::Mach::has_files) WITH(mm, k.s.mms, h.mm) WITH(pte, mm.ptes, h.page)
        for (const auto& v : mm.vmas)
            may = may && !(h.attached && pte.frame == h.frame && spans(v, h.page) && !v.shared);
    WITH(f, k.s.frames, h.frame) {
        f.value = args.value;
        if constexpr (K::Mach::has_files)
            IF(may) set_file_want(k, f.inode, f.index, args.value);
    }
    IF(h.attached && AT(k.s.frames, h.frame, inode).none())
        WITH(mm, k.s.mms, h.mm) WITH(pte, mm.ptes, h.page)
        WITH(want, mm.want, h.page) IF(finds_frame(k.s, pte, h.frame)) want = args.value;
    k.out.result = res_ok;
    return D::done();
}
/// A store instruction through a writable entry.
template <class K>
constexpr BoolOf<K> user_store(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    BoolOf<K> can = false;
    WITH(pte, mm.ptes, args.page) can = pte.frame.some() && pte.write && !pte.protnone;
    REQUIRE(mm.phase == mm_alive && can && args.value.v <= k.env.limits.values);
    WITH(pte, mm.ptes, args.page) {
        pte.dirty = true;
        WITH(f, k.s.frames, pte.frame) f.value = args.value;
    }
    BoolOf<K> shared = false;
    if constexpr (K::Mach::has_files) {   // also in a VMA that is being unmapped
        for (const auto& v : mm.vmas)
            IF(spans(v, args.page) && v.shared) {
                shared = true;
                set_file_want(k, v.inode, file_index(v, args.page), args.value);
            }
    }
    IF(!shared) WITH(want, mm.want, args.page) want = args.value;
    k.out.result = res_ok;
    return D::done();
}
/// lru_add_drain on the one CPU.
template <class K>
constexpr BoolOf<K> drain(K& k) {
    using D = typename K::D;
    BoolOf<K> any = false;
    for (const auto& f : k.s.frames) any = any || f.batched;
    REQUIRE(any);
    drain_batch(k);
    k.out.result = res_ok;
    return D::done();
}

}  // namespace faultline
