// tests/tools/questions_test.cpp - the index of questions against traces, claims, laws and itself.
//
// Why: an index is only worth something if nothing is missing from it and nothing in it is made up.
//      Whether the claims and laws hold is decided by `faultline check`; that they exist is here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "invariants/registry.hpp"
#include "invariants/run.hpp"
#include "proofs/x86/law.hpp"
#include "tools/questions.hpp"

namespace faultline {
namespace {

namespace fs = std::filesystem;
const fs::path root = FAULTLINE_SOURCE_DIR;
const fs::path folder = root / "tests" / "traces" / "questions";

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::vector<Question> index_rows() {
    return read_questions(text_of(folder / "index.json"), "index.json");
}
std::map<std::string, ClaimKind> claim_kinds() {
    std::map<std::string, ClaimKind> kinds;
    boost::hana::for_each(claims, [&](auto type) {
        using Claim = typename decltype(type)::type;
        kinds[Claim::id] = Claim::kind;
    });
    return kinds;
}

TEST(Questions, AreAllThereInOrder) {
    std::vector<std::string> expected, found;
    const auto numbered = [&](const char* letter, int count) {
        for (int i = 1; i <= count; ++i) expected.push_back(letter + std::to_string(i));
    };
    numbered("Q", 80);
    numbered("C", 50);
    numbered("W", 50);
    for (const Question& q : index_rows()) found.push_back(q.id);
    EXPECT_EQ(found, expected);
}

TEST(Questions, HaveTracesThatRunAsTheySay) {
    std::set<std::string> ran;
    for (const Question& q : index_rows())
        for (const std::string& trace : q.traces) {
            if (!ran.insert(trace).second) continue;
            const TraceReport report = replay_file((root / "tests" / trace).string());
            EXPECT_EQ(report.exit, Exit::holds) << q.id << " " << trace << ": " << report.error;
            EXPECT_TRUE(report.as_expected) << q.id << " " << trace;
        }
    EXPECT_GE(ran.size(), 40u);
}

/// "Q26_anon_vma_without_vma.fl" is cited by Q26, and by others if it helps them.
TEST(Questions, CiteEveryTraceOfTheFolder) {
    std::set<std::string> cited;
    for (const Question& q : index_rows())
        for (const std::string& trace : q.traces) {
            const std::string name = fs::path(trace).filename().string();
            const std::string number = name.substr(1, name.find('_') - 1);
            if (name.substr(0, 1) + std::to_string(std::atoi(number.c_str())) == q.id)
                cited.insert(name);
        }
    std::size_t traces = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name == "index.json") continue;
        EXPECT_TRUE(cited.contains(name)) << name << " is no trace of the row it is named after";
        ++traces;
    }
    EXPECT_GE(traces, 30u);
}

TEST(Questions, AreNamedInTheirTraces) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".fl") continue;
        Trace trace;
        TraceError error;
        ASSERT_TRUE(load_trace(entry.path().string(), trace, error)) << error.text();
        const std::string id = trace.title.substr(0, trace.title.find(' '));
        const auto rows = index_rows();
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                                [&](const Question& q) { return q.id == id; }))
            << entry.path() << " does not begin its title with a question's name";
        EXPECT_FALSE(trace.remarks.empty()) << entry.path() << " does not say the question";
    }
}

TEST(Questions, AreProvedByClaimsThatAreProved) {
    const auto kinds = claim_kinds();
    const std::set<std::string> cells{"init", "step", "bites", "enabled", "refine"};
    for (const Question& q : index_rows()) {
        for (const ClaimEvidence& e : q.proved) {
            ASSERT_TRUE(kinds.contains(e.claim)) << q.id << ": no claim " << e.claim;
            EXPECT_NE(kinds.at(e.claim), ClaimKind::bounded) << q.id << ": " << e.claim;
            EXPECT_TRUE(cells.contains(e.where)) << q.id << ": no cells of kind " << e.where;
        }
        for (const ClaimEvidence& e : q.explored) {
            EXPECT_TRUE(kinds.contains(e.claim)) << q.id << ": no claim " << e.claim;
            EXPECT_TRUE(std::any_of(named_bounds.begin(), named_bounds.end(),
                                    [&](const NamedBounds& b) { return b.name == e.where; }))
                << q.id << ": no bounds " << e.where;
        }
    }
}

TEST(Questions, AreProvedByLawsThatExist) {
    std::set<std::string> names;
    for (const x86::Law& law : x86::x86_laws()) names.insert(law.name);
    for (const Question& q : index_rows())
        for (const std::string& law : q.laws)
            EXPECT_TRUE(names.contains(law)) << q.id << ": no law " << law;
}

TEST(Questions, AreNamedWhereTheCompilerDecidesThem) {
    for (const Question& q : index_rows()) {
        bool named = q.compiled.empty();
        for (const std::string& file : q.compiled) {
            const std::string text = text_of(root / file);
            EXPECT_NE(text.find("static_assert"), std::string::npos) << q.id << ": " << file;
            named = named || file.starts_with("spec/") ||
                    text.find(q.id + ":") != std::string::npos ||
                    text.find(q.id + ",") != std::string::npos;
        }
        EXPECT_TRUE(named) << q.id << " is named in none of its files";
    }
}

std::string refusal(const std::string& rows, const std::string& format = "faultline questions 1") {
    try {
        read_questions("{\"format\": \"" + format + "\", \"rows\": [" + rows + "]}", "i.json");
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "";
}
TEST(Canary, ARowThatContradictsItselfIsRefused) {
    const std::string head = R"({"id": "Q1", "where": "S1:1", "asks": "Why?")";
    EXPECT_EQ(refusal(head + R"(, "reason": "No matter."})"), "");
    EXPECT_EQ(refusal(head + "}"), "i.json: Q1 is unanswered without a reason");
    EXPECT_EQ(refusal(head + R"(, "needs": ["more swap"]})"),
              "i.json: Q1 needs 'more swap', which is no known word");
    EXPECT_EQ(refusal(head + R"(, "traces": ["a.fl"]})"),
              "i.json: Q1 has evidence and no answer");
    EXPECT_EQ(refusal(head + R"(, "trace": "a.fl"})"), "i.json: row 1: unknown field 'trace'");
    EXPECT_EQ(refusal(head + R"(, "proved": ["rmap.complete"]})"),
              "i.json: row 1: proved wants pairs");
    EXPECT_EQ(refusal(head + R"(, "verdict": "wrong", "needs": ["swap"]})"),
              "i.json: Q1 judges a question");
    const std::string claim = R"({"id": "C1", "where": "S1:1", "asks": "So.", "answer": "No.")";
    EXPECT_EQ(refusal(claim + R"(, "traces": ["a.fl"]})"), "i.json: C1 judges no claim");
    EXPECT_EQ(refusal("", "questions"), "i.json: is no 'faultline questions 1'");
    EXPECT_NE(refusal("nonsense"), "");
}

TEST(Questions, SayHowTheyStand) {
    Question q{"W1", "S1:1", "So it is.", "It is not.", "wrong", {"traces/a.fl"}, {}, {},
               {},   {},     {},          ""};
    EXPECT_EQ(list_item_of(q).extra, "wrong, run");
    q.proved = {{"rmap.complete", "step"}};
    q.needs = {"swap"};
    EXPECT_EQ(list_item_of(q).extra, "wrong, proved");
    EXPECT_EQ(list_item_of(q).text, "So it is.\n-> It is not.\ntrace     tests/traces/a.fl\n"
                                    "proved    rmap.complete (cells of kind step)\n"
                                    "the rest waits for swap");
}

}  // namespace
}  // namespace faultline
