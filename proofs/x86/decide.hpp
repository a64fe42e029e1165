// proofs/x86/decide.hpp - asks Z3, and if wanted cvc5, whether a claim holds for all words.
//
// Why:    one way in for laws and refinement; limits are counted in solver steps, so that a verdict
//         does not depend on the machine's mood. A certificate is asked for of the same back-end
//         that certifies the steps: clauses, CaDiCaL, a DRAT proof and our checker.
#pragma once
#include <cstdint>
#include <string>

#include "proofs/x86/term.hpp"
#include "spec/verdict.hpp"

namespace faultline::x86 {

struct DecideOptions {
    std::uint32_t rlimit = 200'000'000;  ///< Z3's resource units for one query; 0: no limit
    std::string smt2_dir;                ///< write each query there as SMT-LIB; empty: do not
    std::string second_solver;           ///< program that re-decides it, e.g. "cvc5"; empty: none
    bool certify = false;                ///< back `holds` by a checked DRAT proof
    /// CaDiCaL's for one certificate; Z3's words are simpler than their clauses, so some claims
    /// that cost it nothing have no short refutation. Those hold without a certificate, and say so.
    std::uint64_t certify_conflicts = 20'000;
};
struct Decision {
    Verdict verdict = Verdict::unknown;  ///< holds, violated or unknown
    Assignment model;                    ///< when violated: values that make the claim false
    std::string second_solver;           ///< "cvc5 unsat" and the like
    std::string certificate;             ///< "drat-checked", "constant"; empty if there is none
    std::string note;                    ///< why unknown
    std::uint64_t rlimit_used = 0;
    std::size_t nodes = 0;               ///< size of the claim as a graph
    double seconds = 0;
};
/// Decides `claim`. `name` becomes the file name of the query and its comment. A countermodel that
/// our own evaluation does not confirm, a second solver that disagrees, or a certificate that is
/// refused, makes it unknown.
Decision decide(const Bool& claim, const std::string& name, const DecideOptions& options);

}  // namespace faultline::x86
