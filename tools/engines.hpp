// tools/engines.hpp - what the command line asks of the engines: options in, plain results out.
//
// Why: the command line, the JSON and the report compile without the model, the solvers or Hana;
//      whoever implements these functions (tools/engines*.cpp) compiles without the command line.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/results.hpp"
#include "spec/verdict.hpp"
#include "spec/view.hpp"

namespace faultline {

/// Thrown for what the user got wrong: an unknown kernel, a rule without that option, a trace that
/// does not parse. The text is one line; the command line prints it and exits 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Thrown when an engine cannot work (a solver is missing, a certificate is refused): exit 5.
struct ToolError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One line of `faultline list`.
struct ListItem {
    /// "claim", "step", "operation", "rule", "kernel", "bounds", "exhibit", "question"
    std::string kind;
    std::string id;      ///< "rmap.complete"
    std::string text;    ///< the sentence
    std::string source;  ///< where it was read, may be empty
    std::string extra;   ///< claims: "state", "step", "derived", ...; rules: the options
};
/// An exhibit that cannot be read is left out and gets a line in `problems`.
std::vector<ListItem> list_all(std::vector<std::string>& problems);

struct RunOptions {
    std::string trace;                        ///< path of the .fl file
    std::vector<std::string> rule_overrides;  ///< "anon_vma_reuse=degree"
    std::string kernel, bounds;               ///< empty: as the trace's header says
};
struct RunReport {
    std::string trace, kernel, bounds;   ///< as they were resolved
    std::vector<std::string> rules;      ///< overrides in force
    Verdict verdict = Verdict::skipped;  ///< holds: every claim after every step, every expectation
    StateView before;
    std::vector<StoryStep> steps;
    std::vector<Story> stories;          ///< one per broken claim or expectation
    std::string error;                   ///< why the trace could not be run to its end
    Exit exit = Exit::tool_error;
    std::vector<int> processes{};        ///< row of the last state for each P, -1 when it is gone
};
RunReport run_trace(const RunOptions& options);

struct ExploreOptions {
    std::string kernel = "linux_6_12", bounds = "e1";
    std::vector<std::string> rules;
    int tasks = 1, jobs = 1;
    bool fingerprint = false, symmetry = true;
    std::uint64_t max_states = 0, max_bytes = 0;  ///< 0: the engine's own limit
    int max_depth = 0;                            ///< 0: none
    std::vector<std::string> ops, claims;         ///< empty: all
    std::string prefix_trace;                     ///< run this first, explore from there
};
ExploreReport explore_states(const ExploreOptions& options, const ProgressFn& progress);

struct ProveOptions {
    std::string kernel = "linux_6_12";  ///< or "all"
    std::string bounds = "b1";
    bool certify = false, second_solver = false, argument_symmetry = true;
    std::uint64_t rlimit = 0;           ///< 0: the engine's default
    int jobs = 1;
    std::vector<std::string> steps, claims, kinds;  ///< empty: all
    std::vector<std::string> rules;
    std::string cache_dir;              ///< empty: no cache of decided queries
    int bmc_depth = 0;                  ///< 0: no bounded reachability
    std::string prefix_trace;           ///< it starts behind this trace, not in the empty machine
};
ProveReport prove(const ProveOptions& options, const ProgressFn& progress);

struct MuseumOptions {
    std::vector<std::string> exhibits, engines;  ///< empty: all
    int jobs = 1;
};
std::vector<MuseumRow> museum(const MuseumOptions& options, const ProgressFn& progress);

struct FuzzOptions {
    std::string system = "reference";
    bool bug = false;                   ///< with the deliberate mistake of an example
    std::string kernel = "linux_6_12";  ///< or "all"
    std::string bounds;                 ///< empty: the system's own
    std::vector<std::string> rules;
    std::uint64_t runs = 0;             ///< operations under each rule set; 0: the default
    std::uint64_t seed = 1;
    double seconds = 0;                 ///< instead of `runs`; 0: no limit
    int jobs = 1, stride = 64, length = 2'000;
    std::string corpus;                 ///< a directory that grows; empty: none
    bool keep_going = false;            ///< collect every kind of failure
    std::string replay;                 ///< a trace or a corpus file to perform instead
};
/// One report a rule set.
std::vector<FuzzReport> fuzz_system(const FuzzOptions& options, const ProgressFn& progress);

struct MutantOptions {
    std::vector<std::string> groups, names;   ///< empty: all
    std::string kernel = "all";         ///< or one; all are tried in turn until it is killed
    std::uint64_t seed = 1;
    double seconds = 60;                ///< for each, over all kernels
    bool smoke = false;                 ///< one mutant of each group
    int jobs = 1;
};
std::vector<MutantRow> mutants(const MutantOptions& options, const ProgressFn& progress);
struct ConformOptions {
    std::string kernel = "live";         ///< "live", "qemu:6.1", or "qemu:" and an image's path
    std::string rule_set;                ///< empty: by the kernel's version
    std::vector<std::string> rules;      ///< single rules changed
    std::string tier = "internal";       ///< the highest to use: internal, proc, user
    std::uint64_t operations = 10'000, seed = 1;
    std::vector<std::string> traces;     ///< files to run first; "all": every one of the tree
    int most_findings = 1;
    int seeds = 1;                       ///< so many, from `seed` on, summed up
    bool zram_swap = false;              ///< with swap space on, given back afterwards
};
struct CoverageRow {
    std::string operation, outcome;
    std::uint64_t count = 0;
};
struct ConformReport {
    std::string kernel, rules, tier, shortfall;   ///< as they came out
    std::uint64_t operations = 0, accepted = 0, seed = 0;
    double per_second = 0;
    std::uint64_t succeeded = 0;
    int seeds = 1;
    std::vector<CoverageRow> coverage;   ///< operation and outcome, as often as it was compared
    std::vector<CoverageRow> rare;       ///< what could happen and did less than 20 times
    std::vector<CoverageRow> deviations; ///< by id; outcome: accepted, or not performed
    std::vector<std::string> findings;   ///< first difference of each
    std::string text;                    ///< the whole report, for people
    Exit exit = Exit::tool_error;
};
ConformReport conform(const ConformOptions& options, const ProgressFn& progress);
struct RecordOptions {
    std::vector<std::string> command;
    std::string file;                    ///< where the recording goes
    int every = 400;                     ///< stops at system calls between two looks
};
/// The exit status of the command.
int record_program(const RecordOptions& options);

struct ReplayOptions {
    std::vector<std::string> recordings;
    std::string machine = "all";         ///< fast, reference, all: the reference where it fits
    std::string rule_set;                ///< empty: by the kernel's version
    std::vector<std::string> rules;
    std::uint64_t stride = 512;          ///< claims after so many events
};
struct ReplayReport {
    std::string recording, program, kernel, rules, machine;
    Verdict verdict = Verdict::unknown;
    std::uint64_t events = 0, calls = 0, accesses = 0, looks = 0, areas = 0, checks = 0;
    std::uint64_t peak_pages = 0;
    int processes = 0;
    double seconds = 0;
    std::vector<CoverageRow> calls_by_name, not_modelled;
    std::vector<std::string> difference;
    std::string problem, text;
};
std::vector<ReplayReport> replay_recordings(const ReplayOptions& options,
                                            const ProgressFn& progress);
/// One C file that performs a trace on the kernel it runs on.
std::string export_c(const std::string& trace);

struct BenchRow {
    std::string name, unit;
    double value = 0;
    std::string note;
};
std::vector<BenchRow> bench(const ProgressFn& progress);

}  // namespace faultline
