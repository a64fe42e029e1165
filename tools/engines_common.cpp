// tools/engines_common.cpp - see engines_common.hpp.
//
// Why: kept apart from the engines so that each engine is one short file.
#include "tools/engines_common.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>

namespace faultline {
namespace fs = std::filesystem;

const NamedRules& kernel_named(const std::string& name) {
    std::string known;
    for (const auto& k : named_kernels) {
        if (k.name == name) return k;
        known += (known.empty() ? "" : ", ") + std::string(k.name);
    }
    throw UsageError("unknown kernel '" + name + "' (known: " + known + ")");
}
ResolvedRules resolve_rules(const std::string& kernel, const std::vector<std::string>& overrides) {
    ResolvedRules out{kernel_named(kernel).rules, kernel};
    for (const auto& text : overrides) {
        const auto eq = text.find('=');
        const std::string name = text.substr(0, eq);
        const std::string option = eq == std::string::npos ? "" : text.substr(eq + 1);
        const RuleInfo* rule = nullptr;
        for (const auto& r : rule_infos)
            if (r.name == name) rule = &r;
        if (rule == nullptr)
            throw UsageError("unknown rule '" + name + "' (see: faultline list rules)");
        bool found = false;
        for (int i = 0; i < static_cast<int>(rule->options.size()); ++i)
            if (!option.empty() && rule->options[static_cast<std::size_t>(i)] == option) {
                rule->set(out.rules, i);
                found = true;
            }
        if (!found) throw UsageError("rule " + name + " has no option '" + option + "'");
        out.shown += (&text == &overrides.front() ? " with " : ", ") + text;
    }
    return out;
}
const NamedBounds& bounds_named(const std::string& name) {
    std::string known;
    for (const auto& b : named_bounds) {
        if (b.name == name) return b;
        known += (known.empty() ? "" : ", ") + std::string(b.name);
    }
    throw UsageError("unknown bounds '" + name + "' (known: " + known + ")");
}
namespace {
/// The project's folder: the nearest one upwards that has tests/museum.
fs::path project_folder() {
    for (fs::path p = fs::current_path();; p = p.parent_path()) {
        if (fs::is_directory(p / "tests" / "museum")) return p;
        if (p == p.parent_path()) return {};
    }
}
}  // namespace
std::vector<std::string> museum_files() {
    const fs::path project = project_folder();
    if (project.empty()) throw UsageError("no tests/museum here or above: run from the repository");
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(project / "tests" / "museum"))
        if (entry.path().extension() == ".fl") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    if (files.empty()) throw ToolError("tests/museum has no .fl file");
    return files;
}
std::string questions_file() {
    const fs::path project = project_folder();
    if (project.empty())
        throw UsageError("no tests/traces/questions here or above: run from the repository");
    return (project / "tests" / "traces" / "questions" / "index.json").string();
}
std::string failure_path(const std::string& stem) {
    const fs::path project = project_folder();
    const fs::path folder = (project.empty() ? fs::current_path() : project) / "build" / "failures";
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    return fs::relative(folder / (stem + ".fl"), fs::current_path(), ignored).string();
}
double process_cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace faultline
