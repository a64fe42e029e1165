// proofs/solver/decide_with.hpp - `decide` with the SAT solver given from outside.
//
// Why: tests put a solver here that lies, to see that nothing it says is believed without a proof.
#pragma once
#include "proofs/solver/obligation.hpp"
#include "proofs/solver/sat_solver.hpp"

namespace faultline::proofs {

Decision decide_with(const Obligation& obligation, const DecideOptions& options,
                     const SolverFactory& solvers);

}  // namespace faultline::proofs
