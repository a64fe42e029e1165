// tests/tools/diff_test.cpp - the state diff and the failure block, word by word.
//
// Why: the block is an interface: people paste it, compare it and search for it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tools/fake_document.hpp"
#include "tools/diff.hpp"
#include "tools/failure_block.hpp"

namespace faultline {
namespace {

StateView one_mm(std::vector<VmaView> vmas) {
    StateView s;
    s.mms.push_back({5, "alive", 0, static_cast<int>(vmas.size()), 0, std::move(vmas), {}});
    return s;
}
bool has(const std::vector<Change>& changes, const Change& c) {
    return std::find(changes.begin(), changes.end(), c) != changes.end();
}
using Kind = Change::Kind;

TEST(Diff, EqualStatesHaveNoDifference) {
    const Story s = fake::degree_story();
    EXPECT_TRUE(diff(s.steps[3].after, s.steps[3].after).empty());
}

TEST(Diff, NamesTheFieldThatMoved) {
    StateView a, b;
    a.frames = {{3, 2, 1, "excl anon", 0, 1, 7}};
    b.frames = {{3, 1, 1, "excl anon", 0, 1, 7}};
    const std::vector<Change> expected{{Kind::changed, "frame 3", "refcount", "2", "1"}};
    EXPECT_EQ(diff(a, b), expected);
}

TEST(Diff, EveryTableIsCompared) {
    StateView a, b;
    b.mms = {{1, "alive", 0, 0, 0, {}, {{4, "zero", -1, "", 0}}}};
    b.frames = {{0, 1, 0, "", -1, 0, 0}};
    b.anon_vmas = {{2, 2, 2, 1, 0, 1, 0}};
    b.handles = {{0, "pin", true, true, 1, 4, 0}};
    b.tasks = {{1, "fault.alloc", "page=4"}};
    std::vector<std::string> objects;
    for (const Change& c : diff(a, b)) {
        EXPECT_EQ(c.kind, Kind::added);
        objects.push_back(c.object);
    }
    const std::vector<std::string> expected{"mm P1",      "pte P1:4", "frame 0",
                                            "anon_vma 2", "handle 0", "task T1"};
    EXPECT_EQ(objects, expected);
    for (const Change& c : diff(b, a)) EXPECT_EQ(c.kind, Kind::removed);
}

TEST(Diff, EveryFieldOfARowIsCompared) {
    StateView a, b;
    a.anon_vmas = {{2, 0, 0, 0, 0, 0, 0}};
    b.anon_vmas = {{2, 1, 2, 3, 4, 5, 6}};
    EXPECT_EQ(diff(a, b).size(), 6u);
    a = {}, b = {};
    a.frames = {{0, 0, 0, "", -1, 0, 0}};
    b.frames = {{0, 1, 2, "lru", 3, 4, 5}};
    EXPECT_EQ(diff(a, b).size(), 6u);
    a = {}, b = {};
    a.handles = {{0, "get", false, false, -1, 0, 0}};
    b.handles = {{0, "pin", true, true, 1, 2, 3}};
    EXPECT_EQ(diff(a, b).size(), 6u);
}

TEST(Diff, AMergeComparesEachHalfWithTheWhole) {
    const auto changes = diff(one_mm({{0, 1, 0, "rw- p", 2, {0, 1, 2, 4}},
                                      {1, 2, 1, "rw- p", 2, {0, 1, 2, 5}}}),
                              one_mm({{0, 2, 0, "rw- p", 2, {0, 1, 2, 4}}}));
    EXPECT_TRUE(has(changes,
                    {Kind::changed, "vma P5[0..2)", "chain", "{0,1,2,5}", "{0,1,2,4}"}));
    EXPECT_TRUE(has(changes, {Kind::changed, "vma P5[0..2)", "range", "[1..2)", "[0..2)"}));
}

TEST(Diff, ASplitIsNoNewMapping) {
    const auto changes = diff(one_mm({{0, 2, 0, "rw- p", -1, {}}}),
                              one_mm({{0, 1, 0, "r-- p", -1, {}}, {1, 2, 1, "rw- p", -1, {}}}));
    for (const Change& c : changes) EXPECT_EQ(c.kind, Kind::changed) << c.object;
    EXPECT_TRUE(has(changes, {Kind::changed, "vma P5[0..1)", "flags", "rw- p", "r-- p"}));
}

TEST(Diff, AMappingElsewhereIsNew) {
    const auto changes =
        diff(one_mm({{0, 1, 0, "rw- p", -1, {}}}), one_mm({{3, 4, 0, "rw- p", -1, {}}}));
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0].kind, Kind::added);
    EXPECT_EQ(changes[1].kind, Kind::removed);
}

TEST(FailureBlock, ReadsAsDesigned) {
    const std::string expected =
        "VIOLATED  rmap.complete                          linux_6_1 with anon_vma_reuse=degree, "
        "bounds m1\n"
        "  says    Every page-table entry that maps an anonymous page is reachable from the page's "
        "anon_vma.\n"
        "  source  linux mm/rmap.c:anon_vma_clone@v6.1 ; commit linux 2555283eb40d\n"
        "  trace    1  P0 mmap 0+2 rw private anon  -> 0\n"
        "           2  P0 write 0 = 1               -> 0\n"
        "           3  P0 fork                      -> P1\n"
        "           4  P1 fork                      -> P2\n"
        "           5  P1 exit                      -> 0\n"
        "           6  P2 fork                      -> P3\n"
        "           7  P2 mprotect 0+1 r            -> 0\n"
        "           8  P3 mprotect 0+1 r            -> 0\n"
        "           9  P3 fork                      -> P4\n"
        "          10  P2 exit                      -> 0\n"
        "          11  P4 write 1 = 2               -> 0\n"
        "          12  P4 fork                      -> P5\n"
        "          13  P5 mprotect 0+1 rw           -> 0\n"
        "  change  mm P5          map_count        - 2   + 1\n"
        "          vma P5[0..2)   range            - [0..1)   + [0..2)\n"
        "          vma P5[0..2)   flags            - r-- p   + rw- p\n"
        "          vma P5[0..2)   range            - [1..2)   + [0..2)\n"
        "          vma P5[0..2)   pgoff            - 1   + 0\n"
        "          vma P5[0..2)   chain            - {0,1,2,5}   + {0,1,2,4}\n"
        "          anon_vma 2     num_active_vmas  - 2   + 1\n"
        "  replay  faultline run build/failures/3f2a.fl   found by explore, 13 steps, shortest\n";
    EXPECT_EQ(failure_block(fake::degree_story()), expected);
}

TEST(FailureBlock, InductionShowsTheStateNobodyReached) {
    const std::string block = failure_block(fake::induction_story());
    EXPECT_NE(block.find("  state   a counterexample to induction"), std::string::npos);
    EXPECT_NE(block.find("frame 2: refcount 17"), std::string::npos);
    EXPECT_NE(block.find("task T0: step fork.page, fields page=1 mm=0 child=1"),
              std::string::npos);
    EXPECT_NE(block.find("no trace was written"), std::string::npos);
}

TEST(FailureBlock, CutsAFloodOfChangesAndSaysSo) {
    const std::string block = failure_block(fake::degree_story(), 2);
    EXPECT_NE(block.find("... and 5 more"), std::string::npos);
}

TEST(FailureBlock, StandsWithoutSteps) {
    Story s;
    s.claim = "frame.no-leak";
    const std::string block = failure_block(s);
    EXPECT_EQ(block.find("trace"), block.find("trace was written"));
    EXPECT_NE(block.find("0 steps"), std::string::npos);
}

}  // namespace
}  // namespace faultline
