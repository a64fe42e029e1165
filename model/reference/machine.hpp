// model/reference/machine.hpp - the types of one machine, and what a step is handed.
//
// Why: every rule is a function of a Step: the rules and limits in force, the state, the task that
//      runs, where its answer goes, and whether the allocator refuses this time.
#pragma once
#include "spec/rules.hpp"
#include "spec/state.hpp"

namespace faultline {

/// The kernel and the machine's limits: plain values, read by ordinary `if`.
struct Env {
    Rules rules{};
    Bounds limits{};
};

template <class D_, Bounds B_>
struct Machine {
    using D = D_;
    static constexpr Bounds B = B_;
    using Bool = typename D::Bool;
    using Num = typename D::Num;
    template <int Max>
    using Int = typename D::template Int<Max>;
    using State = StateRow<D, B>;
    using Mm = MmRow<D, B>;
    using Vma = VmaRow<D, B>;
    using Pte = PteRow<D, B>;
    using Frame = FrameRow<D, B>;
    using AnonVma = AnonVmaRow<D, B>;
    using Handle = HandleRow<D, B>;
    using Task = TaskRow<D, B>;
    using FrameRef = typename D::template Ref<FrameSort, B.frames>;
    using AnonRef = typename D::template Ref<AnonVmaSort, B.anon_vmas>;
    using MmRef = typename D::template Ref<MmSort, B.mms>;
    using Value = typename D::template Ref<ValueSort, B.values>;
    static constexpr bool has_swap = B.has_swap(), has_files = B.has_files();
    static constexpr bool has_backing = has_swap || has_files;
    using Slot = SlotRow<D, B>;
    using SlotRef = typename D::template Ref<SlotSort, B.slots>;
    using DeviceRef = typename D::template Ref<DeviceSort, B.swap_devices>;
    using Inode = InodeRow<D, B>;
    using InodeRef = typename D::template Ref<InodeSort, B.inodes>;
    using Page = typename D::template Int<B.pages>;

    /// The answer of a step: `result` stays res_pending until the operation ends.
    struct Out {
        Int<result_count - 1> result{};
        Page page{};      ///< address returned by mmap, mremap and brk, as a page of the arena
        MmRef child{};    ///< process made by fork
        Int<result_count - 1> fault{};   ///< how a page fault ended in this step
        Bool bug{};       ///< a kernel assertion failed (BUG_ON, WARN_ON)
        Bool major{};     ///< VM_FAULT_MAJOR: a device was read
    };
    struct Step {
        using Mach = Machine;
        using D = D_;
        const Env& env;
        State& s;
        Task& t;
        Out& out;
        Bool deny;        ///< the page or slab allocator refuses in this step
    };
};

}  // namespace faultline
