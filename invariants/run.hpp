// invariants/run.hpp - runs a trace on the reference and holds every claim and expectation against
// it.
//
// Why: the tests, the museum, the command line and every engine that found something run traces
//      through this one door. Plain data in and out; the model's templates stay in run_even.cpp and
//      run_odd.cpp.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "spec/results.hpp"
#include "spec/trace.hpp"
#include "spec/verdict.hpp"

namespace faultline {

struct RunConfig {
    std::string file = "trace";  ///< named in messages
    std::string kernel, bounds;  ///< "" as the header says
    Pairs rules;                 ///< applied after the header's
    bool fixed = false;          ///< apply the header's `fixed` rules: nothing may be violated then
    int stride = 1;              ///< check claims after every nth small step, and after every line
    bool views = true;           ///< keep the state after each line
};
struct TraceReport {
    std::string kernel, bounds;
    std::vector<std::string> rules;      ///< differences from the kernel's rules, "name=option"
    Verdict verdict = Verdict::skipped;  ///< violated: some claim or expectation did not hold
    bool as_expected = false;  ///< every violation was announced by `expect violated`, and came
    std::vector<std::string> violated;    ///< claim ids, in the order they first failed
    std::vector<std::string> undermined;  ///< support claims that fell too while an exhibit ran
    StateView before;
    std::vector<StoryStep> steps;  ///< one a line that acts
    std::vector<Story> stories;    ///< first failure of each claim; failed answers and expectations
    std::string error;             ///< "file:line: expected X, found Y", "" if none
    std::vector<int> processes;    ///< at the end: row of the state for each P, -1 when it is gone
    std::uint64_t small_steps = 0, claim_checks = 0;
    Exit exit = Exit::tool_error;  ///< holds iff the trace did what it says
};

TraceReport replay_trace(const Trace& trace, const RunConfig& config = {});
/// Reads and runs a file; a text that does not parse is an error with exit `usage`.
TraceReport replay_file(const std::string& path, RunConfig config = {});

}  // namespace faultline
