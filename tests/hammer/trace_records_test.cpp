// tests/hammer/trace_records_test.cpp - histories as traces and back, and traces as the runner sees
// them.
//
// Why: the trace is what is kept. It must do what the records did, and say what was answered.
#include <gtest/gtest.h>

#include <algorithm>
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
TEST(TraceRecords, SchedulesSurviveToo) {
    int forks = 0;
    for (const char* bounds : {"b1", "b2", "e2"})
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            Arena arena;
            arena.bounds = bounds;
            arena.limits = capacity_of(bounds);
            const auto reference = make_reference(bounds);
            const auto records = history(*reference, arena, seed, 300, 2);
            ASSERT_FALSE(records.empty());
            const Trace trace = trace_of(records, arena, "a schedule");
            forks += static_cast<int>(std::count_if(
                trace.items.begin(), trace.items.end(), [](const Item& item) {
                    const auto* op = std::get_if<Operation>(&item.what);
                    return op && op->begin && op->verb == Verb::fork;
                }));
            const TraceReport report = replay_trace(trace, {});
            EXPECT_EQ(report.exit, Exit::holds) << report.error;
            Arena read;
            std::string problem;
            const auto back = records_of_trace(trace, read, problem);
            ASSERT_TRUE(back) << problem;
            EXPECT_EQ(write_trace(trace_of(*back, read, "a schedule")), write_trace(trace));
        }
    EXPECT_GT(forks, 50);
}

/// A schedule written by hand, at bounds where two forks can be in flight.
class Schedule {
  public:
    Schedule() : machine_(make_reference("f1.tasks")) {
        arena_.bounds = "f1.tasks";
        arena_.limits = capacity_of(arena_.bounds);
        std::string problem;
        machine_->reset(arena_.limits, arena_.rules, problem);
    }
    template <class Op>
    void begin(int task, int row) {
        Record r;
        r.verb = static_cast<std::uint8_t>(operation_id<Op>());
        r.task = static_cast<std::uint8_t>(task);
        r.who = static_cast<std::uint8_t>(row);
        r.flags = flag_begin;
        if (std::is_same_v<Op, OpMmap>) {
            r.flags |= flag_read | flag_write;
            r.op = op_mmap;
            r.end = 1;
        }
        add(r);
    }
    void step(int task, bool deny = false) {
        Record r;
        r.verb = verb_step;
        r.task = static_cast<std::uint8_t>(task);
        r.deny = deny;
        add(r);
    }
    void run(int task) {
        while (machine_->pc(task) != pc_idle) step(task);
    }
    template <class Op>
    void whole(int task, int row) {
        begin<Op>(task, row);
        run(task);
    }
    /// The lines that begin something.
    std::string begun() const {
        std::string out;
        for (const Item& item : trace_of(records_, arena_, "").items)
            if (const auto* op = std::get_if<Operation>(&item.what))
                out += write_operation(*op) + "\n";
        return out;
    }

  private:
    void add(const Record& r) {
        ASSERT_FALSE(machine_->apply(r).blocked);
        records_.push_back(r);
    }
    Arena arena_;
    std::unique_ptr<Reference> machine_;
    std::vector<Record> records_;
};
/// The child that is begun first has the lower name, whichever lives first: it is the task's.
TEST(TraceRecords, TwoForksInFlightNameTheirOwnChildren) {
    Schedule s;
    s.whole<OpMmap>(0, 0);
    s.whole<OpFork>(0, 0);   // P1, row 1
    s.begin<OpFork>(0, 0);   // P2, row 2
    s.begin<OpFork>(1, 1);   // P3, row 3
    s.run(1);
    s.whole<OpExit>(1, 3);
    s.run(0);
    s.whole<OpExit>(1, 2);
    EXPECT_EQ(s.begun(), "T0 P0 mmap 1 rw private anon begin -> ?\n"
                         "T0 P0 fork begin -> P1\n"
                         "T0 P0 fork begin -> P2\n"
                         "T1 P1 fork begin -> P3\n"
                         "T1 P3 exit begin -> ?\n"
                         "T1 P2 exit begin -> ?\n");
}
/// A fork that fails gives its name back unless a later one was given (spec/TRACE.md).
TEST(TraceRecords, AForkThatFailsInFlightLosesItsOwnName) {
    Schedule s;
    s.whole<OpMmap>(0, 0);
    s.whole<OpFork>(0, 0);   // P1
    s.begin<OpFork>(0, 0);   // P2, which never lives
    s.begin<OpFork>(1, 1);   // P3
    s.step(0, true);
    s.run(0);
    s.run(1);
    s.begin<OpFork>(0, 0);   // P4, which never lives; row 2 again
    s.step(0, true);
    s.run(0);
    s.whole<OpFork>(0, 0);   // P4 once more
    s.whole<OpExit>(0, 3);
    s.whole<OpExit>(0, 2);
    EXPECT_EQ(s.begun(), "T0 P0 mmap 1 rw private anon begin -> ?\n"
                         "T0 P0 fork begin -> P1\n"
                         "T0 P0 fork begin -> P2\n"
                         "T1 P1 fork begin -> P3\n"
                         "T0 P0 fork begin -> P4\n"
                         "T0 P0 fork begin -> P4\n"
                         "T0 P3 exit begin -> ?\n"
                         "T0 P4 exit begin -> ?\n");
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
            if (arena.limits.has_files()) continue;   // nor files
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
