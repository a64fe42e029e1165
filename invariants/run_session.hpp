// invariants/run_session.hpp - what a run keeps besides the machine: names, the report, and how
// answers compare.
//
// Why: none of it depends on bounds, so none of it is a template.
#pragma once
#include <map>
#include <set>

#include "invariants/run.hpp"
#include "model/reference/machine.hpp"
#include "model/reference/operate.hpp"

namespace faultline::running {

/// Names of a trace and the rows they stand for; -1: the object is gone, the name is never used
/// again.
struct Names {
    std::vector<int> processes{0};
    std::vector<int> handles;
    std::map<std::string, int> pages;
    std::map<int, int> unborn;  ///< by task: the name of the process its fork makes
};

/// What a line did, in words.
struct Told {
    Outcome outcome;
    bool pending = false;  ///< begun, or one step of several
    bool address = false;  ///< answers with a page
    int child = -1;        ///< answers with the process of this name
    bool handle = false;   ///< answers with a handle
};

class Session {
  public:
    Session(const Trace& trace, const RunConfig& config, TraceReport& report)
        : trace_(trace), config_(config), report_(report) {}

    const Trace& trace() const { return trace_; }
    const RunConfig& config() const { return config_; }
    TraceReport& report() { return report_; }
    Env env{};
    Names names;

    /// The run cannot go on: the line asks for what the machine does not have.
    void stop(int line, const std::string& expected, const std::string& found);
    bool stopped() const { return stopped_; }
    /// What a line names is not there: an error, but under the fixed rules, where the line is left
    /// out.
    void missing(int line, const std::string& expected, const std::string& found);
    /// The line cannot be performed.
    bool off() const { return stopped_ || skip_; }

    int process_row(int line, int name);
    int handle_row(int line, int name);
    int page_of(int line, const PageRef& page);

    /// Holds the answer of a line against what happened; binds names.
    std::string settle(int line, const Answer& answer, const Told& told);
    void expected_value(int line, int expected, int found);
    void unmet(int line, const std::string& expected, const std::string& found);

    /// A claim failed for the first time.
    void violated(const std::string& id, const std::string& says, const std::string& source,
                  const std::string& after, const StateView& state);
    /// A fact about tasks in flight fell where a bug is on show: noted, it needs no announcement.
    bool undermined(const std::string& id);
    bool seen(const std::string& id) const { return seen_.count(id) != 0; }
    /// Violations of the line before must be announced by `expect violated` lines that follow it.
    void check_announced(std::size_t next_item);
    void add_step(const std::string& text, const std::string& result, StateView after);
    void set_line(int line, std::string text) {
        line_ = line;
        text_ = std::move(text);
        skip_ = false;
    }
    std::string where(int line) const { return config_.file + ":" + std::to_string(line); }

  private:
    const Trace& trace_;
    const RunConfig& config_;
    TraceReport& report_;
    std::set<std::string> seen_;
    std::vector<std::pair<std::string, std::uint64_t>>
        fresh_;  ///< by the line before, and at which step
    int line_ = 0;
    std::string text_;
    bool stopped_ = false, skip_ = false;
};

std::string result_text(const Told& told, const Names& names);
std::string headline(const TraceReport& report);

/// Plays the trace at named_bounds[index]; false if this translation unit does not have it.
bool play_even(Session& session, std::size_t index);
bool play_odd(Session& session, std::size_t index);

}  // namespace faultline::running
