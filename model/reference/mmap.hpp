// model/reference/mmap.hpp - mmap and brk: where a new range goes, and what it merges with.
//
// Source:  linux mm/mmap.c:do_mmap, mmap_region, vm_unmapped_area, do_brk_flags, sys_brk@v6.1
// Differs: the arena is the whole address space (A-arena); the heap starts at page 0 (A-heap).
#pragma once
#include "model/reference/unmap.hpp"

namespace faultline {

/// How a new range may merge: which neighbour comes first, and which ones are out of the question.
template <class M>
struct MergeStyle {
    bool above_first = false;
    typename M::Bool not_below = false, not_above = false;
    bool grows = false;   ///< part of a VMA that is there: nobody asks whether it is a fork child
};
/// Puts the range [lo, hi) with offset `like.pgoff` into mm: merged with its neighbours or in a row
/// of its own. False if neither can be had.
/// Source: mm/vma.c:vma_merge_new_range@v6.12; mm/mmap.c:vma_merge, __mmap_region@v6.1
template <class K>
constexpr BoolOf<K> insert_range(K& k, auto& mm, const typename K::Mach::Page& lo,
                                 const typename K::Mach::Page& hi,
                                 const typename K::Mach::Vma& like,
                                 const MergeStyle<typename K::Mach>& style = {}) {
    using D = typename K::D;
    using M = typename K::Mach;
    const auto flags = flags_of<M>(like);
    // linux mm/vma.c:vma_had_uncowed_parents(NULL) of vma_merge_extend@v6.16; seen on 6.18.44
    const BoolOf<K> singular = BoolOf<K>(style.grows) || chain_singular<K>(like);
    auto below = vma_ending_at<K>(mm, lo);
    auto above = vma_starting_at<K>(mm, hi);
    auto row = free_vma_row(k, mm);
    BoolOf<K> left = false, right = false, both = false;
    WITH(n, mm.vmas, below)
        left = same_flags<M>(flags, flags_of<M>(n)) && n.pgoff + lo == like.pgoff + n.lo &&
               !k.deny && !style.not_below && anon_mergeable(k, like.anon_vma, singular, n);
    WITH(n, mm.vmas, above)
        right = same_flags<M>(flags, flags_of<M>(n)) && n.pgoff + lo == like.pgoff + n.lo &&
                !k.deny && !style.not_above && anon_mergeable(k, like.anon_vma, singular, n);
    WITH(b, mm.vmas, below) WITH(a, mm.vmas, above) {
        // The one above was taken already: the one below must suit its anon_vma.
        if (style.above_first)
            left = left && (!right || anon_mergeable(k, a.anon_vma, chain_singular<K>(a), b));
        // All three become one only if the outer two agree. Source: vma_merge case 1 and 6
        both = left && right &&
               (b.anon_vma == a.anon_vma || b.anon_vma.none() || a.anon_vma.none());
    }
    IF(left) WITH(b, mm.vmas, below) {
        inherit_anon_vma(k, b, like);
        b.hi = hi;
        IF(both) WITH(a, mm.vmas, above) {
            inherit_anon_vma(k, b, a);
            b.hi = a.hi;
            remove_vma(k, a);
            mm.map_count -= 1;
        }
    }
    IF(right && !left) WITH(a, mm.vmas, above) {
        inherit_anon_vma(k, a, like);
        a.lo = lo;
        a.pgoff = like.pgoff;
    }
    const BoolOf<K> merged = left || right;
    IF(!merged && row.ok) WITH(v, mm.vmas, row) {
        v.used = true;
        set_flags<M>(v, flags);
        v.lo = lo;
        v.hi = hi;
        v.pgoff = like.pgoff;
        inherit_anon_vma(k, v, like);
        count_writable(k, v, true);
        mm.map_count += 1;
    }
    const BoolOf<K> ok = merged || row.ok;
    IF(ok && like.locked) mm.locked_vm += hi - lo;
    return ok;
}

/// The search met a hole of `len` pages right below a stack: it goes on below the guard gap, and so
/// passes over whatever else lies in it.
template <class K>
constexpr BoolOf<K> passed_over(const K& k, const auto& mm, const auto& hi, const auto& len) {
    using D = typename K::D;
    BoolOf<K> over = false;
    for (const auto& v : mm.vmas)
        IF(in_tree(v) && v.growsdown && v.lo >= hi &&
           v.lo < hi + k.env.limits.stack_guard_gap && v.lo >= len)
            over = over || range_free(k, mm, v.lo - len, v.lo, false);
    return over;
}
/// The highest free range of `len` pages, or none.
/// Source: mm/mmap.c:unmapped_area_topdown in 6.1.192 and 6.12.117; seen on 6.18.44
template <class K>
constexpr auto search_topdown(const K& k, const auto& mm, const auto& len) {
    using D = typename K::D;
    constexpr int pages = K::Mach::B.pages;
    std::array<int, static_cast<std::size_t>(pages)> start{};
    for (int i = 0; i < pages; ++i) start[static_cast<std::size_t>(i)] = pages - 1 - i;
    return D::find(start, [&](int lo) {
        typename K::Mach::Page from = lo;
        return from + len <= k.env.limits.pages && range_free(k, mm, from, from + len, false) &&
               !passed_over(k, mm, from + len, len);
    });
}

template <class K>
constexpr BoolOf<K> start_mmap(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && may_write(k, ref));
    REQUIRE(args.page < args.end && args.end <= k.env.limits.pages);
    REQUIRE(args.op >= op_mmap && args.op <= op_mmap_noreplace);
    REQUIRE(args.op != op_mmap || args.page == 0);
    if constexpr (K::Mach::has_files) {
        REQUIRE(args.inode.none() || AT(k.s.inodes, args.inode, open));
        REQUIRE(args.to < k.env.limits.inode_pages && (args.inode.some() || args.to == 0));
        k.t.to = args.to;
    }
    k.t.inode = args.inode;
    k.t.shared = args.shared;
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.end = args.end;
    k.t.op = args.op;
    k.t.read = args.read;
    k.t.write = args.write;
    k.t.exec = args.exec;
    k.t.grows = args.grows;
    IF(args.op == op_mmap_fixed) k.t.pc = pc_unmap_split_lo;
    else k.t.pc = pc_mmap_insert;
    IF(mm.map_count > k.env.limits.map_count_limit) finish(k, res_enomem);
    // A stack is neither shared nor a file.
    IF(args.grows && (args.shared || args.inode.some())) finish(k, res_einval);
    return D::done();
}
/// brk: sets the end of the heap; shrinking unmaps, growing inserts.
/// Source: mm/mmap.c:SYSCALL_DEFINE1(brk)@v6.1
template <class K>
constexpr BoolOf<K> start_brk(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && may_write(k, ref) && args.end <= k.env.limits.pages);
    k.t.mm = ref;
    k.t.op = op_brk;
    k.t.read = true;
    k.t.write = true;
    IF(args.end > mm.brk) {
        k.t.page = mm.brk;
        k.t.end = args.end;
        k.t.pc = pc_mmap_insert;
    }
    BoolOf<K> heap = false;   // shrinking over nothing is refused
    for (const auto& v : mm.vmas) heap = heap || (in_tree(v) && v.lo < mm.brk && v.hi > args.end);
    IF(args.end < mm.brk && !heap) finish(k, res_enomem);
    IF(args.end < mm.brk && heap) {
        k.t.page = args.end;
        k.t.end = mm.brk;
        k.t.read = false;
        k.t.write = false;
        k.t.pc = pc_unmap_split_lo;
    }
    IF(args.end == mm.brk) {
        k.out.page = args.end;
        finish(k, res_ok);
    }
    return D::done();
}
/// What backs the new range: a file, or memory of its own to be shared. False if its seals forbid
/// the mapping or no inode can be had. Source: linux mm/shmem.c:shmem_mmap, shmem_zero_setup@v6.12
template <class K>
constexpr BoolOf<K> back_range(K& k, typename K::Mach::Vma& like, const auto& len,
                               BoolOf<K>& sealed) {
    using D = typename K::D;
    BoolOf<K> ok = true;
    if constexpr (K::Mach::has_files) {
        const BoolOf<K> seal = AT(k.s.inodes, k.t.inode, seal_write) ||
                               AT(k.s.inodes, k.t.inode, seal_future);
        auto row = D::find_row(k.s.inodes, [&](int i, const auto& inode) {
            return BoolOf<K>(i < k.env.limits.inodes) && inode.kind == inode_none && !k.deny;
        });
        like.inode = k.t.inode;
        like.shared = k.t.shared;
        like.maywrite = k.t.inode.some() && !(k.t.shared && seal);
        sealed = k.t.shared && k.t.write && seal;
        IF(k.t.inode.some()) like.pgoff = k.t.to;
        IF(k.t.shared && k.t.inode.none()) {
            like.inode = row;
            like.maywrite = true;
            like.pgoff = 0;
            ok = row.ok && len <= k.env.limits.inode_pages;
        }
        ok = ok && !sealed;
    }
    return ok;
}
/// Shared memory without a file comes to be with its first mapping; it cannot be sealed.
template <class K>
constexpr void begin_shared_memory(K& k, const typename K::Mach::Vma& like, const auto& len) {
    using D = typename K::D;
    if constexpr (K::Mach::has_files)
        IF(k.t.shared && k.t.inode.none()) WITH(i, k.s.inodes, like.inode) {
            i.kind = inode_shmem;
            i.size = len;
            i.seal_seal = true;
        }
}
/// Chooses the address and puts the new range in.
template <class K>
constexpr BoolOf<K> mmap_insert(K& k) {
    using D = typename K::D;
    BoolOf<K> placed = false, taken = false, ok = false, sealed = false;
    typename K::Mach::Page lo{}, hi{};
    WITH(mm, k.s.mms, k.t.mm) {
        const auto len = k.t.end - k.t.page;
        auto found = search_topdown(k, mm, len);
        constexpr int pages = K::Mach::B.pages;
        // A grown heap keeps one page clear of what lies above it.
        const auto reach = D::select(BoolOf<K>(k.t.op == op_brk), k.t.end + 1, k.t.end + 0);
        const BoolOf<K> here = k.t.op == op_mmap_fixed ||
                               (k.t.op == op_mmap_noreplace &&
                                range_free(k, mm, k.t.page, k.t.end, false)) ||
                               (k.t.op != op_mmap && k.t.op != op_mmap_noreplace &&
                                range_free(k, mm, k.t.page, reach));
        const BoolOf<K> searches = k.t.op == op_mmap || k.t.op == op_mmap_hint;
        placed = here || (searches && found.ok);
        taken = k.t.op == op_mmap_noreplace;
        lo = k.t.page;
        IF(!here) for (int i = 0; i < pages; ++i) IF(found.at(i)) lo = pages - 1 - i;
        hi = lo + len;
        typename K::Mach::Vma like{};
        like.read = k.t.read;
        like.write = k.t.write;
        like.exec = k.t.exec;
        like.growsdown = k.t.grows;
        like.pgoff = lo;
        const MergeStyle<typename K::Mach> style{
            .above_first = k.env.rules.mmap_merge == MmapMerge::above_first};
        const BoolOf<K> backed = back_range(k, like, len, sealed);
        IF(placed && backed) ok = insert_range(k, mm, lo, hi, like, style);
        IF(ok) begin_shared_memory(k, like, len);
        IF(ok && k.t.op == op_brk) mm.brk = hi;
    }
    IF(ok) k.out.page = K::D::select(BoolOf<K>(k.t.op == op_brk), hi + 0, lo + 0);
    IF(ok) finish(k, res_ok);
    else {
        IF(!placed && taken) finish(k, res_eexist);
        else {
            IF(placed && sealed) finish(k, res_eperm);
            else finish(k, res_enomem);
        }
    }
    return D::done();
}

}  // namespace faultline
