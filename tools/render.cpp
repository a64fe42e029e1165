// tools/render.cpp - see render.hpp.
//
// Why: kept out of commands.cpp, which knows no process names.
#include "tools/render.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "model/reference/render.hpp"

namespace faultline {
namespace {

constexpr std::array<std::pair<const char*, Rendering>, 5> renderings{{
    {"maps", Rendering::maps},
    {"smaps", Rendering::smaps},
    {"pagemap", Rendering::pagemap},
    {"kpagecount", Rendering::kpagecount},
    {"mincore", Rendering::mincore},
}};

/// Row of the process, -1 when there is none of that name now.
int row_of_process(const RunReport& run, const std::string& process) {
    std::size_t number = 0;
    const char* end = process.data() + process.size();
    if (process.size() < 2 || process[0] != 'P') return -1;
    const auto read = std::from_chars(process.data() + 1, end, number);
    if (read.ec != std::errc{} || read.ptr != end || number >= run.processes.size()) return -1;
    return run.processes[number];
}

}  // namespace

std::vector<std::string> rendering_names() {
    std::vector<std::string> names;
    for (const auto& [name, what] : renderings) names.emplace_back(name);
    return names;
}

std::string shown_text(const RunReport& run, const std::string& what, const std::string& process) {
    const int row = row_of_process(run, process);
    if (row < 0) throw UsageError("no process " + process + " lives at the end of " + run.trace);
    const StateView& last = run.steps.empty() ? run.before : run.steps.back().after;
    for (const auto& [name, rendering] : renderings)
        if (what == name) return rendered(rendering, last, row, run.kernel);
    throw UsageError("nothing to show under " + what);
}

}  // namespace faultline
