// tools/engines_museum.cpp - every exhibit by every engine it lists, and the fixed rules at the
// same bounds.
//
// Why: a historical bug that an engine no longer finds is a defect of the engine; a fixed rule that
//      alarms is one too.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "proofs/induction/prove.hpp"
#include "tools/engines_explore.hpp"
#include "tools/path_trace.hpp"

namespace faultline {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
std::string tenths(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", seconds);
    return text;
}
bool contains(const std::vector<std::string>& list, const std::string& x) {
    return std::find(list.begin(), list.end(), x) != list.end();
}
std::vector<std::string> overrides(const Pairs& rules) {
    std::vector<std::string> out;
    for (const auto& [rule, option] : rules) out.push_back(rule + "=" + option);
    return out;
}

/// One exhibit's file and what its header asks for.
struct Exhibit {
    std::string file;
    Trace trace;
    ResolvedRules buggy, fixed;
};

void by_run(const Exhibit& e, MuseumRow& row) {
    RunConfig config;
    config.file = e.file;
    const TraceReport bad = replay_trace(e.trace, config);
    config.fixed = true;
    config.views = false;
    const TraceReport good = replay_trace(e.trace, config);
    row.found = bad.exit == Exit::holds && contains(bad.violated, e.trace.claim);
    row.fixed_clean = good.verdict == Verdict::holds && good.violated.empty();
    row.detail = std::to_string(bad.small_steps) + " atomic steps";
    if (!bad.error.empty()) row.detail = bad.error;
    for (const auto& s : bad.stories)
        if (s.claim == e.trace.claim) {
            row.stories.push_back(s);
            row.stories.back().trace_path = e.file;
        }
}

/// The exhibit needs an allocation that fails.
bool refuses_memory(const Trace& trace) {
    for (const auto& item : trace.items)
        if (const auto* o = std::get_if<Operation>(&item.what); o && o->deny != 0) return true;
    return false;
}
/// A verb of a trace as the explorer calls it.
std::string operation_word(const std::string& verb) {
    if (verb == "pin" || verb == "get") return "gup";
    if (verb == "pin_fast" || verb == "get_fast") return "gup_fast";
    if (verb == "release") return "unpin";
    return verb == "madvise" ? "dontneed" : verb;
}
explore::ExploreConfig search_config(const Exhibit& e, const Rules& rules, int jobs) {
    auto config = explore::default_config(e.trace.bounds);
    config.env.rules = rules;
    Bounds capacity;
    std::string problem;
    if (!resolve_bounds(e.trace, capacity, config.env.limits, problem))
        throw ToolError(e.file + ": " + problem);
    for (const auto& item : e.trace.items) {
        if (const auto* s = std::get_if<ScheduledStep>(&item.what))
            config.tasks = std::max(config.tasks, s->task + 1);
        if (const auto* o = std::get_if<Operation>(&item.what))   // the last may run to its end
            config.tasks = std::max(config.tasks, o->task + 1);
    }
    config.ops.clear();
    for (const auto& verb : e.trace.explore_ops) config.ops.push_back(operation_word(verb));
    // The store a program makes faults first
    if (contains(config.ops, "store")) config.ops.push_back("fault");
    config.check_between = false;
    config.jobs = jobs;
    config.deny = refuses_memory(e.trace);
    config.grows = false;
    config.exec_access = false;
    config.read_access = false;
    config.op_codes = {op_mprotect, op_mmap};
    if (config.env.limits.has_files())
        for (int code = op_open_file; code <= op_seal_exec; ++code)
            config.op_codes.push_back(code);
    config.prots = {"rw", "r"};
    config.claims = {e.trace.claim};
    if (e.trace.explore_prefix > 0)
        config.prefix =
            path_of_trace(e.trace.bounds, rules, e.trace.prefix(e.trace.explore_prefix));
    return config;
}
void by_explore(const Exhibit& e, int jobs, const ProgressFn& progress, MuseumRow& row) {
    const auto start = std::chrono::steady_clock::now();
    auto bad = explore::explore(e.trace.bounds, search_config(e, e.buggy.rules, jobs), progress);
    row.found = bad.report.verdict == Verdict::violated && bad.claim == e.trace.claim;
    const double found_in = seconds_since(start);
    auto fixed_config = search_config(e, e.fixed.rules, jobs);
    // The fixed rule is searched as far as the bug lay.
    fixed_config.max_depth = static_cast<int>(bad.report.depth);
    const auto good = explore::explore(e.trace.bounds, fixed_config, progress);
    row.fixed_clean = good.report.stories.empty() && !good.counterexample;
    row.detail =
        std::to_string(bad.report.depth) + " transitions" +
        (e.trace.explore_prefix > 0 ? " after a prefix of " + std::to_string(e.trace.explore_prefix)
                                    : "") +
        ", " + std::to_string(bad.report.states) + " states, " + tenths(found_in) +
        "; fixed: " + std::to_string(good.report.states) + " states to depth " +
        std::to_string(good.report.depth);
    if (!bad.counterexample) return;
    Trace trace;
    trace.title = e.trace.exhibit + " as the explorer found it";
    trace.kernel = e.trace.kernel;
    trace.rules = e.trace.rules;
    trace.bounds = e.trace.bounds;
    trace.items = items_of_path(e.trace.bounds, e.buggy.rules, *bad.counterexample);
    row.stories.push_back(story_of_path(trace, bad, e.buggy.shown + ", bounds " + e.trace.bounds));
}

/// Some step must break a claim under the bug that no step breaks under the fix.
void by_prove(const Exhibit& e, int jobs, const ProgressFn& progress, MuseumRow& row) {
    proofs::InductionOptions o;
    o.bounds = bounds_named(e.trace.bounds).bounds.has_files() ? "b1f" : "b1";
    o.jobs = jobs;
    o.kinds = {"step"};
    const auto broken = [&](const ResolvedRules& rules, std::vector<Story>* stories) {
        o.rules = rules.rules;
        o.kernel = rules.shown;
        auto report = proofs::prove_induction(o, progress);
        std::vector<std::string> cells;
        for (const auto& c : report.cells)
            if (c.verdict == Verdict::violated) cells.push_back(c.claim + " x " + c.step);
            else if (c.verdict != Verdict::holds && c.verdict != Verdict::not_applicable)
                cells.push_back("undecided " + c.claim + " x " + c.step);
        if (stories != nullptr && !report.stories.empty())
            stories->push_back(report.stories.front());
        return cells;
    };
    const auto bad = broken(e.buggy, &row.stories);
    const auto good = broken(e.fixed, nullptr);
    row.bounds = o.bounds;
    row.found = !bad.empty();
    row.fixed_clean = good.empty();
    row.detail = std::to_string(bad.size()) + " cells break";
    for (std::size_t i = 0; i < bad.size() && i < 3; ++i)
        row.detail += (i == 0 ? ": " : ", ") + bad[i];
}

}  // namespace

std::vector<MuseumRow> museum(const MuseumOptions& options, const ProgressFn& progress) {
    std::vector<MuseumRow> rows;
    for (const auto& file : museum_files()) {
        Exhibit e;
        e.file = file;
        TraceError error;
        if (!load_trace(file, e.trace, error)) throw ToolError(error.text());
        if (!options.exhibits.empty() && !contains(options.exhibits, e.trace.exhibit)) continue;
        e.buggy = resolve_rules(e.trace.kernel, overrides(e.trace.rules));
        auto fixed = overrides(e.trace.rules);
        for (const auto& f : overrides(e.trace.fixed)) fixed.push_back(f);
        e.fixed = resolve_rules(e.trace.kernel, fixed);
        e.fixed.shown = e.trace.kernel + " fixed";
        for (const std::string engine : {"run", "explore", "prove"}) {
            if (!contains(e.trace.engines, engine)) continue;
            if (!options.engines.empty() && !contains(options.engines, engine)) continue;
            MuseumRow row;
            row.id = e.trace.exhibit;
            row.title = e.trace.title;
            row.claim = e.trace.claim;
            row.rule = e.buggy.shown;
            row.bounds = e.trace.bounds;
            row.engine = engine;
            if (engine == "run") by_run(e, row);
            if (engine == "explore") by_explore(e, options.jobs, progress, row);
            if (engine == "prove") by_prove(e, options.jobs, progress, row);
            rows.push_back(std::move(row));
        }
    }
    if (rows.empty())
        throw UsageError("no exhibit of that name with that engine (see: faultline list exhibits)");
    return rows;
}

}  // namespace faultline
