// tests/recordings/replay_test.cpp - programs that were recorded once, performed on the models.
//
// Why: the rules of Linux meet what programs do with them. The recordings are files, so that the
//      test needs no privilege and no tracer; canaries show that a difference would be found.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/replay/replay.hpp"

namespace faultline::fuzz {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& name) {
    std::ifstream file(std::string(FAULTLINE_SOURCE_DIR) + "/tests/recordings/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}
Recording recording(const std::string& name) {
    Recording r;
    std::string problem;
    EXPECT_TRUE(parse_recording(text_of(name), name, r, problem)) << problem;
    return r;
}
const Rules& rules_for(const Recording& r) {
    const std::string name = rules_of_release(r.kernel);
    for (const NamedRules& k : named_kernels)
        if (k.name == name) return k.rules;
    throw std::runtime_error("no rules for " + r.kernel);
}
ReplayOutcome on_fast(const Recording& r) {
    const auto machine = make_fast_machine(r, rules_for(r));
    return replay(r, *machine, nullptr, {}, {});
}
ReplayOutcome on_reference(const Recording& r) {
    const Layout layout(r);
    std::string problem;
    const auto machine = make_reference_machine(r, layout, rules_for(r), problem);
    EXPECT_NE(machine, nullptr) << problem;
    return machine ? replay(r, *machine, &layout, {}, {}) : ReplayOutcome{};
}

TEST(Recordings, AreReadAndWrittenAlike) {
    int seen = 0;
    for (const auto& entry : fs::directory_iterator(std::string(FAULTLINE_SOURCE_DIR) +
                                                    "/tests/recordings")) {
        if (entry.path().extension() != ".flr") continue;
        const std::string name = entry.path().filename().string();
        EXPECT_EQ(write_recording(recording(name)), text_of(name)) << name;
        ++seen;
    }
    EXPECT_GE(seen, 4);
}
TEST(Recordings, BadLinesGetOneSentence) {
    Recording r;
    std::string problem;
    const std::string head = "faultline recording 1\n";
    for (const char* bad : {"P0 jump 1+2\n", "P0 map 1+2 rq anon\n", "P0 map 1+2 rw f0@0\n",
                            "P0 map 1-2 rw anon\n", "  1+2 rw anon anon 0\n", "Q0 exit\n",
                            "P0 store zz\n", "P0 remap 1+2 from 3+4\n", "P0 brk 1\n",
                            "P99999999999 exit\n", "P0 map 1+fffffffffffffffff rw anon\n"}) {
        EXPECT_FALSE(parse_recording(head + bad, "x", r, problem)) << bad;
        EXPECT_EQ(problem.rfind("x:2: expected ", 0), 0u) << problem;
    }
    EXPECT_FALSE(parse_recording("", "x", r, problem));
}

class EachRecording : public testing::TestWithParam<const char*> {};
TEST_P(EachRecording, HoldsOnTheFastPath) {
    const Recording r = recording(GetParam());
    const ReplayOutcome o = on_fast(r);
    EXPECT_EQ(o.verdict, Verdict::holds) << replay_text(r, o);
    EXPECT_GT(o.looks, 0u);
    EXPECT_EQ(r.lost, 0u);
}
INSTANTIATE_TEST_SUITE_P(Programs, EachRecording,
                         testing::Values("true.flr", "pipeline.flr", "forker.flr", "gcc.flr"));

class SmallRecording : public testing::TestWithParam<const char*> {};
TEST_P(SmallRecording, HoldsOnTheReferenceWithAllClaims) {
    const Recording r = recording(GetParam());
    const ReplayOutcome o = on_reference(r);
    EXPECT_EQ(o.verdict, Verdict::holds) << replay_text(r, o);
    EXPECT_GT(o.checks, 0u);
    EXPECT_GE(o.checks, o.looks);
}
INSTANTIATE_TEST_SUITE_P(Programs, SmallRecording,
                         testing::Values("true.flr", "pipeline.flr", "forker.flr"));

/// One event left out, or one number changed, and it must be found.
TEST(Canary, AMissingStoreIsFound) {
    Recording r = recording("forker.flr");
    const auto at = std::find_if(r.events.begin(), r.events.end(), [](const Event& e) {
        return e.deed == Deed::store;
    });
    ASSERT_NE(at, r.events.end());
    r.events.erase(at);
    EXPECT_EQ(on_fast(r).verdict, Verdict::violated);
}
TEST(Canary, AnotherProtectionIsFound) {
    Recording r = recording("pipeline.flr");
    for (auto e = r.events.rbegin(); e != r.events.rend(); ++e)
        if (e->deed == Deed::look && !e->areas.empty()) {
            e->areas.back().flags ^= area_exec;
            break;
        }
    const ReplayOutcome o = on_fast(r);
    EXPECT_EQ(o.verdict, Verdict::violated);
    ASSERT_FALSE(o.difference.empty());
    EXPECT_NE(o.difference.back().find("the kernel has"), std::string::npos);
}
TEST(Canary, NothingLookedAtIsNoSuccess) {
    Recording r = recording("true.flr");
    std::erase_if(r.events, [](const Event& e) { return e.deed == Deed::look; });
    EXPECT_EQ(on_fast(r).verdict, Verdict::unknown);
}

}  // namespace
}  // namespace faultline::fuzz
