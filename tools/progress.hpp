// tools/progress.hpp - how far long work is: a moving line on a terminal, lines in a pipe.
//
// Why: a log is read later and must hold no control characters; a person at a terminal wants to
//      know whether to wait.
#pragma once
#include <chrono>
#include <iosfwd>
#include <string>

#include "spec/results.hpp"

namespace faultline {

/// "explore e1: 120,000 done, 80,000 left, 41,000/s, about 2 s, depth 9"
std::string progress_text(const Progress& progress);

class ProgressPrinter {
  public:
    ProgressPrinter(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}
    ~ProgressPrinter() { finish(); }
    ProgressPrinter(const ProgressPrinter&) = delete;
    ProgressPrinter& operator=(const ProgressPrinter&) = delete;

    /// In a pipe at most one line in `pipe_interval`, and none before that has passed once.
    void show(const Progress& progress);
    /// Clears the moving line, so that results start in the first column.
    void finish();
    ProgressFn function() {
        return [this](const Progress& p) { show(p); };
    }
    static constexpr std::chrono::seconds pipe_interval{10};

  private:
    using Clock = std::chrono::steady_clock;
    std::ostream& out_;
    bool terminal_, dirty_ = false;
    Clock::time_point last_ = Clock::now();
};

}  // namespace faultline
