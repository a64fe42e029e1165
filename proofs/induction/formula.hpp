// proofs/induction/formula.hpp - from the model's text to terms: symbolic states, one step's
// formula, models back.
//
// Why: a state is lifted leaf by leaf, so nothing can be forgotten; a model of the solver becomes a
//      concrete state the same way and is run through the same text before anybody believes it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "invariants/outcomes.hpp"
#include "invariants/registry.hpp"
#include "proofs/symbolic/domain.hpp"
#include "spec/reflect.hpp"

namespace faultline::proofs {

template <Bounds B>
using Sym = Machine<Symbolic, B>;
template <Bounds B>
using Con = Machine<Concrete, B>;
using Values = std::map<std::string, std::uint64_t>;

/// Makes a leaf an unconstrained constant of the solver.
inline void make_fresh(SymBool& leaf, const std::string& name) {
    leaf.set_unconditionally(Builder::current().fresh_bool(name));
}
template <int Max>
void make_fresh(SymInt<Max>& leaf, const std::string& name) {
    leaf.set_unconditionally(Builder::current().fresh_word(name, SymInt<Max>::width));
}
template <class Sort, int Rows>
void make_fresh(Symbolic::Ref<Sort, Rows>& leaf, const std::string& name) {
    make_fresh(leaf.v, name);
}
template <class T>
void make_all_fresh(T& object, const std::string& prefix) {
    int i = 0;
    each_leaf(object, [&](auto& leaf) { make_fresh(leaf, prefix + std::to_string(i++)); });
}
inline void read_leaf(bool& leaf, std::uint64_t v) { leaf = v != 0; }
inline void read_leaf(std::uint8_t& leaf, std::uint64_t v) { leaf = static_cast<std::uint8_t>(v); }
inline void read_leaf(std::uint16_t& leaf, std::uint64_t v) {
    leaf = static_cast<std::uint16_t>(v);
}
template <class Sort, int Rows>
void read_leaf(Concrete::Ref<Sort, Rows>& leaf, std::uint64_t v) { read_leaf(leaf.v, v); }
/// The concrete object a model describes; a constant the model does not mention is zero.
template <class T>
void read_all(T& object, const Values& values, const std::string& prefix) {
    int i = 0;
    each_leaf(object, [&](auto& leaf) {
        auto it = values.find(prefix + std::to_string(i++));
        read_leaf(leaf, it == values.end() ? 0 : it->second);
    });
}

/// What one obligation is about: a step of a task, the start of an operation, or an event.
struct Instance {
    enum Kind { step, start } kind = step;
    int pc = 0;            ///< of a step
    int op = 0;            ///< index into `operations` of a start or event
    int row = 0;           ///< process or handle acted on
    int child = 1;         ///< process made by fork
    int task = 0;
    std::string name;      ///< "fault.install", "mmap"
    std::string label;     ///< with rows, when they are enumerated

    /// The task's address space as a step finds it, 0 for none.
    int mm_value() const {
        return pc_without_mm(pc) ? 0 : row + 1;
    }
};

/// The arguments of an operation that its shape says vary.
template <class A, class Fn>
void each_argument(const OpShape& shape, A& a, Fn&& fn) {
    if (shape.page || shape.range) fn(a.page, "arg.page");
    if (shape.range || shape.end) fn(a.end, "arg.end");
    if (shape.access || shape.prot || shape.gup) fn(a.write, "arg.write");
    if (shape.access || shape.prot) fn(a.exec, "arg.exec");
    if (shape.prot) fn(a.read, "arg.read");
    if (shape.grows) fn(a.grows, "arg.grows");
    if (shape.gup) fn(a.gup, "arg.gup");
    if (shape.value) fn(a.value, "arg.value");
    if (shape.device) {
        fn(a.synchronous, "arg.synchronous");
        fn(a.stable, "arg.stable");
    }
    if (shape.content) {
        fn(a.end, "arg.end");
        fn(a.exec, "arg.exec");
    }
    if constexpr (!AbsentField<decltype(a.inode)>)
        if (shape.file) {
            fn(a.inode, "arg.inode");
            fn(a.shared, "arg.shared");
            fn(a.to, "arg.to");
        }
    if constexpr (!AbsentField<decltype(a.force)>)
        if (shape.force) fn(a.force, "arg.force");
    if (shape.op_last != 0) fn(a.op, "arg.op");
    if (shape.move) {
        fn(a.to, "arg.to");
        fn(a.span, "arg.span");
        fn(a.fixed, "arg.fixed");
        fn(a.maymove, "arg.maymove");
        fn(a.dontunmap, "arg.dontunmap");
    }
}
/// Runs the instance on a machine of any domain; the task's fixed fields must be set before.
template <class M>
typename M::Bool run_instance(const Instance& i, typename M::Step& k, const Args<M>& args) {
    if (i.kind == Instance::step) return run_step(k, i.pc);
    typename M::Bool enabled = false;
    int at = 0;
    boost::hana::for_each(operations, [&](auto type) {
        using Op = typename decltype(type)::type;
        if (at++ == i.op) enabled = Op::start(k, i.row, i.child, args);
    });
    return enabled;
}
template <class Fn>
void with_operation(int index, Fn&& fn) {
    int at = 0;
    boost::hana::for_each(operations, [&](auto type) {
        using Op = typename decltype(type)::type;
        if (at++ == index) fn(Op::name, Op::shape);
    });
}

/// An operation of one step, which needs no task.
inline bool is_event(const Instance& i) {
    bool yes = false;
    if (i.kind == Instance::start)
        with_operation(i.op, [&](const char*, const OpShape& s) { yes = !s.task; });
    return yes;
}

/// Id, sentence and kind of every claim, by index; after those about states come conditions that
/// every step is proved to keep, and the claims about a step.
struct ClaimInfo {
    const char* id;
    const char* says;
    const char* source;
    ClaimKind kind;
    bool (*applies)(const Rules&);
};
const std::vector<ClaimInfo>& claim_infos();
inline constexpr int no_bug_claim = claim_count, fits_claim = claim_count + 1,
                     range_claim = claim_count + 2, first_step_claim = claim_count + 3,
                     all_claims = first_step_claim + step_claim_count;

/// A conjunct of a claim.
struct Conjunct {
    int claim;
    Term term;
};
/// A field holds no more than its declared maximum, a reference names none or a row.
inline Term in_range(const SymBool&) { return true; }
template <int Max>
Term in_range(const SymInt<Max>& leaf) { return at_most(leaf.word(), Word(Max)); }
template <class Sort, int Rows>
Term in_range(const Symbolic::Ref<Sort, Rows>& leaf) { return at_most(leaf.v.word(), Word(Rows)); }

template <Bounds B>
std::vector<Conjunct> claim_terms(const Env& env, const typename Sym<B>::State& s) {
    std::vector<Conjunct> out;
    each_leaf(s, [&](const auto& leaf) {
        const Term t = in_range(leaf);
        if (!t.is_true()) out.push_back({range_claim, t});
    });
    each_claim<Sym<B>>(env, s, [&](int index, auto, const SymBool& ok) {
        if (!ok.term().is_true()) out.push_back({index, ok.term()});
    });
    return out;
}

template <Bounds B>
std::vector<Conjunct> step_claim_terms(const Env& env, const typename Sym<B>::Task& was,
                                       const typename Sym<B>::Task& is,
                                       const typename Sym<B>::Out& answer) {
    std::vector<Conjunct> out;
    each_step_claim<Sym<B>>(env, was, is, answer, [&](int index, const SymBool& ok) {
        if (!ok.term().is_true()) out.push_back({first_step_claim + index, ok.term()});
    });
    return out;
}
/// Which claims about a step a concrete one kept.
template <Bounds B>
std::vector<bool> step_claims_held(const Env& env, const typename Con<B>::Task& was,
                                   const typename Con<B>::Task& is,
                                   const typename Con<B>::Out& out) {
    std::vector<bool> held(static_cast<std::size_t>(step_claim_count), true);
    each_step_claim<Con<B>>(env, was, is, out, [&](int index, bool ok) {
        if (!ok) held[static_cast<std::size_t>(index)] = false;
    });
    return held;
}

/// Before and after of one instance.
template <Bounds B>
struct StepFormula {
    typename Sym<B>::State before{}, after{};
    std::vector<Conjunct> pre, post;
    Term enabled{true};

    /// Fixed fields of the state that the instance names: pc and rows.
    void fix(const Instance& i) {
        auto& t = before.tasks[static_cast<std::size_t>(i.task)];
        bool event = false;
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) { event = !shape.task; });
        if (event) return;
        t.pc.set_unconditionally(Word(i.kind == Instance::step ? i.pc : pc_idle));
        if (i.kind == Instance::start) return;
        t.mm.v.set_unconditionally(Word(i.mm_value()));
        const bool forks = i.pc >= pc_fork_vma && i.pc <= pc_fork_copy;
        t.child.v.set_unconditionally(Word(forks ? i.child + 1 : 0));
    }
    void build(const Env& env, const Instance& i) {
        make_all_fresh(before, "s");
        fix(i);
        pre = claim_terms<B>(env, before);
        Builder::current().restart();
        after = before;
        Args<Sym<B>> args{};
        SymBool deny(false);
        const bool may_deny = i.kind == Instance::step && step_allocates(i.pc);
        if (may_deny) make_fresh(deny, "deny");
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) {
                each_argument(shape, args,
                              [](auto& leaf, const char* name) { make_fresh(leaf, name); });
            });
        typename Sym<B>::Out out{};
        typename Sym<B>::Step k{env, after, after.tasks[static_cast<std::size_t>(i.task)], out,
                                deny};
        enabled = run_instance<Sym<B>>(i, k, args).term();
        enabled = both(enabled, Builder::current().enabled());
        const auto conditions = Builder::current().conditions();
        post = claim_terms<B>(env, after);
        post.push_back({no_bug_claim, negate(out.bug.term())});
        for (const auto& c : conditions) post.push_back({fits_claim, c.term});
        const auto task = static_cast<std::size_t>(i.task);
        if (is_event(i)) return;   // it has no task
        for (Conjunct& c : step_claim_terms<B>(env, before.tasks[task], after.tasks[task], out))
            post.push_back(std::move(c));
    }
};

/// The concrete run of a model's state: what really happens.
template <Bounds B>
struct Replay {
    typename Con<B>::State before{}, after{};
    bool enabled = false, bug = false;
    int result = 0;
    std::vector<bool> held_before, held_after;   ///< by claim index
    std::vector<bool> step_held;                 ///< by index of the claim about the step

    void run(const Env& env, const Instance& i, const Values& values) {
        read_all(before, values, "s");
        auto& fixed = before.tasks[static_cast<std::size_t>(i.task)];
        bool event = false;
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) { event = !shape.task; });
        if (!event) fixed.pc = static_cast<std::uint8_t>(i.kind == Instance::step ? i.pc : pc_idle);
        if (i.kind == Instance::step) {
            fixed.mm.v = static_cast<std::uint8_t>(i.mm_value());
            const bool forks = i.pc >= pc_fork_vma && i.pc <= pc_fork_copy;
            fixed.child = forks ? Con<B>::MmRef::row(i.child) : typename Con<B>::MmRef{};
        }
        after = before;
        Args<Con<B>> args{};
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) {
                each_argument(shape, args, [&](auto& leaf, const char* name) {
                    auto it = values.find(name);
                    read_leaf(leaf, it == values.end() ? 0 : it->second);
                });
            });
        typename Con<B>::Out out{};
        auto deny = values.find("deny");
        typename Con<B>::Step k{env, after, after.tasks[static_cast<std::size_t>(i.task)], out,
                                deny != values.end() && deny->second != 0};
        enabled = run_instance<Con<B>>(i, k, args);
        bug = out.bug;
        result = out.result;
        step_held = step_claims_held<B>(env, before.tasks[static_cast<std::size_t>(i.task)],
                                        after.tasks[static_cast<std::size_t>(i.task)], out);
        held_before = held(env, before);
        held_after = held(env, after);
    }
    static std::vector<bool> held(const Env& env, const typename Con<B>::State& s) {
        std::vector<bool> ok(static_cast<std::size_t>(claim_count), true);
        each_claim<Con<B>>(env, s, [&](int index, auto, bool c) {
            if (!c) ok[static_cast<std::size_t>(index)] = false;
        });
        return ok;
    }
};

}  // namespace faultline::proofs
