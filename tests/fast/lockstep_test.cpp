// tests/fast/lockstep_test.cpp - the fast path beside the reference, at every rule set.
//
// Why: the smallest proof that the two agree, run with every test; long runs are the hammer's.
#include <gtest/gtest.h>

#include <cstdlib>

#include "fuzz/lockstep/lockstep.hpp"
#include "fuzz/systems/fast.hpp"

namespace faultline::fuzz {
namespace {

std::string describe(const LockstepReport& r) {
    std::string text = r.problem;
    if (!r.finding) return text;
    text += r.finding->id + " after " + std::to_string(r.operations) + "\n";
    for (const Difference& d : r.finding->differences) text += "  " + d.text() + "\n";
    const std::size_t n = r.records.size();
    for (std::size_t i = n > 12 ? n - 12 : 0; i < n; ++i) {
        const Record& x = r.records[i];
        text += "  " + std::to_string(i) + " verb " + std::to_string(x.verb) + " who " +
                std::to_string(x.who) + " op " + std::to_string(x.op) + " gup " +
                std::to_string(x.gup) + " flags " + std::to_string(x.flags) + " deny " +
                std::to_string(x.deny) + " " + std::to_string(x.page) + ".." +
                std::to_string(x.end) + " to " + std::to_string(x.to) + " span " +
                std::to_string(x.span) + "\n";
    }
    return text;
}
std::uint64_t operations() {
    const char* wanted = std::getenv("FAULTLINE_FAST_OPERATIONS");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100'000;
}

struct Case {
    const char* kernel;
    unsigned levels;
    const char* bounds;   ///< f2 has swap space
};
class FastLockstep : public testing::TestWithParam<Case> {};

TEST_P(FastLockstep, agrees) {
    const auto system = make_fast(GetParam().levels);
    Arena arena;
    arena.bounds = GetParam().bounds;
    arena.limits = capacity_of(arena.bounds);
    for (const NamedRules& k : named_kernels)
        if (k.name == GetParam().kernel) arena.rules = k.rules;
    arena.excused = known_broken(arena.rules, arena.limits);
    Lockstep lockstep(*system, arena);
    LockstepConfig config;
    config.arena = arena;
    config.operations = operations();
    const char* stride = std::getenv("FAULTLINE_FAST_STRIDE");
    if (stride != nullptr) config.stride = std::atoi(stride);
    const LockstepReport report = lockstep.run(config);
    EXPECT_FALSE(report.finding) << describe(report);
    EXPECT_EQ(report.problem, "");
    EXPECT_GT(report.operations, config.operations / 2);
}
INSTANTIATE_TEST_SUITE_P(kernels, FastLockstep,
                         testing::Values(Case{"linux_5_10", 4, "f1"}, Case{"linux_6_1", 5, "f1"},
                                         Case{"linux_6_12", 4, "f1"}, Case{"linux_6_18", 5, "f1"},
                                         Case{"linux_5_10", 5, "f2"}, Case{"linux_6_1", 4, "f2"},
                                         Case{"linux_6_12", 5, "f2"}, Case{"linux_6_18", 4, "f2"}),
                         [](const auto& which) {
                             return std::string(which.param.kernel) + "_" + which.param.bounds;
                         });

}  // namespace
}  // namespace faultline::fuzz
