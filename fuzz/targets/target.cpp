// fuzz/targets/target.cpp - the block that a failing target prints before it ends the process.
//
// Why: one form for all targets, near to that of the command line; the trace is the finding.
#include "fuzz/targets/target.hpp"

#include <cstdio>
#include <cstdlib>

#include "fuzz/shrink/trace_records.hpp"

namespace faultline::fuzz {

void fail(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fputc('\n', stderr);
    std::abort();
}
void fail_on_finding(const LockstepReport& report, const Arena& arena, const char* target) {
    if (!report.problem.empty()) fail(std::string(target) + ": " + report.problem);
    if (!report.finding) return;
    const Finding& f = *report.finding;
    std::string text = "VIOLATED  " + f.id + "  " + in_words(arena.rules).text() + ", bounds " +
                       arena.bounds + "\n  says    " + f.says + "\n  source  " + f.source + "\n";
    if (!f.claim.empty()) text += "  breaks  " + f.claim + "\n";
    for (const Difference& d : f.differences) text += "  differs " + d.text() + "\n";
    fail(text + write_trace(trace_of(report.records, arena, std::string("found by ") + target)));
}

}  // namespace faultline::fuzz
