// model/reference/anon_vma.hpp - the reverse map of anonymous pages: prepare, clone, fork, unlink.
//
// Source:  linux mm/rmap.c:__anon_vma_prepare, anon_vma_clone, anon_vma_fork,
//          unlink_anon_vmas@v6.1; find_mergeable_anon_vma in mm/mmap.c@v6.1
// Differs: an anon_vma_chain is a bit in the VMA's `links`; the order of a chain is the anon_vmas'
//          ages, which cloning and forking respect (spec/decisions/0003-chains-as-links.md).
#pragma once
#include "model/reference/swap.hpp"

namespace faultline {

/// Exactly one anon_vma linked: not a fork child's VMA.
/// Source: list_is_singular(&vma->anon_vma_chain)
template <class K>
constexpr BoolOf<K> chain_singular(const typename K::Mach::Vma& v) {
    typename K::Mach::Num n = 0;
    for (const auto& l : v.links) n = n + K::D::num(l);
    return n == 1;
}
template <class K>
constexpr auto free_anon_vma(K& k) {
    return K::D::find_row(k.s.anon_vmas, [&](int i, const auto& a) {
        return BoolOf<K>(i < k.env.limits.anon_vmas) && !a.live && !k.deny;
    });
}
template <class K>
constexpr BoolOf<K> linked_anywhere(const K& k, std::size_t a) {
    BoolOf<K> any = false;
    for (const auto& mm : k.s.mms)
        for (const auto& v : mm.vmas) any = any || v.links[a];
    return any;
}
template <class K>
constexpr void link_one(K&, typename K::Mach::Vma& v, const auto& which) {
    using D = typename K::D;
    WITH(l, v.links, which) l = true;
}

/// Flags, offsets and adjacency allow the two to share an anon_vma even if their protections
/// differ.
template <class K>
constexpr BoolOf<K> anon_vma_compatible(const typename K::Mach::Vma& below,
                                        const typename K::Mach::Vma& above) {
    return below.used && above.used && !below.detached && !above.detached &&
           below.hi == above.lo && above.pgoff + below.lo == below.pgoff + above.lo &&
           below.growsdown == above.growsdown && below.locked == above.locked &&
           below.dontfork == above.dontfork && below.wipeonfork == above.wipeonfork &&
           below.inode == above.inode && below.shared == above.shared &&
           below.maywrite == above.maywrite;
}
/// Gives v an anon_vma: a mergeable neighbour's, else a new root. False if the slab refuses.
template <class K>
constexpr BoolOf<K> prepare_anon_vma(K& k, auto& mm, typename K::Mach::Vma& v) {
    using D = typename K::D;
    typename K::Mach::AnonRef shared{};
    for (const auto& u : mm.vmas)   // the previous VMA ...
        IF(anon_vma_compatible<K>(u, v) && u.anon_vma.some() && chain_singular<K>(u))
            shared = u.anon_vma;
    for (const auto& u : mm.vmas)   // ... but the next one is preferred
        IF(anon_vma_compatible<K>(v, u) && u.anon_vma.some() && chain_singular<K>(u))
            shared = u.anon_vma;
    auto fresh = free_anon_vma(k);
    const BoolOf<K> had = v.anon_vma.some();
    const BoolOf<K> ok = had || (!k.deny && (shared.some() || fresh.ok));
    IF(!had && ok) {
        IF(shared.some()) v.anon_vma = shared;
        else {
            v.anon_vma = fresh;
            WITH(a, k.s.anon_vmas, fresh) {
                a.live = true;
                a.parent = fresh;
                a.root = fresh;
                a.num_children = 1;   // its own self link
                a.refcount = 1;
            }
        }
        link_one(k, v, v.anon_vma);
        WITH(a, k.s.anon_vmas, v.anon_vma) a.num_active_vmas += 1;
    }
    return ok;
}

/// Links dst to everything src is linked to and shares src's anon_vma; dst had none.
template <class K>
constexpr void clone_anon_vmas(K& k, typename K::Mach::Vma& dst, const typename K::Mach::Vma& src) {
    using D = typename K::D;
    for (std::size_t a = 0; a < dst.links.size(); ++a) dst.links[a] = src.links[a];
    dst.anon_vma = src.anon_vma;
    WITH(a, k.s.anon_vmas, dst.anon_vma) a.num_active_vmas += 1;
}

/// The rule of reuse for one candidate of the parent's chain.
template <class K>
constexpr BoolOf<K> reusable(const K& k, const auto& a, int row, const typename K::Mach::Vma& src) {
    switch (k.env.rules.anon_vma_reuse) {
        case AnonVmaReuse::never: return false;
        case AnonVmaReuse::degree:
            return !src.anon_vma.is(row) && a.num_children + a.num_active_vmas < 2;
        case AnonVmaReuse::split: return a.num_children < 2 && a.num_active_vmas == 0;
    }
    return false;
}
/// The child VMA of a fork: the parent's chain, then a reused anon_vma or a new one. False if the
/// slab refuses.
template <class K>
constexpr BoolOf<K> fork_anon_vma(K& k, typename K::Mach::Vma& dst,
                                  const typename K::Mach::Vma& src) {
    using D = typename K::D;
    constexpr int rows = K::Mach::B.anon_vmas;
    std::array<BoolOf<K>, static_cast<std::size_t>(rows)> candidate{};
    for (std::size_t a = 0; a < candidate.size(); ++a)
        candidate[a] = src.links[a] && reusable(k, k.s.anon_vmas[a], static_cast<int>(a), src);
    auto oldest = D::find_row(k.s.anon_vmas, [&](int i, const auto& x) {
        BoolOf<K> hit = candidate[static_cast<std::size_t>(i)];
        for (std::size_t b = 0; b < candidate.size(); ++b)
            hit = hit && !(candidate[b] && k.s.anon_vmas[b].age < x.age);
        return hit;
    });
    auto fresh = free_anon_vma(k);
    const BoolOf<K> faulted = src.anon_vma.some();
    const BoolOf<K> ok = !faulted || (!k.deny && (oldest.ok || fresh.ok));
    IF(faulted && ok) {
        for (std::size_t a = 0; a < dst.links.size(); ++a) dst.links[a] = src.links[a];
        IF(oldest.ok) dst.anon_vma = oldest;
        else {
            dst.anon_vma = fresh;
            const auto root = AT(k.s.anon_vmas, src.anon_vma, root);
            typename K::Mach::Num age = 0;
            for (const auto& x : k.s.anon_vmas) age = age + D::num(x.live && x.root == root);
            WITH(a, k.s.anon_vmas, fresh) {
                a.live = true;
                a.parent = src.anon_vma;
                a.root = root;
                a.refcount = 1;
                a.age = age;
            }
            WITH(parent, k.s.anon_vmas, src.anon_vma) parent.num_children += 1;
            WITH(r, k.s.anon_vmas, root) r.refcount += 1;
            link_one(k, dst, fresh);
        }
        WITH(a, k.s.anon_vmas, dst.anon_vma) a.num_active_vmas += 1;
    }
    return ok;
}

/// Drops the tree's own reference of an anon_vma whose tree became empty.
template <class K>
constexpr void put_emptied(K& k, std::size_t row) {
    using D = typename K::D;
    auto& a = k.s.anon_vmas[row];
    k.out.bug = k.out.bug || a.num_children != 0 || a.num_active_vmas != 0;
    a.refcount -= 1;
    IF(a.refcount == 0) {
        for (auto& x : k.s.anon_vmas) IF(x.live && x.root == a.root && x.age > a.age) x.age -= 1;
        IF(!a.root.is(static_cast<int>(row))) WITH(r, k.s.anon_vmas, a.root) {
            r.refcount -= 1;
            IF(r.refcount == 0) r = typename K::Mach::AnonVma{};
        }
        a = typename K::Mach::AnonVma{};
    }
}
/// Takes v out of every anon_vma's tree; trees left empty die.
/// Source: linux mm/rmap.c:unlink_anon_vmas@v6.1
template <class K>
constexpr void unlink_anon_vmas(K& k, typename K::Mach::Vma& v) {
    using D = typename K::D;
    std::array<BoolOf<K>, static_cast<std::size_t>(K::Mach::B.anon_vmas)> emptied{};
    for (std::size_t a = 0; a < emptied.size(); ++a) IF(v.links[a]) {
        v.links[a] = false;
        IF(!linked_anywhere(k, a)) {
            emptied[a] = true;
            WITH(parent, k.s.anon_vmas, k.s.anon_vmas[a].parent) parent.num_children -= 1;
        }
    }
    WITH(mine, k.s.anon_vmas, v.anon_vma) mine.num_active_vmas -= 1;
    v.anon_vma = typename K::Mach::AnonRef{};
    for (std::size_t a = 0; a < emptied.size(); ++a) IF(emptied[a]) put_emptied(k, a);
}

}  // namespace faultline
