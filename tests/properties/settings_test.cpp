// tests/properties/settings_test.cpp - a typo in RC_PARAMS is an error, and a failing law is kept.
//
// Why: see settings.hpp.
#include "tests/properties/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "spec/trace.hpp"
#include "tests/properties/histories.hpp"

namespace faultline::properties {
namespace {

TEST(Settings, AreRead) {
    Settings s;
    std::string problem;
    ASSERT_TRUE(read_settings(" seed=18446744073709551615  max_success=7 noshrink=1", s, problem));
    EXPECT_EQ(s.seed, ~std::uint64_t{0});
    EXPECT_EQ(s.max_success, 7);
    EXPECT_TRUE(s.noshrink);
    EXPECT_TRUE(read_settings("", s, problem));
    EXPECT_EQ(s.max_success, 7);
}
TEST(Settings, TyposAreRefused) {
    for (const char* text : {"max_sucess=5", "seed", "seed=", "seed=x", "seed=1x", "max_success=0",
                             "noshrink=2", "max_size=-1", "seed=99999999999999999999",
                             "reproduce=abc", "seed =1"}) {
        Settings s;
        std::string problem;
        EXPECT_FALSE(read_settings(text, s, problem)) << text;
        EXPECT_FALSE(problem.empty()) << text;
        EXPECT_EQ(problem.find('\n'), std::string::npos);
    }
}
/// A law that nothing with two forks satisfies: found, shrunk to the forks, kept as a trace.
TEST(Check, KeepsAShortTrace) {
    Coverage seen;
    const Histories<bounds_f1> histories{.bounds = "f1", .longest = 200};
    const Law no_two_forks = [](const Case& c) {
        using M = Machine<Concrete, bounds_f1>;
        const auto s = played<M>({c.rules(), bounds_f1}, c.records);
        int alive = 0;
        for (const auto& mm : s.mms) alive += mm.phase == mm_alive;
        return alive >= 3 ? breaks("three processes") : holds();
    };
    const Checked c = check("canary two forks", 200, histories.draws(seen), no_two_forks);
    ASSERT_FALSE(c.holds);
    EXPECT_EQ(c.smallest.records.size(), 2u) << c.text;
    std::ifstream in(c.file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Trace trace;
    TraceError error;
    EXPECT_TRUE(parse_trace(text, c.file, trace, error)) << error.text() << text;
    const Case again = c.smallest;
    EXPECT_EQ(no_two_forks(again).verdict, Judged::Verdict::breaks);
}
TEST(Check, SameSeedSameCases) {
    Coverage first, second;
    const Histories<bounds_b2> histories{.bounds = "b2"};
    const Law anything = [](const Case&) { return holds(); };
    EXPECT_TRUE(check("same", 50, histories.draws(first), anything).holds);
    EXPECT_TRUE(check("same", 50, histories.draws(second), anything).holds);
    EXPECT_EQ(first.results, second.results);
    EXPECT_EQ(first.histories, second.histories);
}

}  // namespace
}  // namespace faultline::properties
