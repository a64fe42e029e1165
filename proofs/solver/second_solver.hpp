// proofs/solver/second_solver.hpp - the query as stand-alone SMT-LIB 2, and cvc5 asked about it.
//
// Why: cvc5 shares no code with Z3 or our emitter, so it also checks the bit-blasting, which no
//      DRAT proof does.
#pragma once
#include <string>
#include <vector>

#include <z3.h>

#include "proofs/solver/obligation.hpp"

namespace faultline::proofs {

/// `premises && !(goal && ... && goal)` as QF_BV text; shared subterms are bound by `let`, one
/// level per height. Throws std::runtime_error for an operator outside the written subset.
std::string smtlib_query(Z3_context z, const std::string& name, const std::vector<Z3_ast>& premises,
                         const std::vector<Z3_ast>& goals);

struct SecondOpinion {
    Answer answer = Answer::unknown;    ///< holds: unsat. refuted: sat.
    std::string text;                   ///< "cvc5 unsat", "cvc5 unknown: why"
    double seconds = 0;                 ///< CPU of the child process
};

SecondOpinion ask_second(const std::string& query, const DecideOptions& options);

}  // namespace faultline::proofs
