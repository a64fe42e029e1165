// tests/tools/fake_engines.cpp - engines that answer at once with made-up results.
//
// Why: the command line is tested with every verdict and every failure without proving anything.
//      What an engine is asked decides what it answers.
#include "tests/tools/fake_document.hpp"

namespace faultline {

std::vector<ListItem> list_all(std::vector<std::string>& problems) {
    problems = {"tests/museum/M99.fl:3: expected 'kernel', found 'colonel'"};
    return fake::items();
}

RunReport run_trace(const RunOptions& options) {
    const Story story = fake::degree_story();
    RunReport r;
    r.trace = options.trace;
    r.kernel = options.kernel.empty() ? "linux_6_1" : options.kernel;
    r.bounds = "m1";
    r.rules = options.rule_overrides;
    for (const std::string& rule : options.rule_overrides)
        if (rule.find('=') == std::string::npos) throw UsageError("no such rule: " + rule);
    r.before = story.before;
    r.steps = story.steps;
    r.processes = {-1, -1, -1, -1, -1, 5};   // as the story leaves them
    const bool old = !options.rule_overrides.empty();
    r.verdict = old ? Verdict::violated : Verdict::holds;
    if (old) r.stories.push_back(story);
    r.exit = exit_of(r.verdict);
    return r;
}

ExploreReport explore_states(const ExploreOptions& options, const ProgressFn& progress) {
    progress({"explore " + options.bounds, 120'000, 80'000, 41'000, "depth 9"});
    ExploreReport e = fake::exploration();
    e.kernel = options.kernel;
    e.bounds = options.bounds;
    if (options.max_states) {
        e.verdict = Verdict::unknown;
        e.complete = false;
        e.queue_left = 17;
        e.note = "stopped at " + std::to_string(options.max_states) + " states";
    }
    if (options.kernel == "broken") throw ToolError("the machine is on fire");
    if (options.kernel == "none") throw UsageError("no such kernel: none");
    return e;
}

ProveReport prove(const ProveOptions& options, const ProgressFn&) {
    if (options.kernel == "broken") throw ToolError("cvc5 disagrees");
    ProveReport p = *fake::document().proof;
    const auto keep = [&](const Cell& c) {
        return (options.kinds.empty() || options.kinds[0] == c.kind) &&
               (options.claims.empty() || options.claims[0] == c.claim) &&
               (options.kernel == "all" || options.kernel == c.kernel);
    };
    std::erase_if(p.cells, [&](const Cell& c) { return !keep(c); });
    if (exit_of_proof(p) != Exit::violated) p.stories.clear();
    return p;
}

std::vector<MuseumRow> museum(const MuseumOptions& options, const ProgressFn&) {
    std::vector<MuseumRow> rows = fake::museum();
    if (!options.exhibits.empty())
        std::erase_if(rows, [&](const MuseumRow& r) { return r.id != options.exhibits[0]; });
    return rows;
}

std::vector<FuzzReport> fuzz_system(const FuzzOptions& options, const ProgressFn&) {
    if (options.system == "unknown") throw UsageError("unknown system 'unknown'");
    return {fake::hammered(options.system)};
}
std::vector<MutantRow> mutants(const MutantOptions& options, const ProgressFn&) {
    auto rows = fake::mutants();
    if (options.smoke) rows.pop_back();
    if (options.seed == 99) rows.back() = {2, "m", "zap", "survives", false, "", 9, 60, {}};
    return rows;
}

std::vector<BenchRow> bench(const ProgressFn&) { return fake::bench(); }

ConformReport conform(const ConformOptions& options, const ProgressFn&) {
    ConformReport report;
    report.kernel = options.kernel;
    report.tier = options.tier;
    report.operations = options.operations;
    report.text = "HOLDS     conform\n";
    report.exit = options.seed == 666 ? Exit::violated : Exit::holds;
    return report;
}
int record_program(const RecordOptions& options) {
    return options.command.at(0) == "false" ? 1 : 0;
}
std::vector<ReplayReport> replay_recordings(const ReplayOptions& options, const ProgressFn&) {
    std::vector<ReplayReport> reports;
    for (const std::string& file : options.recordings) {
        ReplayReport r;
        r.recording = file;
        r.machine = "fast";
        r.verdict = options.stride == 666 ? Verdict::violated : Verdict::holds;
        r.calls_by_name = {{"map", "", 3}};
        reports.push_back(r);
    }
    return reports;
}
std::string export_c(const std::string& trace) { return "/* " + trace + " */\n"; }

}  // namespace faultline
