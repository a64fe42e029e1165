// proofs/solver/drat_checker.hpp - decides whether a DRAT proof refutes a formula.
//
// Why: a SAT solver is large and its "unsatisfiable" is a claim; this checker is small, shares no
//      code or data with the emitter or the solver, and is what `certified` rests on.
// Source: Wetzler, Heule, Hunt, "DRAT-trim: Efficient Checking and Trimming Using Expressive
//         Clausal Proofs" (SAT 2014), for what a DRAT proof is and for checking backwards with
//         core-first propagation.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace faultline::proofs {

struct DratReport {
    bool accepted = false;
    std::string why;                   ///< why it was rejected
    std::size_t lemmas = 0;            ///< lemmas read
    std::size_t deletions = 0;         ///< deletions obeyed
    std::size_t deletions_ignored = 0; ///< of unknown clauses and of reasons of root literals
    std::size_t checked = 0;           ///< lemmas the refutation needs, each verified
    std::size_t by_rat = 0;            ///< of these, the ones that are RAT but not RUP
    std::size_t core = 0;              ///< clauses of the formula that the refutation needs
};

/// `formula`: literals, each clause ended by 0. `proof`: binary DRAT. Accepts only if the lemmas up
/// to the first conflict are RUP or RAT (on their first literal) as far as the refutation uses
/// them.
DratReport check_drat(std::span<const int> formula, std::span<const unsigned char> proof);

/// Binary DRAT lines, for whoever adds to a proof and for tests.
void append_lemma(std::vector<unsigned char>& proof, std::span<const int> clause);
void append_deletion(std::vector<unsigned char>& proof, std::span<const int> clause);

}  // namespace faultline::proofs
