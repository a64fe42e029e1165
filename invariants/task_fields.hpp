// invariants/task_fields.hpp - support: what each field of a task may be at each step, and who
// excludes whom.
//
// Why: "what did the earlier steps establish that others may not undo?", asked at each pc. These
//      are not promises to users; they make the promises inductive for all interleavings.
#pragma once
#include "invariants/swap.hpp"

namespace faultline {

constexpr auto is_gup(const auto& t) {
    return pc_between(t.pc, pc_gup_lock, pc_gup_check) || t.pc == pc_gup_follow;
}
/// Faults a range in for mlock or mremap, or is about to.
constexpr auto fills(const auto& t) { return t.gup == gup_touch; }
constexpr auto samples_fast(const auto& t) { return pc_between(t.pc, pc_gup_grab, pc_gup_check); }

struct TaskRange : Always {
    static constexpr const char* id = "task.range";
    static constexpr const char* says = "Every field of a task names something that exists.";
    static constexpr const char* source = "representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        const int pages = env.limits.pages;
        for (int i = 0; i < M::B.tasks; ++i) {
            const auto& t = s.tasks[static_cast<std::size_t>(i)];
            rep(t.pc < pc_count && t.op < op_code_count && t.gup <= gup_touch);
            rep(t.page <= pages && t.end <= pages && t.cursor <= pages && t.to <= pages &&
                t.span <= pages);
            rep(implies(t.pc != pc_idle, typename M::Bool(i < env.limits.tasks)));
            rep((t.pc != pc_idle && !without_mm(t)) == t.mm.some());
            if constexpr (!M::has_files)
                rep(!is_file_fault(t) && !is_inode_call(t) && !is_cleaning(t));
            if constexpr (!M::has_swap) rep(!is_swapin(t) && !is_reclaim(t));
            rep(is_fork(t) == t.child.some());
            const auto indexes = is_fault(t) || is_gup(t);
            rep(implies(indexes, t.page < pages));
            rep(implies((is_edit(t) && t.op != op_mlock) || t.pc == pc_zap || is_exit(t),
                        t.page == 0));
        }
    }
};
/// Part of TaskNormal: what only machines with files have.
template <class M>
constexpr void file_fields(const Env& env, const typename M::Task& t,
                           const typename M::Bool& inserts, auto& rep) {
    rep(implies(!(inserts || is_inode_call(t)), t.inode.none()));
    rep(implies(is_inode_call(t), t.inode.some()));
    rep(implies(!inserts, !t.shared));
    rep(implies(inserts && t.op == op_brk, t.inode.none() && !t.shared));
    rep(implies(inserts && (t.inode.some() || t.shared), !t.grows));
    rep(implies(!(t.pc == pc_inode_write || t.pc == pc_fault_install || t.pc == pc_file_map),
                t.copied.none()));
    rep(implies(is_file_fault(t), t.old.some() == holds_cache_page(t)));
    rep(implies(is_file_fault(t) && t.frame.some(), t.write && t.pc != pc_file_around));
    rep(implies(is_file_fault(t), !t.zero && !t.unshare));
    rep(implies(t.pc == pc_file_around, !t.write));
    rep(t.forced <= 2);
    rep(implies(t.forced != 0, t.gup == gup_pin && (is_fault(t) || t.pc == pc_gup_follow)));
    rep(implies(t.forced == 1, t.write));
    if (env.rules.forced_write == ForcedWrite::exclusive) rep(t.forced != 2);
    else rep(implies(t.forced == 2,
                     t.write == (env.rules.forced_write == ForcedWrite::cow_flag)));
    rep(implies(t.pc == pc_file_mkwrite, t.write && t.frame.none()));
    rep(implies(t.pc == pc_file_copy, t.frame.some()));
}
struct TaskNormal : Always {
    static constexpr const char* id = "task.normal";
    static constexpr const char* says = "Fields a step does not use are zero.";
    static constexpr const char* source = "representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks) {
            const auto fault = is_fault(t);
            const auto gup = is_gup(t);
            const auto shared_op =
                is_edit(t) || is_unmap(t) || is_move(t) || t.pc == pc_mmap_insert;
            const auto inserts = t.pc == pc_mmap_insert || (is_unmap(t) && t.op == op_mmap_fixed);
            const auto remaps = is_move(t) || (is_unmap(t) && pc_between(t.op, op_mremap,
                                                                         op_mremap_shrink));
            const auto populates = t.pc == pc_populate || t.pc == pc_populate_lock;
            const auto on_file = is_inode_call(t);
            rep(implies(t.pc == pc_idle, t.mm.none()));
            rep(implies(!(shared_op || t.pc == pc_zap || fills(t) || on_file), t.end == 0));
            if constexpr (M::has_swap) {
                rep(implies(!(shared_op || fills(t)), t.op == op_none || is_unuse(t)));
                rep(implies(is_unuse(t), !t.write && !t.exec && !t.vlock && t.gup == gup_none));
                rep(implies(is_unuse(t), t.pc != pc_swap_map && t.pc != pc_swap_pin &&
                                             !swaps_alone(t)));
                rep(implies(t.pc == pc_swap_unuse, is_unuse(t)));
            } else {
                rep(implies(!(shared_op || fills(t) || on_file), t.op == op_none));
            }
            rep(implies(!(fault || gup || populates || shared_op || on_file), t.page == 0));
            rep(implies(!(is_fork(t) || is_edit(t) || t.pc == pc_zap || t.pc == pc_unmap_page ||
                          t.pc == pc_move_page || t.pc == pc_move_back || t.pc == pc_exit_page ||
                          on_file),
                        t.cursor == 0));
            rep(implies(!(remaps || fills(t) || (inserts && t.inode.some())), t.to == 0));
            rep(implies(!remaps, t.span == 0));
            if constexpr (M::has_files) file_fields<M>(env, t, inserts, rep);
            rep(implies(!(inserts || (is_edit(t) && t.op == op_mprotect)), !t.read));
            rep(implies(!(inserts || (is_edit(t) && t.op == op_mprotect) || fault || gup),
                        !t.write));
            rep(implies(!(inserts || (is_edit(t) && t.op == op_mprotect) || fault), !t.exec));
            rep(implies(!fault, !t.unshare && !t.zero && !t.vlock));
            rep(implies(!(inserts || (is_unmap(t) && t.op == op_mremap_fixed)), !t.grows));
            rep(implies(!(is_edit(t) || t.pc == pc_zap || is_move(t) || fills(t)), !t.hole));
            rep(implies(!samples_fast(t), !t.stale));
            rep(implies(!(fault || gup || populates), t.gup == gup_none));
            rep(implies(gup, t.gup != gup_none && !fills(t)));
            rep(implies(populates, fills(t)));
            rep((holds_new_frame(t) || samples_fast(t) || swaps_alone(t) ||
                 holds_swap_frame(t) || is_cleaning(t)) == t.frame.some());
            if constexpr (M::has_swap) {
                rep(is_swapin(t) == t.slot.some());
                rep(implies(!is_swapin(t), !t.swp_exclusive));
                rep(implies(is_swapin(t), t.old.none() && !t.unshare));
            }
            if constexpr (M::has_backing)
                rep(implies(t.pc == pc_fault_expand, t.gup == gup_none && !t.unshare));
            rep(implies(!(fault || t.pc == pc_fork_share || t.pc == pc_fork_copy), t.old.none()));
            rep(implies(t.pc == pc_fault_expand || t.pc == pc_fault_zero, t.old.none()));
            rep(implies(t.pc == pc_fault_wp || t.pc == pc_fork_share || t.pc == pc_fork_copy,
                        t.old.some()));
            rep(implies(t.zero, t.old.none() && t.pc >= pc_fault_prepare));
            if (env.rules.fault_lock == FaultLock::mmap_lock) rep(!t.vlock);
            rep(implies(t.vlock, t.gup == gup_none));
            rep(implies(fault && t.unshare, t.gup == gup_pin && !t.write));
            rep(implies(t.unshare, !t.exec));
            rep(implies(fault && t.gup != gup_none, !t.exec));
            rep(implies(t.pc == pc_fault_zero, !t.write));
            rep(implies(t.pc == pc_fault_wp ||
                            pc_between(t.pc, pc_fault_prepare, pc_fault_prepare) || is_prepared(t),
                        t.write || t.unshare));
            rep(implies(is_prepared(t) || t.pc == pc_fault_prepare, t.write || t.old.some()));
            rep(implies(t.write, !(fault && t.exec)));
        }
    }
};
struct TaskOpFits : Always {
    static constexpr const char* id = "task.op-fits";
    static constexpr const char* says =
        "Shared steps run for the system calls they belong to, over sound ranges.";
    static constexpr const char* source = "representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        const int pages = env.limits.pages;
        for (const auto& t : s.tasks) {
            const auto lo = unmap_lo<M>(t);
            const auto hi = unmap_hi<M>(t);
            rep(implies(is_edit(t),
                        t.op >= op_mprotect && t.op <= op_munlock && t.cursor <= t.end));
            rep(implies(is_edit(t) && t.op == op_mlock, t.page <= t.cursor));
            rep(implies(pc_between(t.pc, pc_edit_left, pc_edit_apply), t.cursor < t.end));
            rep(implies(fills(t), t.page <= t.end && (t.op == op_mlock || t.op == op_mremap ||
                                                      t.op == op_mremap_stay)));
            rep(implies(fills(t) && is_fault(t), t.page < t.end));
            rep(implies(t.pc == pc_zap, t.cursor < t.end));
            rep(implies(is_unmap(t),
                        t.page < t.end && (t.op == op_munmap || t.op == op_brk ||
                                           t.op == op_mmap_fixed ||
                                           pc_between(t.op, op_mremap, op_mremap_shrink))));
            rep(implies(t.pc == pc_mmap_insert,
                        t.page < t.end &&
                            ((t.op >= op_mmap && t.op <= op_mmap_noreplace) || t.op == op_brk)));
            rep(implies(is_exit(t) && t.pc == pc_exit_page, t.cursor < pages));
            if constexpr (M::has_files) on_files<M>(env, t, rep);
            rep(implies(t.pc == pc_unmap_page, t.cursor >= lo && t.cursor < hi));
            moves<M>(pages, t, rep);
        }
    }
    template <class M>
    static constexpr void on_files(const Env& env, const typename M::Task& t, auto& rep) {
        const int pages = env.limits.inode_pages;
        const auto one = t.pc == pc_inode_read || t.pc == pc_inode_write;
        const auto allocates = pc_between(t.pc, pc_falloc_page, pc_falloc_undo);
        rep(implies(one, t.op == op_none && t.page < pages && t.end == 0 && t.cursor == 0));
        rep(implies(is_truncation(t), t.op == op_truncate || t.op == op_punch));
        rep(implies(allocates, t.op == op_fallocate));
        rep(implies(is_truncation(t) || allocates, t.page < t.end && t.end <= pages));
        rep(implies(is_truncation(t) && t.op == op_truncate, t.end == pages));
        rep(implies(t.pc == pc_trunc_unmap, t.cursor == t.page));
        rep(implies(t.pc == pc_trunc_page || allocates,
                    t.cursor >= t.page && t.cursor < t.end));
        rep(implies(t.pc == pc_trunc_again, t.cursor == 0 && t.op == op_truncate));
        rep(implies(t.pc == pc_mmap_insert || is_unmap(t),
                    implies(t.inode.some(), t.to < pages)));
    }
    template <class M>
    static constexpr void moves(int pages, const typename M::Task& t, auto& rep) {
        const auto unmaps = [&](int op) { return is_unmap(t) && t.op == op; };
        const auto placed = (is_move(t) && t.hole) || unmaps(op_mremap) ||
                            unmaps(op_mremap_fixed) || unmaps(op_mremap_tail) ||
                            unmaps(op_mremap_undo);
        const auto searched = t.pc == pc_move_check && !t.hole;
        rep(implies(is_move(t), t.page < t.end && (t.op == op_mremap || t.op == op_mremap_stay ||
                                                   t.op == op_mremap_dontunmap)));
        rep(implies(is_move(t) || placed, t.span > 0));
        rep(implies(t.op == op_mremap_dontunmap || (unmaps(op_mremap_fixed) && t.grows),
                    t.page + t.span == t.end));
        rep(implies(is_move(t) && t.op == op_mremap_stay, searched));
        rep(implies(is_move(t) && t.pc != pc_move_check, t.hole));
        rep(implies(searched, t.to == 0));
        rep(implies(searched && t.op != op_mremap_dontunmap, t.page + t.span > t.end));
        rep(implies(placed, t.to + t.span <= pages && (t.to >= t.end || t.to + t.span <= t.page)));
        rep(implies(is_move(t) || unmaps(op_mremap), t.page + t.span >= t.end));
        rep(implies(unmaps(op_mremap_tail), t.page + t.span < t.end));
        rep(implies(unmaps(op_mremap_shrink), t.span == 0));
        rep(implies(t.pc == pc_move_page || t.pc == pc_move_back,
                    t.cursor >= t.page && t.cursor < t.end));
    }
};
struct TaskLocks : Always {
    static constexpr const char* id = "task.locks";
    static constexpr const char* says =
        "A writer of an address space is alone but for faults under VMA locks that a fork has not "
        "reached; an exiting one has no other user.";
    static constexpr const char* source =
        "linux include/linux/mmap_lock.h@v6.12; kernel/fork.c:dup_mmap@v6.12";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (std::size_t i = 0; i < s.tasks.size(); ++i) {
            const auto& t = s.tasks[i];
            rep(implies(t.pc != pc_idle && !is_exit(t) && !without_mm(t),
                        AT(s.mms, t.mm, phase) == mm_alive));
            rep(implies(t.gup == gup_pin, AT(s.mms, t.mm, has_pinned)));
            rep(implies(is_exit(t), AT(s.mms, t.mm, phase) == mm_busy));
            rep(implies(is_fork(t), AT(s.mms, t.child, phase) == mm_busy));
            for (std::size_t j = 0; j < s.tasks.size(); ++j) {
                if (i == j) continue;
                const auto& u = s.tasks[j];
                const auto same = t.mm == u.mm && t.pc != pc_idle && u.pc != pc_idle;
                if (passes_over<M>(!same)) continue;
                rep(implies(same, !(writes_mmap(t) && (writes_mmap(u) || reads_mmap(u)))));
                rep(implies(same, !is_exit(t)));
                const auto under_vma = is_fault(u) && u.vlock;
                rep(implies(same && under_vma, !(writes_mmap(t) && !is_fork(t))));
                if (env.rules.fault_lock == FaultLock::vma_lock)
                    for (const auto& mm : s.mms)
                        for (const auto& v : mm.vmas) {
                            const auto ahead =
                                (t.pc == pc_fork_vma && v.lo >= t.cursor) || v.lo > t.cursor;
                            rep(implies(same && under_vma && is_fork(t) && covers(v, u.page) &&
                                            t.mm.is(static_cast<int>(&mm - s.mms.data())),
                                        ahead));
                        }
                if (env.rules.gup_fork_seq == GupForkSeq::checked)
                    rep(implies(same && is_fork(t) && samples_fast(u) && u.gup == gup_pin,
                                u.stale));
            }
            for (const auto& h : s.handles) rep(implies(is_fork(t), !(h.mm == t.child)));
        }
    }
};

}  // namespace faultline
