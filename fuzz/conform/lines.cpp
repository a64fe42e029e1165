// fuzz/conform/lines.cpp - "name value" lines, both ways; see lines.hpp.
//
// Why: a value never holds a line break: those are written as "\n", and backslashes twice.
#include "fuzz/conform/lines.hpp"

#include <cstdlib>
#include <functional>

namespace faultline::fuzz {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\\\";
        else if (c == '\n') out += "\\n";
        else if (c != '\r') out += c;
    }
    return out;
}
std::string plain(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) out += text[++i] == 'n' ? '\n' : text[i];
        else if (text[i] != '\r') out += text[i];
    }
    return out;
}
class Writer {
  public:
    void put(const char* name, const std::string& value) {
        out_ += std::string(name) + " " + escaped(value) + "\n";
    }
    void put(const char* name, std::uint64_t value) { put(name, std::to_string(value)); }
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};
using Reader = std::function<bool(std::string_view name, const std::string& value)>;
bool each_line(std::string_view text, const Reader& read) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line == "\r") continue;
        const std::size_t blank = std::min(line.find(' '), line.size());
        if (!read(line.substr(0, blank), plain(line.substr(std::min(blank + 1, line.size())))))
            return false;
    }
    return true;
}
std::uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

}  // namespace

std::string options_to_lines(const ConformOptions& o) {
    Writer w;
    w.put("tier", static_cast<std::uint64_t>(o.most));
    w.put("rules", o.rules_name);
    for (const auto& [rule, option] : o.changes) w.put("change", rule + "=" + option);
    w.put("operations", o.operations);
    w.put("seed", o.seed);
    w.put("length", static_cast<std::uint64_t>(o.length));
    w.put("findings", static_cast<std::uint64_t>(o.most_findings));
    for (const std::string& t : o.traces) w.put("trace", t);
    return w.take();
}
bool options_from_lines(std::string_view text, ConformOptions& o) {
    return each_line(text, [&](std::string_view name, const std::string& value) {
        if (name == "tier") o.most = static_cast<LiveTier>(number(value));
        else if (name == "rules") o.rules_name = value;
        else if (name == "operations") o.operations = number(value);
        else if (name == "seed") o.seed = number(value);
        else if (name == "length") o.length = static_cast<int>(number(value));
        else if (name == "findings") o.most_findings = static_cast<int>(number(value));
        else if (name == "trace") o.traces.push_back(value);
        else if (name == "change") {
            const std::size_t equal = std::min(value.find('='), value.size() - 1);
            o.changes.emplace_back(value.substr(0, equal), value.substr(equal + 1));
        } else return false;
        return true;
    });
}

std::string report_to_lines(const ConformReport& r) {
    Writer w;
    w.put("kernel", r.kernel);
    w.put("rules", r.rules);
    w.put("tier", r.tier);
    w.put("shortfall", r.shortfall);
    for (const std::string& c : r.changes) w.put("change", c);
    w.put("assumed", std::uint64_t{r.assumed});
    w.put("operations", r.operations);
    w.put("succeeded", r.succeeded);
    w.put("looks", r.looks);
    w.put("starts", r.starts);
    w.put("not_enabled", r.not_enabled);
    w.put("milliseconds", static_cast<std::uint64_t>(r.seconds * 1000));
    for (std::size_t i = 0; i < r.deviated.size(); ++i)
        w.put("deviated", std::to_string(i) + "=" + std::to_string(r.deviated[i]));
    for (std::size_t v = 0; v < r.coverage.size(); ++v)
        for (std::size_t o = 0; o < r.coverage[v].size(); ++o)
            if (r.coverage[v][o] != 0)
                w.put("coverage", std::to_string(v * result_count + o) + "=" +
                                      std::to_string(r.coverage[v][o]));
    for (const TraceVerdict& t : r.traces) {
        w.put("trace", t.path);
        w.put("verdict", t.verdict);
        w.put("detail", t.detail);
    }
    for (const Disagreement& d : r.findings) {
        w.put("finding", d.found_by);
        for (const std::string& line : d.trace) w.put("line", line);
        for (const Difference& x : d.differences) {
            w.put("where", x.where);
            w.put("field", x.field);
            w.put("expected", x.reference);
            w.put("found", x.system);
        }
        w.put("reference", d.reference);
        w.put("system", d.kernel);
        w.put("text", d.text);
        w.put("performed", d.operations);
        w.put("tries", d.tries);
    }
    w.put("problem", r.problem);
    w.put("exit", static_cast<std::uint64_t>(r.exit));
    return w.take();
}
bool report_from_lines(std::string_view text, ConformReport& r) {
    const auto indexed = [](const std::string& value, auto set) {
        const std::size_t equal = std::min(value.find('='), value.size());
        set(static_cast<std::size_t>(number(value.substr(0, equal))),
            number(value.substr(std::min(equal + 1, value.size()))));
    };
    bool complete = false;
    const bool read = each_line(text, [&](std::string_view name, const std::string& value) {
        const bool in_finding = !r.findings.empty();
        if (name == "kernel") r.kernel = value;
        else if (name == "rules") r.rules = value;
        else if (name == "tier") r.tier = value;
        else if (name == "shortfall") r.shortfall = value;
        else if (name == "change") r.changes.push_back(value);
        else if (name == "assumed") r.assumed = value == "1";
        else if (name == "operations") r.operations = number(value);
        else if (name == "succeeded") r.succeeded = number(value);
        else if (name == "looks") r.looks = number(value);
        else if (name == "starts") r.starts = number(value);
        else if (name == "not_enabled") r.not_enabled = number(value);
        else if (name == "milliseconds") r.seconds = static_cast<double>(number(value)) / 1000;
        else if (name == "deviated")
            indexed(value, [&](std::size_t i, std::uint64_t n) {
                if (i < r.deviated.size()) r.deviated[i] = n;
            });
        else if (name == "coverage")
            indexed(value, [&](std::size_t i, std::uint64_t n) {
                if (i < r.coverage.size() * result_count)
                    r.coverage[i / result_count][i % result_count] = n;
            });
        else if (name == "trace") r.traces.push_back({value, "", ""});
        else if (name == "verdict" && !r.traces.empty()) r.traces.back().verdict = value;
        else if (name == "detail" && !r.traces.empty()) r.traces.back().detail = value;
        else if (name == "finding") r.findings.emplace_back().found_by = value;
        else if (name == "line" && in_finding) r.findings.back().trace.push_back(value);
        else if (name == "where" && in_finding)
            r.findings.back().differences.push_back({value, "", "", ""});
        else if (name == "field" && in_finding) r.findings.back().differences.back().field = value;
        else if (name == "expected" && in_finding)
            r.findings.back().differences.back().reference = value;
        else if (name == "found" && in_finding) r.findings.back().differences.back().system = value;
        else if (name == "reference" && in_finding) r.findings.back().reference = value;
        else if (name == "system" && in_finding) r.findings.back().kernel = value;
        else if (name == "text" && in_finding) r.findings.back().text = value;
        else if (name == "performed" && in_finding) r.findings.back().operations = number(value);
        else if (name == "tries" && in_finding) r.findings.back().tries = number(value);
        else if (name == "problem") r.problem = value;
        else if (name == "exit") {
            r.exit = static_cast<Exit>(number(value));
            complete = true;
        } else return false;
        return true;
    });
    return read && complete;
}

}  // namespace faultline::fuzz
