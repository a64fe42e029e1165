// tests/hammer/trace_records_test.cpp - histories as traces and back, and traces as the runner sees
// them.
//
// Why: the trace is what is kept. It must do what the records did, and say what was answered.
#include <gtest/gtest.h>

#include <filesystem>

#include "fuzz/shrink/trace_records.hpp"
#include "invariants/run.hpp"

namespace faultline::fuzz {
namespace {

std::vector<Record> history(Reference& r, const Arena& arena, std::uint64_t seed, int length,
                            int tasks) {
    std::string problem;
    r.reset(arena.limits, arena.rules, problem);
    r.random() = Random(seed);
    r.use(draw_swarm(r.random()), tasks > 1);
    std::vector<Record> out;
    for (int n = 0; n < length; ++n) {
        const int task = tasks > 1 ? r.random().below(tasks) : 0;
        Record record;
        if (r.pc(task) != pc_idle) {
            record.verb = verb_step;
            record.task = static_cast<std::uint8_t>(task);
        } else if (!r.draw(task, record)) {
            continue;
        }
        if (r.apply(record).blocked) continue;
        out.push_back(record);
    }
    return out;
}

TEST(TraceRecords, ATraceOfAHistoryIsAsExpectedToTheLastAnswer) {
    for (const NamedRules& kernel : named_kernels)
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Arena arena;
            arena.rules = kernel.rules;
            const auto reference = make_reference("f1");
            const auto records = history(*reference, arena, seed, 300, 1);
            ASSERT_GT(records.size(), 200u);
            const Trace trace = trace_of(records, arena, "a history");
            Trace read;
            TraceError error;
            ASSERT_TRUE(parse_trace(write_trace(trace), "t.fl", read, error)) << error.text();
            EXPECT_EQ(read, trace);
            RunConfig config;
            config.views = false;
            config.stride = 1'000'000;
            const TraceReport report = replay_trace(read, config);
            // Claims that 5.10 breaks are no failure of the trace.
            const bool breaks_claims = kernel.name == "linux_5_10";
            EXPECT_TRUE(breaks_claims || report.exit == Exit::holds) << report.error;
        }
}
TEST(TraceRecords, BackAgainTheyAreTheSameRecords) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Arena arena;
        const auto reference = make_reference("f1");
        const auto records = history(*reference, arena, seed, 400, 1);
        const Trace trace = trace_of(records, arena, "a history");
        Arena read;
        std::string problem;
        const auto back = records_of_trace(trace, read, problem);
        ASSERT_TRUE(back) << problem;
        EXPECT_EQ(write_trace(trace_of(*back, read, "a history")), write_trace(trace));
        EXPECT_EQ(back->size(), records.size());
    }
}
/// Off: with two forks in flight the child that lives first takes the other's name, in the writer
/// (TraceWriter::unborn_) and in the player (running::Names::unborn). To be mended, then on again.
TEST(TraceRecords, DISABLED_SchedulesSurviveToo) {
    for (const char* bounds : {"b1", "b2"})
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            Arena arena;
            arena.bounds = bounds;
            arena.limits = capacity_of(bounds);
            const auto reference = make_reference(bounds);
            const auto records = history(*reference, arena, seed, 300, 2);
            const StateView here = reference->view();
            const Trace trace = trace_of(records, arena, "a schedule");
            RunConfig config;
            const TraceReport report = replay_trace(trace, config);
            EXPECT_EQ(report.exit, Exit::holds) << report.error;
            Arena read;
            std::string problem;
            const auto back = records_of_trace(trace, read, problem);
            ASSERT_TRUE(back) << problem;
            EXPECT_EQ(write_trace(trace_of(*back, read, "a schedule")), write_trace(trace));
        }
}
TEST(TraceRecords, EveryScenarioBecomesRecords) {
    namespace fs = std::filesystem;
    std::size_t files = 0, records = 0;
    for (const char* folder : {"tests/traces", "tests/museum"})
        for (const auto& file : fs::directory_iterator(fs::path(FAULTLINE_SOURCE_DIR) / folder)) {
            if (file.path().extension() != ".fl") continue;
            Trace trace;
            TraceError error;
            ASSERT_TRUE(load_trace(file.path().string(), trace, error)) << error.text();
            Arena arena;
            std::string problem;
            const auto found = records_of_trace(trace, arena, problem);
            if (problem.ends_with("by its page, which records do not carry yet")) continue;
            ASSERT_TRUE(found) << file.path() << ": " << problem;
            ++files;
            records += found->size();
        }
    EXPECT_GT(files, 50u);
    EXPECT_GT(records, 500u);
}
TEST(TraceRecords, WhatNamesNothingIsSaidInOneLine) {
    Trace trace;
    TraceError error;
    ASSERT_TRUE(parse_trace("faultline trace 1\nkernel linux_6_12\nbounds f1\n\nP3 fork\n", "t",
                            trace, error));
    Arena arena;
    std::string problem;
    EXPECT_FALSE(records_of_trace(trace, arena, problem));
    EXPECT_EQ(problem, "line 5: a line that names what does not exist");
}

}  // namespace
}  // namespace faultline::fuzz
