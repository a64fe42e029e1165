// fuzz/targets/system_c_fuzzer.cpp - a fault path written in C, through faultline.h, in lockstep.
//
// Why: the way a reader's own system is fuzzed: link another table here. The example must agree
//      with the reference on any bytes in what it implements; with its bug it must not (a test).
#include "fuzz/systems/systems.hpp"
#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"
#include "fuzz/targets/target.hpp"

namespace {
using namespace faultline::fuzz;
constexpr std::size_t most_records = 256;
constexpr int stride = 16;
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    BytesHistory history = history_of_bytes({data, size}, system_c_places, Style::calls,
                                            most_records);
    const NamedSystem* const named = system_named("example-c");
    if (named == nullptr) fail("the example system is gone");
    if (history.records.empty()) return -1;
    if (named->pages != 0) {
        history.arena.limits.pages = named->pages;
        for (Record& r : history.records) r = tidy(r, history.arena.limits, Style::calls);
    }
    const std::unique_ptr<System> subject = named->make(history.arena.bounds, false);
    Lockstep lockstep(*subject, history.arena);
    const LockstepReport report = lockstep.replay(history.records, stride);
    fail_on_finding(report, history.arena, "system_c");
    return report.operations > 0 ? 0 : -1;
}
