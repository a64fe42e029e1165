// tests/hammer/shrink_test.cpp - what is shrunk still fails, is short, and says the same.
//
// Why: a shrinker that loses the failure, or keeps what does not matter, hides the bug it shows.
#include <gtest/gtest.h>

#include "fuzz/shrink/shrink.hpp"
#include "fuzz/shrink/trace_records.hpp"
#include "tests/hammer/liars.hpp"

namespace faultline::fuzz {
namespace {

Arena arena_with(const Rules& rules, const char* bounds = "f1") {
    Arena arena;
    arena.rules = rules;
    arena.bounds = bounds;
    arena.limits = capacity_of(bounds);
    return arena;
}

TEST(Shrink, KeepsTheFailureOfManySeeds) {
    Liar liar("f1", [](const Record& r, Answered& a) {
        if (r.verb == verb_load && a.value == 3) a.value = 0;
    });
    const Arena arena = arena_with(linux_6_12);
    Lockstep lockstep(liar, arena);
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        LockstepConfig config;
        config.seed = seed;
        config.operations = 100'000;
        const LockstepReport found = lockstep.run(config);
        ASSERT_TRUE(found.finding) << seed;
        int stride = 64;
        const Shrunk s = shrink_finding(lockstep, found.records, arena, *found.finding, stride);
        EXPECT_TRUE(s.finished);
        EXPECT_LE(s.records.size(), 8u) << write_trace(trace_of(s.records, arena, "seed"));
        const LockstepReport again = lockstep.replay(s.records, stride);
        ASSERT_TRUE(again.finding) << seed;
        EXPECT_EQ(again.read, s.records.size()) << "nothing after the failure";
        EXPECT_TRUE(alike(*again.finding, *found.finding));
    }
}
TEST(Shrink, NothingShrunkCanBeLeftOut) {
    Rules rules = linux_6_1;
    rules.anon_vma_reuse = AnonVmaReuse::degree;
    const Arena arena = arena_with(rules);
    const auto system = make_reference("f1");
    Lockstep lockstep(*system, arena);
    LockstepConfig config;
    config.operations = 200'000;
    const LockstepReport found = lockstep.run(config);
    ASSERT_TRUE(found.finding);
    int stride = 64;
    const Shrunk s = shrink_finding(lockstep, found.records, arena, *found.finding, stride);
    for (std::size_t drop = 0; drop < s.records.size(); ++drop) {
        std::vector<Record> fewer = s.records;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(drop));
        const LockstepReport report = lockstep.replay(fewer, 1);
        EXPECT_FALSE(report.finding && alike(*report.finding, *found.finding))
            << "without record " << drop;
    }
}
TEST(Shrink, AddressesComeDownAndArgumentsBecomePlain) {
    const Arena arena = arena_with(linux_6_12);
    const auto reference = make_reference("f1");
    std::vector<Record> records;
    const auto add = [&](std::uint8_t verb, int page, int end, int flags, int value, int op) {
        Record r;
        r.verb = verb;
        r.page = static_cast<std::uint16_t>(page);
        r.end = static_cast<std::uint16_t>(end);
        r.flags = static_cast<std::uint8_t>(flags);
        r.value = static_cast<std::uint8_t>(value);
        r.op = static_cast<std::uint8_t>(op);
        records.push_back(r);
    };
    add(operation_id<OpMmap>(), 0, 5, flag_read | flag_write | flag_exec | flag_grows, 0, op_mmap);
    add(verb_write, 21, 0, flag_write, 3, 0);
    add(verb_load, 21, 0, 0, 0, 0);
    // It fails if a load reads what was stored.
    const FailsAfter fails = [&](const std::vector<Record>& h) -> std::optional<std::size_t> {
        std::string problem;
        reference->reset(arena.limits, arena.rules, problem);
        for (std::size_t i = 0; i < h.size(); ++i) {
            const Answered a = reference->apply(h[i]);
            if (h[i].verb == verb_load && a.value != 0) return i + 1;
        }
        return std::nullopt;
    };
    const Shrunk s = shrink(records, arena, fails);
    const Trace trace = trace_of(s.records, arena, "t");
    ASSERT_EQ(trace.items.size(), 3u);
    EXPECT_EQ(write_operation(std::get<Operation>(trace.items[0].what)),
              "P0 mmap 0+1 rw private anon -> 0");
    EXPECT_EQ(write_operation(std::get<Operation>(trace.items[1].what)), "P0 store 0 = 1");
    EXPECT_EQ(write_operation(std::get<Operation>(trace.items[2].what)), "P0 load 0 = 1");
}
TEST(Shrink, HistoriesOfSeveralTasksShrinkToo) {
    Rules rules = linux_6_1;
    rules.gup_fork_seq = GupForkSeq::none;
    const Arena arena = arena_with(rules, "b1");
    HistoryConfig config;
    config.rules = rules;
    config.operations = 400'000;
    config.length = 300;
    config.interleaved = true;
    const HistoryReport found = run_history("b1", config);
    ASSERT_EQ(found.problem, Problem::claim);
    const auto reference = make_reference("b1");
    const FailsAfter fails = breaks_claim(*reference, arena, found.violated);
    ASSERT_TRUE(fails(found.records));
    const Shrunk s = shrink(found.records, arena, fails);
    EXPECT_LT(s.records.size(), found.records.size());
    EXPECT_TRUE(fails(s.records));
    EXPECT_LT(s.records.size(), 60u);
}

}  // namespace
}  // namespace faultline::fuzz
