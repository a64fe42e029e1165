// spec/state.hpp - the state of the machine: tables of rows named by typed references, no pointers.
//
// Why:     one declaration a field; the domain D decides what a field is (a byte, a symbolic bit
//          vector, a width). A reference is 0 for "none" and k + 1 for row k, so that a cleared row
//          is all zeros.
// Differs: chains are a set of links plus the anon_vmas' ages
//          (spec/decisions/0003-chains-as-links.md).
#pragma once
#include <array>
#include <boost/hana.hpp>

#include "spec/bounds.hpp"
#include "spec/domain.hpp"

namespace faultline {

/// Life of an address space; busy: being built by fork or torn down by exit.
enum MmState : int { mm_free, mm_alive, mm_busy };
/// What a GUP caller keeps; touch: nothing, it only faults pages in (mlock).
enum GupKind : int { gup_none, gup_get, gup_pin, gup_touch };

/// Where a task stands in its operation: the next atomic step. Ranges carry meaning, see
/// model/reference/locks.hpp.
enum Pc : int {
    pc_idle,
    // Page fault; mmap_lock or the VMA's lock is held for reading.
    pc_fault_expand, pc_fault_wp, pc_fault_prepare, pc_fault_zero, pc_fault_alloc, pc_fault_fill,
    pc_fault_install,
    // Slow GUP and populate between faults, mmap_lock held for reading; madvise(DONTNEED) likewise.
    pc_gup_follow, pc_populate, pc_zap,
    // No lock: populate and slow GUP waiting for mmap_lock, fast GUP after sampling and after
    // taking its reference.
    pc_populate_lock, pc_gup_lock, pc_gup_grab, pc_gup_check,
    // mmap_lock held for writing.
    pc_fork_vma, pc_fork_check, pc_fork_share, pc_fork_copy,
    pc_edit_next, pc_edit_left, pc_edit_right, pc_edit_split_lo, pc_edit_split_hi, pc_edit_apply,
    pc_unmap_split_lo, pc_unmap_split_hi, pc_unmap_detach, pc_unmap_page, pc_unmap_unlink,
    pc_mmap_insert,
    pc_move_check, pc_move_split_lo, pc_move_split_hi, pc_move_vma, pc_move_page, pc_move_back,
    pc_move_end,
    // The last user of an address space is gone.
    pc_exit_page, pc_exit_unlink,
    pc_count
};
inline constexpr std::array<const char*, pc_count> pc_names{
    "idle",           "fault.expand",   "fault.wp",       "fault.prepare",   "fault.zero",
    "fault.alloc",    "fault.fill",     "fault.install",  "gup.follow",      "populate",
    "madvise.zap",    "populate.lock",  "gup.lock",       "gup_fast.grab",   "gup_fast.check",
    "fork.vma",       "fork.check",     "fork.share",     "fork.copy",       "edit.next",
    "edit.left",      "edit.right",     "edit.split_lo",  "edit.split_hi",   "edit.apply",
    "unmap.split_lo", "unmap.split_hi", "unmap.detach",   "unmap.page",      "unmap.unlink",
    "mmap.insert",    "mremap.check",   "mremap.split_lo", "mremap.split_hi", "mremap.vma",
    "mremap.page",    "mremap.back",    "mremap.end",     "exit.page",       "exit.unlink"};

/// Which system call a shared step list works for. mremap: fixed unmaps its target first, tail what
/// a shrinking move gives up, undo the copy of a move that failed; stay grows in place or not at
/// all; shrink only unmaps.
enum OpCode : int {
    op_none, op_mprotect, op_dontfork, op_dofork, op_wipeonfork, op_keeponfork, op_mlock,
    op_munlock, op_munmap, op_mmap, op_mmap_hint, op_mmap_fixed, op_mmap_noreplace, op_brk,
    op_mremap, op_mremap_fixed, op_mremap_tail, op_mremap_undo, op_mremap_shrink,
    op_mremap_stay, op_mremap_dontunmap, op_code_count
};

template <class D, Bounds B>
struct VmaRow {
    using Bool = typename D::Bool;
    using Page = typename D::template Int<B.pages>;
    using Pgoff = typename D::template Int<B.max_pgoff()>;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using Links = std::array<Bool, static_cast<std::size_t>(B.anon_vmas)>;
    BOOST_HANA_DEFINE_STRUCT(VmaRow, (Bool, used), (Bool, detached), (Bool, read), (Bool, write),
                             (Bool, exec), (Bool, growsdown), (Bool, locked), (Bool, dontfork),
                             (Bool, wipeonfork), (Page, lo), (Page, hi), (Pgoff, pgoff),
                             (AnonRef, anon_vma), (Links, links));
};

/// A page-table entry as the flat map holds it: none, the zero page, or a frame.
template <class D, Bounds B>
struct PteRow {
    using Bool = typename D::Bool;
    using FrameRef = typename D::template Ref<FrameSort, B.frames>;
    BOOST_HANA_DEFINE_STRUCT(PteRow, (Bool, zero), (FrameRef, frame), (Bool, write), (Bool, exec),
                             (Bool, protnone), (Bool, dirty));
};

template <class D, Bounds B>
struct MmRow {
    using Bool = typename D::Bool;
    using Count = typename D::template Int<B.pages>;
    using Maps = typename D::template Int<B.vmas>;
    using Phase = typename D::template Int<2>;
    using Vmas = std::array<VmaRow<D, B>, static_cast<std::size_t>(B.vmas)>;
    using Ptes = std::array<PteRow<D, B>, static_cast<std::size_t>(B.pages)>;
    using Wants = std::array<typename D::template Ref<ValueSort, B.values>,
                             static_cast<std::size_t>(B.pages)>;
    /// `want` is ghost: what this process must find at each page.
    BOOST_HANA_DEFINE_STRUCT(MmRow, (Phase, phase), (Vmas, vmas), (Ptes, ptes), (Wants, want),
                             (Count, brk), (Count, rss_anon), (Count, locked_vm), (Maps, map_count),
                             (Bool, has_pinned));
};

template <class D, Bounds B>
struct FrameRow {
    using Bool = typename D::Bool;
    using Refs = typename D::template Int<B.max_refs()>;
    using Maps = typename D::template Int<B.mms>;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using Pgoff = typename D::template Int<B.max_pgoff()>;
    using Value = typename D::template Ref<ValueSort, B.values>;
    /// refcount counts a pin as pin_bias; mapcount is plain (Linux stores it minus one).
    /// anon_vma and index are page->mapping and page->index.
    BOOST_HANA_DEFINE_STRUCT(FrameRow, (Refs, refcount), (Maps, mapcount), (Bool, exclusive),
                             (Bool, uptodate), (Bool, batched), (Bool, lru), (AnonRef, anon_vma),
                             (Pgoff, index), (Value, value));
};

template <class D, Bounds B>
struct AnonVmaRow {
    using Bool = typename D::Bool;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using Children = typename D::template Int<B.anon_vmas>;
    using Active = typename D::template Int<B.mms * B.vmas>;
    using Refs = typename D::template Int<B.anon_vmas>;
    using Age = typename D::template Int<B.anon_vmas - 1>;
    /// age: how many live anon_vmas of the same root are older; orders every chain.
    BOOST_HANA_DEFINE_STRUCT(AnonVmaRow, (Bool, live), (AnonRef, parent), (AnonRef, root),
                             (Children, num_children), (Active, num_active_vmas), (Refs, refcount),
                             (Age, age));
};

/// A reference a GUP caller keeps. `attached` is ghost: the owner's page still is the one pinned.
template <class D, Bounds B>
struct HandleRow {
    using Bool = typename D::Bool;
    using Kind = typename D::template Int<2>;
    using MmRef = typename D::template Ref<MmSort, B.mms>;
    using Page = typename D::template Int<B.pages>;
    using FrameRef = typename D::template Ref<FrameSort, B.frames>;
    BOOST_HANA_DEFINE_STRUCT(HandleRow, (Kind, kind), (Bool, write), (Bool, attached), (MmRef, mm),
                             (Page, page), (FrameRef, frame));
};

/// Where a thread is and what it has in hand; fields its pc does not use are zero.
template <class D, Bounds B>
struct TaskRow {
    using Bool = typename D::Bool;
    using PcField = typename D::template Int<pc_count - 1>;
    using Op = typename D::template Int<op_code_count - 1>;
    using MmRef = typename D::template Ref<MmSort, B.mms>;
    using Page = typename D::template Int<B.pages>;
    using Kind = typename D::template Int<3>;
    using FrameRef = typename D::template Ref<FrameSort, B.frames>;
    /// mm, child: address spaces; page, end: the range; cursor: where a loop stands in it; to,
    /// span: target of a move and its length; read, write, exec: the access or the protection asked
    /// for; unshare: FAULT_FLAG_UNSHARE; zero: the sampled entry was the zero page; grows:
    /// VM_GROWSDOWN asked for, MREMAP_DONTUNMAP while the target is unmapped; hole: an unmapped
    /// page was met, the target of a move is known, populate has got on since it entered the VMA;
    /// vlock: holds the VMA's lock, not mmap_lock; stale: a fork began since GUP-fast sampled;
    /// frame: in hand; old: sampled and, in a copy, referenced.
    BOOST_HANA_DEFINE_STRUCT(TaskRow, (PcField, pc), (Op, op), (MmRef, mm), (MmRef, child),
                             (Page, page), (Page, end), (Page, cursor), (Page, to),
                             (Page, span), (Bool, read), (Bool, write), (Bool, exec),
                             (Bool, unshare), (Bool, zero), (Bool, grows), (Bool, hole),
                             (Bool, vlock), (Bool, stale), (Kind, gup), (FrameRef, frame),
                             (FrameRef, old));
};

template <class D, Bounds B>
struct StateRow {
    using Mms = std::array<MmRow<D, B>, static_cast<std::size_t>(B.mms)>;
    using Frames = std::array<FrameRow<D, B>, static_cast<std::size_t>(B.frames)>;
    using AnonVmas = std::array<AnonVmaRow<D, B>, static_cast<std::size_t>(B.anon_vmas)>;
    using Handles = std::array<HandleRow<D, B>, static_cast<std::size_t>(B.handles)>;
    using Tasks = std::array<TaskRow<D, B>, static_cast<std::size_t>(B.tasks)>;
    BOOST_HANA_DEFINE_STRUCT(StateRow, (Mms, mms), (Frames, frames), (AnonVmas, anon_vmas),
                             (Handles, handles), (Tasks, tasks));
};

/// What an operation answers: errno, signal, or the way a fault was resolved.
enum Result : int {
    res_pending,        ///< the operation has more steps
    res_ok,
    res_zero_mapped,    ///< read fault: the zero page
    res_new_page,       ///< first write: a fresh zeroed frame
    res_copied,         ///< write to a shared page: a copy
    res_reused,         ///< write to a page of one owner: made writable in place
    res_spurious,       ///< the entry already allows the access
    res_raced,          ///< somebody changed the entry meanwhile; the access faults again
    res_retry,          ///< VM_FAULT_RETRY: needs mmap_lock
    res_segv_maperr, res_segv_accerr, res_oom,
    res_enomem, res_einval, res_eexist, res_efault, res_eagain, res_eperm,
    result_count
};
struct ResultInfo {
    const char* text;     ///< as a trace writes it
    bool refused;         ///< the caller sees an error or a signal
};
inline constexpr std::array<ResultInfo, result_count> result_infos{{
    {"pending", false}, {"0", false}, {"zero-page", false}, {"new-page", false}, {"copied", false},
    {"reused", false}, {"spurious", false}, {"raced", false}, {"RETRY", false},
    {"SIGSEGV/MAPERR", true}, {"SIGSEGV/ACCERR", true}, {"OOM", true}, {"ENOMEM", true},
    {"EINVAL", true}, {"EEXIST", true}, {"EFAULT", true}, {"EAGAIN", true}, {"EPERM", true}}};

}  // namespace faultline
