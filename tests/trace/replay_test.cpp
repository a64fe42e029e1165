// tests/trace/replay_test.cpp - every trace in the tree does what it says, and a wrong one is
// caught.
//
// Why: a scenario is a claim about Linux with its source; an exhibit must break its claim, and must
//      not under the fixed rule. The canaries show that the runner can say no.
#include <gtest/gtest.h>

#include "invariants/run.hpp"
#include "tests/trace/corpus.hpp"

namespace faultline {
namespace {

std::string stories(const TraceReport& report) {
    std::string text = report.error;
    for (const Story& story : report.stories)
        text += "\n  " + story.claim + ": " + story.says + " (" + story.found_by + ")";
    return text;
}
std::string test_name(const testing::TestParamInfo<std::string>& info) {
    return corpus::short_name(info.param);
}

class Replay : public testing::TestWithParam<std::string> {};

TEST_P(Replay, DoesWhatItSays) {
    const TraceReport report = replay_file(GetParam());
    EXPECT_EQ(report.exit, Exit::holds) << stories(report);
    EXPECT_TRUE(report.as_expected);
    EXPECT_FALSE(report.steps.empty());
}
TEST_P(Replay, SurvivesWritingAndReading) {
    Trace trace, again;
    TraceError error;
    ASSERT_TRUE(load_trace(GetParam(), trace, error)) << error.text();
    ASSERT_TRUE(parse_trace(write_trace(trace), "written", again, error)) << error.text();
    EXPECT_EQ(trace, again);
    EXPECT_EQ(write_trace(trace), write_trace(again));
}
TEST_P(Replay, AnExhibitHoldsUnderTheFixedRule) {
    Trace trace;
    TraceError error;
    ASSERT_TRUE(load_trace(GetParam(), trace, error)) << error.text();
    if (trace.exhibit.empty()) {
        EXPECT_TRUE(trace.expected_violation().empty()) << "only an exhibit breaks a claim";
        EXPECT_FALSE(trace.sources.empty()) << "a scenario says where it was read";
        return;
    }
    EXPECT_EQ(trace.expected_violation(), trace.claim);
    EXPECT_FALSE(trace.commits.empty());
    EXPECT_FALSE(trace.engines.empty());
    RunConfig config;
    config.fixed = true;
    const TraceReport report = replay_trace(trace, config);
    EXPECT_EQ(report.exit, Exit::holds) << stories(report);
    EXPECT_TRUE(report.violated.empty());
}
INSTANTIATE_TEST_SUITE_P(Tree, Replay, testing::ValuesIn(corpus::good_traces()), test_name);

/// What Linux does and the model does not do yet. A trace that runs belongs with the others.
class KnownWrong : public testing::TestWithParam<std::string> {};
TEST_P(KnownWrong, StillFails) {
    const TraceReport report = replay_file(GetParam());
    EXPECT_EQ(report.exit, Exit::violated)
        << "the model now does what this trace says, or it no longer parses: " << report.error
        << "\nmove it out of known_wrong";
}
INSTANTIATE_TEST_SUITE_P(Tree, KnownWrong, testing::ValuesIn(corpus::wrong_traces()), test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KnownWrong);

TEST(Corpus, IsThere) {
    int exhibits = 0, scenarios = 0;
    for (const std::string& path : corpus::good_traces())
        ++(path.find("/museum/") != std::string::npos ? exhibits : scenarios);
    EXPECT_GE(exhibits, 6);
    EXPECT_GE(scenarios, 40);
}

TraceReport run_text(const std::string& body, const std::string& header = "") {
    Trace trace;
    TraceError error;
    EXPECT_TRUE(parse_trace("faultline trace 1\n" + header + body, "canary.fl", trace, error))
        << error.text();
    RunConfig config;
    config.file = "canary.fl";
    return replay_trace(trace, config);
}

TEST(Canary, WrongAnswer) {
    const TraceReport r = run_text("P0 mmap 0+1 rw -> 3\n");
    EXPECT_EQ(r.exit, Exit::violated);
    EXPECT_EQ(r.error, "canary.fl:2: expected 'P0 mmap 0+1 rw private anon' -> 3, found 0");
}
TEST(Canary, RefusedWithoutSayingSo) {
    const TraceReport r = run_text("P0 store 0 = 1\n");
    EXPECT_EQ(r.exit, Exit::violated);
    EXPECT_EQ(r.error,
              "canary.fl:2: expected 'P0 store 0 = 1' -> a call that is not refused, found "
              "SIGSEGV/MAPERR");
}
TEST(Canary, WrongExpectation) {
    const TraceReport r = run_text("P0 mmap 0+1 rw\nP0 store 0 = 1\nexpect refcount P0:0 = 7\n");
    EXPECT_EQ(r.exit, Exit::violated);
    EXPECT_EQ(r.error, "canary.fl:4: expected 'refcount P0:0 = 7', found 2");
    ASSERT_EQ(r.stories.size(), 1u);
    EXPECT_EQ(r.stories[0].claim, "trace.expectation");
}
TEST(Canary, WrongValue) {
    const TraceReport r = run_text("P0 mmap 0+1 rw\nP0 load 0 = 1\n");
    EXPECT_EQ(r.error, "canary.fl:3: expected 'P0 load 0 = 1', found value 0");
}
constexpr const char* attack = R"(P0 mmap 0+1 rw
P0 store 0 = 0
P0 fork -> P1
P1 get 0 read -> H0
P1 munmap 0+1
P0 store 0 = 1
)";
constexpr const char* old_rules =
    "kernel linux_5_10\nrule cow_reuse=mapcount fork_pinned=share\nbounds b1\n";
TEST(Canary, UnannouncedViolation) {
    const TraceReport r = run_text(attack, old_rules);
    EXPECT_EQ(r.exit, Exit::violated);
    EXPECT_EQ(r.verdict, Verdict::violated);
    ASSERT_EQ(r.violated.size(), 1u);
    EXPECT_EQ(r.violated[0], "cow.handle-isolation");
    EXPECT_EQ(r.error,
              "canary.fl:10: expected every claim to hold, found cow.handle-isolation violated by "
              "'P0 store 0 = 1'");
    ASSERT_FALSE(r.stories.empty());
    EXPECT_EQ(r.stories[0].steps.size(), 6u);
    EXPECT_EQ(r.stories[0].headline,
              "linux_5_10 with cow_reuse=mapcount, fork_pinned=share, bounds b1");
}
TEST(Canary, AnnouncedButWrongClaim) {
    const TraceReport r =
        run_text(std::string(attack) + "expect violated rmap.complete\n", old_rules);
    EXPECT_EQ(r.exit, Exit::violated);
}
TEST(Canary, AnnouncedButHolds) {
    const TraceReport r = run_text("P0 mmap 0+1 rw\nexpect violated rmap.complete\n");
    EXPECT_EQ(r.exit, Exit::violated);
    EXPECT_EQ(r.error, "canary.fl:3: expected 'rmap.complete' violated, found it holds");
}
TEST(Canary, WhatTheMachineDoesNotHave) {
    EXPECT_EQ(run_text("P0 mmap 0+25 rw\n").exit, Exit::usage);
    EXPECT_EQ(run_text("P1 mmap 0+1 rw\n").error,
              "canary.fl:2: expected a living process, found 'P1'");
    EXPECT_EQ(run_text("P0 mmap 0+1 rw\nP0 store 0 = 9\n").exit, Exit::usage);
    EXPECT_EQ(run_text("P0 load @a\n").exit, Exit::usage);
    EXPECT_EQ(run_text("H0 release\n").exit, Exit::usage);
    EXPECT_EQ(run_text("T0 fault.alloc\n").exit, Exit::usage);
    EXPECT_EQ(run_text("T7 P0 fork\n").exit, Exit::usage);
    EXPECT_EQ(run_text("P0 exit\nP0 mmap 0+1 rw\n").exit, Exit::usage);
}
TEST(Report, KeepsStatesAndCounts) {
    const TraceReport r = run_text("P0 mmap 0+2 rw\nP0 store 1 = 1\nP0 fork\n");
    EXPECT_EQ(r.exit, Exit::holds) << stories(r);
    ASSERT_EQ(r.steps.size(), 3u);
    EXPECT_EQ(r.steps[0].text, "P0 mmap 0+2 rw private anon");
    EXPECT_EQ(r.steps[0].result, "-> 0");
    EXPECT_EQ(r.steps[2].result, "-> P1");
    EXPECT_EQ(r.steps[2].after.mms.size(), 2u);
    EXPECT_TRUE(r.before.frames.empty());
    EXPECT_GT(r.small_steps, 8u);
}

}  // namespace
}  // namespace faultline
