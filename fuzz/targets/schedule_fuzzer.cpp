// fuzz/targets/schedule_fuzzer.cpp - several operations in flight, a step at a time, under all
// claims.
//
// Why: the reference's races are found where bytes choose who moves next; no other system takes
//      single steps, so here the claims are the judge.
#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"
#include "fuzz/targets/subject.hpp"
#include "fuzz/targets/target.hpp"

namespace {
using namespace faultline;
using namespace faultline::fuzz;
constexpr std::size_t most_records = 512;

Finding finding_of(const Outcome& last, int violated) {
    Finding f;
    f.kind = last.bug ? FindingKind::reference_bug : FindingKind::claim;
    f.id = last.bug ? "kernel.assertion" : std::string(claim_id(violated));
    f.says = last.bug ? "No kernel assertion fails." : "The claim holds after every step.";
    f.source = last.bug ? "linux BUG_ON, VM_WARN_ON" : "faultline list claims";
    return f;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    BytesHistory history =
        history_of_bytes({data, size}, schedule_places, Style::steps, most_records);
    if (history.records.empty()) return -1;
    history.arena.rules = judged_rules(history.arena.rules);
    history.arena.excused = known_broken(history.arena.rules, history.arena.limits);
    const std::unique_ptr<Reference> machine = make_reference(history.arena.bounds);
    std::string problem;
    if (!machine->reset(history.arena.limits, history.arena.rules, problem)) fail(problem);
    // Looking is what costs: after each step of a small machine, at a stride of a large one.
    const int stride = history.arena.limits.mms > 4 ? 16 : 1;
    int since = 0, enabled = 0;
    for (std::size_t i = 0; i < history.records.size(); ++i) {
        const Answered a = machine->apply(history.records[i]);
        if (a.blocked && machine->last().steps == 0) continue;
        ++enabled;
        const bool last = i + 1 == history.records.size();
        int violated = -1;
        if (++since >= stride || last) {
            since = 0;
            violated = machine->violation(history.arena.excused);
        }
        if (violated < 0 && !a.broken) continue;
        LockstepReport report;
        report.finding = finding_of(machine->last(), violated);
        report.records.assign(history.records.begin(),
                              history.records.begin() + static_cast<std::ptrdiff_t>(i + 1));
        fail_on_finding(report, history.arena, "schedule");
    }
    return enabled > 0 ? 0 : -1;
}
