// model/reference/vma.hpp - VMAs: lookup, flags, split, and what may merge with what.
//
// Source:  linux mm/mmap.c:vma_merge, __split_vma@v6.1; mm/vma.c@v6.12
// Differs: vma_merge tries to merge before it splits and so do the edit steps; a split that finds
//          no row is the slab's refusal (A-rows-are-memory).
#pragma once
#include "model/reference/anon_vma.hpp"

namespace faultline {

/// The flags two VMAs must share to merge.
template <class M>
struct VmaFlags {
    typename M::Bool read, write, exec, growsdown, locked, dontfork, wipeonfork;
    // The file and how it is mapped: they never change.
    [[no_unique_address]] typename M::Vma::Inode inode;
    [[no_unique_address]] typename M::Vma::Shared shared;
    [[no_unique_address]] typename M::Vma::Maywrite maywrite;
};
template <class M>
constexpr VmaFlags<M> flags_of(const typename M::Vma& v) {
    return {v.read, v.write, v.exec, v.growsdown, v.locked, v.dontfork, v.wipeonfork,
            v.inode, v.shared, v.maywrite};
}
template <class M>
constexpr void set_flags(typename M::Vma& v, const VmaFlags<M>& f) {
    v.read = f.read;
    v.write = f.write;
    v.exec = f.exec;
    v.growsdown = f.growsdown;
    v.locked = f.locked;
    v.dontfork = f.dontfork;
    v.wipeonfork = f.wipeonfork;
    v.inode = f.inode;
    v.shared = f.shared;
    v.maywrite = f.maywrite;
}
template <class M>
constexpr typename M::Bool same_flags(const VmaFlags<M>& a, const VmaFlags<M>& b) {
    return a.read == b.read && a.write == b.write && a.exec == b.exec &&
           a.growsdown == b.growsdown && a.locked == b.locked && a.dontfork == b.dontfork &&
           a.wipeonfork == b.wipeonfork && a.inode == b.inode && a.shared == b.shared &&
           a.maywrite == b.maywrite;
}
template <class M>
constexpr typename M::Bool accessible(const VmaFlags<M>& f) {
    return f.read || f.write || f.exec;
}

/// In the address space's tree; a detached VMA is on its way out and found by nobody but the
/// reverse map.
template <class V>
constexpr auto in_tree(const V& v) {
    return v.used && !v.detached;
}
/// The page lies in the VMA, also in one that munmap has taken out of the tree and not freed yet.
template <class V>
constexpr auto spans(const V& v, const auto& page) {
    return v.used && v.lo <= page && v.hi > page;
}
template <class V>
constexpr auto covers(const V& v, const auto& page) {
    return in_tree(v) && v.lo <= page && v.hi > page;
}
/// Like find_vma and a check of vm_start: the VMA that contains the page.
template <class K>
constexpr auto vma_at(const auto& mm, const auto& page) {
    return K::D::find(mm.vmas, [&](const auto& v) { return covers(v, page); });
}
template <class K>
constexpr auto vma_ending_at(const auto& mm, const auto& page) {
    return K::D::find(mm.vmas, [&](const auto& v) { return in_tree(v) && v.hi == page; });
}
template <class K>
constexpr auto vma_starting_at(const auto& mm, const auto& page) {
    return K::D::find(mm.vmas, [&](const auto& v) { return in_tree(v) && v.lo == page; });
}
/// The lowest VMA at or above `page`.
template <class K>
constexpr auto vma_from(const auto& mm, const auto& page) {
    return K::D::find(mm.vmas, [&](const auto& v) {
        BoolOf<K> lowest = in_tree(v) && v.lo >= page;
        for (const auto& u : mm.vmas)
            lowest = lowest && !(in_tree(u) && u.lo >= page && u.lo < v.lo);
        return lowest;
    });
}
/// The lowest VMA that is on its way out: detached, or any one of an exiting address space.
template <class K>
constexpr auto lowest_doomed(const auto& mm, bool all) {
    return K::D::find(mm.vmas, [&](const auto& v) {
        BoolOf<K> lowest = v.used && (BoolOf<K>(all) || v.detached);
        for (const auto& u : mm.vmas)
            lowest = lowest && !(u.used && (BoolOf<K>(all) || u.detached) && u.lo < v.lo);
        return lowest;
    });
}
template <class K>
constexpr auto free_vma_row(const K& k, const auto& mm) {
    return K::D::find_row(mm.vmas, [&](int i, const auto& v) {
        return BoolOf<K>(i < k.env.limits.vmas) && !v.used && !k.deny;
    });
}
/// Pages [lo, hi) meet no VMA, nor, if the next VMA above is a stack, the guard gap below it.
/// Source: linux mm/mmap.c:unmapped_area_topdown@v6.1;
/// arch/x86/kernel/sys_x86_64.c:arch_get_unmapped_area_topdown@v6.1 (vm_start_gap)
template <class K>
constexpr BoolOf<K> range_free(const K& k, const auto& mm, const auto& lo, const auto& hi,
                               bool with_gap = true) {
    using D = typename K::D;
    BoolOf<K> free = true, stack = false;
    typename K::Mach::Page next = K::Mach::B.pages;
    for (const auto& v : mm.vmas) {
        free = free && !(in_tree(v) && v.lo < hi && v.hi > lo);
        IF(in_tree(v) && v.lo >= hi && v.lo < next) {
            next = v.lo;
            stack = v.growsdown;
        }
    }
    const int gap = with_gap ? k.env.limits.stack_guard_gap : 0;
    return free && !(stack && next < hi + gap);
}

/// Whether a range with anon_vma `mine` may join `neighbour`.
/// Source: linux mm/mmap.c:is_mergeable_anon_vma@v6.1, since 6.16 mm/vma.c with commit
/// linux 879bca0a2c4f: `mine_singular` says the range is no fork child's.
template <class K>
constexpr BoolOf<K> anon_mergeable(const K& k, const auto& mine, const BoolOf<K>& mine_singular,
                                   const typename K::Mach::Vma& neighbour) {
    BoolOf<K> ok = mine == neighbour.anon_vma ||
                   (mine.none() && neighbour.anon_vma.some() && chain_singular<K>(neighbour));
    if (k.env.rules.merge_anon == MergeAnon::either_singular)
        ok = ok || (mine.some() && neighbour.anon_vma.none() && mine_singular);
    return ok;
}

/// Locked pages follow the VMAs that have VM_LOCKED.
template <class K>
constexpr void account_locked(K&, auto& mm, const BoolOf<K>& was, const BoolOf<K>& now,
                              const auto& pages) {
    using D = typename K::D;
    IF(now && !was) mm.locked_vm += pages;
    IF(was && !now) mm.locked_vm -= pages;
}
/// Takes a VMA out of its address space for good: anon_vmas unlinked, row cleared.
template <class K>
constexpr void remove_vma(K& k, typename K::Mach::Vma& v) {
    unlink_anon_vmas(k, v);
    count_writable(k, v, false);
    v = typename K::Mach::Vma{};
}
/// The survivor of a merge takes over the other side's chain if it has none.
/// Source: linux mm/mmap.c:dup_anon_vma@v6.1
template <class K>
constexpr void inherit_anon_vma(K& k, typename K::Mach::Vma& survivor,
                                const typename K::Mach::Vma& other) {
    using D = typename K::D;
    IF(survivor.anon_vma.none() && other.anon_vma.some()) clone_anon_vmas(k, survivor, other);
}
/// Splits v at `at` into [lo, at) in v and [at, hi) in a new row; the row must exist.
/// Source: linux mm/mmap.c:__split_vma@v6.1
template <class K>
constexpr void split_vma(K& k, auto& mm, typename K::Mach::Vma& v, const auto& row,
                         const auto& at) {
    using D = typename K::D;
    WITH(upper, mm.vmas, row) {
        upper = v;
        for (auto& l : upper.links) l = false;
        upper.anon_vma = typename K::Mach::AnonRef{};
        inherit_anon_vma(k, upper, v);
        upper.pgoff = v.pgoff + (at - v.lo);
        upper.lo = at;
        v.hi = at;
        mm.map_count += 1;
        count_writable(k, v, true);
    }
}

}  // namespace faultline
