// proofs/solver/obligation.hpp - one step to be proved, how to decide it, and what was found.
//
// Why: the prover builds terms and reads verdicts; which solver decided, what certified it and what
//      was remembered from an earlier run stays behind these few types, so that solvers can be
//      exchanged without touching the prover. Nothing here knows the model. One obligation belongs
//      to one Z3 context, and one context to one thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <z3.h>

namespace faultline::proofs {

/// A Bool term that must follow from the premises of its obligation.
struct Goal {
    std::string name;
    Z3_ast term = nullptr;
};

/// One step: the conjunction of the premises implies each goal. The caller keeps every term alive.
struct Obligation {
    std::string name;                ///< "fault.install p=0 n=1"
    Z3_context z = nullptr;
    std::vector<Z3_ast> premises;    ///< claims before, enabled condition, range facts
    std::vector<Goal> goals;
};

struct DecideOptions {
    bool certify = false;            ///< back each SAT-decided `holds` by a checked DRAT proof
    bool second_solver = false;      ///< ask cvc5 again, through SMT-LIB
    /// First ask "does any goal fail?" instead of goal by goal. Measured 2-3 times slower on steps.
    bool all_at_once = false;
    std::uint64_t conflict_limit = 20'000'000;    ///< CaDiCaL conflicts per query
    unsigned z3_rlimit = 400'000'000;             ///< Z3 resources, where Z3 itself searches
    std::uint64_t second_rlimit = 0;              ///< cvc5 resources per query, 0 = none
    unsigned second_cpu_seconds = 3600;           ///< the last stop for cvc5: unknown
    std::string second_program = "cvc5";
    std::string cache_dir;           ///< empty: nothing is remembered
    std::string work_dir;            ///< for query files; empty: the system's temporary directory
};

/// For a goal: holds, refuted by a model, or not decided. A limit that was hit is always `unknown`.
enum class Answer { holds, refuted, unknown };

struct GoalResult {
    Answer answer = Answer::unknown;
    bool constant = false;           ///< the term is literally true or false
    bool unchanged = false;          ///< the term is a premise, or a conjunction of premises
    bool cached = false;             ///< remembered from an earlier run
    bool certified = false;          ///< a DRAT proof was accepted by proofs/solver/drat_checker
    std::string second;              ///< "cvc5 unsat", "cvc5 unknown: why", empty if not asked
    std::string note;                ///< why it is unknown, in words
};

struct Decision {
    /// holds: some state satisfies the premises. refuted: none does, the obligation is vacuous and
    /// no goal is reported as holding. unknown: a limit was hit.
    Answer premises_satisfiable = Answer::unknown;
    std::vector<GoalResult> goals;   ///< one per goal, in order
    std::size_t variables = 0, clauses = 0;
    std::size_t distinct = 0;        ///< goals left after constants, premises and duplicates
    std::size_t queries = 0;         ///< SAT queries
    std::size_t cached = 0;          ///< distinct goals answered by the cache
    std::size_t lemmas = 0, lemmas_checked = 0, proof_bytes = 0;
    double encode_seconds = 0, solve_seconds = 0, certify_seconds = 0, second_seconds = 0;
    double seconds = 0;              ///< CPU of this thread, plus that of cvc5
    std::vector<std::string> notes;  ///< remarks on the whole obligation, e.g. a corrupt cache file
};

/// Throws std::runtime_error only for a broken tool (Z3 error, unwritable cache); limits are
/// answers.
Decision decide(const Obligation& obligation, const DecideOptions& options);

/// A model of premises && !goal as a value for each constant (Bool: 0 or 1), or nullopt if there is
/// none or a limit was hit. Every model is evaluated on the original terms before it is returned.
std::optional<std::map<std::string, std::uint64_t>> counterexample(const Obligation& obligation,
                                                                   std::size_t goal,
                                                                   const DecideOptions& options);

/// A model of the premises alone, by the same rules.
std::optional<std::map<std::string, std::uint64_t>> witness(const Obligation& obligation,
                                                            const DecideOptions& options);

}  // namespace faultline::proofs
