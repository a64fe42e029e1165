// tools/engines_record.cpp - programs recorded, and recordings performed on the models.
//
// Why: the seam between files and names on the one side and fuzz/replay on the other.
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/replay/replay.hpp"
#include "fuzz/systems/linux_record/record.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

namespace fs = std::filesystem;

std::vector<CoverageRow> rows_of(const std::map<std::string, std::uint64_t>& counts) {
    std::vector<CoverageRow> out;
    for (const auto& [name, n] : counts) out.push_back({name, "", n});
    return out;
}
std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}
ReplayReport report_of(const std::string& file, const fuzz::Recording& recording,
                       const std::string& rules, const fuzz::ReplayOutcome& o) {
    ReplayReport r;
    r.recording = file;
    r.program = recording.command;
    r.kernel = recording.kernel;
    r.rules = rules;
    r.machine = o.machine;
    r.verdict = o.verdict;
    r.events = o.events;
    r.calls = o.calls;
    r.accesses = o.accesses;
    r.looks = o.looks;
    r.areas = o.areas;
    r.checks = o.checks;
    r.peak_pages = o.peak_pages;
    r.processes = o.processes;
    r.seconds = o.seconds;
    r.calls_by_name = rows_of(o.deeds);
    r.not_modelled = rows_of(o.passed_over);
    r.difference = o.difference;
    r.problem = o.problem;
    std::string word = upper(std::string(verdict_name(o.verdict)));
    word.resize(std::max<std::size_t>(word.size() + 1, 10), ' ');
    r.text = word + file + "  on the " + o.machine + ", " + rules + "\n" +
             fuzz::replay_text(recording, o);
    return r;
}

/// What the reference alone cannot take is said, and is no failure of a replay on both.
void on_reference(const std::string& file, const fuzz::Recording& recording, const Rules& rules,
                  const std::string& shown, bool asked, const fuzz::ReplayConfig& config,
                  const ProgressFn& progress, std::vector<ReplayReport>& out) {
    const fuzz::Layout layout(recording);
    std::string problem;
    const auto machine = fuzz::make_reference_machine(recording, layout, rules, problem);
    if (machine != nullptr) {
        const auto o = fuzz::replay(recording, *machine, &layout, config, progress);
        if (asked || o.problem.empty() || !o.difference.empty()) {
            out.push_back(report_of(file, recording, shown, o));
            return;
        }
        problem = o.problem;
    }
    if (asked) throw ToolError(file + ": " + problem);
    if (!out.empty()) out.back().text += "  reference   not asked: " + problem + "\n";
}

}  // namespace

int record_program(const RecordOptions& ask) {
    const fs::path scratch = fs::temp_directory_path() /
                             ("faultline-record-" + std::to_string(getpid()));
    fs::create_directories(scratch);
    record::Options options;
    options.command = ask.command;
    options.every = ask.every;
    options.scratch = scratch.string();
    fuzz::Recording recording;
    std::string problem;
    const int status = record::record(options, recording, problem);
    std::error_code none;
    fs::remove_all(scratch, none);
    if (!problem.empty()) throw ToolError(problem);
    std::ofstream file(ask.file, std::ios::binary);
    file << fuzz::write_recording(recording);
    if (!file) throw ToolError("cannot write " + ask.file);
    return status;
}

std::vector<ReplayReport> replay_recordings(const ReplayOptions& ask, const ProgressFn& progress) {
    std::vector<ReplayReport> out;
    for (const std::string& file : ask.recordings) {
        std::ifstream in(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        fuzz::Recording recording;
        std::string problem;
        if (!fuzz::parse_recording(text, file, recording, problem)) throw UsageError(problem);
        const std::string kernel = ask.rule_set.empty() ? fuzz::rules_of_release(recording.kernel)
                                                        : ask.rule_set;
        const ResolvedRules rules = resolve_rules(kernel, ask.rules);
        const fuzz::ReplayConfig config{ask.stride};
        std::vector<ReplayReport> here;
        if (ask.machine != "reference") {
            const auto machine = fuzz::make_fast_machine(recording, rules.rules);
            const auto o = fuzz::replay(recording, *machine, nullptr, config, progress);
            here.push_back(report_of(file, recording, rules.shown, o));
        }
        if (ask.machine != "fast")
            on_reference(file, recording, rules.rules, rules.shown, ask.machine == "reference",
                         config, progress, here);
        out.insert(out.end(), here.begin(), here.end());
    }
    return out;
}

}  // namespace faultline
