// tests/structure/structure.cpp - reads #include lines, sizes and first lines.
//
// Why: the drawing is a table here: a layer, and what it may include. Libraries are a second table.
#include "tests/structure/structure.hpp"

#include <algorithm>
#include <array>

namespace faultline::structure {
namespace {

constexpr std::size_t line_limit = 600, column_limit = 100;

struct Layer {
    std::string_view name;
    std::string_view may_include;  ///< space separated
};
/// spec -> model -> invariants -> {proofs, fuzz} -> {tests, tools}
constexpr std::array<Layer, 7> layers{{
    {"spec", "spec"},
    {"model", "spec model"},
    {"invariants", "spec model invariants"},
    {"proofs", "spec model invariants proofs"},
    {"fuzz", "spec model invariants fuzz"},
    {"tests", "spec model invariants proofs fuzz tests"},
    {"tools", "spec model invariants proofs fuzz tools"},
}};
/// Tests of the command line include it; nothing else does.
constexpr std::array<std::string_view, 2> may_include_tools{"tests/tools/", "tests/museum/"};

struct Library {
    std::string_view header;  ///< prefix of the included path
    std::string_view where;   ///< path prefixes that may include it, space separated
};
constexpr std::array<Library, 14> libraries{{
    {"z3++.h", "proofs/"},
    {"z3.h", "proofs/"},
    {"cadical.hpp", "proofs/"},
    {"rapidcheck", "fuzz/ tests/"},
    {"gtest/", "tests/"},
    {"gmock/", "tests/"},
    {"benchmark/", "tests/"},
    {"CLI/", "tools/command_line.cpp"},
    {"nlohmann/", "tools/json.cpp tools/questions.cpp tests/"},
    // Fields and registries, never the semantics.
    {"boost/hana", "spec/reflect.hpp spec/state.hpp model/reference/registry.hpp "
                   "model/reference/operations.hpp model/reference/steps.hpp "
                   "model/reference/view.hpp invariants/ proofs/ fuzz/ tests/ tools/"},
    {"bpf/", "fuzz/systems/linux_live/"},
    {"linux/", "fuzz/systems/linux_ tests/conformance/"},
    {"sys/ptrace.h", "fuzz/systems/linux_ tests/conformance/"},
    {"sys/syscall.h", "fuzz/systems/linux_ tests/conformance/"},
}};

/// Headers that are not in the repository: the build writes them.
constexpr std::array<std::string_view, 2> generated{"faultline_commit.hpp", "vmlinux.h"};

bool ends(std::string_view path, std::string_view with) { return path.ends_with(with); }
bool is_cpp(std::string_view path) {
    return ends(path, ".hpp") || ends(path, ".cpp") || ends(path, ".h") || ends(path, ".c") ||
           ends(path, ".cc");
}
bool is_cmake(std::string_view path) {
    return ends(path, ".cmake") || ends(path, "CMakeLists.txt");
}
bool is_script(std::string_view path) {
    return path == "faultline" || path == ".ci/run" || ends(path, ".sh");
}

std::string_view layer_of(std::string_view path) {
    const std::string_view first = path.substr(0, path.find('/'));
    for (const Layer& l : layers)
        if (l.name == first && first.size() < path.size()) return first;
    return {};
}

/// Whether one of the space separated words satisfies the predicate.
template <class F>
bool any_word(std::string_view words, F fits) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (fits(words.substr(0, end))) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) >> 6) != 2;  // not a continuation byte
    }));
}

std::string where(const std::string& path, std::size_t line) {
    return path + ":" + std::to_string(line) + ": ";
}

}  // namespace

std::vector<Include> includes(std::string_view text) {
    std::vector<Include> out;
    std::size_t number = 0;
    for (std::string_view line : lines_of(text)) {
        ++number;
        const auto skip = [&] {
            while (!line.empty() && (line[0] == ' ' || line[0] == '\t')) line.remove_prefix(1);
        };
        skip();
        if (!line.starts_with('#')) continue;
        line.remove_prefix(1);
        skip();
        if (!line.starts_with("include")) continue;
        line.remove_prefix(7);
        skip();
        if (line.empty() || (line[0] != '"' && line[0] != '<')) continue;
        const bool quoted = line[0] == '"';
        const std::size_t end = line.find(quoted ? '"' : '>', 1);
        if (end != std::string_view::npos)
            out.push_back({number, std::string(line.substr(1, end - 1)), quoted});
    }
    return out;
}

std::vector<std::string> bad_includes(const std::string& path, std::string_view text) {
    std::vector<std::string> out;
    const std::string_view own = layer_of(path);
    const auto layer = std::find_if(layers.begin(), layers.end(),
                                    [&](const Layer& l) { return l.name == own; });
    for (const Include& i : includes(text)) {
        const std::string_view to = layer_of(i.path);
        const auto starts = [&](std::string_view prefix) { return path.starts_with(prefix); };
        if (to == "tools" &&
            std::any_of(may_include_tools.begin(), may_include_tools.end(), starts))
            continue;
        if (!to.empty() && layer != layers.end() &&
            !any_word(layer->may_include, [&](std::string_view w) { return w == to; }))
            out.push_back(where(path, i.line) + std::string(own) + "/ must not include " + i.path);
        if (to.empty() && i.quoted &&
            std::find(generated.begin(), generated.end(), i.path) == generated.end())
            out.push_back(where(path, i.line) + "\"" + i.path +
                          "\" is not named from the repository root");
        for (const Library& l : libraries)
            if (i.path.starts_with(l.header) && !any_word(l.where, starts))
                out.push_back(where(path, i.line) + i.path + " is only for " +
                              std::string(l.where));
    }
    return out;
}

std::vector<std::string> bad_size(const std::string& path, std::string_view text) {
    std::vector<std::string> out;
    const auto lines = lines_of(text);
    if (lines.size() > line_limit)
        out.push_back(path + ": " + std::to_string(lines.size()) + " lines, more than " +
                      std::to_string(line_limit));
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (const std::size_t n = columns(lines[i]); n > column_limit)
            out.push_back(where(path, i + 1) + std::to_string(n) + " columns, more than " +
                          std::to_string(column_limit));
    return out;
}

std::vector<std::string> bad_opening(const std::string& path, std::string_view text) {
    auto lines = lines_of(text);
    if (!lines.empty() && lines[0].starts_with("#!")) lines.erase(lines.begin());
    const std::string wanted = (is_cpp(path) ? "// " : "# ") + path + " - ";
    if (!lines.empty() && lines[0].starts_with(wanted) && lines[0].size() > wanted.size())
        return {};
    return {path + ":1: does not open with \"" + wanted + "\" and a sentence"};
}

bool is_source(const std::string& path) {
    return is_cpp(path) || is_cmake(path) || is_script(path);
}

std::vector<std::string> complaints(const std::string& path, std::string_view text) {
    std::vector<std::string> out = bad_size(path, text);
    const auto add = [&](std::vector<std::string> more) {
        out.insert(out.end(), more.begin(), more.end());
    };
    add(bad_opening(path, text));
    if (is_cpp(path)) add(bad_includes(path, text));
    return out;
}

}  // namespace faultline::structure
