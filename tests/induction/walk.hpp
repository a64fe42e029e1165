// tests/induction/walk.hpp - random reachable states of the concrete machine, by the prover's own
// instances.
//
// Why: walks interleave both tasks and refuse allocations, so that states with operations in flight
//      are met as often as idle ones.
#pragma once
#include <random>

#include "proofs/induction/bmc.hpp"

namespace faultline::proofs {

#ifdef FAULTLINE_SANITIZED
inline constexpr int thinner = 25;
#else
inline constexpr int thinner = 1;
#endif

template <Bounds B>
class Walk {
public:
    using M = Con<B>;
    using State = typename M::State;
    Walk(const Env& env, unsigned seed) : env_(env), random_(seed), all_(instances(B, false)) {}

    std::mt19937& random() { return random_; }
    const std::vector<Instance>& all() const { return all_; }
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    /// Values for all arguments that vary, small enough for every field.
    Values arguments(const Instance& i) {
        Values v;
        with_operation(i.op, [&](const char*, const OpShape& shape) {
            Args<M> unused{};
            each_argument(shape, unused, [&](auto& leaf, const char* name) {
                v[name] = static_cast<std::uint64_t>(below(top(leaf) + 1));
            });
            if (shape.op_last != 0)
                v["arg.op"] = static_cast<std::uint64_t>(
                    shape.op_first + below(shape.op_last - shape.op_first + 1));
        });
        return v;
    }
    /// The instance is about the task where it stands.
    static bool about(const Instance& i, const State& s) {
        const auto& t = s.tasks[static_cast<std::size_t>(i.task)];
        if (i.kind == Instance::start) {
            bool event = false;
            with_operation(i.op, [&](const char*, const OpShape& o) { event = !o.task; });
            return event || t.pc == pc_idle;
        }
        const bool forks = i.pc >= pc_fork_vma && i.pc <= pc_fork_copy;
        return t.pc == i.pc && t.mm.v == i.mm_value() && (!forks || t.child.is(i.child));
    }
    /// Runs the instance in place on a machine of either domain; `deny` for a step.
    template <class AnyM>
    static typename AnyM::Bool perform(const Env& env, const Instance& i, const Values& args,
                                       bool deny, typename AnyM::State& s,
                                       typename AnyM::Out& out) {
        Args<AnyM> a{};
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) {
                each_argument(shape, a, [&](auto& leaf, const char* name) {
                    put(leaf, args.at(name));
                });
            });
        auto& t = s.tasks[static_cast<std::size_t>(i.task)];
        typename AnyM::Step k{env, s, t, out, deny};
        return run_instance<AnyM>(i, k, a);
    }
    /// One random enabled move in place; steps of tasks in flight are preferred to new operations.
    /// False if none was found: nothing is left alive.
    bool move(State& s) {
        for (int tries = 0; tries < 5000; ++tries) {
            const Instance& i = all_[random_() % all_.size()];
            if (!about(i, s) || (i.kind == Instance::start && below(6) != 0)) continue;
            if (i.name == "exit" && below(30) != 0) continue;
            State n = s;
            typename M::Out out{};
            const bool deny = i.kind == Instance::step && step_allocates(i.pc) && below(5) == 0;
            if (!perform<M>(env_, i, i.kind == Instance::start ? arguments(i) : Values{}, deny, n,
                            out))
                continue;
            s = n;
            return true;
        }
        return false;
    }
    /// Calls fn(state) for `count` states along walks of `length` moves.
    template <class Fn>
    void states(int count, int length, Fn fn) {
        State s = initial_state<M>();
        for (int n = 0; n < count; ++n) {
            fn(static_cast<const State&>(s));
            if (n % length == length - 1 || !move(s)) s = initial_state<M>();
        }
    }

private:
    static int top(const bool&) { return 1; }
    static int top(const std::uint8_t&) { return B.pages; }
    template <class Sort, int Rows>
    static int top(const Concrete::Ref<Sort, Rows>&) { return Rows; }
    static void put(bool& leaf, std::uint64_t v) { read_leaf(leaf, v); }
    static void put(std::uint8_t& leaf, std::uint64_t v) { read_leaf(leaf, v); }
    template <class Sort, int Rows>
    static void put(Concrete::Ref<Sort, Rows>& leaf, std::uint64_t v) { read_leaf(leaf, v); }
    static void put(SymBool& leaf, std::uint64_t v) { lift(leaf, v != 0); }
    template <int Max>
    static void put(SymInt<Max>& leaf, std::uint64_t v) { lift(leaf, static_cast<int>(v)); }
    template <class Sort, int Rows>
    static void put(Symbolic::Ref<Sort, Rows>& leaf, std::uint64_t v) { put(leaf.v, v); }

    const Env& env_;
    std::mt19937 random_;
    std::vector<Instance> all_;
};

/// The leaves of a concrete state as numbers.
template <class S>
std::vector<int> numbers(const S& s) {
    std::vector<int> out;
    each_leaf(s, [&](const auto& leaf) {
        if constexpr (std::is_integral_v<std::decay_t<decltype(leaf)>>) out.push_back(leaf);
        else out.push_back(leaf.v);
    });
    return out;
}

}  // namespace faultline::proofs
