// proofs/induction/prove_b1.cpp - the prover at bounds b1.
//
// Why: one translation unit per bounds; see prove_impl.hpp.
#include "proofs/induction/prove_impl.hpp"

namespace faultline::proofs {

ProveReport prove_b1(const InductionOptions& options, const ProgressFn& progress) {
    return Prover<bounds_b1>(options, progress).run();
}

}  // namespace faultline::proofs
