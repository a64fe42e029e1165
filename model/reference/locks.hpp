// model/reference/locks.hpp - who holds what: locks are read off the tasks' steps, there is no lock
// state.
//
// Why:     mmap_lock has no owner field; "a task stands at a step that needs it" is the lock. The
//          order of Pc makes every such question a range. Page-table locks are never held between
//          steps.
// Source:  linux mm/memory.c:lock_vma_under_rcu@v6.12, kernel/fork.c:dup_mmap@v6.12
// Differs: edits, unmaps and moves exclude VMA-lock faults of the whole mm, not only of the VMAs
//          they touch (A-edit-locks-mm); waiting is "not enabled", so fairness is not modelled.
#pragma once
#include "model/reference/vma.hpp"

namespace faultline {

constexpr auto pc_between(const auto& pc, int first, int last) {
    return pc >= first && pc <= last;
}
constexpr auto is_fault(const auto& t) {
    return pc_between(t.pc, pc_fault_expand, pc_fault_install);
}
/// Holds mmap_lock for reading. A fault that must grow the stack has dropped it and waits to write.
constexpr auto reads_mmap(const auto& t) {
    return pc_between(t.pc, pc_fault_wp, pc_zap) && !t.vlock;
}
constexpr auto is_fork(const auto& t) {
    return pc_between(t.pc, pc_fork_vma, pc_fork_copy);
}
constexpr auto is_edit(const auto& t) {
    return pc_between(t.pc, pc_edit_next, pc_edit_apply);
}
constexpr auto is_unmap(const auto& t) {
    return pc_between(t.pc, pc_unmap_split_lo, pc_unmap_unlink);
}
constexpr auto is_move(const auto& t) {
    return pc_between(t.pc, pc_move_check, pc_move_end);
}
constexpr auto is_exit(const auto& t) {
    return pc_between(t.pc, pc_exit_page, pc_exit_unlink);
}
/// A fault on a swap entry.
constexpr auto is_swapin(const auto& t) {
    return pc_between(t.pc, pc_swap_lookup, pc_swap_unuse);
}
/// swapoff's own walk, which uses the steps of a fault.
constexpr auto is_unuse(const auto& t) { return is_swapin(t) && t.op == op_swapoff; }
/// Reads the slot into a page that the swap cache does not know.
constexpr auto swaps_alone(const auto& t) {
    return pc_between(t.pc, pc_swap_read_alone, pc_swap_map_alone);
}
/// A fault that needs a page of a file: old is the page of the cache, frame the private copy.
constexpr auto is_file_fault(const auto& t) {
    return pc_between(t.pc, pc_file_around, pc_file_map);
}
/// Has a page of the cache in hand, and a reference to it.
constexpr auto holds_cache_page(const auto& t) {
    return pc_between(t.pc, pc_file_read, pc_file_map);
}
/// Holds that page's lock.
constexpr auto locks_cache_page(const auto& t) {
    return t.pc == pc_file_read || pc_between(t.pc, pc_file_mkwrite, pc_file_map);
}
/// A call on a file; all but reads hold the inode's lock.
constexpr auto is_inode_call(const auto& t) {
    return pc_between(t.pc, pc_inode_read, pc_falloc_undo);
}
constexpr auto locks_inode(const auto& t) {
    return pc_between(t.pc, pc_inode_write, pc_falloc_undo);
}
/// Truncation and hole punching.
constexpr auto is_truncation(const auto& t) {
    return pc_between(t.pc, pc_trunc_unmap, pc_trunc_again);
}
constexpr auto is_cleaning(const auto& t) {
    return pc_between(t.pc, pc_clean_write, pc_clean_written);
}
/// Runs in no address space.
constexpr auto pc_without_mm(const auto& pc) {
    return pc_between(pc, pc_inode_read, pc_reclaim_drop);
}
constexpr auto without_mm(const auto& t) { return pc_without_mm(t.pc); }
constexpr auto is_reclaim(const auto& t) {
    return pc_between(t.pc, pc_reclaim_add, pc_reclaim_drop);
}
/// Has a frame in hand that it may share with others: found in the swap cache, or isolated.
constexpr auto holds_swap_frame(const auto& t) {
    return pc_between(t.pc, pc_swap_read, pc_swap_unuse) || is_reclaim(t);
}
/// Holds the lock of the frame in hand.
constexpr auto locks_frame(const auto& t) {
    return swaps_alone(t) || t.pc == pc_swap_read ||
           pc_between(t.pc, pc_reclaim_add, pc_reclaim_pageout);
}
/// I/O from the frame in hand to its slot is under way.
constexpr auto writes_back(const auto& t) {
    return pc_between(t.pc, pc_reclaim_write, pc_reclaim_written);
}
/// Holds mmap_lock for writing.
constexpr auto writes_mmap(const auto& t) {
    return pc_between(t.pc, pc_fork_vma, pc_move_end);
}
/// The frame in hand belongs to nobody else yet.
constexpr auto holds_new_frame(const auto& t) {
    return pc_between(t.pc, pc_fault_fill, pc_fault_install) ||
           (is_file_fault(t) && t.frame.some());
}
/// The step works on an anon_vma that was prepared before.
constexpr auto is_prepared(const auto& t) {
    return pc_between(t.pc, pc_fault_alloc, pc_fault_install) ||
           (is_file_fault(t) && t.frame.some());
}

template <class K>
constexpr BoolOf<K> writer_on(const K& k, const auto& mm_ref) {
    BoolOf<K> any = false;
    for (const auto& u : k.s.tasks) any = any || (writes_mmap(u) && u.mm == mm_ref);
    return any;
}
template <class K>
constexpr BoolOf<K> reader_on(const K& k, const auto& mm_ref) {
    BoolOf<K> any = false;
    for (const auto& u : k.s.tasks) any = any || (reads_mmap(u) && u.mm == mm_ref);
    return any;
}
template <class K>
constexpr BoolOf<K> vma_reader_on(const K& k, const auto& mm_ref) {
    BoolOf<K> any = false;
    for (const auto& u : k.s.tasks) any = any || (is_fault(u) && u.vlock && u.mm == mm_ref);
    return any;
}
template <class K>
constexpr BoolOf<K> fork_on(const K& k, const auto& mm_ref) {
    BoolOf<K> any = false;
    for (const auto& u : k.s.tasks) any = any || (is_fork(u) && u.mm == mm_ref);
    return any;
}
/// mmap_lock can be taken for writing, and every VMA lock of the mm with it.
template <class K>
constexpr BoolOf<K> may_write(const K& k, const auto& mm_ref) {
    return !writer_on(k, mm_ref) && !reader_on(k, mm_ref) && !vma_reader_on(k, mm_ref);
}
template <class K>
constexpr BoolOf<K> may_read(const K& k, const auto& mm_ref) {
    return !writer_on(k, mm_ref);
}
/// A fault on `page` can take its VMA's lock: no writer, or a fork that has not reached that VMA.
template <class K>
constexpr BoolOf<K> may_lock_vma(const K& k, const auto& mm_ref, const auto& mm, const auto& page) {
    BoolOf<K> ok = true;
    for (const auto& u : k.s.tasks) {
        BoolOf<K> behind = k.env.rules.fault_lock == FaultLock::vma_lock_ignored;
        for (const auto& v : mm.vmas) behind = behind || (covers(v, page) && v.lo >= u.cursor &&
                                                          u.pc == pc_fork_vma);
        ok = ok && !(writes_mmap(u) && u.mm == mm_ref && !(is_fork(u) && behind));
    }
    return ok;
}
/// Nobody faults in the VMA that `page` lies in: fork may write-lock it.
template <class K>
constexpr BoolOf<K> vma_unlocked(const K& k, const auto& mm_ref, const auto& lo, const auto& hi) {
    BoolOf<K> ok = true;
    for (const auto& u : k.s.tasks)
        ok = ok && !(is_fault(u) && u.vlock && u.mm == mm_ref && u.page >= lo && u.page < hi);
    return ok;
}
/// No task uses the address space at all: its last user may exit.
template <class K>
constexpr BoolOf<K> no_user(const K& k, const auto& mm_ref) {
    BoolOf<K> ok = true;
    for (const auto& u : k.s.tasks) ok = ok && !(u.pc != pc_idle && u.mm == mm_ref);
    return ok;
}

/// Ends the operation with an answer.
template <class K>
constexpr void finish(K& k, int result) {
    k.out.result = result;
    k.t = typename K::Mach::Task{};
}

}  // namespace faultline
