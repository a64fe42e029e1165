// model/reference/mremap.hpp - mremap: shrink, grow in place, move; a moved page takes its offset
// along.
//
// Source:  linux mm/mremap.c:vma_to_resize, mremap_to, move_vma, move_page_tables@v6.1;
//          mm/mmap.c:copy_vma@v6.1
// Differs: growing in place does not merge with the VMA above (Linux does since 5.18;
//          A-grow-no-merge); a shrinking move unmaps the tail after the move, not before
//          (A-move-tail).
#pragma once
#include "model/reference/mmap.hpp"

namespace faultline {

/// args: [page, end) the old range, span the new length, fixed/to the target, maymove, dontunmap.
template <class K>
constexpr BoolOf<K> start_mremap(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && may_write(k, ref));
    REQUIRE(args.page < args.end && args.end <= k.env.limits.pages && args.span > 0);
    REQUIRE(args.span <= k.env.limits.pages);
    REQUIRE(args.fixed || args.to == 0);
    const auto old_len = args.end - args.page;
    const BoolOf<K> overlap = args.fixed && args.to < args.end && args.to + args.span > args.page;
    const BoolOf<K> moves = args.fixed || args.dontunmap;
    auto here = vma_at<K>(mm, args.page);
    const BoolOf<K> bad_target =
        overlap || (args.fixed && args.to + args.span > k.env.limits.pages);
    const BoolOf<K> invalid = (moves && !args.maymove) ||
                              (args.dontunmap && args.span != old_len) || (here.ok && bad_target);
    BoolOf<K> whole = false, room = false, in_place = false, crowded = false, unlocked = true;
    WITH(v, mm.vmas, here) {
        whole = v.hi >= args.end || (!moves && args.span <= old_len) ||
                (moves && v.hi >= args.page + args.span);
        in_place = v.hi == args.end &&
                   args.page + args.span <= k.env.limits.pages &&
                   range_free(k, mm, args.end, args.page + args.span, false) &&
                   v.pgoff + args.page + args.span <= v.lo + K::Mach::B.max_pgoff() + 1;
        unlocked = !v.locked || mm.locked_vm + args.span <= old_len + k.env.limits.memlock_limit;
        crowded = mm.map_count + k.env.limits.move_slack >= k.env.limits.map_count_limit;
    }
    const BoolOf<K> shrinks = !moves && args.span < old_len;
    const BoolOf<K> same = !moves && args.span == old_len;
    const BoolOf<K> grows = !moves && args.span > old_len;
    const BoolOf<K> sound = !invalid && here.ok && whole;
    room = grows && in_place && unlocked;
    const BoolOf<K> goes = sound && unlocked && !crowded &&
                           (moves || (grows && !room && args.maymove));
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.end = args.end;
    IF(sound && shrinks) {
        k.t.to = args.page;
        k.t.page = args.page + args.span;
        k.t.op = op_mremap;
        k.t.pc = pc_unmap_split_lo;
    }
    IF(sound && room) WITH(v, mm.vmas, here) {
        account_locked(k, mm, false, v.locked, args.span - old_len);
        v.hi = args.page + args.span;
    }
    IF(goes) {
        k.t.span = args.span;
        k.t.to = args.to;
        k.t.pc = pc_move_vma;
        k.t.op = op_mremap;
        IF(args.dontunmap) k.t.op = op_mremap_dontunmap;
        k.t.hole = args.fixed;   // the target is given, not searched
        IF(args.fixed) {
            k.t.op = op_mremap_fixed;
            k.t.grows = args.dontunmap;
            k.t.hole = false;
            k.t.pc = pc_unmap_split_lo;
        }
    }
    IF(sound && (same || room)) {
        k.out.page = args.page;
        finish(k, res_ok);
    }
    IF(invalid) finish(k, res_einval);
    IF(!invalid && !sound) finish(k, res_efault);
    IF(sound && !unlocked && !shrinks && !same) finish(k, res_eagain);
    IF(sound && unlocked && !goes && !shrinks && !same && !room) finish(k, res_enomem);
    return D::done();
}
/// A copy of the VMA at the target, with the same chain; offsets restart only if nothing was ever
/// faulted in.
template <class K>
constexpr BoolOf<K> move_vma(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        auto found = search_topdown(k, mm, k.t.span);
        constexpr int pages = K::Mach::B.pages;
        typename K::Mach::Page to = k.t.to;
        IF(!k.t.hole) for (int i = 0; i < pages; ++i) IF(found.at(i)) to = pages - 1 - i;
        const typename K::Mach::Page target_end = to + k.t.span;
        WITH(v, mm.vmas, here) {
            typename K::Mach::Vma like = v;
            const BoolOf<K> restarts = v.anon_vma.none() && v.inode.none();
            const BoolOf<K> fits = restarts || v.pgoff + k.t.page + k.t.span <=
                                                            v.lo + K::Mach::B.max_pgoff() + 1;
            IF(restarts) like.pgoff = to;
            else {
                IF(fits) like.pgoff = v.pgoff + (k.t.page - v.lo);
            }
            IF(fits && (k.t.hole || found.ok)) ok = insert_range(k, mm, to, target_end, like);
        }
        k.t.to = to;
    }
    IF(ok) {
        k.t.cursor = k.t.page;
        k.t.pc = pc_move_page;
    } else finish(k, res_enomem);
    return D::done();
}
/// One entry moves, with what it holds; handles of the page follow it. Both page-table locks are
/// held.
template <class K>
constexpr BoolOf<K> move_page(K& k) {
    using D = typename K::D;
    const typename K::Mach::Page target = k.t.to + (k.t.cursor - k.t.page);
    WITH(mm, k.s.mms, k.t.mm) {
        WITH(from, mm.ptes, k.t.cursor) WITH(into, mm.ptes, target) {
            into = from;
            from = typename K::Mach::Pte{};
        }
        WITH(from, mm.want, k.t.cursor) WITH(into, mm.want, target) {
            into = from;
            from = typename K::Mach::Value{};
        }
    }
    for (auto& h : k.s.handles)
        IF(h.attached && h.mm == k.t.mm && h.page == k.t.cursor) h.page = target;
    k.t.cursor += 1;
    IF(k.t.cursor >= k.t.end || k.t.cursor >= k.t.page + k.t.span) {
        k.t.cursor = 0;
        k.t.pc = pc_move_end;
    }
    return D::done();
}
/// The old range is unmapped, or kept empty and detached from its anon_vmas (MREMAP_DONTUNMAP).
template <class K>
constexpr BoolOf<K> move_end(K& k) {
    using D = typename K::D;
    IF(k.t.op == op_mremap_dontunmap) {
        WITH(mm, k.s.mms, k.t.mm) {
            auto here = vma_at<K>(mm, k.t.page);
            WITH(v, mm.vmas, here) {
                account_locked(k, mm, v.locked, false, v.hi - v.lo);
                v.locked = false;
                if (k.env.rules.dontunmap_unlinks == DontunmapUnlinks::yes)
                    IF(v.lo == k.t.page && v.hi == k.t.end) {
                        unlink_anon_vmas(k, v);
                        IF(v.inode.none()) v.pgoff = v.lo;
                    }
            }
        }
        k.out.page = k.t.to;
        finish(k, res_ok);
    } else {
        k.t.span = 0;
        k.t.hole = false;
        k.t.pc = pc_unmap_split_lo;
    }
    return D::done();
}

}  // namespace faultline
