// fuzz/conform/conform.hpp - does the kernel do what the reference says? Random histories and
// traces, one after the other.
//
// Why: plain data in and out, so that the command line, the tests and the program inside a virtual
//      machine ask in the same way.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/conform/judge.hpp"
#include "spec/results.hpp"
#include "spec/trace.hpp"

namespace faultline::fuzz {

struct ConformOptions {
    LiveTier most = LiveTier::internal;
    std::string rules_name;                 ///< named rule set; empty: by the kernel's version
    Pairs changes;                          ///< single rules changed
    std::uint64_t operations = 10'000, seed = 1;
    int length = 400;                       ///< operations until both start anew
    std::vector<std::string> traces;        ///< files to run as well
    int most_findings = 1;
};
/// One difference, shrunk.
struct Disagreement {
    std::string found_by;                   ///< "seed 1, operation 1234", or a trace's path
    std::vector<std::string> trace;         ///< lines, with the reference's answers
    std::vector<Difference> differences;
    std::string reference, kernel;          ///< both sides' state after the last line, drawn
    std::string text;                       ///< the whole trace as a file
    std::uint64_t operations = 0, tries = 0;
};
struct TraceVerdict {
    std::string path, verdict, detail;      ///< agrees, differs, deviates, skipped
};
struct ConformReport {
    std::string kernel, rules, tier, shortfall;
    std::vector<std::string> changes;
    bool assumed = false;
    std::uint64_t operations = 0, succeeded = 0, looks = 0, starts = 0, not_enabled = 0;
    int seeds = 1;
    double seconds = 0;
    std::array<std::uint64_t, deviation_count> deviated{};
    std::array<std::array<std::uint64_t, result_count>, verb_count> coverage{};
    std::vector<TraceVerdict> traces;
    std::vector<Disagreement> findings;
    std::string problem;                    ///< why nothing, or nothing more, could be compared
    Exit exit = Exit::tool_error;
};

ConformReport conform(const ConformOptions& options, const ProgressFn& progress);

/// Sums of several seeds: counts, findings and the worst ending.
void add_report(ConformReport& sum, const ConformReport& more);

/// An outcome that could happen on a kernel and came less than 20 times, and why.
struct Rare {
    std::string operation, outcome, reason;
    std::uint64_t count = 0;
};
std::vector<Rare> rare_outcomes(const ConformReport& report);

/// The report as text: what was compared, the coverage, deviations, traces, findings.
std::string conform_text(const ConformReport& report);

}  // namespace faultline::fuzz
