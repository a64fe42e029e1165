// tests/trace/hostile_test.cpp - thousands of damaged texts: no crash, one clear line, and the same
// text twice.
//
// Why: traces come from strangers. What parses after the damage is run too: the machine must refuse
//      what it does not have, never step outside its tables.
#include <gtest/gtest.h>

#include <random>

#include "invariants/run.hpp"
#include "proofs/induction/expected.hpp"
#include "tests/trace/corpus.hpp"

namespace faultline {
namespace {

class Vandal {
  public:
    explicit Vandal(std::vector<std::string> texts) : texts_(std::move(texts)) {}
    std::string damaged() {
        std::string text = pick(texts_);
        for (std::size_t n = 1 + below(4); n > 0; --n) damage(text);
        return text;
    }

  private:
    std::size_t below(std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
    }
    const std::string& pick(const std::vector<std::string>& from) {
        return from[below(from.size())];
    }
    void damage(std::string& text) {
        if (text.empty()) text = "x";
        const std::size_t at = below(text.size()), length = below(12);
        switch (below(8)) {
            case 0: text[at] = static_cast<char>(below(256)); break;
            case 1: text.erase(at, length); break;
            case 2: text.insert(at, text.substr(below(text.size()), length)); break;
            case 3: swap_lines(text); break;
            case 4: number(text); break;
            case 5: number(text); break;
            case 6: text.insert(at, " " + pick(words_) + " "); break;
            default: text.insert(line_start(text, at), pick(lines_) + "\n"); break;
        }
    }
    static std::size_t line_start(const std::string& text, std::size_t at) {
        const std::size_t end = text.rfind('\n', at);
        return end == std::string::npos ? 0 : end + 1;
    }
    void number(std::string& text) {
        const std::size_t at = text.find_first_of("0123456789", below(text.size()));
        if (at != std::string::npos) text[at] = static_cast<char>('0' + below(10));
    }
    void swap_lines(std::string& text) {
        const std::size_t from = line_start(text, below(text.size()));
        const std::size_t end = text.find('\n', from);
        if (end == std::string::npos) return;
        const std::string line = text.substr(from, end + 1 - from);
        text.erase(from, line.size());
        if (!text.empty()) text.insert(line_start(text, below(text.size())), line);
    }
    const std::vector<std::string> words_{
        "deny", "begin", "-> ?",    "->",        "@a",      "P1",    "H0",
        "T1",   "65535", "0+65535", "size",      "maymove", "fixed", "dontunmap",
        "= 3",  "none",  "rwx",     "growsdown", "#",       "\0",    "99999999999999999999"};
    const std::vector<std::string> lines_{"P0 exit -> ?",
                                          "P0 fork -> ?",
                                          "drain -> ?",
                                          "P1 munmap 0+1 -> ?",
                                          "H0 release -> ?",
                                          "P0 mremap 0+1 size 2 maymove fixed 1 dontunmap -> ?",
                                          "P0 pin 0 write -> ?",
                                          "T1 run -> ?",
                                          "T0 P0 fork begin -> ?",
                                          "P0 brk 1 -> ?",
                                          "P0 mlock 0+2 -> ?",
                                          "P0 store 0 = 1 deny -> ?"};
    std::vector<std::string> texts_;
    std::mt19937 random_{20221125};
};

TEST(Hostile, NothingCrashesAndErrorsAreOneLine) {
    std::vector<std::string> texts;
    for (const std::string& path : corpus::good_traces()) texts.push_back(corpus::read(path));
    ASSERT_FALSE(texts.empty());
    Vandal vandal(std::move(texts));
    int parsed = 0, refused = 0, ran = 0;
    for (int n = 0; n < 6000; ++n) {
        const std::string text = vandal.damaged();
        Trace trace, again;
        TraceError error;
        if (!parse_trace(text, "t.fl", trace, error)) {
            ++refused;
            const std::string line = error.text();
            ASSERT_EQ(line.find('\n'), std::string::npos) << line;
            ASSERT_EQ(line.rfind("t.fl:", 0), 0u) << line;
            ASSERT_NE(line.find(": expected "), std::string::npos) << line;
            ASSERT_NE(line.find(", found "), std::string::npos) << line;
            continue;
        }
        ++parsed;
        ASSERT_TRUE(parse_trace(write_trace(trace), "again", again, error)) << error.text() << "\n"
                                                                            << text;
        ASSERT_EQ(trace, again) << text;
        RunConfig config;
        config.views = false;
        config.stride = 1000;
        const TraceReport report = replay_trace(trace, config);
        ran += report.exit == Exit::holds ? 1 : 0;
        ASSERT_NE(report.exit, Exit::tool_error) << text;
        // Whatever was damaged, the reference itself keeps its promises unless the trace asks for a
        // bug, or its kernel really has one (5.10 loses pins, M05).
        if (!trace.exhibit.empty() || !trace.rules.empty()) continue;
        for (const std::string& claim : report.violated)
            ASSERT_TRUE(proofs::claim_excused(report.kernel, claim))
                << claim << "\n" << report.error << "\n" << text;
    }
    EXPECT_GT(parsed, 1000);
    EXPECT_GT(refused, 1500);
    EXPECT_GT(ran, 200);
}
TEST(Hostile, LongLinesAndBigFilesAreRefused) {
    Trace trace;
    TraceError error;
    EXPECT_FALSE(
        parse_trace("faultline trace 1\nP0 " + std::string(5000, 'x'), "t.fl", trace, error));
    EXPECT_EQ(error.line, 2);
    EXPECT_LT(error.text().size(), 200u);
    EXPECT_FALSE(parse_trace(std::string(100, '\0'), "t.fl", trace, error));
}

}  // namespace
}  // namespace faultline
