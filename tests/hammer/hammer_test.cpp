// tests/hammer/hammer_test.cpp - who must be rejected is, who must pass does, and how fast.
//
// Why: a hammer that finds nothing is only worth something after it has found what was planted.
#include <gtest/gtest.h>

#include <filesystem>

#include "fuzz/lockstep/hammer.hpp"
#include "fuzz/systems/systems.hpp"
#include "tests/hammer/liars.hpp"

namespace faultline::fuzz {
namespace {

#ifdef FAULTLINE_SANITIZED
constexpr std::uint64_t thinner = 20;
#else
constexpr std::uint64_t thinner = 1;
#endif

HammerReport hammered(std::string_view name, bool bug, std::uint64_t operations,
                      const Rules& rules = linux_6_12) {
    const NamedSystem* system = system_named(name);
    HammerConfig config;
    config.arena.rules = rules;
    config.arena.excused = known_broken(rules, config.arena.limits);
    if (system->pages > 0) config.arena.limits.pages = system->pages;
    config.operations = operations;
    return hammer([&] { return system->make("f1", bug); }, config);
}
HammerReport hammered(const MakeSystem& make, std::uint64_t operations = 400'000) {
    HammerConfig config;
    config.operations = operations;
    return hammer(make, config);
}

TEST(Canary, TheNullSystemIsRejectedAtOnce) {
    const HammerReport r = hammered("null", false, 100'000);
    ASSERT_EQ(r.findings.size(), 1u);
    EXPECT_LT(r.operations, 100u);
    EXPECT_LT(r.seconds, 5);
    EXPECT_LE(r.findings[0].trace.items.size(), 8u);
}
TEST(Canary, AYesSayerThatShowsTheTruthIsRejectedToo) {
    const HammerReport r = hammered([] {
        return std::make_unique<Liar>("f1", [](const Record&, Answered& a) { a.result = res_ok; });
    });
    ASSERT_EQ(r.findings.size(), 1u);
    EXPECT_EQ(r.findings[0].finding.id, "lockstep.answer");
    EXPECT_LE(r.findings[0].trace.items.size(), 8u);
}
TEST(Canary, TheClassicMistakeIsFoundInEightLines) {
    const HammerReport r = hammered("example-c", true, 200'000);
    ASSERT_EQ(r.findings.size(), 1u);
    EXPECT_LT(r.seconds, 10);
    const Hammered& f = r.findings[0];
    EXPECT_LE(f.trace.items.size(), 8u) << write_trace(f.trace);
    EXPECT_EQ(f.finding.id, "lockstep.answer");
    // It is the story one would tell: shared by fork, written on one side, read on the other.
    bool forks = false, loads = false;
    for (const Item& item : f.trace.items) {
        const auto& op = std::get<Operation>(item.what);
        forks = forks || op.verb == Verb::fork;
        loads = loads || op.verb == Verb::load;
    }
    EXPECT_TRUE(forks && loads) << write_trace(f.trace);
}
TEST(Systems, TheExampleWithoutItsBugPasses) {
    for (const NamedRules& kernel : named_kernels) {
        const HammerReport r = hammered("example-c", false, 200'000 / thinner, kernel.rules);
        EXPECT_TRUE(r.findings.empty()) << write_trace(r.findings[0].trace);
        EXPECT_GT(r.operations, 150'000 / thinner);
        EXPECT_GT(r.refused, 1'000 / thinner);
    }
}
TEST(Systems, TheFastPathAndTheReferencePass) {
    for (const char* name : {"fast", "fast-la57", "reference"})
        for (const NamedRules& kernel : named_kernels) {
            const HammerReport r = hammered(name, false, 200'000 / thinner, kernel.rules);
            EXPECT_TRUE(r.findings.empty()) << name << write_trace(r.findings[0].trace);
            EXPECT_GT(r.operations, 190'000 / thinner);
            EXPECT_GT(r.claim_checks, 2 * r.looks - 10);
        }
}

/// Each liar shows one field otherwise, in a state that takes some doing.
struct Lie {
    const char* field;
    void (*tell)(Observation&);
};
TEST(Canary, OneWrongFieldOfALookIsFound) {
    const Lie lies[] = {
        {"refcount", [](Observation& o) { for (auto& f : o.frames) f.refcount += f.mapcount > 2; }},
        {"mapcount", [](Observation& o) { for (auto& f : o.frames) f.mapcount -= f.mapcount > 3; }},
        {"exclusive",
         [](Observation& o) { for (auto& f : o.frames) f.exclusive |= f.mapcount > 1; }},
        {"num_children",
         [](Observation& o) { for (auto& a : o.anon_vmas) a.num_children += a.num_children > 2; }},
        {"frames in use", [](Observation& o) { o.frames_used += o.frames_used > 6; }},
        {"frame",   // two pages change places: equal but for the names of their frames
         [](Observation& o) {
             std::vector<SeenEntry*> pages;
             for (auto& p : o.processes)
                 if (p.alive)
                     for (auto& e : p.entries)
                         if (e.kind == EntryKind::present) pages.push_back(&e);
             if (pages.size() > 5) std::swap(pages[0]->frame, pages[1]->frame);
         }},
        {"chain",
         [](Observation& o) {
             for (auto& p : o.processes)
                 if (p.alive)
                     for (auto& v : p.vmas)
                         if (v.chain.size() > 2) std::swap(v.chain[0], v.chain[1]);
         }},
    };
    for (const Lie& lie : lies) {
        const HammerReport r = hammered(
            [&] { return std::make_unique<Liar>("f1", Liar::Answers{}, lie.tell); });
        ASSERT_EQ(r.findings.size(), 1u) << lie.field;
        ASSERT_FALSE(r.findings[0].finding.differences.empty()) << lie.field;
        bool named = false;
        for (const auto& d : r.findings[0].finding.differences)
            named = named || d.field == lie.field || d.field == "chain" || d.field == "frame";
        EXPECT_TRUE(named) << lie.field << ": " << r.findings[0].finding.differences[0].text();
        EXPECT_LE(r.findings[0].trace.items.size(), 14u) << lie.field;
    }
}
TEST(Canary, AClaimThatTheSystemShowsBrokenIsNamed) {
    const HammerReport r = hammered([] {
        return std::make_unique<Liar>("f1", Liar::Answers{}, [](Observation& o) {
            for (auto& f : o.frames) f.refcount += f.mapcount > 1;
        });
    });
    ASSERT_EQ(r.findings.size(), 1u);
    EXPECT_EQ(r.findings[0].finding.claim, "frame.refcount-exact");
}
TEST(Canary, ARuleWithAKnownBugIsFoundInTheReferenceItself) {
    HammerConfig config;
    config.arena.rules = linux_6_1;
    config.arena.rules.anon_vma_reuse = AnonVmaReuse::degree;
    config.operations = 400'000;
    const HammerReport r = hammer([] { return make_reference("f1"); }, config);
    ASSERT_EQ(r.findings.size(), 1u);
    EXPECT_EQ(r.findings[0].finding.kind, FindingKind::claim);
    EXPECT_LE(r.findings[0].trace.items.size(), 10u);
}
TEST(Hammer, FindsTheSameWithOneJobAndWithTwo) {
    HammerConfig config;
    config.operations = 60'000 / thinner;
    const auto make = [] { return make_reference("f1"); };
    const HammerReport one = hammer(make, config);
    config.jobs = 2;
    const HammerReport two = hammer(make, config);
    EXPECT_EQ(one.digest, two.digest);
    EXPECT_EQ(one.operations, two.operations);
    config.seed = 2;
    EXPECT_NE(hammer(make, config).digest, one.digest);
}
TEST(Hammer, ACorpusGrowsAndIsTakenUpAgain) {
    const auto folder = std::filesystem::temp_directory_path() / "faultline-corpus-test";
    std::filesystem::remove_all(folder);
    HammerConfig config;
    config.operations = 30'000 / thinner;
    config.corpus = folder.string();
    const auto make = [] { return make_reference("f1"); };
    const HammerReport first = hammer(make, config);
    EXPECT_EQ(first.corpus_read, 0u);
    EXPECT_GT(first.corpus_added, 0u);
    EXPECT_GT(first.features, 50u);
    const HammerReport second = hammer(make, config);
    EXPECT_EQ(second.corpus_read, first.corpus_kept);
    EXPECT_GE(second.features, first.features) << "what was reached is reached again";
    EXPECT_LE(second.corpus_kept, first.corpus_kept + second.corpus_added);
    std::filesystem::remove_all(folder);
    config.corpus = "/proc/no such place";
    EXPECT_FALSE(hammer(make, config).problem.empty());
}

}  // namespace
}  // namespace faultline::fuzz
