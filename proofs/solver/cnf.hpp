// proofs/solver/cnf.hpp - an obligation as clauses, with one selector variable per goal.
//
// Why: Z3 blasts words to bits well, but its DIMACS printer (4.8.12) writes wrong headers, prints a
//      contradictory goal as a satisfiable file and loses names. So the clauses are read from the
//      goal object itself.
// Source: Z3 issues #6577 and #7165; spec/SOURCES.md, "Manuals and papers".
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "proofs/solver/z3_terms.hpp"

namespace faultline::proofs {

/// Clauses as literals in DIMACS convention, each clause ended by 0.
struct Cnf {
    int variables = 0;
    std::size_t clauses = 0;
    std::vector<int> literals;
    bool contradictory = false;    ///< found while encoding; then there are no clauses

    void add(std::span<const int> clause);
};

/// What encoding gave. Selector k is a variable that, when true, asserts the negation of goal k; it
/// occurs in no clause if that negation became trivially true.
struct Encoding {
    Cnf cnf;
    std::vector<int> selectors;
    std::vector<Z3_ast> constants;    ///< per variable (from 1): its Z3 constant, or null
    GoalRef clausal;                  ///< the clausal goal; converts models if asked for
};

/// Encodes premises, and `selector => !goal` per goal. `models` keeps what is needed to convert
/// models back.
Encoding encode(Z3_context z, const std::vector<Z3_ast>& premises, const std::vector<Z3_ast>& goals,
                bool models);

}  // namespace faultline::proofs
