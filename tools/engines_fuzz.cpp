// tools/engines_fuzz.cpp - the engines behind `faultline fuzz` and `faultline mutants`.
//
// Why: the hammer speaks of records and systems, the command line of names and stories; this is the
//      seam. What is found is written as a trace before it is told.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "fuzz/lockstep/hammer.hpp"
#include "fuzz/systems/mutants.hpp"
#include "fuzz/systems/systems.hpp"
#include "invariants/run.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

using fuzz::Arena;
using fuzz::Hammered;
using fuzz::HammerConfig;
using fuzz::HammerReport;
using fuzz::NamedSystem;

const NamedSystem& system_of(const FuzzOptions& o) {
    std::string known;
    for (const NamedSystem& s : fuzz::named_systems())
        known += (known.empty() ? "" : ", ") + std::string(s.name);
    const NamedSystem* s = fuzz::system_named(o.system);
    if (s == nullptr) throw UsageError("unknown system '" + o.system + "' (known: " + known + ")");
    if (o.bug && !s->has_bug) throw UsageError("system " + o.system + " has no bug to switch on");
    return *s;
}
Arena arena_for(const NamedSystem& system, const FuzzOptions& o, const ResolvedRules& rules) {
    Arena arena;
    arena.rules = rules.rules;
    arena.bounds = o.bounds.empty() ? std::string(system.bounds) : o.bounds;
    arena.limits = bounds_named(arena.bounds).bounds;
    if (system.pages > 0) arena.limits.pages = std::min(arena.limits.pages, system.pages);
    arena.excused = fuzz::known_broken(kernel_named(o.kernel).rules, arena.limits);
    return arena;
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out) throw ToolError("cannot write " + path);
}
std::string file_word(std::string text) {
    for (char& c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_'))
            c = '-';
    return text;
}

/// The block of a finding: the reference's own way through the trace, then what the system did.
Story story_of(const Hammered& h, const FuzzOptions& o, const ResolvedRules& rules,
               const Arena& arena) {
    Story story;
    const bool of_claim = h.finding.kind == fuzz::FindingKind::claim;
    story.claim = h.finding.id;
    story.says = h.finding.says;
    story.source = h.finding.source;
    story.headline = rules.shown + ", bounds " + arena.bounds + ", system " + o.system;
    story.found_by = "fuzz, seed " + std::to_string(o.seed) + ", after " + std::to_string(h.after) +
                     " operations";
    if (h.times > 1) story.found_by += ", " + std::to_string(h.times) + " times";
    for (const auto& d : h.finding.differences) story.differs.push_back(d.text());
    if (!h.finding.claim.empty())
        story.differs.push_back("What the system shows breaks " + h.finding.claim + ".");
    Trace trace = h.trace;
    for (const std::string& d : story.differs) {
        Item item;
        item.what = Comment{" " + d};
        trace.items.push_back(item);
    }
    const std::string stem = "fuzz-" + file_word(o.system) + "-" + file_word(h.bucket);
    story.trace_path = failure_path(stem);
    write_text(story.trace_path, write_trace(trace));
    if (!o.corpus.empty()) {
        const auto folder = std::filesystem::path(o.corpus) / "findings";
        std::filesystem::create_directories(folder);
        write_text((folder / (stem + ".fl")).string(), write_trace(trace));
    }
    if (!of_claim)
        story.replay = "faultline fuzz --system " + o.system + (o.bug ? " --bug on" : "") +
                       " --replay " + story.trace_path;
    RunConfig config;
    config.file = story.trace_path;
    TraceReport run = replay_trace(h.trace, config);
    story.before = std::move(run.before);
    story.steps = std::move(run.steps);
    return story;
}

FuzzReport report_of(const HammerReport& h, const FuzzOptions& o, const ResolvedRules& rules,
                     const Arena& arena) {
    FuzzReport r;
    r.system = o.system + (o.bug ? " with its bug" : "");
    r.kernel = rules.shown;
    r.bounds = arena.bounds;
    r.seed = o.seed;
    r.operations = h.operations;
    r.refused = h.refused;
    r.passed_over = h.passed_over;
    r.histories = h.histories;
    r.looks = h.looks;
    r.claim_checks = h.claim_checks;
    r.features = h.features;
    r.corpus_read = h.corpus_read;
    r.corpus_added = h.corpus_added;
    r.corpus_kept = h.corpus_kept;
    r.stride = o.stride;
    r.jobs = o.jobs;
    r.wall_seconds = h.seconds;
    r.verdict = h.operations == 0 ? Verdict::unknown : Verdict::holds;
    if (h.operations == 0) r.note = "no operation was performed";
    if (!h.problem.empty()) throw ToolError(o.system + ": " + h.problem);
    for (const Hammered& f : h.findings) {
        r.verdict = Verdict::violated;
        r.stories.push_back(story_of(f, o, rules, arena));
    }
    return r;
}

/// Records of a trace or of a corpus file; a trace brings its own arena.
std::vector<fuzz::Record> records_to_replay(const std::string& path, Arena& arena) {
    if (std::filesystem::path(path).extension() == ".fl") {
        Trace trace;
        TraceError error;
        std::string problem;
        if (!load_trace(path, trace, error)) throw UsageError(error.text());
        auto records = fuzz::records_of_trace(trace, arena, problem);
        if (!records) throw UsageError(path + ": " + problem);
        return std::move(*records);
    }
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return fuzz::records_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

std::vector<FuzzReport> fuzz_system(const FuzzOptions& o, const ProgressFn& progress) {
    const NamedSystem& system = system_of(o);
    ResolvedRules rules = resolve_rules(o.kernel, o.rules);
    HammerConfig config;
    config.arena = arena_for(system, o, rules);
    config.seed = o.seed;
    config.operations = o.runs > 0 ? o.runs : o.seconds > 0 ? 0 : 1'000'000;
    config.seconds = o.seconds;
    config.jobs = o.jobs;
    config.length = o.length;
    config.stride = o.stride;
    config.corpus = o.corpus;
    config.keep_going = o.keep_going;
    const auto make = [&] { return system.make(config.arena.bounds, o.bug); };
    const double cpu = process_cpu_seconds();
    HammerReport h;
    if (!o.replay.empty()) {
        const auto records = records_to_replay(o.replay, config.arena);
        rules.rules = config.arena.rules;
        rules.shown = fuzz::in_words(rules.rules).text();
        h = fuzz::hammer_records(make, config, records);
    } else {
        h = fuzz::hammer(make, config, [&](const fuzz::HammerStatus& s) {
            if (!progress) return;
            const auto left = config.operations > s.operations ? config.operations - s.operations
                                                               : std::uint64_t{0};
            std::string extra = std::to_string(s.findings) + " findings";
            if (s.features > 0)
                extra += ", corpus " + std::to_string(s.corpus) + ", " +
                         std::to_string(s.features) + " kinds of behaviour";
            progress({"fuzz " + o.system + " " + o.kernel, s.operations, left,
                      s.seconds > 0 ? static_cast<double>(s.operations) / s.seconds : 0, extra});
        });
    }
    std::vector<FuzzReport> out;
    out.push_back(report_of(h, o, rules, config.arena));
    out.back().cpu_seconds = process_cpu_seconds() - cpu;
    return out;
}

namespace {

/// Kernels a mutant is hammered under, one after the other: some bugs show under old rules only.
std::vector<const NamedRules*> kernels_for(const MutantOptions& o) {
    if (o.kernel != "all") return {&kernel_named(o.kernel)};
    std::vector<const NamedRules*> out;
    for (const char* name : {"linux_6_12", "linux_6_18", "linux_6_1", "linux_5_10"})
        out.push_back(&kernel_named(name));
    return out;
}
/// One rule set; true if it was killed.
bool hammer_under(const NamedRules& kernel, const std::string& bounds, double seconds,
                  const MutantOptions& o, MutantRow& row) {
    HammerConfig config;
    config.arena.rules = kernel.rules;
    config.arena.bounds = bounds;
    config.arena.limits = bounds_named(bounds).bounds;
    config.arena.excused = fuzz::known_broken(kernel.rules, config.arena.limits);
    config.seed = o.seed;
    config.operations = 0;
    config.seconds = seconds;
    const HammerReport h = fuzz::hammer([&] { return fuzz::make_mutant(row.id); }, config);
    if (!h.problem.empty()) throw ToolError(row.name + ": " + h.problem);
    if (h.findings.empty()) {
        row.operations += h.operations;
        row.seconds += h.seconds;
        return false;
    }
    const Hammered& f = h.findings.front();
    row.killed = true;
    row.killed_by = f.finding.claim.empty() ? f.bucket : f.finding.claim;
    if (o.kernel == "all" && kernel.name != "linux_6_12")
        row.killed_by += ", " + std::string(kernel.name);
    row.operations += f.after;
    row.seconds += f.seconds;
    for (const Item& item : f.trace.items)
        if (const auto* op = std::get_if<Operation>(&item.what))
            row.trace.push_back(write_operation(*op));
    return true;
}
MutantRow hammer_mutant(const fuzz::MutantInfo& info, const MutantOptions& o) {
    MutantRow row{info.id, info.name, info.group, info.text, false, "", 0, 0, {}};
    const auto kernels = kernels_for(o);
    for (const NamedRules* kernel : kernels)
        if (hammer_under(*kernel, info.bounds, o.seconds / static_cast<double>(kernels.size()), o,
                         row))
            break;
    return row;
}
bool asked(const std::vector<std::string>& words, const std::string& word) {
    return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::vector<MutantRow> mutants(const MutantOptions& o, const ProgressFn& progress) {
    std::vector<fuzz::MutantInfo> wanted;
    for (fuzz::MutantInfo& m : fuzz::fast_mutants()) {
        const bool another = std::any_of(wanted.begin(), wanted.end(),
                                         [&](const auto& w) { return w.group == m.group; });
        if (asked(o.names, m.name) && asked(o.groups, m.group) && !(o.smoke && another))
            wanted.push_back(std::move(m));
    }
    if (wanted.empty() && !(o.names.empty() && o.groups.empty()))
        throw UsageError("no such mutant (see: faultline list mutants)");
    std::vector<MutantRow> rows(wanted.size());
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::uint64_t done = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < wanted.size(); i = next++) {
            rows[i] = hammer_mutant(wanted[i], o);
            const std::lock_guard lock(mutex);
            ++done;
            if (progress)
                progress({"mutants", done, wanted.size() - done, 0, "last " + wanted[i].name});
        }
    };
    std::vector<std::thread> others;
    for (int j = 1; j < o.jobs; ++j) others.emplace_back(work);
    work();
    for (std::thread& t : others) t.join();
    return rows;
}

}  // namespace faultline
