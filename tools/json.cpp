// tools/json.cpp - the one file that includes nlohmann/json in the product.
//
// Why: keys are the field names of spec/results.hpp, listed once per struct, so that writing and
//      reading cannot drift apart.
#include "tools/json.hpp"

#include <nlohmann/json.hpp>

// Reading is strict: a key that is missing is an error.
#define FAULTLINE_JSON NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE

namespace faultline {

using Json = nlohmann::json;

static void to_json(Json& j, const Verdict& v) { j = std::string(verdict_name(v)); }
static void from_json(const Json& j, Verdict& v) {
    const auto name = j.get<std::string>();
    for (Verdict each : {Verdict::holds, Verdict::violated, Verdict::unknown, Verdict::vacuous,
                         Verdict::skipped, Verdict::not_applicable})
        if (verdict_name(each) == name) {
            v = each;
            return;
        }
    throw UsageError("no such verdict: " + name);
}
static void to_json(Json& j, const Exit& e) { j = static_cast<int>(e); }
static void from_json(const Json& j, Exit& e) {
    const int code = j.get<int>();
    if (code < 0 || code > 5) throw UsageError("no such exit code: " + std::to_string(code));
    e = static_cast<Exit>(code);
}

FAULTLINE_JSON(VmaView, lo, hi, pgoff, flags, anon_vma, chain)
FAULTLINE_JSON(PteView, page, kind, frame, bits, want, slot)
FAULTLINE_JSON(MmView, id, state, rss_anon, map_count, brk, vmas, ptes, rss_swap, rss_file,
               rss_shmem)
FAULTLINE_JSON(FrameView, id, refcount, mapcount, flags, anon_vma, index, value, slot)
FAULTLINE_JSON(AnonVmaView, id, parent, root, refcount, num_children, num_active_vmas, age)
FAULTLINE_JSON(HandleView, id, kind, write, attached, mm, page, frame)
FAULTLINE_JSON(TaskView, id, step, fields)
FAULTLINE_JSON(SlotView, id, device, count, value, cache)
FAULTLINE_JSON(DeviceView, id, state)
FAULTLINE_JSON(InodeView, id, kind, flags, size, blocks, writable, pages, disk, want)
FAULTLINE_JSON(StateView, mms, frames, anon_vmas, handles, tasks, slots, devices, inodes)
FAULTLINE_JSON(StoryStep, text, result, after)
FAULTLINE_JSON(Story, claim, says, source, headline, found_by, before, steps, trace_path, shortest,
               from_initial, differs, replay)
FAULTLINE_JSON(Cell, kind, claim, step, kernel, bounds, verdict, expected_violation, exhibit,
               certificate, second_solver, note)
FAULTLINE_JSON(MuseumRow, id, title, claim, rule, bounds, engine, found, fixed_clean, detail,
               stories)
FAULTLINE_JSON(ListItem, kind, id, text, source, extra)
FAULTLINE_JSON(RunReport, trace, kernel, bounds, rules, verdict, before, steps, stories, error,
               exit)
FAULTLINE_JSON(FuzzReport, system, kernel, bounds, verdict, seed, operations, refused, passed_over,
               histories, looks, claim_checks, features, corpus_read, corpus_added, corpus_kept,
               stride, jobs, wall_seconds, cpu_seconds, stories, note)
FAULTLINE_JSON(MutantRow, id, name, group, text, killed, killed_by, operations, seconds, trace)
FAULTLINE_JSON(CoverageRow, operation, outcome, count)
FAULTLINE_JSON(ConformReport, kernel, rules, tier, shortfall, operations, succeeded, accepted, seed,
               seeds, per_second, coverage, rare, deviations, findings, text, exit)
FAULTLINE_JSON(ReplayReport, recording, program, kernel, rules, machine, verdict, events, calls,
               accesses, looks, areas, checks, peak_pages, processes, seconds, calls_by_name,
               not_modelled, difference, problem, text)
FAULTLINE_JSON(BenchRow, name, unit, value, note)
FAULTLINE_JSON(ToolInfo, name, version, commit, compiler, build)

namespace {

/// The figures of a proof; its cells stand at the top of the document.
struct Figures {
    std::uint64_t queries, queries_cached, queries_unchanged, max_variables, max_clauses;
    std::uint64_t certificates, second_opinions;
    double cpu_seconds;
    std::vector<Story> stories;
};
FAULTLINE_JSON(Figures, queries, queries_cached, queries_unchanged, max_variables, max_clauses,
               certificates, second_opinions, cpu_seconds, stories)

struct Outcome {
    std::string outcome;
    std::uint64_t count;
};
FAULTLINE_JSON(Outcome, outcome, count)

/// ExploreReport without `outcomes`, whose pairs would be arrays without names.
struct Exploration : ExploreReport {};
FAULTLINE_JSON(Exploration, kernel, bounds, mode, verdict, symmetry, complete, states, transitions,
               states_without_symmetry, queue_left, depth, peak_bytes, claim_checks, cpu_seconds,
               wall_seconds, collision_bound, stories, note)

Json exploration_json(const ExploreReport& report) {
    Json j = Exploration{report};
    j["outcomes"] = Json::array();
    for (const auto& [name, count] : report.outcomes) j["outcomes"].push_back(Outcome{name, count});
    return j;
}

ExploreReport exploration_from(const Json& j) {
    ExploreReport report = j.get<Exploration>();
    for (const Outcome& o : j.at("outcomes").get<std::vector<Outcome>>())
        report.outcomes.emplace_back(o.outcome, o.count);
    return report;
}

Document document_from(const Json& j) {
    if (j.at("schema") != "faultline-report") throw UsageError("this is not a faultline report");
    if (const int version = j.at("schema_version"); version != Document::schema_version)
        throw UsageError("schema version " + std::to_string(version) + ", this program reads " +
                         std::to_string(Document::schema_version));
    Document d;
    j.at("tool").get_to(d.tool);
    j.at("command").get_to(d.command);
    j.at("arguments").get_to(d.arguments);
    j.at("kernel").get_to(d.kernel);
    j.at("bounds").get_to(d.bounds);
    j.at("rules").get_to(d.rules);
    j.at("seed").get_to(d.seed);
    j.at("exit_code").get_to(d.exit);
    j.at("errors").get_to(d.errors);
    j.at("items").get_to(d.items);
    j.at("runs").get_to(d.runs);
    for (const Json& e : j.at("explorations")) d.explorations.push_back(exploration_from(e));
    if (const Json& p = j.at("proof"); !p.is_null()) {
        const auto f = p.get<Figures>();
        d.proof = ProveReport{j.at("cells").get<std::vector<Cell>>(),
                              f.stories,
                              f.queries,
                              f.queries_cached,
                              f.queries_unchanged,
                              f.max_variables,
                              f.max_clauses,
                              f.certificates,
                              f.second_opinions,
                              f.cpu_seconds};
    }
    j.at("museum").get_to(d.museum);
    j.at("fuzz").get_to(d.fuzz);
    j.at("mutants").get_to(d.mutants);
    j.at("bench").get_to(d.bench);
    j.at("conform").get_to(d.conform);
    j.at("replays").get_to(d.replays);
    return d;
}

}  // namespace

std::string to_json_text(const Document& d) {
    nlohmann::ordered_json j;  // what a reader wants first stands first
    j["schema"] = "faultline-report";
    j["schema_version"] = Document::schema_version;
    j["tool"] = Json(d.tool);
    j["command"] = d.command;
    j["arguments"] = d.arguments;
    j["kernel"] = d.kernel;
    j["bounds"] = d.bounds;
    j["rules"] = d.rules;
    j["seed"] = d.seed;
    j["verdict"] = exit_name(d.exit);
    j["exit_code"] = static_cast<int>(d.exit);
    j["errors"] = d.errors;
    j["items"] = Json(d.items);
    j["runs"] = Json(d.runs);
    Json explorations = Json::array();
    for (const ExploreReport& e : d.explorations) explorations.push_back(exploration_json(e));
    j["explorations"] = explorations;
    j["cells"] = d.proof ? Json(d.proof->cells) : Json::array();
    j["proof"] = nullptr;
    if (d.proof) {
        const ProveReport& p = *d.proof;
        j["proof"] = Json(Figures{p.queries, p.queries_cached, p.queries_unchanged,
                                  p.max_variables, p.max_clauses, p.certificates,
                                  p.second_opinions, p.cpu_seconds, p.stories});
    }
    j["museum"] = Json(d.museum);
    j["fuzz"] = Json(d.fuzz);
    j["mutants"] = Json(d.mutants);
    j["bench"] = Json(d.bench);
    j["conform"] = Json(d.conform);
    j["replays"] = Json(d.replays);
    return j.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Document from_json_text(const std::string& text) {
    try {
        return document_from(Json::parse(text));
    } catch (const nlohmann::json::exception& e) {
        throw UsageError(std::string("not a report of this version: ") + e.what());
    }
}

}  // namespace faultline
