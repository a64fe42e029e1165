// tests/conformance/conform_test.cpp - the page of deviations, reports that cross a serial line,
// and a short run on the kernel that is here.
//
// Why: a difference that is accepted must be readable; a reference with a wrong rule must be
//      caught, or agreement says nothing; and nothing machine-wide may be left changed.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "fuzz/conform/export_c.hpp"
#include "fuzz/conform/lines.hpp"
#include "fuzz/systems/linux_qemu/machine.hpp"

namespace faultline::fuzz {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
ConformOptions small() {
    ConformOptions o;
    o.operations = 2'000;
    return o;
}
/// Why this machine cannot be asked at all, "" if it can.
std::string unable() {
    ConformOptions one;
    one.operations = 1;
    return conform(one, {}).problem;
}

TEST(Deviations, AreAllOnThePageAndNoOthers) {
    const std::string page =
        text_of(std::string(FAULTLINE_SOURCE_DIR) + "/tests/conformance/deviations.md");
    std::set<std::string> rows;
    for (std::size_t at = page.find("\n| D-"); at != std::string::npos;
         at = page.find("\n| D-", at + 1))
        rows.insert(page.substr(at + 3, page.find(' ', at + 3) - at - 3));
    std::set<std::string> known;
    for (const Deviation& d : deviations) known.insert(std::string(d.id));
    EXPECT_EQ(rows, known);
}

TEST(Lines, KeepAReport) {
    ConformReport r;
    r.kernel = "6.1";
    r.changes = {"a=b"};
    r.operations = 7;
    r.coverage[1][2] = 3;
    r.deviated[4] = 5;
    r.traces = {{"x.fl", "agrees", "a\\b\nc"}};
    const Difference rss{"P0", "rss", "1", "2"};
    r.findings.push_back({"seed 1", {"P0 fork"}, {rss}, "r\n", "k", "t\n", 4, 9});
    r.exit = Exit::violated;
    ConformReport back;
    ASSERT_TRUE(report_from_lines(report_to_lines(r), back));
    EXPECT_EQ(report_to_lines(back), report_to_lines(r));
    EXPECT_EQ(back.traces[0].detail, "a\\b\nc");
    EXPECT_FALSE(report_from_lines("kernel 6.1\n", back)) << "cut off";
    EXPECT_FALSE(report_from_lines("nonsense 6.1\n", back));
}
TEST(Lines, KeepOptions) {
    ConformOptions o = small();
    o.changes = {{"cow_reuse", "mapcount"}};
    o.traces = {"a.fl"};
    ConformOptions back;
    ASSERT_TRUE(options_from_lines(options_to_lines(o), back));
    EXPECT_EQ(options_to_lines(back), options_to_lines(o));
}

TEST(Live, AgreesAndASecondRunIsTheSame) {
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    const ConformReport first = conform(small(), {});
    if (first.assumed) GTEST_SKIP() << "a kernel newer than the rules: " << first.kernel;
    EXPECT_EQ(first.exit, Exit::holds) << conform_text(first);
    EXPECT_GT(first.succeeded * 2, first.operations);
    EXPECT_EQ(conform(small(), {}).coverage, first.coverage);
}
TEST(Live, ChangesNothingOfTheMachine) {
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    const auto settings = [] {
        std::string all;
        for (const char* path : {"/proc/swaps", "/sys/kernel/mm/transparent_hugepage/enabled",
                                 "/sys/kernel/mm/ksm/run", "/proc/sys/vm/max_map_count",
                                 "/proc/sys/vm/overcommit_memory"})
            all += text_of(path);
        return all;
    };
    const std::string before = settings();
    conform(small(), {});
    EXPECT_EQ(settings(), before);
}
/// Each accepted difference has a trace that shows it: it deviates by that id, or agrees on a
/// kernel that does not have it.
TEST(Live, EachAcceptedDeviationHasItsTrace) {
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    ConformOptions o;
    o.operations = 0;
    for (const Deviation& d : deviations)
        if (d.compared)
            o.traces.push_back(std::string(FAULTLINE_SOURCE_DIR) +
                               "/tests/conformance/deviations/" + std::string(d.id) + ".fl");
    const ConformReport r = conform(o, {});
    ASSERT_EQ(r.traces.size(), o.traces.size()) << conform_text(r);
    if (r.assumed || r.tier != "internal") GTEST_SKIP() << r.kernel << ", tier " << r.tier;
    const bool here = r.kernel.rfind("6.18.44", 0) == 0;
    for (const TraceVerdict& t : r.traces) {
        EXPECT_NE(t.verdict, "differs") << t.path << " " << t.detail;
        EXPECT_NE(t.verdict, "skipped") << t.path << " " << t.detail;
        if (!here) continue;
        // Its trace needs RLIMIT_MEMLOCK lowered, which the helper does not do for a trace yet.
        if (t.path.find("D-memlock-overlap") != std::string::npos) continue;
        EXPECT_EQ(t.verdict, "deviates") << t.path;
        EXPECT_NE(t.path.find(t.detail + ".fl"), std::string::npos) << t.path << " " << t.detail;
    }
}
/// The canary: a reference that is wrong in one rule is caught, at every tier by something.
TEST(Live, CatchesAWrongRule) {
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    const auto caught = [](LiveTier tier, const char* rule, const char* option) {
        ConformOptions o;
        o.most = tier;
        o.operations = tier == LiveTier::user ? 60'000 : 20'000;   // it sees answers only
        o.changes = {{rule, option}};
        const ConformReport r = conform(o, {});
        return r.tier != tier_name(tier) || !r.findings.empty();
    };
    EXPECT_TRUE(caught(LiveTier::internal, "anon_vma_reuse", "never"));
    EXPECT_TRUE(caught(LiveTier::internal, "mprotect_upgrade", "no"));
    EXPECT_TRUE(caught(LiveTier::proc, "mremap_grow", "alone"));
    const bool early = live_kernel().rules == "linux_6_18";
    EXPECT_TRUE(!early || caught(LiveTier::user, "mremap_checks", "late"));
}

TEST(ExportC, SaysWhatNoProgramCanDo) {
    Trace trace;
    TraceError error;
    const std::string museum = std::string(FAULTLINE_SOURCE_DIR) + "/tests/museum/";
    ASSERT_TRUE(load_trace(museum + "M06.fl", trace, error));
    std::string problem;
    const std::string text = export_c(trace, "M06.fl", problem);
    EXPECT_EQ(problem, "");
    EXPECT_NE(text.find("no program can do that"), std::string::npos);
}
TEST(Cpio, IsAnArchiveOfWholeWords) {
    CpioArchive a;
    a.directory("dev");
    a.file("init", "abc", 0755);
    const std::string bytes = a.finished();
    EXPECT_EQ(bytes.size() % 4, 0u);
    EXPECT_EQ(bytes.substr(0, 6), "070701");
    EXPECT_NE(bytes.find("TRAILER!!!"), std::string::npos);
}

}  // namespace
}  // namespace faultline::fuzz
