// proofs/induction/prove_b2.cpp - the prover at bounds b2.
//
// Why: one translation unit per bounds; see prove_impl.hpp.
#include "proofs/induction/prove_impl.hpp"

namespace faultline::proofs {

ProveReport prove_b2(const InductionOptions& options, const ProgressFn& progress) {
    return Prover<bounds_b2>(options, progress).run();
}

}  // namespace faultline::proofs
