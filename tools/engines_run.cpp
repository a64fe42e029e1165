// tools/engines_run.cpp - the engine behind `faultline run`.
//
// Why: the runner speaks of traces, the command line of options; this is the seam.
#include "invariants/run.hpp"
#include "tools/engines_common.hpp"

namespace faultline {

RunReport run_trace(const RunOptions& options) {
    RunConfig config;
    config.kernel = options.kernel;
    config.bounds = options.bounds;
    if (!options.kernel.empty()) kernel_named(options.kernel);
    if (!options.bounds.empty()) bounds_named(options.bounds);
    for (const auto& rule : options.rule_overrides) {
        resolve_rules("linux_6_12", {rule});
        const auto eq = rule.find('=');
        config.rules.emplace_back(rule.substr(0, eq), rule.substr(eq + 1));
    }
    TraceReport r = replay_file(options.trace, config);
    if (r.exit == Exit::usage) throw UsageError(r.error);
    RunReport out;
    out.trace = options.trace;
    out.kernel = r.kernel;
    out.bounds = r.bounds;
    out.rules = r.rules;
    out.verdict = r.verdict;
    out.before = std::move(r.before);
    out.steps = std::move(r.steps);
    out.stories = std::move(r.stories);
    for (auto& s : out.stories) s.trace_path = options.trace;
    out.processes = std::move(r.processes);
    out.error = r.error;
    out.exit = r.exit;
    return out;
}

}  // namespace faultline
