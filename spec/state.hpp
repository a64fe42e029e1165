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
/// Life of a swap device; going: swapoff empties it.
enum DevicePhase : int { device_off, device_on, device_going };
/// What an inode is; unnamed shared memory, SysV segments and memfds are shmem.
enum InodeKind : int { inode_none, inode_file, inode_shmem };
/// What a GUP caller keeps; touch: nothing, it only faults pages in (mlock).
enum GupKind : int { gup_none, gup_get, gup_pin, gup_touch };

/// Where a task stands in its operation: the next atomic step. Ranges carry meaning, see
/// model/reference/locks.hpp.
enum Pc : int {
    pc_idle,
    // Page fault; mmap_lock or the VMA's lock is held for reading.
    pc_fault_expand, pc_fault_wp,
    pc_swap_lookup, pc_swap_pin, pc_swap_read_alone, pc_swap_map_alone, pc_swap_add, pc_swap_read,
    pc_swap_map, pc_swap_unuse,
    pc_file_around, pc_file_find, pc_file_add, pc_file_read, pc_file_lock, pc_file_mkwrite,
    pc_file_copy, pc_file_map,
    pc_fault_prepare, pc_fault_zero, pc_fault_alloc, pc_fault_fill, pc_fault_install,
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
    // Calls on a file: no address space, the inode's lock is held (but by reads).
    pc_inode_read, pc_inode_write, pc_trunc_unmap, pc_trunc_page, pc_trunc_again, pc_falloc_page,
    pc_falloc_undo,
    // Writeback of one frame of the page cache: no address space.
    pc_clean_write, pc_clean_written,
    // Reclaim of one frame: no address space, the frame is off the LRU; its lock is held up to
    // pageout.
    pc_reclaim_add, pc_reclaim_unmap, pc_reclaim_pageout, pc_reclaim_write, pc_reclaim_written,
    pc_reclaim_drop,
    pc_count
};
inline constexpr std::array<const char*, pc_count> pc_names{
    "idle",           "fault.expand",   "fault.wp",       "swap.lookup",     "swap.pin",
    "swap.read_alone", "swap.map_alone", "swap.add",      "swap.read",       "swap.map",
    "swap.unuse",     "file.around",    "file.find",      "file.add",        "file.read",
    "file.lock",      "file.mkwrite",   "file.copy",      "file.map",
    "fault.prepare",  "fault.zero",
    "fault.alloc",    "fault.fill",     "fault.install",  "gup.follow",      "populate",
    "madvise.zap",    "populate.lock",  "gup.lock",       "gup_fast.grab",   "gup_fast.check",
    "fork.vma",       "fork.check",     "fork.share",     "fork.copy",       "edit.next",
    "edit.left",      "edit.right",     "edit.split_lo",  "edit.split_hi",   "edit.apply",
    "unmap.split_lo", "unmap.split_hi", "unmap.detach",   "unmap.page",      "unmap.unlink",
    "mmap.insert",    "mremap.check",   "mremap.split_lo", "mremap.split_hi", "mremap.vma",
    "mremap.page",    "mremap.back",    "mremap.end",     "exit.page",       "exit.unlink",
    "inode.read",     "inode.write",    "truncate.unmap", "truncate.page",   "truncate.again",
    "fallocate.page", "fallocate.undo", "clean.write",    "clean.written",
    "reclaim.add",    "reclaim.unmap",  "reclaim.pageout", "reclaim.write",  "reclaim.written",
    "reclaim.drop"};

/// Which system call a shared step list works for. mremap: fixed unmaps its target first, tail what
/// a shrinking move gives up, undo the copy of a move that failed; stay grows in place or not at
/// all; shrink only unmaps.
enum OpCode : int {
    op_none, op_mprotect, op_dontfork, op_dofork, op_wipeonfork, op_keeponfork, op_mlock,
    op_munlock, op_munmap, op_mmap, op_mmap_hint, op_mmap_fixed, op_mmap_noreplace, op_brk,
    op_mremap, op_mremap_fixed, op_mremap_tail, op_mremap_undo, op_mremap_shrink,
    op_mremap_stay, op_mremap_dontunmap, op_swapoff,
    op_open_file, op_open_tmpfs, op_open_memfd, op_truncate, op_punch, op_fallocate,
    op_seal_seal, op_seal_shrink, op_seal_grow, op_seal_write, op_seal_future, op_seal_exec,
    op_code_count
};

template <class D, Bounds B>
struct VmaRow {
    using Bool = typename D::Bool;
    using Page = typename D::template Int<B.pages>;
    using Pgoff = typename D::template Int<B.max_pgoff()>;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using Links = std::array<Bool, static_cast<std::size_t>(B.anon_vmas)>;
    using Inode = Only<B.has_files(), typename D::template Ref<InodeSort, B.inodes>>;
    using Shared = Only<B.has_files(), Bool>;
    using Maywrite = Only<B.has_files(), Bool, 1>;
    /// inode: vm_file; shared, maywrite: VM_SHARED, VM_MAYWRITE, kept for VMAs of files.
    BOOST_HANA_DEFINE_STRUCT(VmaRow, (Bool, used), (Bool, detached), (Bool, read), (Bool, write),
                             (Bool, exec), (Bool, growsdown), (Bool, locked), (Bool, dontfork),
                             (Bool, wipeonfork), (Page, lo), (Page, hi), (Pgoff, pgoff),
                             (AnonRef, anon_vma), (Links, links),
                             ([[no_unique_address]] Inode, inode),
                             ([[no_unique_address]] Shared, shared),
                             ([[no_unique_address]] Maywrite, maywrite));
};

/// A page-table entry as the flat map holds it: none, the zero page, a frame, or a swap slot.
template <class D, Bounds B>
struct PteRow {
    using Bool = typename D::Bool;
    using FrameRef = typename D::template Ref<FrameSort, B.frames>;
    using SlotRef = Only<B.has_swap(), typename D::template Ref<SlotSort, B.slots>>;
    using SwapBool = Only<B.has_swap(), Bool>;
    /// swp_exclusive: the swap entry remembers PG_anon_exclusive.
    BOOST_HANA_DEFINE_STRUCT(PteRow, (Bool, zero), (FrameRef, frame), (Bool, write), (Bool, exec),
                             (Bool, protnone), (Bool, dirty),
                             ([[no_unique_address]] SlotRef, slot),
                             ([[no_unique_address]] SwapBool, swp_exclusive));
};

template <class D, Bounds B>
struct MmRow {
    using Bool = typename D::Bool;
    using Count = typename D::template Int<B.pages>;
    using Maps = typename D::template Int<B.vmas>;
    using Phase = typename D::template Int<2>;
    using SwapCount = Only<B.has_swap(), Count>;
    using FileCount = Only<B.has_files(), Count, 1>;
    using ShmemCount = Only<B.has_files(), Count, 2>;
    using Vmas = std::array<VmaRow<D, B>, static_cast<std::size_t>(B.vmas)>;
    using Ptes = std::array<PteRow<D, B>, static_cast<std::size_t>(B.pages)>;
    using Wants = std::array<typename D::template Ref<ValueSort, B.values>,
                             static_cast<std::size_t>(B.pages)>;
    /// `want` is ghost: what this process must find at each page.
    BOOST_HANA_DEFINE_STRUCT(MmRow, (Phase, phase), (Vmas, vmas), (Ptes, ptes), (Wants, want),
                             (Count, brk), (Count, rss_anon), (Count, locked_vm), (Maps, map_count),
                             (Bool, has_pinned), ([[no_unique_address]] SwapCount, rss_swap),
                             ([[no_unique_address]] FileCount, rss_file),
                             ([[no_unique_address]] ShmemCount, rss_shmem));
};

template <class D, Bounds B>
struct FrameRow {
    using Bool = typename D::Bool;
    using Refs = typename D::template Int<B.max_refs()>;
    using Maps = typename D::template Int<B.max_maps()>;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using Pgoff = typename D::template Int<B.max_pgoff()>;
    using Value = typename D::template Ref<ValueSort, B.values>;
    /// refcount counts a pin as pin_bias; mapcount is plain (Linux stores it minus one).
    /// anon_vma and index are page->mapping and page->index. In the swap cache, slot is the entry
    /// in page->private and the frame holds one reference more; dirty is PG_dirty, which is kept
    /// only there and in the page cache. In the page cache, inode is page->mapping.
    using SlotRef = Only<B.has_swap(), typename D::template Ref<SlotSort, B.slots>>;
    static constexpr bool backed = B.has_swap() || B.has_files();
    using Dirty = Only<backed, Bool>;
    using Writeback = Only<backed, Bool, 1>;
    using Locked = Only<backed, Bool, 2>;
    using Inode = Only<B.has_files(), typename D::template Ref<InodeSort, B.inodes>>;
    BOOST_HANA_DEFINE_STRUCT(FrameRow, (Refs, refcount), (Maps, mapcount), (Bool, exclusive),
                             (Bool, uptodate), (Bool, batched), (Bool, lru), (AnonRef, anon_vma),
                             (Pgoff, index), (Value, value),
                             ([[no_unique_address]] SlotRef, slot),
                             ([[no_unique_address]] Dirty, dirty),
                             ([[no_unique_address]] Writeback, writeback),
                             ([[no_unique_address]] Locked, locked),
                             ([[no_unique_address]] Inode, inode));
};

/// One page of swap space. count and cache are the two parts of its byte in swap_map: entries that
/// name it, and SWAP_HAS_CACHE. A slot of no device does not exist.
template <class D, Bounds B>
struct SlotRow {
    using Bool = typename D::Bool;
    using DeviceRef = typename D::template Ref<DeviceSort, B.swap_devices>;
    using Count = typename D::template Int<B.mms>;
    using Value = typename D::template Ref<ValueSort, B.values>;
    BOOST_HANA_DEFINE_STRUCT(SlotRow, (DeviceRef, device), (Count, count), (Bool, cache),
                             (Value, value));
};
/// synchronous: SWP_SYNCHRONOUS_IO; stable: SWP_STABLE_WRITES.
template <class D, Bounds B>
struct DeviceRow {
    using Bool = typename D::Bool;
    using Phase = typename D::template Int<2>;
    BOOST_HANA_DEFINE_STRUCT(DeviceRow, (Phase, phase), (Bool, synchronous), (Bool, stable));
};

/// A file of a file system or of shmem. size and the arrays are in pages: the page cache, what the
/// device holds (nothing for shmem), and, as a ghost, what everybody must find. open: somebody has
/// it open; writable: i_mmap_writable; blocks: pages charged; executable: an x bit is set.
template <class D, Bounds B>
struct InodeRow {
    using Bool = typename D::Bool;
    using Kind = typename D::template Int<2>;
    using Size = typename D::template Int<B.inode_pages>;
    using Maps = typename D::template Int<B.mms * B.vmas>;
    static constexpr auto n = static_cast<std::size_t>(B.inode_pages);
    using Pages = std::array<typename D::template Ref<FrameSort, B.frames>, n>;
    using Values = std::array<typename D::template Ref<ValueSort, B.values>, n>;
    BOOST_HANA_DEFINE_STRUCT(InodeRow, (Kind, kind), (Bool, open), (Bool, executable), (Size, size),
                             (Size, blocks), (Maps, writable), (Bool, seal_seal),
                             (Bool, seal_shrink), (Bool, seal_grow), (Bool, seal_write),
                             (Bool, seal_future), (Bool, seal_exec), (Pages, pages),
                             (Values, disk), (Values, want));
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
    /// frame: in hand; old: sampled and, in a copy, referenced; slot, swp_exclusive: the swap
    /// entry as it was sampled; in a fault on a file, old is the page of the cache and frame the
    /// private copy. inode, shared: of mmap and calls on files, whose page and end count pages of
    /// the file; to is the offset of an mmap. copied: what a write to a file writes; else ghost,
    /// what the file said when its page was copied. forced: FOLL_FORCE; 2 when a fault has broken
    /// copy-on-write for it.
    using SlotRef = Only<B.has_swap(), typename D::template Ref<SlotSort, B.slots>>;
    using SwapBool = Only<B.has_swap(), Bool>;
    using Inode = Only<B.has_files(), typename D::template Ref<InodeSort, B.inodes>>;
    using Shared = Only<B.has_files(), Bool, 1>;
    using FileValue = Only<B.has_files(), typename D::template Ref<ValueSort, B.values>>;
    using Forced = Only<B.has_files(), typename D::template Int<2>>;
    BOOST_HANA_DEFINE_STRUCT(TaskRow, (PcField, pc), (Op, op), (MmRef, mm), (MmRef, child),
                             (Page, page), (Page, end), (Page, cursor), (Page, to),
                             (Page, span), (Bool, read), (Bool, write), (Bool, exec),
                             (Bool, unshare), (Bool, zero), (Bool, grows), (Bool, hole),
                             (Bool, vlock), (Bool, stale), (Kind, gup), (FrameRef, frame),
                             (FrameRef, old), ([[no_unique_address]] SlotRef, slot),
                             ([[no_unique_address]] SwapBool, swp_exclusive),
                             ([[no_unique_address]] Inode, inode),
                             ([[no_unique_address]] Shared, shared),
                             ([[no_unique_address]] FileValue, copied),
                             ([[no_unique_address]] Forced, forced));
};

template <class D, Bounds B>
struct StateRow {
    using Domain = D;
    static constexpr bool has_swap = B.has_swap(), has_files = B.has_files();
    using Mms = std::array<MmRow<D, B>, static_cast<std::size_t>(B.mms)>;
    using Frames = std::array<FrameRow<D, B>, static_cast<std::size_t>(B.frames)>;
    using AnonVmas = std::array<AnonVmaRow<D, B>, static_cast<std::size_t>(B.anon_vmas)>;
    using Handles = std::array<HandleRow<D, B>, static_cast<std::size_t>(B.handles)>;
    using Tasks = std::array<TaskRow<D, B>, static_cast<std::size_t>(B.tasks)>;
    using Slots = Table<SlotRow<D, B>, B.slots>;
    using Devices = Table<DeviceRow<D, B>, B.has_swap() ? B.swap_devices : 0>;
    using Inodes = Table<InodeRow<D, B>, B.inodes>;
    BOOST_HANA_DEFINE_STRUCT(StateRow, (Mms, mms), (Frames, frames), (AnonVmas, anon_vmas),
                             (Handles, handles), (Tasks, tasks),
                             ([[no_unique_address]] Slots, slots),
                             ([[no_unique_address]] Devices, devices),
                             ([[no_unique_address]] Inodes, inodes));
};

/// What an operation answers: errno, signal, or the way a fault was resolved.
enum Result : int {
    res_pending,        ///< the operation has more steps
    res_ok,
    res_zero_mapped,    ///< read fault: the zero page
    res_new_page,       ///< first write: a fresh zeroed frame
    res_copied,         ///< write to a shared page: a copy
    res_reused,         ///< write to a page of one owner: made writable in place
    res_swapped_in,     ///< the page came back from swap space or the swap cache
    res_spurious,       ///< the entry already allows the access
    res_raced,          ///< somebody changed the entry meanwhile; the access faults again
    res_retry,          ///< VM_FAULT_RETRY: needs mmap_lock
    res_mapped,         ///< a page of a file was mapped
    res_segv_maperr, res_segv_accerr, res_sigbus, res_oom,
    res_enomem, res_einval, res_eexist, res_efault, res_eagain, res_eperm, res_eacces, res_ebusy,
    res_reclaimed,      ///< reclaim: the frame is free
    res_kept,           ///< reclaim: the frame stays, on the LRU again
    result_count
};
struct ResultInfo {
    const char* text;     ///< as a trace writes it
    bool refused;         ///< the caller sees an error or a signal
};
inline constexpr std::array<ResultInfo, result_count> result_infos{{
    {"pending", false}, {"0", false}, {"zero-page", false}, {"new-page", false}, {"copied", false},
    {"reused", false}, {"swapped-in", false}, {"spurious", false}, {"raced", false},
    {"RETRY", false},
    {"mapped", false}, {"SIGSEGV/MAPERR", true}, {"SIGSEGV/ACCERR", true}, {"SIGBUS", true},
    {"OOM", true}, {"ENOMEM", true},
    {"EINVAL", true}, {"EEXIST", true}, {"EFAULT", true}, {"EAGAIN", true}, {"EPERM", true},
    {"EACCES", true}, {"EBUSY", true},
    {"reclaimed", false}, {"kept", false}}};
/// The caller sees an error or a signal.
constexpr bool is_refused(int result) {
    return result_infos[static_cast<std::size_t>(result)].refused;
}

}  // namespace faultline
