// invariants/frame.hpp - claims about page frames: references, maps, life cycle.
//
// Source: linux mm/migrate.c:folio_expected_refs@v6.1
#pragma once
#include "invariants/pte.hpp"

namespace faultline {

struct FrameMapcountExact : Always {
    static constexpr const char* id = "frame.mapcount-exact";
    static constexpr const char* says =
        "mapcount is the number of page-table entries that map the frame.";
    static constexpr const char* source =
        "linux mm/rmap.c:page_add_new_anon_rmap, page_remove_rmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int f = 0; f < M::B.frames; ++f)
            rep(s.frames[static_cast<std::size_t>(f)].mapcount == c.maps.of(f));
    }
};
struct FrameOncePerMm : Always {
    static constexpr const char* id = "frame.once-per-mm";
    static constexpr const char* says = "No process maps the same anonymous frame at two pages.";
    static constexpr const char* source =
        "linux mm/mremap.c:move_ptes@v6.1 (an entry moves, it is never duplicated)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (std::size_t n = 0; n < mm.ptes.size(); ++n) {
                if (passes_over<M>(mm.ptes[n].frame.none())) continue;
                const auto anon = AT(s.frames, mm.ptes[n].frame, inode).none();
                for (std::size_t m = 0; m < n; ++m)
                    rep(implies(mm.ptes[n].frame.some() && anon,
                                !(mm.ptes[n].frame == mm.ptes[m].frame)));
            }
    }
};
struct FrameRefcountExact : Always {
    static constexpr const char* id = "frame.refcount-exact";
    static constexpr const char* says =
        "refcount is maps + LRU batch + swap or page cache + gets + pin bias times pins + what "
        "tasks in flight hold.";
    static constexpr const char* source =
        "linux mm/migrate.c:folio_expected_refs@v6.1; mm/gup.c:try_grab_folio@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int f = 0; f < M::B.frames; ++f) {
            const auto& x = s.frames[static_cast<std::size_t>(f)];
            typename M::Num refs =
                c.maps.of(f) + M::D::num(x.batched) + c.gets.of(f) + c.held.of(f);
            if constexpr (M::has_swap) refs = refs + M::D::num(x.slot.some());
            if constexpr (M::has_files) refs = refs + M::D::num(x.inode.some());
            for (int b = 0; b < M::B.handles + M::B.tasks; ++b)
                refs =
                    refs + M::D::select(c.pins.of(f) + c.held_pins.of(f) > b,
                                        typename M::Num(env.limits.pin_bias), typename M::Num(0));
            rep(x.refcount == refs);
        }
    }
};
struct FrameFreeClean : Always {
    static constexpr const char* id = "frame.free-clean";
    static constexpr const char* says =
        "A frame without references carries no flag, no mapping, no content.";
    static constexpr const char* source = "linux mm/page_alloc.c:free_pages_prepare@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (int f = 0; f < M::B.frames; ++f) {
            const auto& x = s.frames[static_cast<std::size_t>(f)];
            rep(implies(x.refcount == 0, !x.exclusive && !x.uptodate && !x.batched && !x.lru &&
                                             x.anon_vma.none() && x.index == 0 && x.value.none()));
            if constexpr (M::has_swap)
                rep(implies(x.refcount == 0,
                            x.slot.none() && !x.dirty && !x.writeback && !x.locked));
            if constexpr (M::has_files)
                rep(implies(x.refcount == 0,
                            x.inode.none() && !x.dirty && !x.writeback && !x.locked));
            rep(implies(x.refcount != 0, typename M::Bool(f < env.limits.frames)));
        }
    }
};
struct FrameUptodate : Always {
    static constexpr const char* id = "frame.uptodate";
    static constexpr const char* says =
        "A mapped frame's content was written before it was mapped.";
    static constexpr const char* source =
        "linux mm/memory.c:do_anonymous_page@v6.1 (__SetPageUptodate)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& x : s.frames) rep(implies(x.mapcount != 0, x.uptodate));
    }
};
struct FrameOnLru : Always {
    static constexpr const char* id = "frame.lru-once";
    static constexpr const char* says =
        "A mapped frame is on the LRU, in a batch or isolated by one reclaim, never two of them.";
    static constexpr const char* source = "linux mm/swap.c:folio_add_lru@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int f = 0; f < M::B.frames; ++f) {
            const auto& x = s.frames[static_cast<std::size_t>(f)];
            rep(!(x.batched && x.lru));
            if constexpr (M::has_swap) {
                const auto isolated = c.isolations.of(f);
                rep(isolated + M::D::num(x.batched || x.lru) <= 1);
                rep(implies(x.mapcount != 0 || x.slot.some(),
                            x.batched || x.lru || isolated == 1));
            } else {
                rep(implies(x.mapcount != 0 || x.inode.some(), x.batched || x.lru));
            }
        }
    }
};
struct FrameMappingWhileMapped : Always {
    static constexpr const char* id = "frame.mapping-while-mapped";
    static constexpr const char* says =
        "A frame of no file has an anon_vma exactly while it is mapped; one of a file has none.";
    static constexpr const char* source =
        "linux mm/rmap.c:__page_set_anon_rmap@v6.1; spec/ABSTRACTIONS.md A-unmapped-forgets";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& x : s.frames) {
            rep((x.mapcount != 0 && x.inode.none()) == x.anon_vma.some());
            rep(implies(x.mapcount == 0 && x.inode.none(), x.index == 0));
            rep(implies(x.mapcount == 0 || x.inode.some(), !x.exclusive));
        }
    }
};

}  // namespace faultline
