// tests/explore/search_test.cpp - the search finds every state, the shortest path, and says when
// it did not finish.
#include <gtest/gtest.h>

#include <algorithm>

#include "proofs/explore/explore_impl.hpp"
#include "proofs/explore/named.hpp"

namespace faultline::explore {
namespace {

using E1 = Machine<Concrete, bounds_e1>;

/// A few thousand states without symmetry.
ExploreConfig small_config() {
    ExploreConfig c = default_config("e1");
    c.ops = {"mmap", "munmap", "fault", "fork", "exit", "store"};
    c.op_codes = {op_mmap};
    c.prots = {"rw"};
    c.grows = false;
    c.exec_access = false;
    c.check_between = true;   // default bounds e1 look at the claims between calls only
    return c;
}
int starts(const std::vector<PathStep>& path) {
    return static_cast<int>(
        std::count_if(path.begin(), path.end(), [](const PathStep& p) { return p.start; }));
}

/// False on purpose: says that no frame is ever shared.
struct NeverShared {
    static constexpr const char* id = "test.never-shared";
    template <class M>
    static constexpr bool holds(const Env&, const typename M::State& s) {
        for (const auto& f : s.frames)
            if (f.mapcount > 1) return false;
        return true;
    }
};
template <class M, class Extra>
Exploration search_with(const ExploreConfig& c) {
    return finish("test", c, Search<M, Extra>(c, {}).run());
}

TEST(Explore, ReachesTheEnd) {
    const Exploration e = explore("e1", small_config());
    EXPECT_EQ(e.report.verdict, Verdict::holds) << e.claim << e.report.note;
    EXPECT_TRUE(e.report.complete);
    EXPECT_GT(e.report.states, 100u);
    EXPECT_GT(e.report.claim_checks, e.report.states);
    EXPECT_EQ(e.report.queue_left, 0u);
    const auto times = [&](const std::string& name, const std::string& result) {
        for (const OutcomeCount& o : e.outcomes)
            if (o.name == name && o.result == result) return o.count;
        return std::uint64_t{0};
    };
    EXPECT_GT(times("fork", "0"), 0u);
    EXPECT_GT(times("fork", "ENOMEM"), 0u);
    EXPECT_GT(times("fault", "copied"), 0u);
    EXPECT_GT(times("fault.install", "new-page"), 0u);
}

TEST(Explore, SymmetryReducesAndAgrees) {
    ExploreConfig c = small_config();
    const Exploration with = explore("e1", c);
    c.symmetry = false;
    const Exploration without = explore("e1", c);
    EXPECT_EQ(with.report.verdict, without.report.verdict);
    EXPECT_TRUE(without.report.complete);
    EXPECT_EQ(without.report.states_without_symmetry, without.report.states);
    const double factor =
        static_cast<double>(without.report.states) / static_cast<double>(with.report.states);
    RecordProperty("factor_times_100", static_cast<int>(factor * 100));
    EXPECT_GT(factor, 8.0);
    EXPECT_LE(factor, 72.0);   // 2! processes, 3! frames, 3! anon_vmas
}

TEST(Explore, FingerprintsCountTheSame) {
    ExploreConfig c = small_config();
    const Exploration exact = explore("e1", c);
    c.fingerprint = true;
    const Exploration fp = explore("e1", c);
    EXPECT_EQ(exact.report.states, fp.report.states);
    EXPECT_EQ(exact.report.transitions, fp.report.transitions);
    EXPECT_EQ(exact.report.collision_bound, 0.0);
    EXPECT_GT(fp.report.collision_bound, 0.0);
    EXPECT_LT(fp.report.collision_bound, 1e-9);
    EXPECT_LT(fp.bytes_per_state, exact.bytes_per_state);
}

TEST(Explore, ThreadsCountTheSame) {
    for (const bool fingerprint : {false, true}) {
        ExploreConfig c = small_config();
        c.prots = {"rw", "r"};
        c.ops.push_back("mprotect");
        c.op_codes.push_back(op_mprotect);
        c.fingerprint = fingerprint;
        const Exploration one = explore("e1", c);
        c.jobs = 2;
        const Exploration two = explore("e1", c);
        EXPECT_TRUE(two.report.complete);
        EXPECT_EQ(one.report.states, two.report.states);
        EXPECT_EQ(one.report.transitions, two.report.transitions);
        EXPECT_EQ(one.report.depth, two.report.depth);
        c = small_config();   // enough states for the table to grow under two threads
        c.ops.push_back("drain");
        c.prots = {"rw", "r", "rx", "rwx"};
        c.grows = true;
        c.symmetry = false;
        c.small_steps = true;
        c.jobs = 2;
        c.fingerprint = fingerprint;
#ifdef FAULTLINE_SANITIZED
        c.max_depth = 14;   // nothing is optimized there
#endif
        const Exploration many = explore("e1", c);
        c.jobs = 1;
        EXPECT_EQ(many.report.states, explore("e1", c).report.states);
#ifdef FAULTLINE_SANITIZED
        EXPECT_GT(many.report.states, 1000u);
#else
        EXPECT_GT(many.report.states, 150000u);
#endif
    }
}

TEST(Explore, SmallStepsSeeTheSameCalls) {
    ExploreConfig c = small_config();
    const Exploration calls = explore("e1", c);
    c.small_steps = true;
    const Exploration steps = explore("e1", c);
    EXPECT_EQ(steps.report.verdict, Verdict::holds);
    EXPECT_GT(steps.report.states, calls.report.states);
    EXPECT_EQ(steps.stuck_states, 0u);
}

TEST(Explore, CanaryIsFoundByTheShortestPath) {
    for (const bool fingerprint : {false, true})
        for (const bool symmetry : {false, true}) {
            ExploreConfig c = small_config();
            c.fingerprint = fingerprint;
            c.symmetry = symmetry;
            const Exploration e = search_with<E1, NeverShared>(c);
            ASSERT_EQ(e.report.verdict, Verdict::violated);
            EXPECT_EQ(e.claim, "test.never-shared");
            EXPECT_EQ(e.claim_index, -1);
            ASSERT_TRUE(e.counterexample);
            EXPECT_EQ(starts(*e.counterexample), 3);   // mmap, write fault, fork
            // It replays from the initial state, and only its last state is bad.
            E1::State s = initial_state<E1>();
            Stepper<E1> stepper(c);
            for (std::size_t i = 0; i < e.counterexample->size(); ++i) {
                EXPECT_TRUE(NeverShared::holds<E1>(c.env, s));
                PathStep p = (*e.counterexample)[i];
                replay_step<E1>(stepper, s, p);
                EXPECT_EQ(p, (*e.counterexample)[i]);
            }
            EXPECT_FALSE(NeverShared::holds<E1>(c.env, s));
            ASSERT_EQ(e.report.stories.size(), 1u);
            const Story& story = e.report.stories[0];
            EXPECT_EQ(story.steps.size(), e.counterexample->size());
            ASSERT_EQ(story.before.mms.size(), 1u);
            ASSERT_FALSE(story.steps.back().after.frames.empty());
            EXPECT_EQ(story.steps.back().after.frames[0].mapcount, 2);
        }
}

TEST(Explore, CanaryBetweenStepsOfTwoTasks) {
    ExploreConfig c = small_config();
    c.env.limits = bounds_b1;
    c.env.limits.pages = c.env.limits.vmas = c.env.limits.map_count_limit = 1;
    c.env.limits.frames = c.env.limits.anon_vmas = 2;
    c.tasks = 2;
    const Exploration e = search_with<Machine<Concrete, bounds_b1>, NeverShared>(c);
    ASSERT_EQ(e.report.verdict, Verdict::violated);
    ASSERT_TRUE(e.counterexample);
    EXPECT_EQ(e.counterexample->size(), e.report.depth);
    EXPECT_EQ(e.counterexample->back().pc, pc_fork_share);
}

/// A kernel whose faults take mmap_lock under a VMA's lock and wait for it, where Linux only tries
/// (__vmf_anon_prepare): fork holds mmap_lock and waits for the VMA's.
struct WaitingMachine : Machine<Concrete, bounds_b1> {
    struct Step : Machine<Concrete, bounds_b1>::Step {};
};
bool run_step(WaitingMachine::Step& k, int pc) {
    if (pc == pc_fault_prepare && k.t.vlock && writer_on(k, k.t.mm)) return false;
    Machine<Concrete, bounds_b1>::Step plain{k};
    return faultline::run_step(plain, pc);
}
ExploreConfig two_tasks_on_one_page() {
    ExploreConfig c = small_config();
    c.env.limits = bounds_b1;
    c.env.limits.pages = c.env.limits.vmas = c.env.limits.map_count_limit = 1;
    c.env.limits.frames = c.env.limits.anon_vmas = 2;
    c.ops = {"mmap", "fault", "fork"};
    c.tasks = 2;
    return c;
}
TEST(Explore, TasksThatWaitForEachOtherAreFound) {
    const ExploreConfig c = two_tasks_on_one_page();
    const Exploration e = search_with<WaitingMachine, NoExtra>(c);
    ASSERT_EQ(e.report.verdict, Verdict::violated);
    EXPECT_EQ(e.claim, "task.progress");
    EXPECT_EQ(e.claim_index, -1);
    ASSERT_TRUE(e.counterexample);
    // mmap, its step, a fault that waits at prepare, a fork that waits at its first VMA.
    EXPECT_EQ(e.counterexample->size(), 4u);
    WaitingMachine::State s = initial_state<WaitingMachine>();
    Stepper<WaitingMachine> stepper(c);
    const auto waiting = [&] {
        int busy = 0, able = 0;
        for (int t = 0; t < c.tasks; ++t) {
            WaitingMachine::State n = s;
            WaitingMachine::Out out{};
            const int pc = n.tasks[static_cast<std::size_t>(t)].pc;
            busy += pc != pc_idle;
            able += pc != pc_idle && stepper.step(n, t, pc, false, out);
        }
        return busy == 2 && able == 0;
    };
    for (PathStep p : *e.counterexample) {
        EXPECT_FALSE(waiting());
        replay_step<WaitingMachine>(stepper, s, p);
    }
    EXPECT_TRUE(waiting());
    ASSERT_EQ(e.report.stories.size(), 1u);
    EXPECT_EQ(e.report.stories[0].claim, "task.progress");
    EXPECT_EQ(e.report.stories[0].steps.size(), 4u);
}
/// The same alphabet where a fault only tries, and answers RETRY: to the end of the space.
TEST(Explore, TasksThatOnlyTryGetOn) {
    const Exploration e =
        search_with<Machine<Concrete, bounds_b1>, NoExtra>(two_tasks_on_one_page());
    EXPECT_EQ(e.report.verdict, Verdict::holds) << e.claim;
    EXPECT_TRUE(e.report.complete);
    EXPECT_EQ(e.stuck_states, 0u);
    EXPECT_GT(e.report.states, 1'000u);
}

TEST(Explore, PrefixIsContinued) {
    ExploreConfig c = small_config();
    const Exploration whole = search_with<E1, NeverShared>(c);
    ASSERT_TRUE(whole.counterexample);
    auto first_call = whole.counterexample->begin() + 1;
    while (!first_call->start) ++first_call;
    c.prefix.assign(whole.counterexample->begin(), first_call);
    const Exploration rest = search_with<E1, NeverShared>(c);
    ASSERT_TRUE(rest.counterexample);
    EXPECT_EQ(rest.counterexample->size(), whole.counterexample->size());
    EXPECT_EQ(rest.report.depth + 1, whole.report.depth);
    EXPECT_TRUE(std::equal(c.prefix.begin(), c.prefix.end(), rest.counterexample->begin()));
    c.prefix.push_back(c.prefix.back());   // the last step of mmap again: nobody is there
    EXPECT_THROW(explore("e1", c), std::invalid_argument);
}

ExploreConfig degree_config() {
    ExploreConfig c = default_config("m1");
    c.env.rules.anon_vma_reuse = AnonVmaReuse::degree;
    c.env.limits.mms = 3;
    c.env.limits.vmas = c.env.limits.pages = c.env.limits.frames = 1;
    c.env.limits.anon_vmas = 4;
    c.env.limits.map_count_limit = 1;
    c.ops = {"mmap", "fault", "fork", "exit"};
    c.op_codes = {op_mmap};
    c.prots = {"rw"};
    c.grows = c.exec_access = false;
    return c;
}
TEST(Explore, DegreeSharesAnAnonVma) {
    ExploreConfig c = degree_config();
    c.claims = {"anon_vma.single-owner"};
    for (const bool symmetry : {true, false}) {
        c.symmetry = symmetry;
        c.deny = true;
        const Exploration e = explore("m1", c);
        ASSERT_EQ(e.report.verdict, Verdict::violated);
        EXPECT_EQ(e.claim, "anon_vma.single-owner");
        ASSERT_TRUE(e.counterexample);
        EXPECT_LE(starts(*e.counterexample), 8);
        c.deny = false;   // without refusals the way is one process death longer
        const Exploration whole = explore("m1", c);
        ASSERT_TRUE(whole.counterexample);
        EXPECT_EQ(starts(*whole.counterexample), 8);
    }
    c.env.rules.anon_vma_reuse = AnonVmaReuse::split;
    c.claims.clear();
    const Exploration fixed = explore("m1", c);
    EXPECT_EQ(fixed.report.verdict, Verdict::holds) << fixed.claim;
}

TEST(Explore, LimitsEndAsUnknown) {
    ExploreConfig c = small_config();
    c.symmetry = false;
    c.prots.clear();
    c.grows = true;
    c.max_bytes = 3u << 20;
    const Exploration memory = explore("e1", c);
    EXPECT_EQ(memory.report.verdict, Verdict::unknown);
    EXPECT_FALSE(memory.report.complete);
    EXPECT_NE(memory.report.note.find("memory"), std::string::npos);
    EXPECT_GT(memory.report.queue_left, 0u);
    EXPECT_LE(memory.report.peak_bytes, c.max_bytes + (1u << 20));
    c = small_config();
    c.max_depth = 3;
    const Exploration depth = explore("e1", c);
    EXPECT_EQ(depth.report.verdict, Verdict::unknown);
    EXPECT_EQ(depth.report.depth, 3u);
    c.max_depth = 0;
    c.max_states = 100;
    EXPECT_EQ(explore("e1", c).report.verdict, Verdict::unknown);
}

TEST(Explore, RefusesWhatItDoesNotKnow) {
    ExploreConfig c = small_config();
    EXPECT_THROW(explore("nowhere", c), std::invalid_argument);
    EXPECT_THROW(default_config("nowhere"), std::invalid_argument);
    c.ops = {"levitate"};
    EXPECT_THROW(explore("e1", c), std::invalid_argument);
    c = small_config();
    c.claims = {"nothing.at-all"};
    EXPECT_THROW(explore("e1", c), std::invalid_argument);
    c = small_config();
    c.env.limits.frames = 99;
    EXPECT_THROW(explore("e1", c), std::invalid_argument);
    c = small_config();
    c.tasks = 2;   // e1 has one
    EXPECT_THROW(explore("e1", c), std::invalid_argument);
}

TEST(Explore, EveryNamedSearchRuns) {
    EXPECT_GE(explorable_bounds().size(), 4u);
    for (const std::string& name : explorable_bounds()) {
        ExploreConfig c = default_config(name);
        c.max_depth = 2;
        c.grows = c.exec_access = false;
        c.prots = {"rw"};
        const Exploration e = explore(name, c);
        EXPECT_EQ(e.report.verdict, Verdict::unknown) << name << " " << e.claim;
        EXPECT_GT(e.report.states, 3u) << name;
    }
}

}  // namespace
}  // namespace faultline::explore
