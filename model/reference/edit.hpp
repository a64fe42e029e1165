// model/reference/edit.hpp - mprotect, madvise flags, mlock and munlock: one VMA at a time along
// the range.
//
// Why:     these calls walk VMAs under mmap_lock and may fail in the middle with a prefix applied;
//          a loop of steps says so without a special case. Each round: try the left neighbour, the
//          right one, else split; then change flags and entries.
// Source:  linux mm/mprotect.c:do_mprotect_pkey, mprotect_fixup, change_pte_range@v6.1;
//          mm/mlock.c:apply_vma_lock_flags, mlock_fixup@v6.1;
//          mm/madvise.c:madvise_vma_behavior@v6.1; mm/mmap.c:vma_merge cases 1 to 8@v6.1
#pragma once
#include "model/reference/fork.hpp"
#include "model/reference/populate.hpp"

namespace faultline {

/// The flags a VMA will have once the call has passed over it.
template <class M>
constexpr VmaFlags<M> edited_flags(const typename M::Task& t, const typename M::Vma& v) {
    using D = typename M::D;
    auto f = flags_of<M>(v);
    IF(t.op == op_mprotect) {
        f.read = t.read;
        f.write = t.write;
        f.exec = t.exec;
    }
    IF(t.op == op_dontfork) f.dontfork = true;
    IF(t.op == op_dofork) f.dontfork = false;
    IF(t.op == op_wipeonfork) f.wipeonfork = true;
    IF(t.op == op_keeponfork) f.wipeonfork = false;
    IF(t.op == op_mlock) f.locked = true;
    IF(t.op == op_munlock) f.locked = false;
    return f;
}
template <class K>
constexpr auto min_page(const auto& a, const auto& b) {
    return K::D::select(BoolOf<K>(a <= b), a + 0, b + 0);
}
/// A hole in the range: ENOMEM at once, except for madvise, which goes on and reports at the end.
template <class K>
constexpr BoolOf<K> tolerates_holes(const K& k) {
    return pc_between(k.t.op, op_dontfork, op_keeponfork);
}

template <class K>
constexpr BoolOf<K> start_edit(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && may_write(k, ref));
    REQUIRE(args.op >= op_mprotect && args.op <= op_munlock);
    REQUIRE(args.page < args.end && args.end <= k.env.limits.pages);
    k.t.mm = ref;
    k.t.cursor = args.page;
    k.t.end = args.end;
    k.t.op = args.op;
    IF(args.op == op_mlock) k.t.page = args.page;   // where populate begins
    IF(args.op == op_mprotect) {
        k.t.read = args.read;
        k.t.write = args.write;
        k.t.exec = args.exec;
    }
    k.t.pc = pc_edit_next;
    // RLIMIT_MEMLOCK counts what is not locked yet. Source: mm/mlock.c:do_mlock@v6.1
    typename K::Mach::Num already = 0;
    for (int n = 0; n < K::Mach::B.pages; ++n) {
        BoolOf<K> locked = false;
        for (const auto& v : mm.vmas) locked = locked || (covers(v, n) && v.locked);
        already = already + D::num(locked && args.page <= n && args.end > n);
    }
    IF(args.op == op_mlock &&
       mm.locked_vm + args.end > args.page + already + k.env.limits.memlock_limit)
        finish(k, res_enomem);
    return D::done();
}
/// Finds the VMA at the cursor; ends, skips it when nothing changes, or starts to change it.
template <class K>
constexpr BoolOf<K> edit_next(K& k) {
    using D = typename K::D;
    BoolOf<K> hole = false, over = false, odd = false, sealed = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        auto above = vma_from<K>(mm, k.t.cursor);
        over = k.t.cursor >= k.t.end;
        hole = !over && !here.ok;
        IF(!over && here.ok) WITH(v, mm.vmas, here) {
            using M = typename K::Mach;
            // mm/madvise.c:madvise_vma_behavior, mm/mprotect.c:do_mprotect_pkey@v6.1
            odd = k.t.op == op_wipeonfork && v.inode.some();
            sealed = k.t.op == op_mprotect && k.t.write && v.inode.some() && !v.maywrite;
            IF(same_flags<M>(edited_flags<typename K::Mach>(k.t, v), flags_of<M>(v)))
                k.t.cursor = min_page<K>(v.hi, k.t.end);
            else k.t.pc = pc_edit_left;
        }
        IF(hole && tolerates_holes(k)) {
            k.t.hole = true;
            typename K::Mach::Page next = k.t.end;
            WITH(v, mm.vmas, above) next = min_page<K>(v.lo, k.t.end);
            k.t.cursor = next;
        }
    }
    const BoolOf<K> fails = (hole && !tolerates_holes(k)) || (over && k.t.hole);
    const BoolOf<K> fills = over && !fails && k.t.op == op_mlock;
    const typename K::Mach::Page lo = k.t.page, hi = k.t.end;
    IF(fails) finish(k, res_enomem);
    IF(over && !fails && !fills) finish(k, res_ok);
    IF(fills) begin_populate(k, lo, hi);
    IF(odd) finish(k, res_einval);
    IF(sealed) finish(k, res_eacces);
    return D::done();
}
/// Memory or the map limit ran out: madvise says EAGAIN.
/// Source: mm/madvise.c:madvise_vma_behavior@v6.1
template <class K>
constexpr void fail_edit(K& k) {
    using D = typename K::D;
    IF(tolerates_holes(k)) finish(k, res_eagain);
    else finish(k, res_enomem);
}
/// The piece [cursor, b) of v, b the end of v or of the range, may join `n` with its new flags.
template <class K>
constexpr BoolOf<K> piece_joins(const K& k, const typename K::Mach::Vma& v,
                                const typename K::Mach::Vma& n) {
    using M = typename K::Mach;
    return same_flags<M>(edited_flags<typename K::Mach>(k.t, v), flags_of<M>(n)) &&
           n.pgoff + v.lo == v.pgoff + n.lo &&
           anon_mergeable(k, v.anon_vma, chain_singular<K>(v), n);
}
/// A merge was possible and memory ran out: the call fails, or goes on without it.
/// Source: mm/vma.c:vma_modify@v6.12; mm/mmap.c:vma_merge@v6.1
template <class K>
constexpr void fail_merge(K& k) {
    if (k.env.rules.merge_oom == MergeOom::fails) fail_edit(k);
    else k.t.pc = pc_edit_split_lo;
}
/// The piece starts its VMA: the VMA below takes it if it may. Source: vma_merge cases 1, 4, 6, 7
template <class K>
constexpr BoolOf<K> edit_left(K& k) {
    using D = typename K::D;
    BoolOf<K> joined = false, able = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        auto below = vma_ending_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) WITH(n, mm.vmas, below) {
            able = v.lo == k.t.cursor && piece_joins(k, v, n);
            joined = able && !k.deny;
            // Case 1 and 6: the VMA above joins as well, if all three agree.
            auto above = vma_starting_at<K>(mm, v.hi);
            BoolOf<K> both = false;
            WITH(a, mm.vmas, above)
                both = joined && v.hi <= k.t.end && piece_joins(k, v, a) &&
                       (n.anon_vma == a.anon_vma || n.anon_vma.none() || a.anon_vma.none());
            IF(joined) {
                const typename K::Mach::Page b = min_page<K>(v.hi, k.t.end);
                account_locked(k, mm, v.locked, n.locked, b - v.lo);
                inherit_anon_vma(k, n, v);
                n.hi = b;
                IF(v.hi == b) {
                    remove_vma(k, v);
                    mm.map_count -= 1;
                } else {
                    v.pgoff = v.pgoff + (b - v.lo);
                    v.lo = b;
                }
            }
            IF(both) WITH(a, mm.vmas, above) {
                inherit_anon_vma(k, n, a);
                n.hi = a.hi;
                remove_vma(k, a);
                mm.map_count -= 1;
            }
        }
    }
    IF(joined) k.t.pc = pc_edit_apply;
    else {
        IF(able) fail_merge(k);
        else k.t.pc = pc_edit_right;
    }
    return D::done();
}
/// The piece ends its VMA: the VMA above takes it if it may. Source: vma_merge cases 2, 3, 5, 8
template <class K>
constexpr BoolOf<K> edit_right(K& k) {
    using D = typename K::D;
    BoolOf<K> joined = false, able = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) {
            auto above = vma_starting_at<K>(mm, v.hi);
            WITH(n, mm.vmas, above) {
                able = v.hi <= k.t.end && piece_joins(k, v, n);
                joined = able && !k.deny;
                IF(joined) {
                    account_locked(k, mm, v.locked, n.locked, v.hi - k.t.cursor);
                    inherit_anon_vma(k, n, v);
                    n.pgoff = v.pgoff + (k.t.cursor - v.lo);
                    n.lo = k.t.cursor;
                    v.hi = k.t.cursor;
                    IF(v.lo == v.hi) {
                        remove_vma(k, v);
                        mm.map_count -= 1;
                    }
                }
            }
        }
    }
    IF(joined) k.t.pc = pc_edit_apply;
    else {
        IF(able) fail_merge(k);
        else k.t.pc = pc_edit_split_lo;
    }
    return D::done();
}
/// Splits the VMA around `at` if it lies strictly inside; false if that needs what cannot be had.
template <class K>
constexpr BoolOf<K> split_at(K& k, auto& mm, const auto& at, bool counts) {
    using D = typename K::D;
    BoolOf<K> ok = true;
    auto here = vma_at<K>(mm, at);
    auto row = free_vma_row(k, mm);
    const BoolOf<K> room = BoolOf<K>(!counts) || mm.map_count < k.env.limits.map_count_limit;
    WITH(v, mm.vmas, here) IF(v.lo < at) {
        ok = row.ok && room;
        IF(ok) split_vma(k, mm, v, row, at);
    }
    return ok;
}
template <class K>
constexpr BoolOf<K> edit_split_lo(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) ok = split_at(k, mm, k.t.cursor, true);
    IF(ok) k.t.pc = pc_edit_split_hi;
    else fail_edit(k);
    return D::done();
}
template <class K>
constexpr BoolOf<K> edit_split_hi(K& k) {
    using D = typename K::D;
    BoolOf<K> ok = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) {
            ok = true;
            IF(v.hi > k.t.end) ok = split_at(k, mm, k.t.end, true);
        }
    }
    IF(ok) k.t.pc = pc_edit_apply;
    else fail_edit(k);
    return D::done();
}
/// One entry under new protections. Source: mm/mprotect.c:change_pte_range@v6.1
template <class K>
constexpr void protect_entry(K& k, typename K::Mach::Pte& pte,
                             const VmaFlags<typename K::Mach>& flags) {
    using D = typename K::D;
    IF(pte.zero || pte.frame.some()) {
        pte.exec = flags.exec;
        pte.protnone = !accessible(flags);
        // A private mapping's vm_page_prot is never writable.
        // arch/x86/mm/pgprot.c:protection_map@v6.1
        pte.write = false;
        const bool dirty_only = k.env.rules.mprotect_upgrade == MprotectUpgrade::exclusive_dirty;
        if (k.env.rules.mprotect_upgrade != MprotectUpgrade::no)
            IF(flags.write && AT(k.s.frames, pte.frame, exclusive) && (pte.dirty || !dirty_only))
                pte.write = true;
        // A shared one's is, unless the file wants to know of the first write.
        if constexpr (K::Mach::has_files)
            IF(flags.shared && flags.write && (!tracks_dirty(k, flags.inode) || pte.dirty))
                pte.write = true;
    }
}
/// The VMA at the cursor gets its new flags, its entries their new protection; on to what lies
/// above it.
template <class K>
constexpr BoolOf<K> edit_apply(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) {
            const auto flags = edited_flags<typename K::Mach>(k.t, v);
            account_locked(k, mm, v.locked, flags.locked, v.hi - v.lo);
            set_flags<typename K::Mach>(v, flags);
            // mm/mlock.c:mlock_vma_pages_range@v6.1
            if (k.env.rules.mlock_drains == MlockDrains::each_range)
                IF(k.t.op == op_mlock || k.t.op == op_munlock) drain_batch(k);
            const typename K::Mach::Page stop = min_page<K>(v.hi, k.t.end);
            IF(k.t.op == op_mprotect) for (int n = 0; n < K::Mach::B.pages; ++n)
                IF(k.t.cursor <= n && stop > n)
                    protect_entry(k, mm.ptes[static_cast<std::size_t>(n)], flags);
            k.t.cursor = stop;
        }
    }
    k.t.pc = pc_edit_next;
    return D::done();
}

}  // namespace faultline
