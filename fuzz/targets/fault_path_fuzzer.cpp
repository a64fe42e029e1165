// fuzz/targets/fault_path_fuzzer.cpp - fixed-width records in lockstep: the reference and a system.
//
// Why: coverage leads a fuzzer to what random histories seldom draw; the judge is the hammer's own.
#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"
#include "fuzz/targets/subject.hpp"
#include "fuzz/targets/target.hpp"

namespace {
using namespace faultline::fuzz;
constexpr std::size_t most_records = 256;
constexpr int stride = 16;
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    BytesHistory history =
        history_of_bytes({data, size}, fault_path_places, Style::calls, most_records);
    if (history.records.empty()) return -1;
    history.arena.rules = judged_rules(history.arena.rules);
    const std::unique_ptr<System> subject = make_subject(history.arena.bounds);
    Lockstep lockstep(*subject, history.arena);
    fail_on_finding(lockstep.replay(history.records, stride), history.arena, "fault_path");
    return 0;
}
