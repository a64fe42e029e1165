// tools/engines_conform.cpp - the live kernel, or one in a virtual machine, asked from the command
// line; traces as C.
//
// Why: here names become values, and what was found becomes a file that anybody can run again.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fuzz/conform/conform.hpp"
#include "fuzz/conform/export_c.hpp"
#include "fuzz/systems/linux_live/guardian.hpp"
#include "fuzz/systems/linux_qemu/machine.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

namespace fs = std::filesystem;

fuzz::ConformOptions options_of(const ConformOptions& ask) {
    fuzz::ConformOptions o;
    o.most = ask.tier == "user"   ? fuzz::LiveTier::user
             : ask.tier == "proc" ? fuzz::LiveTier::proc
                                  : fuzz::LiveTier::internal;
    if (!ask.rule_set.empty()) o.rules_name = kernel_named(ask.rule_set).name;
    for (const std::string& rule : ask.rules) {
        resolve_rules("linux_6_12", {rule});   // one line if there is no such rule
        const std::size_t equal = rule.find('=');
        o.changes.emplace_back(rule.substr(0, equal), rule.substr(equal + 1));
    }
    o.operations = ask.operations;
    o.seed = ask.seed;
    o.most_findings = ask.most_findings;
    for (const std::string& trace : ask.traces) {
        if (trace != "all") {
            if (!fs::exists(trace)) throw UsageError("no trace " + trace);
            o.traces.push_back(trace);
            continue;
        }
        const fs::path tests = fs::path(museum_files().front()).parent_path().parent_path();
        std::vector<std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(tests))
            if (entry.path().extension() == ".fl")
                all.push_back(fs::relative(entry.path()).string());
        std::sort(all.begin(), all.end());
        o.traces.insert(o.traces.end(), all.begin(), all.end());
    }
    return o;
}

fuzz::ConformReport one_seed(const ConformOptions& ask, const fuzz::ConformOptions& options,
                             const ProgressFn& progress) {
    if (ask.kernel == "live") return fuzz::conform(options, progress);
    if (ask.kernel.rfind("qemu:", 0) != 0)
        throw UsageError("unknown kernel '" + ask.kernel + "' (live, qemu:6.1, qemu:PATH)");
    fuzz::ConformReport r;
    const std::string problem =
        fuzz::conform_in_machine(ask.kernel.substr(5), options, progress, r);
    if (!problem.empty()) throw ToolError(problem);
    return r;
}
void counts_of(const fuzz::ConformReport& r, ConformReport& out) {
    for (std::size_t v = 0; v < r.coverage.size(); ++v)
        for (std::size_t o = 0; o < r.coverage[v].size(); ++o)
            if (r.coverage[v][o] != 0)
                out.coverage.push_back({fuzz::verb_names[v], result_infos[o].text,
                                        r.coverage[v][o]});
    if (r.seeds > 1)
        for (const fuzz::Rare& x : fuzz::rare_outcomes(r))
            out.rare.push_back({x.operation, x.outcome + ": " + x.reason, x.count});
    for (std::size_t i = 0; i < r.deviated.size(); ++i) {
        const fuzz::Deviation& d = fuzz::deviations[i];
        if (r.deviated[i] != 0)
            out.deviations.push_back({std::string(d.id), d.compared ? "accepted" : "not performed",
                                      r.deviated[i]});
        if (d.compared) out.accepted += r.deviated[i];
    }
}

}  // namespace

ConformReport conform(const ConformOptions& ask, const ProgressFn& progress) {
    fuzz::ConformOptions options = options_of(ask);
    std::string problem;
    std::unique_ptr<live::Guardian> guardian;
    if (ask.zram_swap && ask.kernel == "live") {
        guardian = live::Guardian::swap_on_zram(64u << 20, problem);
        if (!guardian) throw ToolError(problem);
    }
    fuzz::ConformReport r;
    for (int n = 0; n < ask.seeds; ++n) {
        fuzz::add_report(r, one_seed(ask, options, progress));
        if (r.exit == Exit::usage) throw UsageError(r.problem);
        options.traces.clear();   // once is enough
        ++options.seed;
    }
    ConformReport out;
    out.kernel = r.kernel;
    out.rules = r.rules;
    for (const std::string& change : r.changes) out.rules += " " + change;
    out.tier = r.tier;
    out.shortfall = r.shortfall;
    out.operations = r.operations;
    out.seed = ask.seed;
    out.per_second = r.seconds > 0 ? static_cast<double>(r.operations) / r.seconds : 0;
    out.succeeded = r.succeeded;
    out.seeds = r.seeds;
    counts_of(r, out);
    out.text = fuzz::conform_text(r);
    for (const fuzz::Disagreement& d : r.findings) {
        const std::string path =
            failure_path("conform-" + std::to_string(ask.seed) + "-" +
                         std::to_string(out.findings.size() + 1));
        std::ofstream(path) << d.text;
        out.text += "  trace       " + path + "\n";
        out.findings.push_back(d.differences.empty() ? d.found_by : d.differences[0].text());
    }
    out.exit = r.exit;
    return out;
}

std::string export_c(const std::string& path) {
    Trace trace;
    TraceError error;
    if (!load_trace(path, trace, error)) throw UsageError(error.text());
    std::string problem;
    const std::string text = fuzz::export_c(trace, fs::path(path).filename().string(), problem);
    if (!problem.empty()) throw UsageError(path + ": " + problem);
    return text;
}

}  // namespace faultline
