// proofs/induction/prove_b1f.cpp - the prover at bounds b1f: files and shared memory.
//
// Why: one translation unit per bounds; see prove_impl.hpp.
#include "proofs/induction/prove_impl.hpp"

namespace faultline::proofs {

ProveReport prove_b1f(const InductionOptions& options, const ProgressFn& progress) {
    return Prover<bounds_b1f>(options, progress).run();
}

}  // namespace faultline::proofs
