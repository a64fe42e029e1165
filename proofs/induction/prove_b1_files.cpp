// proofs/induction/prove_b1_files.cpp - the prover at bounds b1.files.
//
// Why: one translation unit per bounds; see prove_impl.hpp.
#include "proofs/induction/prove_impl.hpp"

namespace faultline::proofs {

ProveReport prove_b1_files(const InductionOptions& options, const ProgressFn& progress) {
    return Prover<bounds_b1_files>(options, progress).run();
}

}  // namespace faultline::proofs
