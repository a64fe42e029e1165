// model/reference/operate.hpp - whole calls: an operation started and its steps run to the end by
// one task.
//
// Why:     this is the machine that user programs, random histories and a live kernel see. A user's
//          access is a loop: fault until the entry serves, then touch the page; the fault alone
//          stores nothing.
// Source:  linux arch/x86/mm/fault.c:do_user_addr_fault@v6.1; mm/memory.c:handle_mm_fault@v6.1
#pragma once
#include "model/reference/steps.hpp"
#include "spec/kernel_bits.hpp"

namespace faultline {

/// Counters that page faults raise: current->min_flt and maj_flt, and the event PGFAULT.
struct FaultCounts {
    int min_flt = 0, maj_flt = 0, pgfault = 0;
    friend constexpr bool operator==(const FaultCounts&, const FaultCounts&) = default;
};
/// What a call answered. Rows are the model's own; -1 names none.
struct Outcome {
    int result = res_pending;
    int page = 0;             ///< mmap, mremap, brk
    int child = -1;           ///< fork: row of the new address space
    int handle = -1;          ///< pin, get: row of the new handle
    int value = 0;            ///< load: what was read
    int fault = res_pending;  ///< accesses: how the last fault ended, pending if there was none
    int steps = 0;            ///< small steps, the start included
    int allocating = 0;       ///< steps among them that ask the allocator
    bool major = false;       ///< a fault that read a device
    FaultCounts faults{};     ///< what its page faults counted
    bool blocked = false;     ///< a step was not enabled; the task stays where it is
    bool bug = false;         ///< a kernel assertion failed, or the call never ended
};
struct CallOptions {
    int deny_at = 0;  ///< the allocator refuses in the nth allocating step; 0 never
    int task = 0;     ///< which task performs the call
    int child = -1;   ///< fork: row for the child; -1 the first free one
};
struct NoObserver {
    constexpr void operator()(const auto&, int) const {}
};
inline constexpr int call_step_limit = 100000;

/// Index of an operation in the registry.
template <class Op>
constexpr int operation_id() {
    int index = 0, found = -1;
    boost::hana::for_each(operations, [&](auto type) {
        if (std::is_same_v<typename decltype(type)::type, Op>) found = index;
        ++index;
    });
    return found;
}
/// Starts operation number `op` on row `who`; false if it is not enabled now.
template <class K>
constexpr BoolOf<K> start_operation(K& k, int op, int who, int child, const auto& args) {
    BoolOf<K> ok = false;
    int index = 0;
    boost::hana::for_each(operations, [&](auto type) {
        using Op = typename decltype(type)::type;
        if (index++ == op) ok = Op::start(k, who, child, args);
    });
    return ok;
}
constexpr OpShape operation_shape(int op) {
    OpShape shape{};
    int index = 0;
    boost::hana::for_each(operations, [&](auto type) {
        if (index++ == op) shape = decltype(type)::type::shape;
    });
    return shape;
}
template <class M>
constexpr int free_mm_row(const Env& env, const typename M::State& s) {
    for (int i = 0; i < env.limits.mms && i < M::B.mms; ++i)
        if (s.mms[static_cast<std::size_t>(i)].phase == mm_free) return i;
    return -1;
}

/// The VM_FAULT_* value handle_mm_fault returns for a fault that ended so, -1 where it is not
/// called at all.
/// VM_FAULT_WRITE went in 6.2, between the rule sets: it is told from the lock a fault holds (6.2
/// and 6.3 are not modelled).
/// Source: linux mm/memory.c:wp_page_copy, wp_page_reuse, do_anonymous_page@v6.1 and @v5.10
constexpr int vm_fault_bits(int result, const Rules& rules) {
    namespace bits = kernel::vm_fault;
    const bool says_write = rules.fault_lock == FaultLock::mmap_lock;
    switch (result) {
        case res_copied:
        case res_reused: return says_write ? static_cast<int>(bits::write) : 0;
        case res_zero_mapped:
        case res_new_page:
        case res_spurious:
        case res_swapped_in:
        case res_mapped:
        case res_raced: return 0;
        case res_retry: return static_cast<int>(bits::retry);
        case res_oom: return static_cast<int>(bits::oom);
        case res_sigbus: return static_cast<int>(bits::sigbus);
        default: return -1;
    }
}
/// A fault that ended so is counted: all that come to an end as an event, the successful ones for
/// the thread, as major ones if a device was read.
/// Source: linux mm/memory.c:mm_account_fault@v6.12
constexpr void count_fault(FaultCounts& counts, int result, bool major, const Rules& rules) {
    const int bits = vm_fault_bits(result, rules);
    if (bits < 0 || (bits & static_cast<int>(kernel::vm_fault::retry))) return;
    ++counts.pgfault;
    if (bits & static_cast<int>(kernel::vm_fault::oom)) return;
    if (major) ++counts.maj_flt;
    else ++counts.min_flt;
}

/// The first answer counts: a failed fork has answered before it has torn its child down.
template <class M>
constexpr void absorb(Outcome& o, const typename M::Out& out, const Rules& rules) {
    if (o.result == res_pending && out.result != res_pending) {
        o.result = out.result;
        o.page = out.page;
        if (out.child.some()) o.child = static_cast<int>(out.child.v) - 1;
    }
    o.major = o.major || out.major;
    if (out.fault != res_pending) count_fault(o.faults, out.fault, o.major, rules);
    o.bug = o.bug || out.bug;
    ++o.steps;
}
/// Runs the next step of a task in flight. False, and nothing changed, if it is not enabled now.
template <class M, class After = NoObserver>
constexpr bool step_task(const Env& env, typename M::State& s, int task, bool deny, Outcome& o,
                         After&& after = {}) {
    auto& t = s.tasks[static_cast<std::size_t>(task)];
    const int pc = t.pc;
    const bool gup = t.gup != gup_none;
    typename M::Out out{};
    typename M::Step k{env, s, t, out, deny};
    const auto row = free_handle(k);
    if (pc == pc_idle || !run_step(k, pc)) return false;
    if (step_allocates(pc)) ++o.allocating;
    absorb<M>(o, out, env.rules);
    if (gup && row.ok && s.handles[static_cast<std::size_t>(row.row)].kind != gup_none)
        o.handle = row.row;
    after(static_cast<const typename M::State&>(s), pc);
    return true;
}
/// Starts an operation. False, and nothing changed, if it is not enabled now.
template <class M, class After = NoObserver>
constexpr bool start_task(const Env& env, typename M::State& s, int op, int who,
                          const Args<M>& args, const CallOptions& options, Outcome& o,
                          After&& after = {}) {
    const OpShape shape = operation_shape(op);
    auto& t = s.tasks[static_cast<std::size_t>(options.task)];
    const int rows = operation_rows(shape, M::B);
    const int child = !shape.new_mm        ? 0
                      : options.child >= 0 ? options.child
                                           : free_mm_row<M>(env, s);
    if (who < 0 || who >= rows || child < 0) return false;
    if (shape.task && (t.pc != pc_idle || options.task >= env.limits.tasks)) return false;
    typename M::Out out{};
    typename M::Step k{env, s, t, out, false};
    if (!start_operation(k, op, who, child, args)) return false;
    absorb<M>(o, out, env.rules);
    after(static_cast<const typename M::State&>(s), static_cast<int>(pc_idle));
    return true;
}
/// Runs a task in flight to the end of its operation.
template <class M, class After = NoObserver>
constexpr void finish_task(const Env& env, typename M::State& s, const CallOptions& options,
                           Outcome& o, After&& after = {}) {
    const auto& t = s.tasks[static_cast<std::size_t>(options.task)];
    for (int n = 0; t.pc != pc_idle && !o.blocked; ++n) {
        const bool deny = step_allocates(t.pc) && o.allocating + 1 == options.deny_at;
        o.blocked = !step_task<M>(env, s, options.task, deny, o, after);
        if (n < call_step_limit) continue;
        o.bug = o.blocked = true;
    }
}
/// One call from start to end. If a lock is held by another task it is `blocked`, at the start
/// (then nothing has changed) or in the middle (then the task stays in flight).
template <class M, class After = NoObserver>
constexpr Outcome call(const Env& env, typename M::State& s, int op, int who,
                       const Args<M>& args = {}, const CallOptions& options = {},
                       After&& after = {}) {
    Outcome o;
    o.blocked = !start_task<M>(env, s, op, who, args, options, o, after);
    if (!o.blocked) finish_task<M>(env, s, options, o, after);
    return o;
}

/// The entry allows the access as it stands.
template <class M>
constexpr bool entry_serves(const typename M::State& s, int mm, int page, bool write, bool exec) {
    const auto& pte = s.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    return (pte.zero || pte.frame.some()) && !pte.protnone && (pte.write || !write) &&
           (pte.exec || !exec);
}
/// A user's access: faults until the entry serves, or until a fault is refused.
template <class M, class After = NoObserver>
constexpr Outcome access(const Env& env, typename M::State& s, int mm, int page, bool write,
                         bool exec, const CallOptions& options = {}, After&& after = {}) {
    Outcome all;
    if (mm < 0 || mm >= M::B.mms || page < 0 || page >= env.limits.pages ||
        s.mms[static_cast<std::size_t>(mm)].phase != mm_alive) {
        all.blocked = true;
        return all;
    }
    Args<M> args{};
    args.page = static_cast<decltype(args.page)>(page);
    args.write = write;
    args.exec = exec;
    for (int n = 0; !entry_serves<M>(s, mm, page, write, exec); ++n) {
        CallOptions rest = options;
        rest.deny_at = options.deny_at > all.allocating ? options.deny_at - all.allocating : 0;
        const Outcome o = call<M>(env, s, operation_id<OpFault>(), mm, args, rest, after);
        all.steps += o.steps;
        all.allocating += o.allocating;
        all.major = all.major || o.major;
        all.faults.min_flt += o.faults.min_flt;
        all.faults.maj_flt += o.faults.maj_flt;
        all.faults.pgfault += o.faults.pgfault;
        // Who is told to retry waits for mmap_lock: another task's call has to end first.
        const bool waits = o.result == res_retry && n == 8;
        all.bug = all.bug || o.bug || (n == 8 && !waits);
        all.blocked = o.blocked || n == 8;
        all.fault = o.result;
        if (all.blocked) return all;
        if (is_refused(o.result)) {
            all.result = o.result;
            return all;
        }
    }
    all.result = res_ok;
    return all;
}
template <class M, class After = NoObserver>
constexpr Outcome store(const Env& env, typename M::State& s, int mm, int page, int value,
                        const CallOptions& options = {}, After&& after = {}) {
    Outcome o = access<M>(env, s, mm, page, true, false, options, after);
    if (o.result != res_ok) return o;
    Args<M> args{};
    args.page = static_cast<decltype(args.page)>(page);
    args.value.v = static_cast<decltype(args.value.v)>(value);
    const Outcome event = call<M>(env, s, operation_id<OpStore>(), mm, args, options, after);
    o.steps += event.steps;
    o.blocked = event.blocked;
    o.bug = o.bug || event.bug;
    return o;
}
template <class M, class After = NoObserver>
constexpr Outcome load(const Env& env, typename M::State& s, int mm, int page, bool exec = false,
                       const CallOptions& options = {}, After&& after = {}) {
    Outcome o = access<M>(env, s, mm, page, false, exec, options, after);
    if (o.result != res_ok) return o;
    const auto& pte = s.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    if (pte.frame.some()) o.value = s.frames[static_cast<std::size_t>(pte.frame.v - 1)].value.v;
    return o;
}

}  // namespace faultline
