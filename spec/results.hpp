// spec/results.hpp - what the engines hand to the command line and the report: plain data, no
// behaviour.
//
// Why: engines must not know how results are shown, and the report must not know how they were
//      found.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "spec/verdict.hpp"
#include "spec/view.hpp"

namespace faultline {

/// One line of a counterexample: the operation or step as trace text, its result, and the state
/// after it.
struct StoryStep {
    std::string text;      ///< "P0 mmap 0+2 rw" or "T1 fault.install"
    std::string result;    ///< "-> 0", "-> ENOMEM", "-> SIGSEGV/MAPERR", may be empty
    StateView after;
};
/// Everything a failure prints: the same block wherever it was found.
struct Story {
    std::string claim;                 ///< claim id
    std::string says;                  ///< the claim in words
    std::string source;                ///< where the claim was read
    std::string headline;              ///< "linux_6_1 with anon_vma_reuse=degree, bounds e1"
    std::string found_by;              ///< "explore", "prove step fork.vma", "run"
    StateView before;                  ///< state before the first step
    std::vector<StoryStep> steps;
    std::string trace_path;            ///< .fl file that replays it, empty if none was written
    bool shortest = false;
    /// False for a counterexample to induction: its first state need not be reachable
    bool from_initial = true;
    /// Lockstep: what the system answered or showed otherwise, a line each
    std::vector<std::string> differs;
    std::string replay;                ///< command that shows it again, empty: faultline run
};

/// One cell of the proof matrix.
struct Cell {
    std::string kind;      ///< "init", "step", "bites", "enabled", "refine", "law"
    std::string claim;     ///< claim id, or the law's name
    std::string step;      ///< step name, or empty
    std::string kernel;    ///< rule set
    std::string bounds;
    Verdict verdict = Verdict::skipped;
    bool expected_violation = false;   ///< listed for this kernel: violated is the expected answer
    std::string exhibit;               ///< the exhibit that explains an expected violation
    std::string certificate;  ///< "drat-checked", "unchanged", "constant", "" when not asked for
    std::string second_solver;         ///< "cvc5 unsat", "" when not asked for
    std::string note;                  ///< reason for unknown, vacuous, skipped
};
struct ProveReport {
    std::vector<Cell> cells;
    std::vector<Story> stories;        ///< for violated cells, replayed in the concrete domain
    std::uint64_t queries = 0, queries_cached = 0, queries_unchanged = 0;
    std::uint64_t max_variables = 0, max_clauses = 0;
    std::uint64_t certificates = 0, second_opinions = 0;
    double cpu_seconds = 0;
};

struct ExploreReport {
    std::string kernel, bounds, mode;  ///< mode: "exact" or "fingerprint"
    Verdict verdict = Verdict::skipped;
    bool symmetry = true, complete = false;
    std::uint64_t states = 0, transitions = 0, states_without_symmetry = 0;
    std::uint64_t queue_left = 0, depth = 0, peak_bytes = 0, claim_checks = 0;
    double cpu_seconds = 0, wall_seconds = 0, collision_bound = 0;
    std::vector<std::pair<std::string, std::uint64_t>> outcomes;   ///< "step/outcome" and how often
    std::vector<Story> stories;
    std::string note;                  ///< why it ended early
};

struct MuseumRow {
    std::string id, title, claim, rule, bounds, engine;   ///< engine: run, explore, prove
    bool found = false;                ///< the buggy rule was caught, by the claim listed
    bool fixed_clean = false;          ///< the fixed rule held at the same bounds
    std::string detail;                ///< "13 steps, 0.4 s" or why not
    std::vector<Story> stories;
};

/// A system beside the reference under one rule set: what `faultline fuzz` did.
struct FuzzReport {
    std::string system, kernel, bounds;
    Verdict verdict = Verdict::skipped;
    std::uint64_t seed = 0, operations = 0, refused = 0, passed_over = 0, histories = 0;
    std::uint64_t looks = 0, claim_checks = 0, features = 0;
    std::uint64_t corpus_read = 0, corpus_added = 0, corpus_kept = 0;
    int stride = 64, jobs = 1;
    double wall_seconds = 0, cpu_seconds = 0;
    std::vector<Story> stories;
    std::string note;                  ///< why it ended early, or what an operation count is
};
/// One mutant of the fast path and the check that killed it.
struct MutantRow {
    int id = 0;
    std::string name, group, text;
    bool killed = false;
    std::string killed_by;             ///< claim, or what differed; for a survivor why it may
    std::uint64_t operations = 0;      ///< lockstep operations until then
    double seconds = 0;
    std::vector<std::string> trace;    ///< the shrunk history, a line each
};

/// Progress of long work; engines call it a few times a second at most.
struct Progress {
    std::string what;
    std::uint64_t done = 0, left = 0;  ///< left = 0 when unknown
    double rate_per_second = 0;
    std::string extra;                 ///< queue, depth, current cell
};
using ProgressFn = std::function<void(const Progress&)>;

}  // namespace faultline
