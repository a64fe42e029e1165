// model/reference/mremap.hpp - mremap: shrink, grow in place, move; a moved page takes its offset
// along.
//
// Why:     the order of unmapping and judging decides what a refused call leaves behind, and it
//          changed (rule mremap_checks): target, tail, check, cuts, copy, pages, old range are
//          steps of their own.
// Source:  linux mm/mremap.c:vma_to_resize, mremap_to, move_vma, move_page_tables@v6.1;
//          mm/mremap.c:check_prep_vma@v6.17; mm/mmap.c:copy_vma@v6.1, mm/vma.c:copy_vma@v6.12
#pragma once
#include "model/reference/mmap.hpp"

namespace faultline {

/// Whether the VMA at the old range allows the move or the growth. The tail of a shrinking move
/// does not count.
template <class M>
struct OldRange {
    typename M::Bool efault = true, eagain = false;
    typename M::Bool einval = false;   ///< MREMAP_DONTUNMAP of a file, where that is refused
};
template <class K>
constexpr OldRange<typename K::Mach> judge_old_range(const K& k, const auto& mm, const auto& page,
                                                     const auto& end, const auto& span) {
    using D = typename K::D;
    OldRange<typename K::Mach> is{};
    auto here = vma_at<K>(mm, page);
    const auto stop = D::select(BoolOf<K>(page + span < end), page + span, end + 0);
    WITH(v, mm.vmas, here) {
        is.efault = v.hi < stop;
        if (k.env.rules.dontunmap_kinds == DontunmapKinds::private_anon)
            is.einval = v.inode.some();   // mm/mremap.c:vma_to_resize@v5.10
        is.eagain = v.locked && page + span > end &&
                    mm.locked_vm + page + span > end + k.env.limits.memlock_limit;
    }
    return is;
}

/// args: [page, end) the old range, span the new length, fixed/to the target, maymove, dontunmap.
template <class K>
constexpr BoolOf<K> start_mremap(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    const auto& limits = k.env.limits;
    REQUIRE(mm.phase == mm_alive && may_write(k, ref));
    REQUIRE(args.page < args.end && args.end <= limits.pages && args.span > 0);
    REQUIRE(args.span <= limits.pages);
    REQUIRE(args.fixed || args.to == 0);
    const auto old_len = args.end - args.page;
    const BoolOf<K> moves = args.fixed || args.dontunmap;
    const BoolOf<K> bad_flags =
        (moves && !args.maymove) || (args.dontunmap && args.span != old_len);
    const BoolOf<K> overlap = args.fixed && args.to < args.end && args.to + args.span > args.page;
    const BoolOf<K> bad_target = overlap || (args.fixed && args.to + args.span > limits.pages);
    const BoolOf<K> crowded = moves && mm.map_count + (limits.move_slack + limits.target_slack) >=
                                           limits.map_count_limit;
    const BoolOf<K> here = vma_at<K>(mm, args.page).ok;
    const auto old = judge_old_range(k, mm, args.page, args.end, args.span);
    const bool early = k.env.rules.mremap_checks == MremapChecks::early;
    const BoolOf<K> refused = BoolOf<K>(early) && moves;
    const BoolOf<K> invalid = bad_flags || (bad_target && (here || BoolOf<K>(early))) ||
                              (refused && args.dontunmap && old.einval);
    const BoolOf<K> enomem = !invalid && crowded && (here || BoolOf<K>(early));
    const BoolOf<K> efault = !invalid && !enomem && (!here || (refused && old.efault));
    const BoolOf<K> eagain = !invalid && !enomem && !efault && refused && old.eagain;
    const BoolOf<K> goes = !invalid && !enomem && !efault && !eagain;
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.end = args.end;
    IF(goes && !moves && args.span < old_len) {
        k.t.to = args.page;
        k.t.page = args.page + args.span;
        k.t.op = op_mremap_shrink;
        k.t.pc = pc_unmap_split_lo;
    }
    IF(goes && (moves || args.span > old_len)) {
        k.t.span = args.span;
        k.t.to = args.to;
        k.t.pc = pc_move_check;
        k.t.op = op_mremap;
        IF(args.dontunmap) k.t.op = op_mremap_dontunmap;
        IF(!moves && !args.maymove) k.t.op = op_mremap_stay;
        IF(args.fixed) {
            k.t.op = op_mremap_fixed;
            k.t.grows = args.dontunmap;
            k.t.pc = pc_unmap_split_lo;
        }
    }
    IF(goes && !moves && args.span == old_len) {
        k.out.page = args.page;
        finish(k, res_ok);
    }
    IF(invalid) finish(k, res_einval);
    IF(enomem) finish(k, res_enomem);
    IF(efault) finish(k, res_efault);
    IF(eagain) finish(k, res_eagain);
    return D::done();
}
/// The target is free now, or the tail is: on with the tail, or with the old range.
template <class K>
constexpr void after_target(K& k) {
    using D = typename K::D;
    const BoolOf<K> tail = k.t.op == op_mremap_fixed && k.t.page + k.t.span < k.t.end;
    IF(tail) {
        k.t.op = op_mremap_tail;
        k.t.pc = pc_unmap_split_lo;
    } else {
        IF(k.t.op == op_mremap_tail) k.t.end = k.t.page + k.t.span;
        IF(k.t.grows) k.t.op = op_mremap_dontunmap;
        else k.t.op = op_mremap;
        k.t.grows = false;
        k.t.hole = true;
        k.t.pc = pc_move_check;
    }
}
/// The range grows at `to`; what it grew by is faulted in if it is locked.
/// Source: SYSCALL_DEFINE5(mremap)@v6.1 (mm_populate)
template <class K>
constexpr void moved(K& k) {
    using D = typename K::D;
    BoolOf<K> locked = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto there = vma_at<K>(mm, k.t.to);
        WITH(v, mm.vmas, there) locked = v.locked;
    }
    const BoolOf<K> fills = locked && k.t.page + k.t.span > k.t.end;
    const typename K::Mach::Page lo = k.t.to + (k.t.end - k.t.page);
    const typename K::Mach::Page hi = k.t.to + k.t.span;
    IF(fills) begin_populate(k, lo, hi);
    else {
        k.out.page = k.t.to;
        finish(k, res_ok);
    }
}
/// Grows the VMA that ends the old range by [end, page + span); false if a merge needs memory.
template <class K>
constexpr BoolOf<K> grow_in_place(K& k, auto& mm, typename K::Mach::Vma& v) {
    const typename K::Mach::Page lo = k.t.end;
    const typename K::Mach::Page hi = k.t.page + k.t.span;
    BoolOf<K> ok = true;
    if (k.env.rules.mremap_grow == MremapGrow::alone) {
        account_locked(k, mm, false, v.locked, hi - lo);
        v.hi = hi;
    } else {
        typename K::Mach::Vma like = v;
        like.pgoff = v.pgoff + (lo - v.lo);
        ok = insert_range(k, mm, lo, hi, like, {.grows = true});
    }
    return ok;
}
/// Looks at the old range, grows it in place if that will do, and else finds a place to move to.
template <class K>
constexpr BoolOf<K> move_check(K& k) {
    using D = typename K::D;
    const auto& limits = k.env.limits;
    OldRange<typename K::Mach> old{};
    BoolOf<K> in_place = false, grown = false, placed = false, cuts = false, invalid = false;
    WITH(mm, k.s.mms, k.t.mm) {
        old = judge_old_range(k, mm, k.t.page, k.t.end, k.t.span);
        auto here = vma_at<K>(mm, k.t.page);
        auto found = search_topdown(k, mm, k.t.span);
        invalid = k.t.op == op_mremap_dontunmap && old.einval;
        const BoolOf<K> sound = !old.efault && !old.eagain && !invalid;
        const BoolOf<K> may_grow = k.t.op == op_mremap_stay || (k.t.op == op_mremap && !k.t.hole);
        typename K::Mach::Page to = k.t.to;
        IF(!k.t.hole) for (int i = 0; i < K::Mach::B.pages; ++i)
            IF(found.at(i)) to = K::Mach::B.pages - 1 - i;
        WITH(v, mm.vmas, here) {
            in_place = sound && may_grow && v.hi == k.t.end &&
                       k.t.page + k.t.span <= limits.pages &&
                       range_free(k, mm, k.t.end, k.t.page + k.t.span, false) &&
                       v.pgoff + k.t.page + k.t.span <= v.lo + K::Mach::B.max_pgoff() + 1;
            cuts = v.locked && k.t.op == op_mremap_dontunmap &&
                   BoolOf<K>(k.env.rules.dontunmap_locked == DontunmapLocked::splits);
            IF(in_place) grown = grow_in_place(k, mm, v);
        }
        placed = sound && !in_place && k.t.op != op_mremap_stay && (k.t.hole || found.ok) &&
                 mm.map_count + limits.move_slack < limits.map_count_limit;
        IF(placed) {
            k.t.to = to;
            k.t.hole = true;
            k.t.pc = pc_move_vma;
            IF(cuts) k.t.pc = pc_move_split_lo;
        }
    }
    IF(grown) {
        k.t.to = k.t.page;
        moved(k);
    }
    IF(invalid) finish(k, res_einval);
    IF(!invalid && old.efault) finish(k, res_efault);
    IF(!invalid && !old.efault && old.eagain) finish(k, res_eagain);
    IF(!invalid && !old.efault && !old.eagain && !grown && !placed) finish(k, res_enomem);
    return D::done();
}
/// MREMAP_DONTUNMAP of locked memory cuts its range out first, so that locked_vm stays right.
/// Source: mm/mremap.c:move_vma in 6.1.192
template <class K>
constexpr BoolOf<K> move_split(K& k, const auto& at, int next) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) ok = split_at(k, mm, at, true);
    IF(ok) k.t.pc = next;
    else finish(k, res_enomem);
    return D::done();
}
/// A copy of the VMA at the target, with the same chain; offsets restart only if nothing was ever
/// faulted in.
template <class K>
constexpr BoolOf<K> move_vma(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    const typename K::Mach::Page target_end = k.t.to + k.t.span;
    const auto rule = k.env.rules.dontunmap_merge;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) {
            typename K::Mach::Vma like = v;
            const BoolOf<K> unfaulted = v.anon_vma.none() && v.inode.none();
            const BoolOf<K> fits = unfaulted || v.pgoff + k.t.page + k.t.span <=
                                                    v.lo + K::Mach::B.max_pgoff() + 1;
            IF(unfaulted) like.pgoff = k.t.to;
            else {
                IF(fits) like.pgoff = v.pgoff + (k.t.page - v.lo);
            }
            // A source that stays must not become one with its copy.
            const BoolOf<K> apart = unfaulted && k.t.op == op_mremap_dontunmap &&
                                    BoolOf<K>(rule != DontunmapMerge::itself);
            MergeStyle<typename K::Mach> style{};
            style.not_below = apart && v.hi == k.t.to;
            style.not_above = apart && v.lo == target_end;
            if (rule == DontunmapMerge::not_beside) {
                style.not_below = style.not_below || style.not_above;
                style.not_above = style.not_below;
            }
            IF(fits) ok = insert_range(k, mm, k.t.to, target_end, like, style);
        }
    }
    IF(ok) {
        k.t.cursor = k.t.page;
        k.t.pc = pc_move_page;
    } else finish(k, res_enomem);
    return D::done();
}
/// The entry of `from` becomes that of `to`, with what it holds; handles of the page follow it.
template <class K>
constexpr void move_entry(K& k, const typename K::Mach::Page& from_page,
                          const typename K::Mach::Page& to_page) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) {
        WITH(from, mm.ptes, from_page) WITH(into, mm.ptes, to_page) {
            into = from;
            from = typename K::Mach::Pte{};
        }
        WITH(from, mm.want, from_page) WITH(into, mm.want, to_page) {
            into = from;
            from = typename K::Mach::Value{};
        }
    }
    for (auto& h : k.s.handles)
        IF(h.attached && h.mm == k.t.mm && h.page == from_page) h.page = to_page;
}
/// One entry moves, both page-table locks held. A page table for the target may be refused.
template <class K>
constexpr BoolOf<K> move_page(K& k) {
    using D = typename K::D;
    const typename K::Mach::Page here = k.t.cursor, target = k.t.to + (k.t.cursor - k.t.page);
    IF(!k.deny) {
        move_entry(k, here, target);
        k.t.cursor += 1;
        IF(k.t.cursor >= k.t.end) {
            k.t.cursor = 0;
            k.t.pc = pc_move_end;
        }
    } else k.t.pc = pc_move_back;
    return D::done();
}
/// One entry moves back; at last the copy is unmapped instead of the source.
template <class K>
constexpr BoolOf<K> move_back(K& k) {
    using D = typename K::D;
    IF(k.t.cursor > k.t.page) {
        k.t.cursor -= 1;
        const typename K::Mach::Page here = k.t.cursor, target = k.t.to + (k.t.cursor - k.t.page);
        move_entry(k, target, here);
    }
    IF(k.t.cursor == k.t.page) {
        k.t.cursor = 0;
        k.t.hole = false;
        k.t.op = op_mremap_undo;
        k.t.pc = pc_unmap_split_lo;
    }
    return D::done();
}
/// The old range is unmapped, or kept empty and detached from its anon_vmas (MREMAP_DONTUNMAP).
template <class K>
constexpr BoolOf<K> move_end(K& k) {
    using D = typename K::D;
    const auto unlinks = k.env.rules.dontunmap_unlinks;
    IF(k.t.op == op_mremap_dontunmap) {
        WITH(mm, k.s.mms, k.t.mm) {
            auto here = vma_at<K>(mm, k.t.page);
            WITH(v, mm.vmas, here) {
                if (k.env.rules.dontunmap_locked == DontunmapLocked::splits)
                    account_locked(k, mm, v.locked, false, v.hi - v.lo);
                v.locked = false;
                if (unlinks != DontunmapUnlinks::no)
                    IF(v.lo == k.t.page && v.hi == k.t.end) {
                        unlink_anon_vmas(k, v);
                        if (unlinks == DontunmapUnlinks::restarts)
                            IF(v.inode.none()) v.pgoff = v.lo;
                    }
            }
        }
        k.out.page = k.t.to;
        finish(k, res_ok);
    } else {
        k.t.hole = false;
        k.t.pc = pc_unmap_split_lo;
    }
    return D::done();
}

}  // namespace faultline
