// tests/tools/command_line_test.cpp - every command with engines that answer at once.
//
// Why: exit codes and the shape of the output are what scripts build on.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/tools/fake_document.hpp"
#include "tests/tools/files.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"

namespace faultline {
namespace {

struct Outcome {
    int code;
    std::string out, err;
};

Outcome call(const std::vector<std::string>& words) {
    std::ostringstream out, err;
    const int code = command_line(words, {out, err, false});
    return {code, out.str(), err.str()};
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Cell cell(Verdict v, bool expected = false) {
    return {"step", "a.b", "c.d", "linux_6_12", "b1", v, expected, "", "", "", ""};
}
Document with(const std::vector<Cell>& cells) {
    Document d;
    d.command = "prove";
    d.proof.emplace().cells = cells;
    return d;
}

TEST(ExitCode, TheWorstAnswerDecides) {
    using V = Verdict;
    EXPECT_EQ(combined_exit(with({cell(V::holds), cell(V::not_applicable)})), Exit::holds);
    EXPECT_EQ(combined_exit(with({cell(V::holds), cell(V::unknown)})), Exit::unknown);
    EXPECT_EQ(combined_exit(with({cell(V::skipped)})), Exit::unknown);
    EXPECT_EQ(combined_exit(with({cell(V::unknown), cell(V::vacuous)})), Exit::vacuous);
    EXPECT_EQ(combined_exit(with({cell(V::vacuous), cell(V::violated)})), Exit::violated);
    Document d = with({cell(V::violated)});
    d.errors = {"explore: out of memory"};
    EXPECT_EQ(combined_exit(d), Exit::tool_error);
}

TEST(ExitCode, NothingDecidedIsUnknown) { EXPECT_EQ(combined_exit(with({})), Exit::unknown); }

TEST(ExitCode, AListedViolationMustBeThere) {
    EXPECT_EQ(combined_exit(with({cell(Verdict::violated, true)})), Exit::holds);
    EXPECT_EQ(combined_exit(with({cell(Verdict::holds, true)})), Exit::violated);
    EXPECT_EQ(combined_exit(with({cell(Verdict::unknown, true)})), Exit::unknown);
}

TEST(ExitCode, ARunAnswersForItself) {
    Document d;
    d.command = "run";
    d.runs.emplace_back().verdict = Verdict::violated;
    EXPECT_EQ(combined_exit(d), Exit::tool_error);
    d.runs[0].exit = Exit::holds;   // an exhibit: violated, as its trace announces
    EXPECT_EQ(combined_exit(d), Exit::holds);
    d.runs[0].exit = Exit::violated;
    EXPECT_EQ(combined_exit(d), Exit::violated);
}

TEST(ExitCode, AnExhibitNeedsBothHalves) {
    Document d;
    d.command = "museum";
    EXPECT_EQ(combined_exit(d), Exit::unknown);
    d.museum = {{"x", "", "", "", "", "run", true, true, "", {}}};
    EXPECT_EQ(combined_exit(d), Exit::holds);
    d.museum[0].fixed_clean = false;
    EXPECT_EQ(combined_exit(d), Exit::violated);
}

TEST(CommandLine, UsageErrorsAreOneLineAndCodeTwo) {
    const std::vector<std::vector<std::string>> wrong{
        {}, {"prov"}, {"prove", "--certifi"}, {"prove", "--jobs", "0"},
        {"prove", "--kind", "steps"},
        {"explore", "--tasks", "many"}, {"run"}, {"run", "/does/not/exist.fl"},
        {"explore", "--kernel", "none"}, {"list", "unicorns"}, {"museum", "--engine", "fuzz"},
        {"report", "/does/not/exist.json"}, {"explore", "--max-bytes", "4 apples"}};
    for (const auto& words : wrong) {
        const Outcome o = call(words);
        EXPECT_EQ(o.code, 2) << (words.empty() ? "" : words.back());
        EXPECT_EQ(lines(o.err), 1u) << o.err;
        EXPECT_EQ(o.err.rfind("faultline: ", 0), 0u) << o.err;
    }
}

TEST(CommandLine, HelpAndVersionSucceed) {
    EXPECT_EQ(call({"--help"}).code, 0);
    EXPECT_EQ(call({"--version"}).code, 0);
    const Outcome o = call({"prove", "--help"});
    EXPECT_EQ(o.code, 0);
    EXPECT_TRUE(contains(o.out, "--certify"));
}

TEST(CommandLine, EveryRunSaysWhatItIsFirst) {
    fake::Directory dir;
    fake::write(dir.file("t.fl"), "faultline 1\n");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"prove"}, {"explore"}, {"museum"}, {"bench"},
          {"run", dir.file("t.fl")}, {"check", "--output", dir.file("r")}}) {
        const Outcome o = call(words);
        EXPECT_EQ(o.out.rfind("faultline 0.", 0), 0u) << words[0];
        const std::string head = o.out.substr(0, o.out.find("\n\n"));
        for (const char* word : {"commit ", "\nkernel", "\nrules", "\nbounds", "\nseed"})
            EXPECT_TRUE(contains(head, word)) << words[0] << word;
    }
}

TEST(CommandLine, ListTakesAKind) {
    EXPECT_TRUE(contains(call({"list"}).out, "claim (16)"));
    const Outcome o = call({"list", "claims"});
    EXPECT_EQ(o.code, 0);
    EXPECT_TRUE(contains(o.out, "rmap.complete"));
    EXPECT_FALSE(contains(o.out, "anon_vma_reuse"));
    EXPECT_TRUE(contains(call({"list", "bounds"}).out, "two processes"));
}

TEST(CommandLine, AnUnreadableExhibitConcernsOnlyExhibits) {
    const Outcome kernels = call({"list", "kernels"});
    EXPECT_EQ(kernels.code, 0);
    EXPECT_EQ(lines(kernels.err), 1u) << kernels.err;
    EXPECT_TRUE(contains(kernels.err, "M99.fl:3: "));
    const Outcome exhibits = call({"list", "exhibits"});
    EXPECT_EQ(exhibits.code, 5);
    EXPECT_FALSE(exhibits.out.empty());
    // Without its index there are no questions, and that is no usage error.
    EXPECT_EQ(call({"list", "questions"}).code, 5);
}

TEST(CommandLine, RunPrintsStepsChangesAndTheBlock) {
    fake::Directory dir;
    const std::string trace = dir.file("degree.fl");
    fake::write(trace, "faultline 1\n");
    const Outcome good = call({"run", trace});
    EXPECT_EQ(good.code, 0);
    EXPECT_TRUE(contains(good.out, "  13  P5 mprotect 0+1 rw           -> 0\n"));
    EXPECT_TRUE(contains(good.out, "chain            - {0,1,2,5}   + {0,1,2,4}"));
    const Outcome bad = call({"run", trace, "--brief", "--rule", "anon_vma_reuse=degree"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_TRUE(contains(bad.out, "VIOLATED  rmap.complete"));
    EXPECT_EQ(call({"run", trace, "--rule", "nonsense"}).code, 2);
}

/// So that the output can be compared with a real machine's.
TEST(CommandLine, RunShowsAFileOfProcAndNothingElse) {
    fake::Directory dir;
    const std::string trace = dir.file("degree.fl");
    fake::write(trace, "faultline 1\n");
    const Outcome maps = call({"run", trace, "--show", "maps", "--process", "P5"});
    EXPECT_EQ(maps.code, 0);
    EXPECT_EQ(maps.out, "200000000000-200000002000 rw-p 00000000 00:00 0 \n");
    const Outcome gone = call({"run", trace, "--show", "maps"});
    EXPECT_EQ(gone.code, 2);
    EXPECT_TRUE(contains(gone.err, "no process P0 lives at the end of "));
    EXPECT_EQ(call({"run", trace, "--show", "maps", "--process", "P6"}).code, 2);
    EXPECT_EQ(call({"run", trace, "--show", "maps", "--process", "5"}).code, 2);
    EXPECT_EQ(call({"run", trace, "--show", "status"}).code, 2);
    EXPECT_EQ(call({"run", trace, "--process", "P5"}).code, 2);
    EXPECT_EQ(call({"run", trace, "--show", "maps", "--json"}).code, 2);
    // A trace that breaks a claim shows that instead.
    const Outcome bad = call({"run", trace, "--show", "maps", "--process", "P5", "--rule",
                              "anon_vma_reuse=degree"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_TRUE(contains(bad.out, "VIOLATED  rmap.complete"));
}

TEST(CommandLine, ExploreReportsWhatWasLeft) {
    EXPECT_EQ(call({"explore"}).code, 0);
    const Outcome o = call({"explore", "--max-states", "1000"});
    EXPECT_EQ(o.code, 3);
    EXPECT_TRUE(contains(o.out, "no, 17 states left"));
    EXPECT_TRUE(contains(o.out, "never occurred: mprotect.split/ENOMEM"));
}

TEST(CommandLine, ProveNamesEveryCellThatIsNotAsItShouldBe) {
    const Outcome o = call({"prove", "--kernel", "all"});
    EXPECT_EQ(o.code, 1);
    for (const char* line : {"VIOLATED  step   gup.pin-exclusive", "UNKNOWN   step   cow.no-lost",
                             "VACUOUS   bites  frame.no-leak", "4 violated as listed"})
        EXPECT_TRUE(contains(o.out, line)) << line << o.out.substr(0, 900);
    EXPECT_EQ(call({"prove", "--kernel", "linux_5_10"}).code, 0);
    EXPECT_EQ(call({"prove", "--claim", "cow.no-lost-store"}).code, 3);
    EXPECT_EQ(call({"prove", "--claim", "frame.no-leak"}).code, 4);
    EXPECT_EQ(call({"prove", "--claim", "no.such"}).code, 3);
    EXPECT_EQ(call({"prove", "--kernel", "broken"}).code, 5);
}

TEST(CommandLine, MuseumNamesWhatWasMissed) {
    const Outcome o = call({"museum"});
    EXPECT_EQ(o.code, 1);
    EXPECT_TRUE(contains(o.out, "MISSED  explore  cow_breaks_gup"));
    EXPECT_EQ(call({"museum", "anon_vma_degree"}).code, 0);
}

TEST(CommandLine, FuzzPrintsFiguresTheBlockAndHowToShowItAgain) {
    const Outcome good = call({"fuzz"});
    EXPECT_EQ(good.code, 0);
    EXPECT_TRUE(contains(good.out, "HOLDS     fuzz  reference"));
    const Outcome bad = call({"fuzz", "--system", "example-c", "--bug", "on", "--for", "2m"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_TRUE(contains(bad.out, "  differs answer  value  reference 0  system 1"));
    EXPECT_TRUE(contains(bad.out, "  replay  faultline fuzz --system example-c --replay"));
    EXPECT_EQ(call({"fuzz", "--system", "unknown"}).code, 2);
    EXPECT_EQ(call({"fuzz", "--bug", "maybe"}).code, 2);
    EXPECT_EQ(call({"fuzz", "--for", "2m", "--runs", "3"}).code, 2);
}

TEST(CommandLine, ASurvivingMutantIsAFailure) {
    EXPECT_EQ(call({"mutants"}).code, 0);
    const Outcome o = call({"mutants", "--seed", "99"});
    EXPECT_EQ(o.code, 1);
    EXPECT_TRUE(contains(o.out, "SURVIVES"));
    EXPECT_TRUE(contains(o.out, "1 of 2 killed"));
}

TEST(CommandLine, JsonIsOneObjectAndNothingElse) {
    for (const char* command :
         {"list", "explore", "prove", "museum", "fuzz", "mutants", "bench"}) {
        const Outcome o = call({command, "--json"});
        const auto j = nlohmann::json::parse(o.out);
        EXPECT_EQ(j.at("command"), command);
        EXPECT_EQ(j.at("exit_code"), o.code);
    }
    const auto cells = nlohmann::json::parse(call({"prove", "--json"}).out).at("cells");
    ASSERT_FALSE(cells.empty());
    for (const char* key : {"claim", "step", "kernel", "bounds", "verdict"})
        EXPECT_TRUE(cells[0].contains(key)) << key;
}

TEST(CommandLine, JsonTellsWhyNothingCame) {
    const Outcome o = call({"prove", "--kernel", "broken", "--json"});
    EXPECT_EQ(o.code, 5);
    const auto j = nlohmann::json::parse(o.out);
    EXPECT_EQ(j.at("errors").at(0), "cvc5 disagrees");
    EXPECT_EQ(j.at("verdict"), "tool error");
}

TEST(CommandLine, CheckWritesTheReportAndASummary) {
    fake::Directory dir;
    const std::string xml = dir.file("x.xml");
    const Outcome o = call({"check", "--output", dir.file("report"), "--junit", xml});
    EXPECT_EQ(o.code, 1);
    EXPECT_TRUE(contains(fake::read(dir.file("report/index.html")), "<!doctype html>"));
    EXPECT_TRUE(contains(fake::read(xml), "<testsuites>"));
    for (const char* row : {"\nprove ", "\nexplore ", "\nmuseum ", "VIOLATED  check"})
        EXPECT_TRUE(contains(o.out, row)) << row;
    // and the page can be written again from the JSON, byte by byte
    const std::string again = dir.file("again.html");
    EXPECT_EQ(call({"report", dir.file("report/report.json"), "-o", again}).code, 0);
    EXPECT_EQ(fake::read(again), fake::read(dir.file("report/index.html")));
}

TEST(CommandLine, CheckGoesOnWhenAnEngineFails) {
    fake::Directory dir;
    const Outcome o = call({"check", "--kernel", "broken", "--output", dir.file("report")});
    EXPECT_EQ(o.code, 5);
    EXPECT_TRUE(contains(o.out, "prove: cvc5 disagrees"));
    EXPECT_TRUE(contains(o.out, "explore: the machine is on fire"));
    EXPECT_TRUE(contains(fake::read(dir.file("report/index.html")), "This run is incomplete"));
}

TEST(CommandLine, AFileThatCannotBeWrittenIsAToolError) {
    EXPECT_EQ(call({"museum", "anon_vma_degree", "--junit", "/proc/none/x.xml"}).code, 5);
}

TEST(Progress, SaysDoneLeftRateAndEstimate) {
    EXPECT_EQ(progress_text({"explore e1", 120'000, 80'000, 41'000, "depth 9"}),
              "explore e1: 120,000 done, 80,000 left, 41,000/s, about 1 s, depth 9");
    EXPECT_EQ(progress_text({"prove", 3, 0, 0, ""}), "prove: 3 done");
}

TEST(Progress, MovesOnATerminalAndIsQuietInAPipe) {
    std::ostringstream terminal, pipe;
    {
        ProgressPrinter a(terminal, true), b(pipe, false);
        for (int i = 0; i < 5; ++i) {
            a.show({"prove", 3, 4, 5, std::string(200, 'x')});
            b.show({"prove", 3, 4, 5, ""});
        }
    }
    EXPECT_EQ(pipe.str(), "");
    EXPECT_EQ(terminal.str().find('\n'), std::string::npos);
    EXPECT_TRUE(terminal.str().ends_with("\r\033[K"));
}

}  // namespace
}  // namespace faultline
