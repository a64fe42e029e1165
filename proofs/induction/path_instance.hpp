// proofs/induction/path_instance.hpp - one transition of an explorer's path, performed.
//
// Why: prefixes, traces and bounded reachability replay the same paths.
#pragma once
#include "proofs/explore/moves.hpp"
#include "proofs/induction/formula.hpp"

namespace faultline::proofs {

inline Instance instance_of(const explore::PathStep& p) {
    Instance i;
    i.kind = p.start ? Instance::start : Instance::step;
    i.pc = p.pc;
    i.op = p.op;
    i.row = p.row;
    i.child = p.child;
    i.task = p.task < 0 ? 0 : p.task;
    return i;
}
/// False, and nothing has happened, if the transition is not enabled.
template <class M>
bool perform(const Env& env, typename M::State& s, const explore::PathStep& p,
             typename M::Out& out) {
    const Instance i = instance_of(p);
    typename M::Step k{env, s, s.tasks[static_cast<std::size_t>(i.task)], out, p.deny};
    return (p.start || k.t.pc == p.pc) &&
           run_instance<M>(i, k, explore::args_of<M>(p.args));
}

}  // namespace faultline::proofs
