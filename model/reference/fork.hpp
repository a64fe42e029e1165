// model/reference/fork.hpp - fork, a step per VMA and two per page; exit, a step per page and per
// VMA.
//
// Source:  linux kernel/fork.c:dup_mmap@v6.12, mm/memory.c:copy_present_pte,
//          copy_present_page@v6.1, mm/mmap.c:exit_mmap@v6.1
// Differs: the fork sequence count is odd from the start of fork to its end, not per VMA
//          (A-fork-seq); a child VMA takes the row number of its parent's.
#pragma once
#include "model/reference/gup.hpp"

namespace faultline {

template <class K>
constexpr BoolOf<K> start_fork(K& k, int mm_row, int child_row) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    auto& child = k.s.mms[static_cast<std::size_t>(child_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    const bool by_vma = k.env.rules.fault_lock != FaultLock::mmap_lock;
    REQUIRE(mm.phase == mm_alive && child.phase == mm_free && child_row < k.env.limits.mms);
    REQUIRE(!writer_on(k, ref) && !reader_on(k, ref) && (by_vma || !vma_reader_on(k, ref)));
    child.phase = mm_busy;
    child.brk = mm.brk;
    k.t.mm = ref;
    k.t.child = K::Mach::MmRef::row(child_row);
    k.t.pc = pc_fork_vma;
    for (auto& u : k.s.tasks)
        IF(pc_between(u.pc, pc_gup_grab, pc_gup_check) && u.mm == ref) u.stale = true;
    return D::done();
}
/// The child is complete and may run.
template <class K>
constexpr void end_fork(K& k) {
    using D = typename K::D;
    k.out.child = k.t.child;
    WITH(child, k.s.mms, k.t.child) child.phase = mm_alive;
    finish(k, res_ok);
}
/// Memory ran out: the parent is released, write-protected as far as we came; the child is torn
/// down.
template <class K>
constexpr void abort_fork(K& k) {
    k.out.result = res_enomem;
    const auto child = k.t.child;
    k.t = typename K::Mach::Task{};
    k.t.mm = child;
    k.t.pc = pc_exit_page;
}
/// A copy of one VMA for the child: same range, offset and flags, not locked. False if memory ran
/// out.
template <class K>
constexpr BoolOf<K> dup_vma(K& k, auto& child, typename K::Mach::Vma& copy,
                            const typename K::Mach::Vma& v) {
    using D = typename K::D;
    typename K::Mach::Vma fresh{};
    fresh.used = true;
    set_flags<typename K::Mach>(fresh, flags_of<typename K::Mach>(v));
    fresh.locked = false;
    fresh.lo = v.lo;
    fresh.hi = v.hi;
    fresh.pgoff = v.pgoff;
    copy = fresh;
    BoolOf<K> ok = !k.deny;
    IF(ok && !v.wipeonfork) ok = fork_anon_vma(k, copy, v);
    IF(ok) count_writable(k, copy, true);
    IF(ok) child.map_count += 1;
    else copy = typename K::Mach::Vma{};
    return ok;
}
/// Duplicates the next VMA at or above the cursor, or ends. Waits for faults that hold its lock.
template <class K>
constexpr BoolOf<K> fork_vma(K& k) {
    using D = typename K::D;
    const bool locks = k.env.rules.fault_lock == FaultLock::vma_lock;
    BoolOf<K> locked = false, last = true, failed = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto next = vma_from<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, next) locked = !vma_unlocked(k, k.t.mm, v.lo, v.hi);
    }
    REQUIRE(!locks || !locked);
    WITH(mm, k.s.mms, k.t.mm) WITH(child, k.s.mms, k.t.child) {
        auto next = vma_from<K>(mm, k.t.cursor);
        for (std::size_t row = 0; row < mm.vmas.size(); ++row) {
            auto& v = mm.vmas[row];
            auto& copy = child.vmas[row];
            BoolOf<K> mine = false;
            WITH(n, mm.vmas, next) mine = n.lo == v.lo && in_tree(v);
            IF(mine) {
                last = false;
                IF(!v.dontfork) failed = !dup_vma(k, child, copy, v);
                IF(!v.dontfork && !v.wipeonfork && !failed) {
                    k.t.pc = pc_fork_check;
                    k.t.cursor = v.lo;
                } else k.t.cursor = v.hi;
            }
        }
    }
    IF(failed) abort_fork(k);
    IF(last) end_fork(k);
    return D::done();
}
/// The page at the cursor is done; on to the next page or VMA.
template <class K>
constexpr void fork_next_page(K& k, const auto& v) {
    using D = typename K::D;
    k.t.cursor += 1;
    k.t.old = typename K::Mach::FrameRef{};
    IF(k.t.cursor >= v.hi) k.t.pc = pc_fork_vma;
    else k.t.pc = pc_fork_check;
}
/// Looks at the parent's entry: empty, the zero page, to be shared, or pinned and to be copied.
template <class K>
constexpr BoolOf<K> fork_check(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) WITH(child, k.s.mms, k.t.child) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.cursor) WITH(copy, child.ptes, k.t.cursor) {
            BoolOf<K> pinned = false;
            const bool by_flag = k.env.rules.cow_reuse == CowReuse::exclusive;
            if (k.env.rules.fork_pinned == ForkPinned::copy)
                WITH(f, k.s.frames, pte.frame)
                    pinned = mm.has_pinned && maybe_pinned(k, f) && (!by_flag || f.exclusive);
            // Pages are copied only if the parent may have anonymous ones.
            // mm/memory.c:vma_needs_copy@v6.1
            const BoolOf<K> needed = v.anon_vma.some();
            IF(needed && pte.zero) copy = pte;
            if constexpr (K::Mach::has_swap) IF(needed && pte.slot.some()) {
                // mm/memory.c:copy_nonpresent_pte@v6.1
                dup_slot(k, pte.slot);
                pte.swp_exclusive = false;
                copy = pte;
                child.rss_swap += 1;
                WITH(want, child.want, k.t.cursor)
                    WITH(parents, mm.want, k.t.cursor) want = parents;
            }
            IF(needed && pte.frame.none()) fork_next_page(k, v);
            IF(needed && pte.frame.some()) {
                k.t.old = pte.frame;
                IF(pinned) k.t.pc = pc_fork_copy;
                else k.t.pc = pc_fork_share;
            }
            IF(!needed) {
                k.t.cursor = v.hi;
                k.t.pc = pc_fork_vma;
            }
        }
    }
    return D::done();
}
/// Write-protects the parent's entry and maps the frame read-only for the child.
template <class K>
constexpr BoolOf<K> fork_share(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) WITH(child, k.s.mms, k.t.child) {
        auto here = vma_at<K>(mm, k.t.cursor);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.cursor) WITH(copy, child.ptes, k.t.cursor) {
            IF(pte.frame == k.t.old && pte.frame.some()) {
                WITH(f, k.s.frames, pte.frame) {
                    f.exclusive = false;
                    f.mapcount += 1;
                    f.refcount += 1;
                    count_rss(k, child, f, true);
                }
                pte.write = false;
                copy = pte;
                WITH(want, child.want, k.t.cursor)
                    WITH(parents, mm.want, k.t.cursor) want = parents;
                fork_next_page(k, v);
            } else {
                k.t.old = typename K::Mach::FrameRef{};
                k.t.pc = pc_fork_check;
            }
        }
    }
    return D::done();
}
/// A pinned page: the child gets a copy at once, the parent keeps the page writable and exclusive.
template <class K>
constexpr BoolOf<K> fork_copy(K& k) {
    using D = typename K::D;
    auto fresh = free_frame(k);
    const auto value = AT(k.s.frames, k.t.old, value);
    typename K::Mach::Value from_file{};
    if constexpr (K::Mach::has_files) WITH(o, k.s.frames, k.t.old)
        from_file = file_want(k, o.inode, o.index);
    BoolOf<K> same = true;   // reclaim may have been faster
    if constexpr (K::Mach::has_backing)   // or a truncation
        WITH(mm, k.s.mms, k.t.mm) WITH(pte, mm.ptes, k.t.cursor) same = pte.frame == k.t.old;
    IF(!same) {
        k.t.old = typename K::Mach::FrameRef{};
        k.t.pc = pc_fork_check;
    }
    IF(same && !fresh.ok) abort_fork(k);
    IF(same && fresh.ok) {
        WITH(mm, k.s.mms, k.t.mm) WITH(child, k.s.mms, k.t.child) {
            auto here = vma_at<K>(mm, k.t.cursor);
            auto there = vma_at<K>(child, k.t.cursor);
            WITH(v, child.vmas, there) WITH(copy, child.ptes, k.t.cursor) {
                WITH(f, k.s.frames, fresh) {
                    f.refcount = 1;
                    f.uptodate = true;
                    f.value = value;
                    own_new_frame(k, f, v, k.t.cursor);
                }
                copy.frame = fresh;
                copy.write = v.write;
                copy.exec = v.exec;
                copy.protnone = !accessible(flags_of<typename K::Mach>(v));
                copy.dirty = true;
                child.rss_anon += 1;
                WITH(want, child.want, k.t.cursor) {
                    WITH(parents, mm.want, k.t.cursor) want = parents;
                    if constexpr (K::Mach::has_files)
                        IF(AT(k.s.frames, k.t.old, inode).some()) want = from_file;
                }
            }
            WITH(v, mm.vmas, here) fork_next_page(k, v);
        }
    }
    return D::done();
}

template <class K>
constexpr BoolOf<K> start_exit(K& k, int mm_row) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    REQUIRE(mm.phase == mm_alive && no_user(k, ref));
    mm.phase = mm_busy;
    drain_batch(k);
    k.t.mm = ref;
    k.t.pc = pc_exit_page;
    return D::done();
}
template <class K>
constexpr BoolOf<K> exit_page(K& k) {
    using D = typename K::D;
    WITH(mm, k.s.mms, k.t.mm) zap_page(k, mm, k.t.mm, k.t.cursor);
    k.t.cursor += 1;
    IF(k.t.cursor >= k.env.limits.pages) {
        k.t.cursor = 0;
        k.t.pc = pc_exit_unlink;
    }
    return D::done();
}
/// One VMA a step leaves its anon_vmas; then the address space is free and its handles have no
/// owner.
template <class K>
constexpr BoolOf<K> exit_unlink(K& k) {
    using D = typename K::D;
    BoolOf<K> last = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto any = lowest_doomed<K>(mm, true);
        WITH(v, mm.vmas, any) {
            account_locked(k, mm, v.locked, false, v.hi - v.lo);
            mm.map_count -= 1;
            remove_vma(k, v);
        }
        last = !any.ok;
        IF(last) mm = typename K::Mach::Mm{};
    }
    IF(last) {
        for (auto& h : k.s.handles) IF(h.mm == k.t.mm) {
            h.mm = typename K::Mach::MmRef{};
            h.attached = false;
            h.page = 0;
        }
        finish(k, res_ok);
    }
    return D::done();
}

}  // namespace faultline
