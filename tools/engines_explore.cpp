// tools/engines_explore.cpp - the engine behind `faultline explore`, and how a path becomes a
// story.
//
// Why: a counterexample is written as a trace and told by the runner, so that what is shown is what
//      replays.
#include "tools/engines_explore.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "tools/path_trace.hpp"

namespace faultline {

Story story_of_path(const Trace& trace, const explore::Exploration& found,
                    const std::string& shown) {
    RunConfig config;
    config.file = "counterexample";
    TraceReport told = replay_trace(trace, config);
    Story story;
    for (auto& s : told.stories)
        if (s.claim == found.claim && story.claim.empty()) story = std::move(s);
    if (story.claim.empty()) {
        story.claim = found.claim;
        story.before = std::move(told.before);
        story.steps = std::move(told.steps);
        if (!told.error.empty()) story.says = "(the trace did not replay: " + told.error + ")";
    }
    story.headline = shown;
    story.found_by = "explore";
    story.shortest = true;
    story.trace_path = failure_path("explore-" + found.claim);
    std::ofstream(story.trace_path) << write_trace(trace);
    return story;
}

ExploreReport explore_states(const ExploreOptions& options, const ProgressFn& progress) {
    const auto rules = resolve_rules(options.kernel, options.rules);
    bounds_named(options.bounds);
    try {
        auto config = explore::default_config(options.bounds);
        config.env.rules = rules.rules;
        config.kernel = rules.shown;
        config.tasks = std::max(config.tasks, options.tasks);
        config.jobs = options.jobs;
        config.fingerprint = options.fingerprint;
        config.symmetry = options.symmetry;
        config.max_states = options.max_states;
        if (options.max_bytes != 0) config.max_bytes = options.max_bytes;
        config.max_depth = options.max_depth;
        if (!options.ops.empty()) config.ops = options.ops;
        config.claims = options.claims;
        Trace trace;
        trace.kernel = options.kernel;
        trace.rules = rule_pairs(options.kernel, rules.rules);
        trace.bounds = options.bounds;
        if (!options.prefix_trace.empty()) {
            TraceError error;
            Trace prefix;
            if (!load_trace(options.prefix_trace, prefix, error)) throw UsageError(error.text());
            config.prefix = path_of_trace(options.bounds, rules.rules, prefix);
        }
        auto found = explore::explore(options.bounds, config, progress);
        found.report.mode += ", " + std::to_string(config.tasks) +
                             (config.tasks == 1 ? " task (whole calls)" : " tasks (atomic steps)");
        if (!config.ops.empty()) {
            found.report.mode += ", operations";
            for (const auto& op : config.ops) found.report.mode += " " + op;
        }
        if (found.counterexample) {
            trace.title = "counterexample to " + found.claim;
            trace.items = items_of_path(options.bounds, rules.rules, *found.counterexample);
            found.report.stories.clear();
            found.report.stories.push_back(
                story_of_path(trace, found, rules.shown + ", bounds " + options.bounds));
        }
        return found.report;
    } catch (const std::invalid_argument& e) {
        throw UsageError(e.what());
    }
}

}  // namespace faultline
