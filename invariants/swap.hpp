// invariants/swap.hpp - claims about swap space: exact counts, one cache, contents, exclusivity.
//
// Source: linux mm/swapfile.c, mm/swap_state.c, mm/memory.c:do_swap_page@v6.1
#pragma once
#include "invariants/anon_vma.hpp"

namespace faultline {

struct SwapCountExact : Always {
    static constexpr const char* id = "swap.count-exact";
    static constexpr const char* says =
        "A slot's count is the number of page-table entries that name it.";
    static constexpr const char* source = "linux mm/swapfile.c:swap_duplicate, swap_free@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (int e = 0; e < M::B.slots; ++e)
                rep(s.slots[static_cast<std::size_t>(e)].count == c.swapped.of(e));
    }
};
struct SwapCacheExact : Always {
    static constexpr const char* id = "swap.cache-exact";
    static constexpr const char* says =
        "A slot has SWAP_HAS_CACHE exactly if one frame is in the swap cache under it, or one "
        "fault reads it past the cache and has pinned it; never two.";
    static constexpr const char* source =
        "linux mm/swapfile.c:swapcache_prepare@v6.1; commit linux 13ddaf26be32";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (int e = 0; e < M::B.slots; ++e) {
                typename M::Num users = c.cached.of(e);
                if (env.rules.swap_skip == SwapSkip::pinned)
                    for (const auto& t : s.tasks)
                        users = users + M::D::num(swaps_alone(t) && t.slot.is(e));
                rep(M::D::num(s.slots[static_cast<std::size_t>(e)].cache) == users);
            }
    }
};
struct SwapFreeClean : Always {
    static constexpr const char* id = "swap.free-clean";
    static constexpr const char* says =
        "A slot that nothing refers to has no content; one of no device is not referred to; a "
        "device that is off has no slots and no properties.";
    static constexpr const char* source = "linux mm/swapfile.c:swap_range_free@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_swap) {
            for (int e = 0; e < M::B.slots; ++e) {
                const auto& x = s.slots[static_cast<std::size_t>(e)];
                rep(implies(slot_unused(x), x.value.none()));
                rep(implies(x.device.none(), slot_unused(x)));
                rep(implies(x.device.some(), AT(s.devices, x.device, phase) != device_off &&
                                                 typename M::Bool(e < env.limits.slots)));
            }
            for (const auto& d : s.devices)
                rep(d.phase <= device_going &&
                    implies(d.phase == device_off, !d.synchronous && !d.stable));
        }
    }
};
struct SwapExclusiveSingle : Always {
    static constexpr const char* id = "swap.exclusive-single";
    static constexpr const char* says =
        "An exclusive swap entry is the only holder of its page: the slot's count is one and "
        "nobody maps the cached frame. An exclusive frame in the swap cache has no swap entry.";
    static constexpr const char* source =
        "linux mm/memory.c:do_swap_page@v6.1 (BUG_ON PageAnonExclusive), copy_nonpresent_pte@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_swap) {
            for (const auto& mm : s.mms)
                for (const auto& pte : mm.ptes) {
                    if (passes_over<M>(!pte.swp_exclusive)) continue;
                    rep(implies(pte.swp_exclusive, AT(s.slots, pte.slot, count) == 1));
                    for (const auto& f : s.frames)
                        rep(implies(pte.swp_exclusive && f.slot == pte.slot, f.mapcount == 0));
                }
            for (const auto& f : s.frames)
                rep(implies(f.exclusive && f.slot.some(), AT(s.slots, f.slot, count) == 0));
        }
    }
};
/// The slot's copy is good; or no entry needs it, and whoever maps the frame will say that it is
/// dirty.
template <class M>
constexpr typename M::Bool slot_serves(const typename M::State& s, int frame) {
    using D = typename M::D;
    const auto& f = s.frames[static_cast<std::size_t>(frame)];
    typename M::Bool all_dirty = true;
    for (const auto& mm : s.mms)
        for (const auto& pte : mm.ptes)
            all_dirty = all_dirty && implies(pte.frame.is(frame), pte.dirty);
    return AT(s.slots, f.slot, value) == f.value ||
           (AT(s.slots, f.slot, count) == 0 && all_dirty);
}
struct SwapCleanCopy : Always {
    static constexpr const char* id = "swap.clean-copy";
    static constexpr const char* says =
        "A clean frame of the swap cache, not under writeback and not pinned for writing, has its "
        "content on the device; or no entry needs it and every map of it is dirty.";
    static constexpr const char* source =
        "linux mm/vmscan.c:__remove_mapping@v6.1; mm/rmap.c:try_to_unmap_one@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (int f = 0; f < M::B.frames; ++f) {
                const auto& x = s.frames[static_cast<std::size_t>(f)];
                const auto clean = x.slot.some() && x.uptodate && !x.dirty && !x.writeback &&
                                   c.write_pins.of(f) == 0;
                rep(implies(clean, slot_serves<M>(s, f)));
            }
    }
};
struct SwapStableWrites : Always {
    static constexpr const char* id = "swap.stable-writes";
    static constexpr const char* says =
        "While a device that needs stable pages is writing a frame, nobody maps it writable or "
        "owns it exclusively.";
    static constexpr const char* source =
        "commit linux f05714293a59; linux mm/memory.c:do_swap_page@v6.1 (SWP_STABLE_WRITES)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_swap)
            for (int f = 0; f < M::B.frames; ++f) {
                const auto& x = s.frames[static_cast<std::size_t>(f)];
                const auto device = AT(s.slots, x.slot, device);
                const auto writing = x.writeback && AT(s.devices, device, stable);
                rep(implies(writing, !x.exclusive));
            }
    }
};
struct SwapReachable : Always {
    static constexpr const char* id = "swap.reachable";
    static constexpr const char* says =
        "Whoever has a swap entry has an anon_vma; the reverse map of a frame in the swap cache "
        "reaches the page of each entry that may map it, and all entries of one slot have one "
        "root and one index.";
    static constexpr const char* source =
        "linux mm/rmap.c:__page_set_anon_rmap@v6.1 (BUG_ON !anon_vma); mm/memory.c:do_swap_page";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (std::size_t p = 0; p < s.mms.size(); ++p)
                for (int n = 0; n < M::B.pages; ++n) {
                    const auto& pte = s.mms[p].ptes[static_cast<std::size_t>(n)];
                    if (passes_over<M>(pte.slot.none())) continue;
                    for (const auto& v : s.mms[p].vmas) {
                        const auto here = pte.slot.some() && spans(v, n);
                        if (passes_over<M>(!here)) continue;
                        one<M>(s, pte, v, here, static_cast<int>(p), n, rep);
                    }
                }
    }
    template <class M>
    static constexpr void one(const typename M::State& s, const typename M::Pte& pte,
                              const typename M::Vma& v, const auto& here, int p, int n,
                              auto& rep) {
        using D = typename M::D;
        rep(implies(here, v.anon_vma.some()));
        for (const auto& f : s.frames) {
            const auto linked = D::at(v.links, f.anon_vma, [](const auto& l) { return l; });
            rep(implies(here && f.slot == pte.slot && f.anon_vma.some(),
                        linked && f.index + v.lo == v.pgoff + n));
        }
        const auto root = AT(s.anon_vmas, v.anon_vma, root);
        for (int q = 0; q < p; ++q)
            for (int m = 0; m < M::B.pages; ++m) {
                const auto& mm = s.mms[static_cast<std::size_t>(q)];
                const auto& other = mm.ptes[static_cast<std::size_t>(m)];
                for (const auto& u : mm.vmas)
                    rep(implies(here && other.slot == pte.slot && spans(u, m),
                                AT(s.anon_vmas, u.anon_vma, root) == root &&
                                    u.pgoff + m + v.lo == v.pgoff + n + u.lo));
            }
    }
};
struct SwapOncePerMm : Always {
    static constexpr const char* id = "swap.once-per-mm";
    static constexpr const char* says =
        "No process names the same slot, or its cached frame, at two pages.";
    static constexpr const char* source =
        "linux mm/mremap.c:move_ptes@v6.1 (an entry moves, it is never duplicated)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (const auto& mm : s.mms)
                for (std::size_t n = 0; n < mm.ptes.size(); ++n) {
                    const auto& pte = mm.ptes[n];
                    if (passes_over<M>(pte.slot.none())) continue;
                    for (std::size_t m = 0; m < mm.ptes.size(); ++m) {
                        if (m == n) continue;
                        if (m < n) rep(implies(pte.slot.some(), !(mm.ptes[m].slot == pte.slot)));
                        for (int f = 0; f < M::B.frames; ++f)
                            rep(implies(pte.slot.some() && mm.ptes[m].frame.is(f),
                                        !(s.frames[static_cast<std::size_t>(f)].slot ==
                                          pte.slot)));
                    }
                }
    }
};
struct FrameLockedExact : Always {
    static constexpr const char* id = "frame.locked-exact";
    static constexpr const char* says = "PG_locked is the number of tasks that hold the lock.";
    static constexpr const char* source = "linux include/linux/pagemap.h:folio_trylock@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_backing)
            for (int f = 0; f < M::B.frames; ++f)
                rep(M::D::num(s.frames[static_cast<std::size_t>(f)].locked) == c.locks.of(f));
    }
};
struct FrameWritebackExact : Always {
    static constexpr const char* id = "frame.writeback-exact";
    static constexpr const char* says =
        "PG_writeback is the number of writes to a device under way from the frame.";
    static constexpr const char* source = "linux mm/page_io.c:swap_writepage@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_backing)
            for (int f = 0; f < M::B.frames; ++f)
                rep(M::D::num(s.frames[static_cast<std::size_t>(f)].writeback) ==
                    c.writebacks.of(f));
    }
};

}  // namespace faultline
