// tests/trace/render_test.cpp - what the kernel prints of a state, letter by letter.
//
// Why: the expected texts were printed by a running 6.18.44, by a program that made the calls of
//      the trace at the addresses of the arena; only frame numbers were replaced by ours, and lines
//      left out that A-rendering lists. So a wrong column, order or rounding shows.
#include <gtest/gtest.h>

#include "invariants/run.hpp"
#include "model/reference/render.hpp"

namespace faultline {
namespace {

struct Shown {
    TraceReport report;
    std::string show(Rendering what, std::size_t process = 0) const {
        return rendered(what, report.steps.back().after, report.processes.at(process),
                        report.kernel);
    }
};
Shown run(const std::string& kernel, const std::string& body) {
    Trace trace;
    TraceError error;
    EXPECT_TRUE(parse_trace("faultline trace 1\nkernel " + kernel + "\n" + body, "render.fl", trace,
                            error))
        << error.text();
    Shown shown{replay_trace(trace)};
    EXPECT_EQ(shown.report.exit, Exit::holds) << shown.report.error;
    return shown;
}

/// Kinds of pages: written, shared with a child, zero, locked, PROT_NONE, on a stack, not there.
constexpr const char* history = R"(P0 mmap 0+2 rw private anon -> 0
P0 mmap 2+1 r private anon -> 2
P0 mmap 4+3 rwx private anon -> 4
P0 mmap 20+2 rw growsdown private anon -> 20
P0 store 0 = 1
P0 store 4 = 2
P0 load 2 = 0
P0 store 20 = 3
P0 store 5 = 0
P0 mlock 4+2 -> 0
P0 store 1 = 1
P0 fork -> P1
P1 store 0 = 3
P0 mprotect 1+1 none -> 0
)";

TEST(Rendering, Maps) {
    EXPECT_EQ(run("linux_6_18", history).show(Rendering::maps),
              "200000000000-200000001000 rw-p 00000000 00:00 0 \n"
              "200000001000-200000002000 ---p 00000000 00:00 0 \n"
              "200000002000-200000003000 r--p 00000000 00:00 0 \n"
              "200000004000-200000006000 rwxp 00000000 00:00 0 \n"
              "200000006000-200000007000 rwxp 00000000 00:00 0 \n"
              "200000014000-200000016000 rw-p 00000000 00:00 0 \n");
}

TEST(Rendering, Smaps) {
    const std::string all = run("linux_6_18", history).show(Rendering::smaps);
    EXPECT_EQ(all.substr(0, all.find("200000001000-")),
              "200000000000-200000001000 rw-p 00000000 00:00 0 \n"
              "Size:                  4 kB\n"
              "KernelPageSize:        4 kB\n"
              "MMUPageSize:           4 kB\n"
              "Rss:                   4 kB\n"
              "Pss:                   4 kB\n"
              "Pss_Dirty:             4 kB\n"
              "Shared_Clean:          0 kB\n"
              "Shared_Dirty:          0 kB\n"
              "Private_Clean:         0 kB\n"
              "Private_Dirty:         4 kB\n"
              "Anonymous:             4 kB\n"
              "KSM:                   0 kB\n"
              "LazyFree:              0 kB\n"
              "AnonHugePages:         0 kB\n"
              "ShmemPmdMapped:        0 kB\n"
              "FilePmdMapped:         0 kB\n"
              "Shared_Hugetlb:        0 kB\n"
              "Private_Hugetlb:       0 kB\n"
              "Swap:                  0 kB\n"
              "SwapPss:               0 kB\n"
              "Locked:                0 kB\n");
    const auto begin = all.find("200000004000-"), end = all.find("200000006000-200000007000");
    EXPECT_EQ(all.substr(begin, end - begin),
              "200000004000-200000006000 rwxp 00000000 00:00 0 \n"
              "Size:                  8 kB\n"
              "KernelPageSize:        4 kB\n"
              "MMUPageSize:           4 kB\n"
              "Rss:                   8 kB\n"
              "Pss:                   4 kB\n"
              "Pss_Dirty:             4 kB\n"
              "Shared_Clean:          0 kB\n"
              "Shared_Dirty:          8 kB\n"
              "Private_Clean:         0 kB\n"
              "Private_Dirty:         0 kB\n"
              "Anonymous:             8 kB\n"
              "KSM:                   0 kB\n"
              "LazyFree:              0 kB\n"
              "AnonHugePages:         0 kB\n"
              "ShmemPmdMapped:        0 kB\n"
              "FilePmdMapped:         0 kB\n"
              "Shared_Hugetlb:        0 kB\n"
              "Private_Hugetlb:       0 kB\n"
              "Swap:                  0 kB\n"
              "SwapPss:               0 kB\n"
              "Locked:                4 kB\n");
    // The zero page counts nowhere.
    const auto zero = all.find("200000002000-");
    EXPECT_EQ(all.substr(zero, all.find("Pss:", zero) - zero),
              "200000002000-200000003000 r--p 00000000 00:00 0 \n"
              "Size:                  4 kB\n"
              "KernelPageSize:        4 kB\n"
              "MMUPageSize:           4 kB\n"
              "Rss:                   0 kB\n");
}

/// Frames in the order of their first use: pages 0, 4, 20, 5, 1, and the child's copy of page 0.
TEST(Rendering, PagemapAndCounts) {
    const Shown shown = run("linux_6_18", history);
    EXPECT_EQ(shown.show(Rendering::pagemap), "200000000000 8100000000001001\n"
                                              "200000001000 8000000000001005\n"
                                              "200000002000 8000000000001000\n"
                                              "200000004000 8000000000001002\n"
                                              "200000005000 8000000000001004\n"
                                              "200000006000 0000000000000000\n"
                                              "200000014000 8000000000001003\n"
                                              "200000015000 0000000000000000\n");
    EXPECT_EQ(shown.show(Rendering::kpagecount), "00001000 0\n"
                                                 "00001001 1\n"
                                                 "00001002 2\n"
                                                 "00001003 2\n"
                                                 "00001004 2\n"
                                                 "00001005 2\n"
                                                 "00001006 1\n");
    EXPECT_EQ(shown.show(Rendering::mincore), "200000000000 1\n"
                                              "200000001000 1\n"
                                              "200000002000 1\n"
                                              "200000004000 1\n"
                                              "200000005000 1\n"
                                              "200000006000 0\n"
                                              "200000014000 1\n"
                                              "200000015000 0\n");
    // The child: its own page 0, no lock, and rights as at the fork.
    EXPECT_EQ(shown.show(Rendering::pagemap, 1).substr(0, 60),
              "200000000000 8100000000001006\n"
              "200000001000 8000000000001005\n");
    EXPECT_EQ(shown.show(Rendering::maps, 1),
              "200000000000-200000002000 rw-p 00000000 00:00 0 \n"
              "200000002000-200000003000 r--p 00000000 00:00 0 \n"
              "200000004000-200000006000 rwxp 00000000 00:00 0 \n"
              "200000006000-200000007000 rwxp 00000000 00:00 0 \n"
              "200000014000-200000016000 rw-p 00000000 00:00 0 \n");
}

/// Shares are computed page by page and cut to kilobytes at the end: 3 * 4/3 kB are 3 kB.
TEST(Rendering, ProportionalShares) {
    const std::string three = "P0 mmap 0+3 rw private anon -> 0\nP0 store 0 = 1\nP0 store 1 = 1\n"
                              "P0 store 2 = 1\nP0 fork -> P1\nP0 fork -> P2\n";
    EXPECT_NE(run("linux_6_12", three).show(Rendering::smaps).find("Pss:                   3 kB\n"),
              std::string::npos);
}

TEST(Rendering, LinesThatAKernelDoesNotHave) {
    const auto has = [](const std::string& kernel, const std::string& line) {
        return run(kernel, history).show(Rendering::smaps).find(line) != std::string::npos;
    };
    EXPECT_FALSE(has("linux_5_10", "Pss_Dirty:"));
    EXPECT_TRUE(has("linux_6_1", "Pss_Dirty:"));
    EXPECT_FALSE(has("linux_6_1", "KSM:"));
    EXPECT_TRUE(has("linux_6_12", "KSM:"));
}

TEST(Rendering, Heap) {
    const std::string grown = "P0 brk 2 -> 2\nP0 mmap 2+1 r private anon -> 2\n";
    const std::string heap =
        "200000000000-200000002000 rw-p 00000000 00:00 0                          [heap]\n";
    EXPECT_EQ(run("linux_6_12", grown).show(Rendering::maps),
              heap + "200000002000-200000003000 r--p 00000000 00:00 0 \n");
    // 6.1 also marks what only touches the heap.
    EXPECT_EQ(run("linux_6_1", grown).show(Rendering::maps),
              heap + "200000002000-200000003000 r--p 00000000 00:00 0" +
                  "                          [heap]\n");
}

TEST(Rendering, OfNobody) {
    const Shown shown = run("linux_6_12", "P0 mmap 0+1 rw private anon -> 0\nP0 fork -> P1\n"
                                          "P1 exit -> 0\n");
    EXPECT_EQ(shown.report.processes.at(1), -1);
    EXPECT_EQ(shown.show(Rendering::maps, 1), "");
}

}  // namespace
}  // namespace faultline
