// invariants/run.cpp - resolves the header, plays the trace, and says how it ended.
//
// Why: answers and names are compared here, once for all bounds.
#include "invariants/run.hpp"

#include "invariants/run_session.hpp"

namespace faultline {
namespace running {

void Session::stop(int line, const std::string& expected, const std::string& found) {
    if (stopped_) return;
    stopped_ = true;
    report_.error = where(line) + ": expected " + expected + ", found " + found;
    report_.exit = Exit::usage;
}
void Session::missing(int line, const std::string& expected, const std::string& found) {
    if (config_.fixed)
        skip_ = true;
    else
        stop(line, expected, "'" + found + "'");
}
int Session::process_row(int line, int name) {
    const bool known = name >= 0 && name < static_cast<int>(names.processes.size());
    const int row = known ? names.processes[static_cast<std::size_t>(name)] : -1;
    if (row < 0) missing(line, "a living process", "P" + std::to_string(name));
    return row;
}
int Session::handle_row(int line, int name) {
    const bool known = name >= 0 && name < static_cast<int>(names.handles.size());
    const int row = known ? names.handles[static_cast<std::size_t>(name)] : -1;
    if (row < 0) missing(line, "a handle that is kept", "H" + std::to_string(name));
    return row;
}
int Session::page_of(int line, const PageRef& page) {
    if (page.name.empty()) return page.page;
    const auto found = names.pages.find(page.name);
    if (found != names.pages.end()) return found->second + page.page;
    missing(line, "a name bound by an earlier result", "@" + page.name);
    return 0;
}

std::string result_text(const Told& told, const Names& names) {
    const Outcome& o = told.outcome;
    if (o.blocked) return "blocked";
    if (told.pending)
        return told.child >= 0 ? "P" + std::to_string(told.child) : "";
    if (o.result != res_ok) return result_infos[static_cast<std::size_t>(o.result)].text;
    if (told.address) return std::to_string(o.page);
    if (told.child >= 0) return "P" + std::to_string(told.child);
    if (told.handle && o.handle >= 0) return "H" + std::to_string(names.handles.size() - 1);
    return "0";
}
std::string Session::settle(int line, const Answer& answer, const Told& told) {
    const std::string found = result_text(told, names);
    const bool refused =
        told.outcome.blocked ||
        (!told.pending && is_refused(told.outcome.result));
    bool ok = true;
    switch (answer.kind) {
        case Answer::Kind::unsaid: ok = !refused; break;
        case Answer::Kind::any: break;
        case Answer::Kind::name:
            ok = told.address && !refused && !told.pending;
            if (ok) names.pages[answer.word] = told.outcome.page;
            break;
        default: ok = write_answer(answer) == "-> " + found; break;
    }
    if (!ok) {
        const std::string expected = answer.kind == Answer::Kind::unsaid
                                         ? "a call that is not refused"
                                         : write_answer(answer).substr(3);
        unmet(line, "'" + text_ + "' -> " + expected, found.empty() ? "no answer yet" : found);
    }
    return found.empty() ? "" : "-> " + found;
}
void Session::expected_value(int line, int expected, int found) {
    if (expected >= 0 && expected != found)
        unmet(line, "'" + text_ + "'", "value " + std::to_string(found));
}
void Session::unmet(int line, const std::string& expected, const std::string& found) {
    if (config_.fixed) return;  // the trace tells what the bug does
    const std::string text = where(line) + ": expected " + expected + ", found " + found;
    if (report_.error.empty()) report_.error = text;
    report_.verdict = Verdict::violated;
    report_.as_expected = false;
    if (report_.exit == Exit::holds) report_.exit = Exit::violated;
    if (report_.stories.size() >= 20) return;
    Story story;
    story.claim = "trace.expectation";
    story.says = text;
    story.source = where(line);
    story.headline = headline(report_);
    story.found_by = "run";
    story.before = report_.before;
    story.steps = report_.steps;
    report_.stories.push_back(std::move(story));
}
void Session::violated(const std::string& id, const std::string& says, const std::string& source,
                       const std::string& after, const StateView& state) {
    if (!seen_.insert(id).second) return;
    fresh_.emplace_back(id, report_.small_steps);
    report_.violated.push_back(id);
    report_.verdict = Verdict::violated;
    Story story;
    story.claim = id;
    story.says = says;
    story.source = source;
    story.headline = headline(report_);
    story.found_by = "run" + (after.empty() ? "" : ", after " + after);
    story.before = report_.before;
    story.steps = report_.steps;
    story.steps.push_back({text_, after.empty() ? "" : "(after " + after + ")", state});
    report_.stories.push_back(std::move(story));
}
bool Session::undermined(const std::string& id) {
    if (config_.fixed || trace_.expected_violation().empty()) return false;
    if (seen_.insert(id).second) report_.undermined.push_back(id);
    return true;
}
void Session::check_announced(std::size_t next_item) {
    if (fresh_.empty()) return;
    const auto& items = trace_.items;
    bool announced = false;
    for (std::size_t i = next_item; i < items.size(); ++i) {
        if (std::holds_alternative<Operation>(items[i].what) ||
            std::holds_alternative<ScheduledStep>(items[i].what))
            break;
        const auto* e = std::get_if<Expectation>(&items[i].what);
        if (!e || config_.fixed || e->query != Query::violated) continue;
        // One bug may break several claims in one step: any of those that failed first will do.
        for (const auto& [id, step] : fresh_)
            announced = announced || (e->word == id && step == fresh_.front().second);
    }
    const std::string first = fresh_.front().first;
    fresh_.clear();
    if (announced) return;
    report_.as_expected = false;
    if (report_.error.empty())
        report_.error = where(line_) + ": expected every claim to hold, found " + first +
                        " violated by '" + text_ + "'";
    if (report_.exit == Exit::holds) report_.exit = Exit::violated;
    stopped_ = true;
}
void Session::add_step(const std::string& text, const std::string& result, StateView after) {
    report_.steps.push_back({text, result, std::move(after)});
}
std::string headline(const TraceReport& report) {
    std::string text = report.kernel;
    for (std::size_t i = 0; i < report.rules.size(); ++i)
        text += (i == 0 ? " with " : ", ") + report.rules[i];
    return text + ", bounds " + report.bounds;
}

}  // namespace running

TraceReport replay_trace(const Trace& original, const RunConfig& config) {
    TraceReport report;
    Trace trace = original;
    if (!config.kernel.empty()) trace.kernel = config.kernel;
    if (!config.bounds.empty() && config.bounds != trace.bounds) {
        trace.bounds = config.bounds;
        trace.limits.clear();  // they narrowed another capacity
    }
    trace.rules.insert(trace.rules.end(), config.rules.begin(), config.rules.end());
    if (config.fixed) trace.rules.insert(trace.rules.end(), trace.fixed.begin(), trace.fixed.end());
    report.kernel = trace.kernel;
    report.bounds = trace.bounds;
    for (const auto& [name, value] : trace.limits)
        report.bounds += " " + name + "=" + std::to_string(value);
    running::Session session(trace, config, report);
    Bounds capacity;
    std::string problem;
    Rules plain, rules;
    if (!resolve_rules(trace.kernel, {}, plain, problem) ||
        !resolve_rules(trace.kernel, trace.rules, rules, problem) ||
        !resolve_bounds(trace, capacity, session.env.limits, problem)) {
        session.stop(1, problem, "'" + trace.kernel + ", bounds " + report.bounds + "'");
        return report;
    }
    session.env.rules = rules;
    for (const RuleInfo& info : rule_infos)
        if (info.get(rules) != info.get(plain))
            report.rules.push_back(
                std::string(info.name) + "=" +
                std::string(info.options[static_cast<std::size_t>(info.get(rules))]));
    report.verdict = Verdict::holds;
    report.as_expected = true;
    report.exit = Exit::holds;
    for (std::size_t i = 0; i < named_bounds.size(); ++i)
        if (named_bounds[i].name == trace.bounds && !running::play_even(session, i))
            running::play_odd(session, i);
    if (report.exit != Exit::holds) report.as_expected = false;
    if (report.exit == Exit::usage) report.verdict = Verdict::skipped;
    return report;
}

TraceReport replay_file(const std::string& path, RunConfig config) {
    Trace trace;
    TraceError error;
    if (!load_trace(path, trace, error)) {
        TraceReport report;
        report.error = error.text();
        report.exit = Exit::usage;
        return report;
    }
    config.file = path;
    return replay_trace(trace, config);
}

}  // namespace faultline
