// invariants/anon_vma.hpp - claims about the reverse map: completeness, exact counters, chains.
//
// Source: linux mm/rmap.c:anon_vma_clone, anon_vma_fork@v6.1; commit linux 2555283eb40d
#pragma once
#include "invariants/cow.hpp"

namespace faultline {

struct RmapComplete : Always {
    static constexpr const char* id = "rmap.complete";
    static constexpr const char* says =
        "Every page-table entry that maps an anonymous page is reachable from the page's anon_vma.";
    static constexpr const char* source =
        "linux mm/rmap.c:anon_vma_clone@v6.1; commit linux 2555283eb40d";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                if (passes_over<M>(pte.frame.none())) continue;
                const auto anon = AT(s.frames, pte.frame, inode).none();
                const auto av = AT(s.frames, pte.frame, anon_vma);
                for (const auto& v : mm.vmas) {
                    if (passes_over<M>(!spans(v, n))) continue;
                    const auto linked = D::at(v.links, av, [](const auto& l) { return l; });
                    rep(implies(pte.frame.some() && anon && spans(v, n),
                                linked));
                }
            }
    }
};
struct RmapIndex : Always {
    static constexpr const char* id = "rmap.index";
    static constexpr const char* says =
        "A mapped page's index is its VMA's page offset plus its distance.";
    static constexpr const char* source = "linux include/linux/pagemap.h:linear_page_index@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                if (passes_over<M>(pte.frame.none())) continue;
                const auto index = AT(s.frames, pte.frame, index);
                for (const auto& v : mm.vmas)
                    rep(implies(pte.frame.some() && spans(v, n),
                                index + v.lo == v.pgoff + n));
            }
    }
};
struct AnonOwnLinked : Always {
    static constexpr const char* id = "anon_vma.own-linked";
    static constexpr const char* says =
        "A VMA's own anon_vma is in its chain; without one the chain is empty.";
    static constexpr const char* source = "linux mm/rmap.c:__anon_vma_prepare@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (const auto& v : mm.vmas) {
                const auto own = D::at(v.links, v.anon_vma, [](const auto& l) { return l; });
                rep(implies(v.anon_vma.some(), own));
                rep(implies(v.anon_vma.none(), unlinked<M>(v)));
            }
    }
};
struct AnonOneRoot : Always {
    static constexpr const char* id = "anon_vma.one-root";
    static constexpr const char* says = "All anon_vmas of one chain have the same root.";
    static constexpr const char* source = "linux mm/rmap.c:lock_anon_vma_root@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (const auto& v : mm.vmas) {
                if (passes_over<M>(unlinked<M>(v))) continue;
                const auto root = AT(s.anon_vmas, v.anon_vma, root);
                for (std::size_t a = 0; a < v.links.size(); ++a)
                    rep(implies(v.links[a], s.anon_vmas[a].root == root));
            }
    }
};
struct AnonChainClosed : Always {
    static constexpr const char* id = "anon_vma.chain-closed";
    static constexpr const char* says =
        "A chain contains the parent and the root of each of its anon_vmas.";
    static constexpr const char* source = "linux mm/rmap.c:anon_vma_fork@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms)
            for (const auto& v : mm.vmas) {
                if (passes_over<M>(unlinked<M>(v))) continue;
                for (std::size_t a = 0; a < v.links.size(); ++a) {
                    if (passes_over<M>(!v.links[a])) continue;
                    const auto& x = s.anon_vmas[a];
                    const auto parent = D::at(v.links, x.parent, [](const auto& l) { return l; });
                    const auto root = D::at(v.links, x.root, [](const auto& l) { return l; });
                    rep(implies(v.links[a], parent && root));
                }
            }
    }
};
struct AnonSameChain : Always {
    static constexpr const char* id = "anon_vma.same-chain";
    static constexpr const char* says =
        "Two VMAs of one process with the same anon_vma have the same chain; merging drops one of "
        "them.";
    static constexpr const char* source =
        "linux mm/mmap.c:is_mergeable_anon_vma@v6.1; commit linux 2555283eb40d";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (std::size_t i = 0; i < mm.vmas.size(); ++i)
                for (std::size_t j = 0; j < i; ++j) {
                    const auto& u = mm.vmas[i];
                    const auto& v = mm.vmas[j];
                    if (passes_over<M>(!(u.anon_vma == v.anon_vma) || u.anon_vma.none())) continue;
                    typename M::Bool same = true;
                    for (std::size_t a = 0; a < u.links.size(); ++a)
                        same = same && u.links[a] == v.links[a];
                    rep(implies(u.anon_vma == v.anon_vma && u.anon_vma.some(), same));
                }
    }
};
struct AnonSingleOwner : Always {
    static constexpr const char* id = "anon_vma.single-owner";
    static constexpr const char* says =
        "VMAs of different processes never share their own anon_vma.";
    static constexpr const char* source =
        "commit linux 2555283eb40d; linux mm/rmap.c:anon_vma_fork@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (std::size_t p = 0; p < s.mms.size(); ++p)
            for (std::size_t q = 0; q < p; ++q)
                for (const auto& u : s.mms[p].vmas) {
                    if (passes_over<M>(u.anon_vma.none())) continue;
                    for (const auto& v : s.mms[q].vmas)
                        rep(implies(u.anon_vma.some(), !(u.anon_vma == v.anon_vma)));
                }
    }
};
struct AnonChildrenExact : Always {
    static constexpr const char* id = "anon_vma.children-exact";
    static constexpr const char* says =
        "num_children is the number of anon_vmas whose parent it is, a root counting itself.";
    static constexpr const char* source = "linux include/linux/rmap.h:struct anon_vma@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int a = 0; a < M::B.anon_vmas; ++a)
            rep(s.anon_vmas[static_cast<std::size_t>(a)].num_children == c.children.of(a));
    }
};
struct AnonActiveExact : Always {
    static constexpr const char* id = "anon_vma.active-exact";
    static constexpr const char* says =
        "num_active_vmas is the number of VMAs whose own anon_vma it is.";
    static constexpr const char* source = "linux include/linux/rmap.h:struct anon_vma@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int a = 0; a < M::B.anon_vmas; ++a)
            rep(s.anon_vmas[static_cast<std::size_t>(a)].num_active_vmas == c.active.of(a));
    }
};
struct AnonRefcountExact : Always {
    static constexpr const char* id = "anon_vma.refcount-exact";
    static constexpr const char* says =
        "An anon_vma holds one reference of its own; a root one more for each descendant.";
    static constexpr const char* source =
        "linux mm/rmap.c:anon_vma_fork@v6.1 (get_anon_vma on the root)";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int a = 0; a < M::B.anon_vmas; ++a) {
            const auto& x = s.anon_vmas[static_cast<std::size_t>(a)];
            rep(implies(x.live && x.root.is(a), x.refcount == c.same_root.of(a)));
            rep(implies(x.live && !x.root.is(a), x.refcount == 1));
        }
    }
};
struct AnonLiveIffLinked : Always {
    static constexpr const char* id = "anon_vma.live-iff-linked";
    static constexpr const char* says =
        "An anon_vma lives exactly as long as some VMA is linked to it.";
    static constexpr const char* source = "linux mm/rmap.c:unlink_anon_vmas@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (int a = 0; a < M::B.anon_vmas; ++a) {
            const auto& x = s.anon_vmas[static_cast<std::size_t>(a)];
            rep(x.live == c.linked[static_cast<std::size_t>(a)]);
            rep(implies(!x.live, x.parent.none() && x.root.none() && x.num_children == 0 &&
                                     x.num_active_vmas == 0 && x.refcount == 0 && x.age == 0));
            rep(implies(x.live, typename M::Bool(a < env.limits.anon_vmas)));
        }
    }
};
struct AnonTree : Always {
    static constexpr const char* id = "anon_vma.tree";
    static constexpr const char* says =
        "Parents and roots live; a root is its own parent and root; a child has its parent's root "
        "and is younger.";
    static constexpr const char* source = "linux mm/rmap.c:anon_vma_fork@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (int a = 0; a < M::B.anon_vmas; ++a) {
            const auto& x = s.anon_vmas[static_cast<std::size_t>(a)];
            rep(implies(x.live, AT(s.anon_vmas, x.parent, live) && AT(s.anon_vmas, x.root, live)));
            rep(implies(x.live, AT(s.anon_vmas, x.root, root) == x.root));
            rep(implies(x.live && x.root.is(a), x.parent.is(a) && x.age == 0));
            rep(implies(x.live && !x.root.is(a), !x.parent.is(a) &&
                                                     AT(s.anon_vmas, x.parent, root) == x.root &&
                                                     AT(s.anon_vmas, x.parent, age) < x.age));
        }
    }
};
struct AnonAges : Always {
    static constexpr const char* id = "anon_vma.ages";
    static constexpr const char* says =
        "The anon_vmas of one root are numbered by age without gaps.";
    static constexpr const char* source = "spec/decisions/0003-chains-as-links.md";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        for (std::size_t a = 0; a < s.anon_vmas.size(); ++a) {
            const auto& x = s.anon_vmas[a];
            if (passes_over<M>(!x.live)) continue;
            for (std::size_t b = 0; b < a; ++b) {
                const auto& y = s.anon_vmas[b];
                rep(implies(x.live && y.live && x.root == y.root, x.age != y.age));
            }
            for (int r = 0; r < M::B.anon_vmas; ++r)
                rep(implies(x.live && x.root.is(r), x.age < c.same_root.of(r)));
        }
    }
};

}  // namespace faultline
