// proofs/induction/instances.hpp - the list of obligations, and one entry point per bounds.
//
// Why: what is proved is derived from the step table and the registry of operations; nothing is
//      listed by hand.
#pragma once
#include "proofs/induction/formula.hpp"
#include "proofs/induction/prove.hpp"

namespace faultline::proofs {

std::vector<Instance> instances(const Bounds& b, bool argument_symmetry);
ProveReport prove_b1(const InductionOptions& options, const ProgressFn& progress);
ProveReport prove_b1f(const InductionOptions& options, const ProgressFn& progress);
ProveReport prove_b2(const InductionOptions& options, const ProgressFn& progress);

}  // namespace faultline::proofs
