// tools/progress.cpp - formats progress and limits how often it is printed.
//
// Why: the engines report as often as they like; only this file knows about terminals.
#include "tools/progress.hpp"

#include <ostream>

#include "tools/markup.hpp"

namespace faultline {
namespace {

std::string duration(double seconds) {
    if (seconds < 90) return brief(seconds < 1 ? 1 : static_cast<double>(long(seconds))) + " s";
    const auto minutes = static_cast<std::uint64_t>(seconds / 60 + 0.5);
    if (minutes < 90) return std::to_string(minutes) + " min";
    return std::to_string((minutes + 30) / 60) + " h";
}

constexpr std::size_t line_width = 79;  ///< longer lines would wrap and not be overwritten

}  // namespace

std::string progress_text(const Progress& p) {
    std::string text = p.what + ": " + grouped(p.done) + " done";
    if (p.left) text += ", " + grouped(p.left) + " left";
    if (p.rate_per_second > 0) {
        text += ", " + brief(p.rate_per_second) + "/s";
        if (p.left) text += ", about " + duration(static_cast<double>(p.left) / p.rate_per_second);
    }
    if (!p.extra.empty()) text += ", " + p.extra;
    return text;
}

void ProgressPrinter::show(const Progress& p) {
    std::string text = progress_text(p);
    if (terminal_) {
        if (text.size() > line_width) text.resize(line_width);
        out_ << '\r' << text << "\033[K" << std::flush;
        dirty_ = true;
        return;
    }
    if (Clock::now() - last_ < pipe_interval) return;
    last_ = Clock::now();
    out_ << text << std::endl;
}

void ProgressPrinter::finish() {
    if (dirty_) out_ << "\r\033[K" << std::flush;
    dirty_ = false;
}

}  // namespace faultline
