// spec/trace.cpp - reads the header and the frame of a trace, and resolves what the header names.
//
// Why: a header that names an unknown kernel, rule or bound is an error of its line, not of the
//      run.
#include "spec/trace.hpp"

#include <fstream>
#include <iterator>

#include "spec/trace_parse.hpp"
#include "spec/trace_words.hpp"

namespace faultline {
namespace {

using trace_reader::Words;

std::string trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return std::string(text);
}
bool read_text(Words& w, std::string& field, const char* what) {
    if (!field.empty()) return w.complain(std::string(what) + " only once");
    field = trimmed(w.rest());
    if (field.empty()) return w.complain(std::string("the text of ") + what, "");
    return true;
}
bool read_list_text(Words& w, std::vector<std::string>& list, const char* what) {
    list.emplace_back();
    return read_text(w, list.back(), what);
}
/// name=value, checked against rules.
bool read_rules(Words& w, Pairs& pairs, Rules& scratch) {
    w.take();
    if (w.at_end()) return w.complain("rule=option");
    while (!w.at_end()) {
        const std::string_view word = w.peek();
        const std::size_t equal = word.find('=');
        if (equal == std::string_view::npos) return w.complain("rule=option");
        std::string problem;
        const std::string name(word.substr(0, equal)), option(word.substr(equal + 1));
        if (!apply_rule(name, option, scratch, problem)) return w.complain(problem);
        pairs.emplace_back(name, option);
        w.take();
    }
    return true;
}
bool read_bounds(Words& w, Trace& trace) {
    w.take();
    std::string names;
    bool known = false;
    for (const NamedBounds& b : named_bounds) {
        names += (names.empty() ? "" : ", ") + std::string(b.name);
        known = known || w.peek() == b.name;
    }
    if (!known) return w.complain("bounds (" + names + ")");
    trace.bounds = w.take();
    while (!w.at_end()) {
        const std::string_view word = w.peek();
        const std::size_t equal = word.find('=');
        bool field = false;
        for (const auto& f : trace_words::limit_fields)
            field = field || word.substr(0, equal) == f.name;
        if (equal == std::string_view::npos || !field) return w.complain("limit=number");
        int value = 0;
        if (!w.number_in(word.substr(equal + 1), value, "a limit")) return false;
        trace.limits.emplace_back(std::string(word.substr(0, equal)), value);
        Bounds capacity, limits;
        std::string problem;
        if (!resolve_bounds(trace, capacity, limits, problem)) return w.complain(problem);
        w.take();
    }
    return true;
}
bool read_engines(Words& w, Trace& trace) {
    w.take();
    if (!trace.engines.empty()) return w.complain("engines only once");
    if (w.at_end()) return w.complain("'run', 'explore' or 'prove'");
    while (!w.at_end()) {
        std::size_t which = 0;
        if (!w.one_of(trace_words::engines, which, "'run', 'explore' or 'prove'")) return false;
        trace.engines.emplace_back(trace_words::engines[which]);
    }
    return true;
}
/// explore prefix=6 ops=fork,exit
bool read_explore(Words& w, Trace& trace) {
    w.take();
    if (trace.explore_prefix >= 0) return w.complain("explore only once");
    const std::string_view word = w.peek();
    if (word.substr(0, 7) != "prefix=") return w.complain("'prefix=number'");
    if (!w.number_in(word.substr(7), trace.explore_prefix, "a number of operations")) return false;
    w.take();
    std::string_view ops = w.peek();
    if (ops.substr(0, 4) == "ops=") {
        ops.remove_prefix(4);
        while (true) {
            const std::size_t comma = ops.find(',');
            const std::string_view op = ops.substr(0, comma);
            if (!trace_reader::is_operation_word(op))
                return w.complain("operations of a trace", op);
            trace.explore_ops.emplace_back(op);
            if (comma == std::string_view::npos) break;
            ops.remove_prefix(comma + 1);
        }
        w.take();
    }
    return w.expect_end();
}
bool read_kernel(Words& w, Trace& trace, bool& given) {
    w.take();
    if (given) return w.complain("kernel only once");
    given = true;
    std::string names;
    for (const NamedRules& k : named_kernels) {
        names += (names.empty() ? "" : ", ") + std::string(k.name);
        if (w.peek() != k.name) continue;
        trace.kernel = w.take();
        return w.expect_end();
    }
    return w.complain("a kernel (" + names + ")");
}

struct HeaderState {
    bool kernel = false, bounds = false;
    Rules scratch;
};
bool read_header(Words& w, Trace& trace, HeaderState& h) {
    const std::string_view key = w.peek();
    if (key == "title") return read_text(w, trace.title, "title");
    if (key == "kernel") return read_kernel(w, trace, h.kernel);
    if (key == "rule") return read_rules(w, trace.rules, h.scratch);
    if (key == "fixed") return read_rules(w, trace.fixed, h.scratch);
    if (key == "bounds") {
        if (h.bounds) return w.complain("bounds only once");
        h.bounds = true;
        return read_bounds(w, trace);
    }
    if (key == "exhibit") return read_text(w, trace.exhibit, "exhibit");
    if (key == "commit") return read_list_text(w, trace.commits, "commit");
    if (key == "source") return read_list_text(w, trace.sources, "source");
    if (key == "claim") {
        w.take();
        if (!trace.claim.empty()) return w.complain("claim only once");
        if (!trace_reader::is_claim(w.peek())) return w.complain("a claim id 'area.positive-fact'");
        trace.claim = w.take();
        return w.expect_end();
    }
    if (key == "engines") return read_engines(w, trace);
    if (key == "explore") return read_explore(w, trace);
    return w.complain("a header line (title, kernel, rule, bounds, ...) or an operation");
}

bool printable(std::string_view line) {
    for (char c : line)
        if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) return false;
    return true;
}

}  // namespace

std::string TraceError::text() const {
    return file + ":" + std::to_string(line) + ": expected " + expected + ", found " + found;
}

bool parse_trace(std::string_view text, std::string_view file, Trace& trace, TraceError& error) {
    trace = {};
    error = {};
    error.file = file;
    HeaderState header;
    int number = 0;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        const bool too_long = line.size() > trace_reader::max_line;
        Words w(too_long ? std::string_view{} : line, number, error);
        if (too_long) return w.complain("a line of at most 1000 characters", line);
        if (!printable(line)) return w.complain("printable text", "a control character");
        const std::size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos) continue;
        if (first) {
            const bool magic = w.accept("faultline") && w.accept("trace") && w.accept("1");
            if (!magic || !w.at_end())
                return w.complain("'faultline trace 1' on the first line", line.substr(start));
            first = false;
        } else if (line[start] == '#') {
            std::string remark = trimmed(line.substr(start + 1));
            if (trace.items.empty())
                trace.remarks.push_back(std::move(remark));
            else
                trace.items.push_back({number, Comment{std::move(remark)}});
        } else if (!trace.items.empty() || trace_reader::starts_body(w.peek())) {
            if (!trace_reader::starts_body(w.peek()))
                return w.complain("an operation, a step or 'expect'");
            Item item{number, Comment{}};
            if (!trace_reader::read_item(w, item)) return false;
            trace.items.push_back(std::move(item));
        } else if (!read_header(w, trace, header)) {
            return false;
        }
        if (trace.items.size() > trace_reader::max_items)
            return w.complain("at most 1000000 operations", "more");
    }
    if (first) {
        Words w({}, number == 0 ? 1 : number, error);
        return w.complain("'faultline trace 1' on the first line", "the end of the file");
    }
    return true;
}

bool load_trace(const std::string& path, Trace& trace, TraceError& error) {
    std::ifstream in(path, std::ios::binary);
    std::string text;
    if (in) text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in || in.bad()) {
        error = {path, 1, "a readable file", "none"};
        return false;
    }
    return parse_trace(text, path, trace, error);
}

bool apply_rule(const std::string& name, const std::string& option, Rules& rules,
                std::string& problem) {
    for (const RuleInfo& info : rule_infos) {
        if (info.name != name) continue;
        problem = name + "=";
        for (std::size_t i = 0; i < info.options.size(); ++i) {
            if (info.options[i].empty()) continue;
            if (info.options[i] == option) {
                info.set(rules, static_cast<int>(i));
                return true;
            }
            problem += (i == 0 ? "" : " or ") + std::string(info.options[i]);
        }
        return false;
    }
    problem = "a rule (see faultline list)";
    return false;
}
bool resolve_rules(const std::string& kernel, const Pairs& changes, Rules& rules,
                   std::string& problem) {
    for (const NamedRules& k : named_kernels) {
        if (k.name != kernel) continue;
        rules = k.rules;
        for (const auto& [name, option] : changes)
            if (!apply_rule(name, option, rules, problem)) return false;
        return true;
    }
    problem = "a kernel that is modelled";
    return false;
}
bool resolve_bounds(const Trace& trace, Bounds& capacity, Bounds& limits, std::string& problem) {
    bool known = false;
    for (const NamedBounds& b : named_bounds)
        if (b.name == trace.bounds) {
            capacity = limits = b.bounds;
            known = true;
        }
    problem = "bounds that are named";
    if (!known) return false;
    for (const auto& [name, value] : trace.limits)
        for (const auto& f : trace_words::limit_fields) {
            if (f.name != name) continue;
            if (f.capacity && value > capacity.*f.field) {
                problem = name + " of at most " + std::to_string(capacity.*f.field);
                return false;
            }
            limits.*f.field = value;
        }
    problem = "limits that fit (" + std::string(bounds_problem(limits)) + ")";
    return bounds_problem(limits).empty();
}

std::string Trace::expected_violation() const {
    std::string id;
    for (const Item& item : items)
        if (const auto* e = std::get_if<Expectation>(&item.what); e && e->query == Query::violated)
            id = e->word;
    return id;
}
Trace Trace::prefix(int n) const {
    Trace head = *this;
    head.items.clear();
    for (const Item& item : items) {
        const bool acts = std::holds_alternative<Operation>(item.what) ||
                          std::holds_alternative<ScheduledStep>(item.what);
        if (!acts || n <= 0) continue;
        head.items.push_back(item);
        --n;
    }
    return head;
}

}  // namespace faultline
