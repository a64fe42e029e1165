// model/reference/steps.hpp - the step table and the operations: every way the machine can move,
// listed once.
//
// Why: the runner, the explorer, the prover and the trace format all fold over these; adding an
//      operation is one entry of `operations` (and, if it is new, its steps in `run_step`).
#pragma once
#include "model/reference/swapoff.hpp"

namespace faultline {

/// What an operation is called with; a field its operation does not use is zero.
template <class M>
struct Args {
    typename M::Page page{}, end{}, to{}, span{};
    typename M::Bool read{}, write{}, exec{}, grows{}, fixed{}, maymove{}, dontunmap{};
    typename M::template Int<2> gup{};
    typename M::template Int<op_code_count - 1> op{};
    typename M::Value value{};
    typename M::Bool synchronous{}, stable{};
    [[no_unique_address]] typename M::Vma::Inode inode{};
    [[no_unique_address]] typename M::Vma::Shared shared{};
    [[no_unique_address]] Only<M::has_files, typename M::Bool, 1> force{};
};

/// The machine of these bounds has the step at all.
constexpr bool step_exists(const Bounds& b, int pc) {
    const bool swaps = pc_between(pc, pc_swap_lookup, pc_swap_unuse) ||
                       pc_between(pc, pc_reclaim_add, pc_reclaim_drop);
    const bool files = pc_between(pc, pc_file_around, pc_file_map) ||
                       pc_between(pc, pc_inode_read, pc_clean_written);
    return (b.has_swap() || !swaps) && (b.has_files() || !files);
}
template <class K>
constexpr BoolOf<K> run_swap_step(K& k, int pc) {
    switch (pc) {
        case pc_swap_lookup: return swap_lookup(k);
        case pc_swap_pin: return swap_pin(k);
        case pc_swap_read_alone: return swap_read_alone(k);
        case pc_swap_map_alone: return swap_map_alone(k);
        case pc_swap_add: return swap_add(k);
        case pc_swap_read: return swap_read(k);
        case pc_swap_map: return swap_map(k);
        case pc_swap_unuse: return swap_unuse(k);
        case pc_reclaim_add: return reclaim_add(k);
        case pc_reclaim_unmap: return reclaim_unmap(k);
        case pc_reclaim_pageout: return reclaim_pageout(k);
        case pc_reclaim_write: return reclaim_write(k);
        case pc_reclaim_written: return reclaim_written(k);
        case pc_reclaim_drop: return reclaim_drop(k);
        default: return BoolOf<K>(false);
    }
}
template <class K>
constexpr BoolOf<K> run_file_step(K& k, int pc) {
    switch (pc) {
        case pc_file_around: return file_around(k);
        case pc_file_find: return file_find(k);
        case pc_file_add: return file_add(k);
        case pc_file_read: return file_read(k);
        case pc_file_lock: return file_lock(k);
        case pc_file_mkwrite: return file_mkwrite(k);
        case pc_file_copy: return file_copy(k);
        case pc_file_map: return file_map(k);
        case pc_inode_read: return inode_read(k);
        case pc_inode_write: return inode_write(k);
        case pc_trunc_unmap: return trunc_unmap(k, false);
        case pc_trunc_page: return trunc_page(k);
        case pc_trunc_again: return trunc_unmap(k, true);
        case pc_falloc_page: return falloc_page(k);
        case pc_falloc_undo: return falloc_undo(k);
        case pc_clean_write: return clean_write(k);
        case pc_clean_written: return clean_written(k);
        default: return BoolOf<K>(false);
    }
}
/// Runs the step at `pc`; false if it is not enabled now.
template <class K>
constexpr BoolOf<K> run_step(K& k, int pc) {
    switch (pc) {
        case pc_fault_expand: return fault_expand(k);
        case pc_fault_wp: return fault_wp(k);
        case pc_fault_prepare: return fault_prepare(k);
        case pc_fault_zero: return fault_zero(k);
        case pc_fault_alloc: return fault_alloc(k);
        case pc_fault_fill: return fault_fill(k);
        case pc_fault_install: return fault_install(k);
        case pc_gup_follow: return gup_follow(k);
        case pc_populate: return populate(k);
        case pc_zap: return dontneed_page(k);
        case pc_populate_lock: return populate_lock(k);
        case pc_gup_lock: return gup_lock(k);
        case pc_gup_grab: return gup_grab(k);
        case pc_gup_check: return gup_check(k);
        case pc_fork_vma: return fork_vma(k);
        case pc_fork_check: return fork_check(k);
        case pc_fork_share: return fork_share(k);
        case pc_fork_copy: return fork_copy(k);
        case pc_edit_next: return edit_next(k);
        case pc_edit_left: return edit_left(k);
        case pc_edit_right: return edit_right(k);
        case pc_edit_split_lo: return edit_split_lo(k);
        case pc_edit_split_hi: return edit_split_hi(k);
        case pc_edit_apply: return edit_apply(k);
        case pc_unmap_split_lo: return unmap_split_lo(k);
        case pc_unmap_split_hi: return unmap_split_hi(k);
        case pc_unmap_detach: return unmap_detach(k);
        case pc_unmap_page: return unmap_page(k);
        case pc_unmap_unlink: return unmap_unlink(k);
        case pc_mmap_insert: return mmap_insert(k);
        case pc_move_check: return move_check(k);
        case pc_move_split_lo: return move_split(k, k.t.page, pc_move_split_hi);
        case pc_move_split_hi: return move_split(k, k.t.end, pc_move_vma);
        case pc_move_vma: return move_vma(k);
        case pc_move_page: return move_page(k);
        case pc_move_back: return move_back(k);
        case pc_move_end: return move_end(k);
        case pc_exit_page: return exit_page(k);
        case pc_exit_unlink: return exit_unlink(k);
        default:
            if constexpr (K::Mach::has_files)
                if (step_exists(K::Mach::B, pc)) return run_file_step(k, pc);
            if constexpr (K::Mach::has_swap) return run_swap_step(k, pc);
            else return BoolOf<K>(false);
    }
}
/// Steps whose outcome depends on the allocator: only for these is `deny` a choice.
constexpr bool step_allocates(int pc) {
    switch (pc) {
        case pc_fault_expand: case pc_fault_prepare: case pc_fault_zero: case pc_fault_alloc:
        case pc_fork_vma:
        case pc_fork_copy: case pc_edit_left: case pc_edit_right: case pc_edit_split_lo:
        case pc_edit_split_hi: case pc_unmap_split_lo: case pc_unmap_split_hi:
        case pc_mmap_insert: case pc_move_check: case pc_move_split_lo: case pc_move_split_hi:
        case pc_move_vma: case pc_move_page: case pc_swap_pin: case pc_swap_add:
        case pc_reclaim_add: case pc_file_add: case pc_inode_read: case pc_inode_write:
        case pc_falloc_page: return true;
        default: return false;
    }
}

/// What an operation is performed on, and which arguments vary.
struct OpShape {
    bool by_mm = false;        ///< on one address space (else machine-wide or on a handle)
    bool by_handle = false;    ///< on one handle
    bool by_frame = false;     ///< on one frame
    bool by_inode = false;     ///< on one file
    bool by_device = false;    ///< on one swap device
    bool files = false;        ///< only where there are files
    bool swap = false;         ///< only where there is swap space
    bool new_mm = false;       ///< names a free address space for the child
    bool task = false;         ///< begins a task; otherwise one atomic event
    bool page = false;         ///< args.page
    bool range = false;        ///< args.page < args.end
    bool end = false;          ///< args.end alone (brk)
    bool access = false;       ///< args.write, args.exec (not both)
    bool prot = false;         ///< args.read, write, exec
    bool grows = false;        ///< args.grows
    bool gup = false;          ///< args.gup and args.write
    bool force = false;        ///< args.force, where there are files
    bool move = false;         ///< args.to, span, fixed, maymove, dontunmap
    bool value = false;        ///< args.value
    bool file = false;         ///< args.inode, shared and to, where there are files
    bool content = false;      ///< args.end and exec: size and mode of a new file
    bool device = false;       ///< args.synchronous, stable
    int op_first = 0, op_last = 0;   ///< args.op, when the steps are shared
};

struct OpMmap {
    static constexpr const char* name = "mmap";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true, .prot = true,
                                   .grows = true, .file = true, .op_first = op_mmap,
                                   .op_last = op_mmap_noreplace};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_mmap(k, mm, a); }
};
struct OpMunmap {
    static constexpr const char* name = "munmap";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_munmap(k, mm, a); }
};
struct OpMprotect {
    static constexpr const char* name = "mprotect";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true, .prot = true,
                                   .op_first = op_mprotect, .op_last = op_mprotect};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_edit(k, mm, a); }
};
/// madvise flags, mlock and munlock: the same walk over VMAs.
struct OpAdvise {
    static constexpr const char* name = "advise";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true,
                                   .op_first = op_dontfork, .op_last = op_munlock};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_edit(k, mm, a); }
};
struct OpDontneed {
    static constexpr const char* name = "dontneed";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) {
        return start_dontneed(k, mm, a);
    }
};
struct OpBrk {
    static constexpr const char* name = "brk";
    static constexpr OpShape shape{.by_mm = true, .task = true, .end = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_brk(k, mm, a); }
};
struct OpMremap {
    static constexpr const char* name = "mremap";
    static constexpr OpShape shape{.by_mm = true, .task = true, .range = true, .move = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_mremap(k, mm, a); }
};
struct OpFault {
    static constexpr const char* name = "fault";
    static constexpr OpShape shape{.by_mm = true, .task = true, .page = true, .access = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_fault(k, mm, a); }
};
struct OpFork {
    static constexpr const char* name = "fork";
    static constexpr OpShape shape{.by_mm = true, .new_mm = true, .task = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int child, const auto&) {
        return start_fork(k, mm, child);
    }
};
struct OpExit {
    static constexpr const char* name = "exit";
    static constexpr OpShape shape{.by_mm = true, .task = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto&) { return start_exit(k, mm); }
};
struct OpGup {
    static constexpr const char* name = "gup";
    static constexpr OpShape shape{.by_mm = true, .task = true, .page = true, .gup = true,
                                   .force = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return start_gup(k, mm, a); }
};
struct OpGupFast {
    static constexpr const char* name = "gup_fast";
    static constexpr OpShape shape{.by_mm = true, .task = true, .page = true, .gup = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) {
        return start_gup_fast(k, mm, a);
    }
};
struct OpStore {
    static constexpr const char* name = "store";
    static constexpr OpShape shape{.by_mm = true, .page = true, .value = true};
    template <class K>
    static constexpr auto start(K& k, int mm, int, const auto& a) { return user_store(k, mm, a); }
};
struct OpUnpin {
    static constexpr const char* name = "unpin";
    static constexpr OpShape shape{.by_handle = true};
    template <class K>
    static constexpr auto start(K& k, int handle, int, const auto&) { return unpin(k, handle); }
};
struct OpDma {
    static constexpr const char* name = "dma";
    static constexpr OpShape shape{.by_handle = true, .value = true};
    template <class K>
    static constexpr auto start(K& k, int handle, int, const auto& a) {
        return handle_store(k, handle, a);
    }
};
struct OpDrain {
    static constexpr const char* name = "drain";
    static constexpr OpShape shape{};
    template <class K>
    static constexpr auto start(K& k, int, int, const auto&) { return drain(k); }
};

struct OpReclaim {
    static constexpr const char* name = "reclaim";
    static constexpr OpShape shape{.by_frame = true, .swap = true, .task = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int frame, int, const auto&) {
        if constexpr (K::Mach::has_swap) return start_reclaim(k, frame);
        else return BoolOf<K>(false);
    }
};
struct OpFreeSwap {
    static constexpr const char* name = "free_swap";
    static constexpr OpShape shape{.by_frame = true, .swap = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int frame, int, const auto&) {
        if constexpr (K::Mach::has_swap) return free_swap(k, frame);
        else return BoolOf<K>(false);
    }
};
struct OpSwapon {
    static constexpr const char* name = "swapon";
    static constexpr OpShape shape{.by_device = true, .swap = true, .device = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int device, int, const auto& a) {
        if constexpr (K::Mach::has_swap) return swapon(k, device, a);
        else return BoolOf<K>(false);
    }
};
struct OpSwapoff {
    static constexpr const char* name = "swapoff";
    static constexpr OpShape shape{.by_device = true, .swap = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int device, int, const auto&) {
        if constexpr (K::Mach::has_swap) return swapoff(k, device);
        else return BoolOf<K>(false);
    }
};
struct OpUnuse {
    static constexpr const char* name = "unuse";
    static constexpr OpShape shape{.by_mm = true, .swap = true, .task = true, .page = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int mm, int, const auto& a) {
        if constexpr (K::Mach::has_swap) return start_unuse(k, mm, a);
        else return BoolOf<K>(false);
    }
};
struct OpSwapoffEnd {
    static constexpr const char* name = "swapoff_end";
    static constexpr OpShape shape{.by_device = true, .swap = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, int device, int, const auto&) {
        if constexpr (K::Mach::has_swap) return swapoff_end(k, device);
        else return BoolOf<K>(false);
    }
};

struct OpOpen {
    static constexpr const char* name = "open";
    static constexpr OpShape shape{.by_inode = true, .files = true, .value = true, .content = true,
                                   .op_first = op_open_file, .op_last = op_open_memfd};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return open_file(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpClose {
    static constexpr const char* name = "close";
    static constexpr OpShape shape{.by_inode = true, .files = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return close_file(k, inode);
        else return BoolOf<K>(false);
    }
};
struct OpEvict {
    static constexpr const char* name = "evict";
    static constexpr OpShape shape{.by_inode = true, .files = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return evict_file(k, inode);
        else return BoolOf<K>(false);
    }
};
struct OpPwrite {
    static constexpr const char* name = "pwrite";
    static constexpr OpShape shape{.by_inode = true, .files = true, .task = true, .page = true,
                                   .value = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_pwrite(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpPread {
    static constexpr const char* name = "pread";
    static constexpr OpShape shape{.by_inode = true, .files = true, .task = true, .page = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_pread(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpTruncate {
    static constexpr const char* name = "truncate";
    static constexpr OpShape shape{.by_inode = true, .files = true, .task = true, .end = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_truncate(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpPunch {
    static constexpr const char* name = "punch";
    static constexpr OpShape shape{.by_inode = true, .files = true, .task = true, .range = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_punch(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpFallocate {
    static constexpr const char* name = "fallocate";
    static constexpr OpShape shape{.by_inode = true, .files = true, .task = true, .range = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_fallocate(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpSeal {
    static constexpr const char* name = "seal";
    static constexpr OpShape shape{.by_inode = true, .files = true, .op_first = op_seal_seal,
                                   .op_last = op_seal_exec};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int inode, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return add_seal(k, inode, a);
        else return BoolOf<K>(false);
    }
};
struct OpClean {
    static constexpr const char* name = "clean";
    static constexpr OpShape shape{.by_frame = true, .files = true, .task = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int frame, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return start_clean(k, frame);
        else return BoolOf<K>(false);
    }
};
struct OpDropPage {
    static constexpr const char* name = "drop_page";
    static constexpr OpShape shape{.by_frame = true, .files = true};
    template <class K>
    static constexpr BoolOf<K> start(K& k, [[maybe_unused]] int frame, int,
                                     [[maybe_unused]] const auto& a) {
        if constexpr (K::Mach::has_files) return drop_page(k, frame);
        else return BoolOf<K>(false);
    }
};

/// How many rows an operation may be called on.
constexpr int operation_rows(const OpShape& shape, const Bounds& b) {
    if (shape.swap && !b.has_swap()) return 0;
    if (shape.files && !b.has_files()) return 0;
    return shape.by_inode    ? b.inodes
           : shape.by_mm     ? b.mms
           : shape.by_handle ? b.handles
           : shape.by_frame  ? b.frames
           : shape.by_device ? b.swap_devices
                             : 1;
}

/// The registry. The order is the order of the trace format's binary form and of every table shown.
inline constexpr auto operations =
    boost::hana::tuple_t<OpMmap, OpMunmap, OpMprotect, OpAdvise, OpDontneed, OpBrk, OpMremap,
                         OpFault, OpFork, OpExit, OpGup, OpGupFast, OpStore, OpUnpin, OpDma,
                         OpDrain, OpReclaim, OpFreeSwap, OpSwapon, OpSwapoff, OpUnuse,
                         OpSwapoffEnd, OpOpen, OpClose, OpEvict, OpPwrite, OpPread, OpTruncate,
                         OpPunch, OpFallocate, OpSeal, OpClean, OpDropPage>;
inline constexpr int operation_count =
    static_cast<int>(decltype(boost::hana::length(operations))::value);

/// The machine as it starts: one empty process.
template <class M>
constexpr typename M::State initial_state() {
    typename M::State s{};
    s.mms[0].phase = mm_alive;
    return s;
}

}  // namespace faultline
