// model/reference/unmap.hpp - munmap and everything that begins or ends with it; madvise(DONTNEED).
//
// Source:  linux mm/mmap.c:do_mas_align_munmap, unmap_region, free_pgtables@v6.1;
//          mm/madvise.c:madvise_dontneed_free@v6.1
// Differs: mmap_lock stays held for writing to the end (Linux may downgrade it; A-no-downgrade); a
//          map limit is not checked for the second split, as in Linux.
#pragma once
#include "model/reference/edit.hpp"

namespace faultline {

// What mremap does when its target or its old range has been unmapped: see mremap.hpp.
template <class K>
constexpr void after_target(K& k);
template <class K>
constexpr void moved(K& k);

/// The range an unmap works on: the target of a move, before it or in place of it, the tail that a
/// shrinking move gives up, else [page, end).
template <class M>
constexpr typename M::Bool unmaps_target(const typename M::Task& t) {
    return t.op == op_mremap_fixed || t.op == op_mremap_undo;
}
template <class M>
constexpr auto unmap_lo(const typename M::Task& t) {
    using D = typename M::D;
    const auto given = D::select(unmaps_target<M>(t), t.to + 0, t.page + 0);
    return D::select(typename M::Bool(t.op == op_mremap_tail), t.page + t.span, given + 0);
}
template <class M>
constexpr auto unmap_hi(const typename M::Task& t) {
    return M::D::select(unmaps_target<M>(t), t.to + t.span, t.end + 0);
}
template <class K>
constexpr auto unmap_lo(const K& k) {
    return unmap_lo<typename K::Mach>(k.t);
}
template <class K>
constexpr auto unmap_hi(const K& k) {
    return unmap_hi<typename K::Mach>(k.t);
}
/// A VMA could not be cut. After a move that is no error: the old range stays, empty.
/// Source: mm/mremap.c:move_vma@v6.1
template <class K>
constexpr void fail_unmap(K& k) {
    using D = typename K::D;
    IF(k.t.op == op_mremap) moved(k);
    else finish(k, res_enomem);
}

template <class K>
constexpr BoolOf<K> start_munmap(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(k.s.mms[static_cast<std::size_t>(mm_row)].phase == mm_alive && may_write(k, ref));
    REQUIRE(args.page < args.end && args.end <= k.env.limits.pages);
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.end = args.end;
    k.t.op = op_munmap;
    k.t.pc = pc_unmap_split_lo;
    return D::done();
}
/// A VMA that reaches below the range is split at its start. The limit counts only if a third piece
/// remains.
template <class K>
constexpr BoolOf<K> unmap_split_lo(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, unmap_lo(k));
        BoolOf<K> full = false;
        WITH(v, mm.vmas, here) full = v.lo < unmap_lo(k) && v.hi > unmap_hi(k) &&
                                      mm.map_count >= k.env.limits.map_count_limit;
        IF(!full) ok = split_at(k, mm, unmap_lo(k), false);
    }
    IF(ok) k.t.pc = pc_unmap_split_hi;
    else fail_unmap(k);
    return D::done();
}
template <class K>
constexpr BoolOf<K> unmap_split_hi(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) ok = split_at(k, mm, unmap_hi(k), false);
    IF(ok) k.t.pc = pc_unmap_detach;
    else fail_unmap(k);
    return D::done();
}
/// The range's VMAs leave the tree; faults no longer find them, the reverse map still does.
template <class K>
constexpr BoolOf<K> unmap_detach(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) for (auto& v : mm.vmas)
        IF(in_tree(v) && v.lo >= unmap_lo(k) && v.hi <= unmap_hi(k)) {
            v.detached = true;
            mm.map_count -= 1;
            account_locked(k, mm, v.locked, false, v.hi - v.lo);
        }
    drain_batch(k);   // mm/mmap.c:unmap_region@v6.1
    k.t.cursor = unmap_lo(k);
    k.t.pc = pc_unmap_page;
    return D::done();
}
template <class K>
constexpr BoolOf<K> unmap_page(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) zap_page(k, mm, k.t.mm, k.t.cursor);
    k.t.cursor += 1;
    IF(k.t.cursor >= unmap_hi(k)) {
        k.t.cursor = 0;
        k.t.pc = pc_unmap_unlink;
    }
    return D::done();
}
/// The range is empty now: on with the call it was done for.
template <class K>
constexpr void after_unmap(K& k) {
    using D = typename K::D;
    const auto op = k.t.op;
    IF(op == op_mmap_fixed) k.t.pc = pc_mmap_insert;
    IF(op == op_mremap_fixed || op == op_mremap_tail) after_target(k);
    IF(op == op_brk) {
        WITH(mm, k.s.mms, k.t.mm) mm.brk = k.t.page;
        k.out.page = k.t.page;
    }
    IF(op == op_mremap_shrink) k.out.page = k.t.to;
    IF(op == op_munmap || op == op_brk || op == op_mremap_shrink) finish(k, res_ok);
    IF(op == op_mremap) moved(k);
    IF(op == op_mremap_undo) finish(k, res_enomem);
}
/// One detached VMA a step leaves its anon_vmas and is freed.
template <class K>
constexpr BoolOf<K> unmap_unlink(K& k) {
    using D = typename K::D;
    BoolOf<K> last = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto any = lowest_doomed<K>(mm, false);
        WITH(v, mm.vmas, any) remove_vma(k, v);
        last = !any.ok;
    }
    IF(last) after_unmap(k);
    return D::done();
}

/// madvise(MADV_DONTNEED): under mmap_lock for reading, a page a step; holes are reported at the
/// end.
template <class K>
constexpr BoolOf<K> start_dontneed(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(k.s.mms[static_cast<std::size_t>(mm_row)].phase == mm_alive && may_read(k, ref));
    REQUIRE(args.page < args.end && args.end <= k.env.limits.pages);
    drain_batch(k);   // mm/memory.c:zap_page_range_single@v6.1
    k.t.mm = ref;
    k.t.cursor = args.page;
    k.t.end = args.end;
    k.t.pc = pc_zap;
    return D::done();
}
template <class K>
constexpr BoolOf<K> dontneed_page(K& k) {
    using D = typename K::D;
    BoolOf<K> locked = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) locked = v.locked;
        IF(here.ok && !locked) zap_page(k, mm, k.t.mm, k.t.cursor);
        IF(!here.ok) k.t.hole = true;
    }
    k.t.cursor += 1;
    const BoolOf<K> over = k.t.cursor >= k.t.end;
    const BoolOf<K> hole = k.t.hole;
    IF(locked) finish(k, res_einval);
    IF(!locked && over && hole) finish(k, res_enomem);
    IF(!locked && over && !hole) finish(k, res_ok);
    return D::done();
}

}  // namespace faultline
