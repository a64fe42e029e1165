// invariants/cow.hpp - claims about sharing: exclusivity, isolation, pins.
//
// Source: linux include/linux/page-flags.h (PG_anon_exclusive)@v6.1
#pragma once
#include "invariants/frame.hpp"

namespace faultline {

struct CowWritableSingle : Always {
    static constexpr const char* id = "cow.writable-single";
    static constexpr const char* says = "An anonymous frame mapped writable is mapped once.";
    static constexpr const char* source = "linux mm/memory.c:do_wp_page@v5.10";
    static constexpr ClaimKind kind = ClaimKind::derived;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (const auto& pte : mm.ptes)
                rep(implies(pte.write && AT(s.frames, pte.frame, inode).none(),
                            AT(s.frames, pte.frame, mapcount) == 1));
    }
};
struct CowWritableExclusive : Always {
    static constexpr const char* id = "cow.writable-exclusive";
    static constexpr const char* says =
        "An anonymous frame mapped writable is exclusive to its page table.";
    static constexpr const char* source =
        "linux mm/memory.c:copy_present_pte@v6.1 (VM_BUG_ON pte_write && !PageAnonExclusive)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (const auto& pte : mm.ptes)
                rep(implies(pte.write, pte.frame.some() &&
                                       (AT(s.frames, pte.frame, exclusive) ||
                                        AT(s.frames, pte.frame, inode).some())));
    }
};
struct CowExclusiveSingle : Always {
    static constexpr const char* id = "cow.exclusive-single";
    static constexpr const char* says = "An exclusive frame is mapped exactly once.";
    static constexpr const char* source = "linux include/linux/rmap.h:page_try_dup_anon_rmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& x : s.frames) rep(implies(x.exclusive, x.mapcount == 1));
    }
};
struct CowPrivateIsolation : Always {
    static constexpr const char* id = "cow.private-isolation";
    static constexpr const char* says =
        "A process finds at each private page what it stored there last, inherited at fork, or "
        "zero: nobody else's store shows, none of its own is lost.";
    static constexpr const char* source = "POSIX fork(), mmap() MAP_PRIVATE";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (std::size_t n = 0; n < mm.ptes.size(); ++n) {
                if constexpr (M::has_swap) {
                    swapped<M>(s, mm.ptes[n], mm.want[n], rep);
                    rep(implies(mm.ptes[n].frame.none() && mm.ptes[n].slot.none(),
                                mm.want[n].none()));
                } else {
                    rep(implies(mm.ptes[n].frame.none(), mm.want[n].none()));
                }
                // What a page of a file must say is the file's affair: file.integrity.
                const auto anon = AT(s.frames, mm.ptes[n].frame, inode).none();
                rep(implies(!anon, mm.want[n].none()));
                rep(implies(mm.ptes[n].frame.some() && anon,
                            AT(s.frames, mm.ptes[n].frame, value) == mm.want[n]));
            }
    }
    /// What it swapped out is in the swap cache or, failing that, on the device.
    template <class M>
    static constexpr void swapped(const typename M::State& s, const typename M::Pte& pte,
                                  const auto& want, auto& rep) {
        using D = typename M::D;
        typename M::Bool read = false;
        for (const auto& f : s.frames) {
            const auto mine = pte.slot.some() && f.slot == pte.slot && f.uptodate;
            read = read || mine;
            rep(implies(mine, f.value == want));
        }
        rep(implies(pte.slot.some() && !read, AT(s.slots, pte.slot, value) == want));
    }
};
struct CowHandleIsolation : Always {
    static constexpr const char* id = "cow.handle-isolation";
    static constexpr const char* says =
        "A frame that a GUP handle can read is exclusive to, and so written by, nobody but the "
        "handle's owner.";
    static constexpr const char* source = "CVE-2020-29374; commit linux 17839856fd58";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& h : s.handles) {
            const auto exclusive = AT(s.frames, h.frame, exclusive);
            if (passes_over<M>(h.kind == gup_none)) continue;
            for (int p = 0; p < M::B.mms && !passes_over<M>(!exclusive); ++p)
                for (const auto& pte : s.mms[static_cast<std::size_t>(p)].ptes)
                    rep(implies(h.kind != gup_none && !h.mm.is(p) && pte.frame == h.frame,
                                !exclusive));
            if constexpr (M::has_swap)
                for (int p = 0; p < M::B.mms; ++p)
                    for (const auto& pte : s.mms[static_cast<std::size_t>(p)].ptes)
                        rep(implies(h.kind != gup_none && !h.mm.is(p) && pte.swp_exclusive,
                                    !(AT(s.frames, h.frame, slot) == pte.slot)));
        }
    }
};
/// The owner of an attached handle of that kind maps the handle's frame at the handle's page; a
/// pin's owner may also have an entry there that finds it in the swap cache.
template <class M>
constexpr void attached_handles_are_mapped(GupKind kind, const typename M::State& s, auto& rep) {
    for (const auto& h : s.handles)
        for (int p = 0; p < M::B.mms; ++p) {
            if (passes_over<M>(!(h.kind == kind && h.attached && h.mm.is(p)))) continue;
            const auto& ptes = s.mms[static_cast<std::size_t>(p)].ptes;
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& pte = ptes[static_cast<std::size_t>(n)];
                const typename M::Bool there = kind == gup_pin
                                                   ? typename M::Bool(finds_frame(s, pte, h.frame))
                                                   : typename M::Bool(pte.frame == h.frame);
                rep(implies(h.kind == kind && h.attached && h.mm.is(p) && h.page == n, there));
            }
        }
}
struct PinCoherent : Always {
    static constexpr const char* id = "pin.coherent";
    static constexpr const char* says =
        "While a process keeps a FOLL_PIN on a page it has not unmapped, its own accesses hit that "
        "frame.";
    static constexpr const char* source =
        "linux Documentation/core-api/pin_user_pages.rst@v6.1; commit linux 6c287605fd56";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        attached_handles_are_mapped<M>(gup_pin, s, rep);
    }
};
struct PinExclusive {
    static constexpr const char* id = "pin.exclusive";
    static constexpr const char* says =
        "An anonymous page its owner has pinned and still maps is exclusive.";
    static constexpr const char* source =
        "linux mm/gup.c:gup_must_unshare@v6.1; include/linux/mm.h@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    static constexpr bool applies(const Rules& r) {
        return r.cow_reuse == CowReuse::exclusive && r.gup_unshare == GupUnshare::yes;
    }
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& h : s.handles)
            rep(implies(h.kind == gup_pin && h.attached && AT(s.frames, h.frame, inode).none(),
                        AT(s.frames, h.frame, exclusive)));
    }
};
struct PinWritePrivate : Always {
    static constexpr const char* id = "pin.write-private";
    static constexpr const char* says =
        "An anonymous frame pinned for writing is mapped by nobody, or once, where it was pinned.";
    static constexpr const char* source =
        "linux mm/memory.c:copy_present_page@v6.1; commit linux 70e806e4e645";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& h : s.handles) {
            if (passes_over<M>(!(h.kind == gup_pin && h.write))) continue;
            const auto anon = AT(s.frames, h.frame, inode).none();
            for (int p = 0; p < M::B.mms; ++p)
                for (int n = 0; n < M::B.pages; ++n) {
                    const auto& pte =
                        s.mms[static_cast<std::size_t>(p)].ptes[static_cast<std::size_t>(n)];
                    rep(implies(h.kind == gup_pin && h.write && finds_frame(s, pte, h.frame) &&
                                    h.frame.some() && anon,
                                h.attached && h.mm.is(p) && h.page == n));
                }
        }
    }
};
struct HandleWellFormed : Always {
    static constexpr const char* id = "handle.well-formed";
    static constexpr const char* says =
        "A handle in use names a frame; one whose page its owner still has names owner and page.";
    static constexpr const char* source = "representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (int i = 0; i < M::B.handles; ++i) {
            const auto& h = s.handles[static_cast<std::size_t>(i)];
            rep(h.kind <= gup_pin && h.page < env.limits.pages);
            rep((h.kind != gup_none) == h.frame.some());
            rep(implies(h.kind == gup_none, !h.write && !h.attached && h.mm.none() && h.page == 0));
            rep(implies(h.mm.none(), !h.attached && h.page == 0));
            rep(implies(h.attached, AT(s.mms, h.mm, phase) != mm_free));
            rep(implies(h.mm.some(), AT(s.mms, h.mm, phase) != mm_free));
            rep(implies(h.kind == gup_pin && h.mm.some(), AT(s.mms, h.mm, has_pinned)));
            rep(implies(h.kind != gup_none, typename M::Bool(i < env.limits.handles)));
            rep(implies(h.kind != gup_none, AT(s.frames, h.frame, uptodate)));
        }
    }
};
struct HandleGetCoherent : Always {
    static constexpr const char* id = "handle.get-attached";
    static constexpr const char* says =
        "A plain GUP reference marked attached refers to the page still mapped.";
    static constexpr const char* source = "ghost";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        attached_handles_are_mapped<M>(gup_get, s, rep);
    }
};

}  // namespace faultline
