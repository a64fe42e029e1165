// tests/induction/bmc_test.cpp - the unrolled machine goes where the concrete one goes, and a bug
// within its depth is found.
//
// Why: a search that lost a transition, or could never move, would find nothing and look like a
//      proof.
#include <gtest/gtest.h>

#include "model/reference/operate.hpp"
#include "proofs/explore/moves.hpp"
#include "tests/induction/prove.hpp"
#include "tests/induction/walk.hpp"

namespace faultline::proofs {
namespace {

constexpr Bounds B = bounds_b1;
using State = Con<B>::State;

Obligation obligation(Builder& b, const Unrolling<B>& u) {
    Obligation o;
    o.name = "test";
    o.z = b.z();
    for (const Term& t : u.transitions()) o.premises.push_back(b.ast(t));
    return o;
}
Term is_state(const Sym<B>::State& s, const State& wanted) {
    const auto w = leaf_values(lifted<B>(wanted));
    const auto v = leaf_values(s);
    Term all = true;
    for (std::size_t n = 0; n < v.size(); ++n)
        all = both(all, v[n].is_word ? equal(v[n].word, w[n].word) : same(v[n].term, w[n].term));
    return all;
}

TEST(Bmc, EveryConcretePathIsAPathOfTheFormula) {
    const Env env{linux_6_12, B};
    constexpr int depth = thinner == 1 ? 3 : 2;
    Walk<B> walk(env, 3);
    // Starts in the middle of things, so that steps are met and not only starts.
    for (int n = 0; n < (thinner == 1 ? 6 : 1); ++n) {
        State from = initial_state<Con<B>>();
        for (int i = 0; i < 7 * n; ++i) walk.move(from);
        Builder b;
        Unrolling<B> u(env, from, false);
        for (int d = 0; d < depth; ++d) u.step();
        for (int tries = 0; tries < 4; ++tries) {
            State end = from;
            bool moved = true;
            for (int d = 0; d < depth && moved; ++d) moved = walk.move(end);
            if (!moved) continue;
            Obligation o = obligation(b, u);
            o.premises.push_back(b.ast(is_state(u.state(), end)));
            const auto values = witness(o, {});
            ASSERT_TRUE(values.has_value()) << "a path was lost";
            const History<B> h = u.replay(*values);
            ASSERT_EQ(h.error, "");
            ASSERT_EQ(h.moves.size(), static_cast<std::size_t>(depth));
            EXPECT_EQ(numbers(h.moves.back().after), numbers(end));
        }
    }
}

/// One process with a pinned page, forking: the states along the way.
std::vector<State> pin_and_fork(const Env& env) {
    using M = Con<B>;
    State s = initial_state<M>();
    Args<M> map{};
    map.end = 1;
    map.read = map.write = true;
    map.op = op_mmap_fixed;
    EXPECT_EQ(call<M>(env, s, operation_id<OpMmap>(), 0, map).result, res_ok);
    EXPECT_EQ(store<M>(env, s, 0, 0, 1).result, res_ok);
    Args<M> pin{};
    pin.gup = gup_pin;
    pin.write = true;
    EXPECT_EQ(call<M>(env, s, operation_id<OpGup>(), 0, pin).result, res_ok);
    std::vector<State> states{s};
    CallOptions options;
    options.child = 1;
    Outcome o;
    EXPECT_TRUE((start_task<M>(env, s, operation_id<OpFork>(), 0, {}, options, o)));
    for (int n = 0; n < 20 && s.tasks[0].pc != pc_idle; ++n) {
        states.push_back(s);
        step_task<M>(env, s, 0, false, o);
    }
    states.push_back(s);
    return states;
}

/// The claims the unrolled machine breaks within `depth` steps, each by a history that replays.
std::set<std::string> broken_within(const Env& env, const State& from, int depth) {
    Builder b;
    Unrolling<B> u(env, from, true);
    std::set<std::string> broken;
    for (int d = 1; d <= depth && broken.empty(); ++d) {
        u.step();
        Obligation o = obligation(b, u);
        const std::vector<Conjunct> goals = u.goals();
        for (const auto& g : goals) o.goals.push_back({"goal", b.ast(g.term)});
        const Decision decision = decide(o, {});
        EXPECT_EQ(decision.premises_satisfiable, Answer::holds);
        for (std::size_t g = 0; g < goals.size(); ++g) {
            EXPECT_NE(decision.goals[g].answer, Answer::unknown);
            if (decision.goals[g].answer != Answer::refuted) continue;
            const auto claim = static_cast<std::size_t>(goals[g].claim);
            broken.insert(claim_infos()[claim].id);
            const auto values = counterexample(o, g, {});
            const History<B> h = u.replay(values.value());
            EXPECT_EQ(h.error, "");
            if (goals[g].claim < claim_count) {
                EXPECT_FALSE(Replay<B>::held(env, h.moves.back().after)[claim]);
            }
        }
    }
    return broken;
}

TEST(Bmc, FindsAPlantedBugWithinItsDepth) {
    Rules buggy = linux_6_12;
    buggy.fork_pinned = ForkPinned::share;
    const Env wrong{buggy, B}, right{linux_6_12, B};
    const std::vector<State> states = pin_and_fork(wrong);
    std::size_t bad = 0;
    while (bad < states.size() && first_violation<Con<B>>(wrong, states[bad]) < 0) ++bad;
    ASSERT_LT(bad, states.size()) << "the rule does not show";
    ASSERT_GE(bad, 2u);
    const std::set<std::string> broken = broken_within(wrong, states[bad - 2], 2);
    EXPECT_EQ(broken.count("pin.exclusive"), 1u);
    EXPECT_TRUE(broken_within(wrong, states[bad - 2], 1).empty()) << "two steps are needed";
    EXPECT_TRUE(broken_within(right, states[bad - 2], 2).empty());
}

/// Calls of the first task as a path, run on the way.
class Path {
public:
    explicit Path(const Rules& rules) : env_{rules, B} {}
    template <class Op>
    void call(int row, explore::PlainArgs args, int child = 0) {
        explore::PathStep p;
        p.start = true;
        p.op = operation_id<Op>();
        p.row = row;
        p.child = child;
        p.args = args;
        p.task = 0;
        Outcome o;
        CallOptions options;
        options.child = child;
        EXPECT_TRUE((start_task<M>(env_, s_, p.op, row, explore::args_of<M>(args), options, o)));
        steps.push_back(p);
        while (s_.tasks[0].pc != pc_idle) {
            explore::PathStep q;
            q.task = 0;
            q.pc = s_.tasks[0].pc;
            EXPECT_TRUE((step_task<M>(env_, s_, 0, false, o)));
            steps.push_back(q);
        }
    }
    std::vector<explore::PathStep> steps;

private:
    using M = Con<B>;
    Env env_;
    State s_ = initial_state<M>();
};
/// Exhibit M04b up to the write fault that betrays the child's reference.
std::vector<explore::PathStep> a_child_keeps_a_reference(const Rules& rules) {
    Path p(rules);
    explore::PlainArgs map{.end = 1, .read = true, .write = true, .op = op_mmap_fixed};
    explore::PlainArgs write{.write = true};
    p.call<OpMmap>(0, map);
    p.call<OpFault>(0, write);
    p.call<OpFork>(0, {}, 1);
    p.call<OpGup>(1, {.gup = gup_get});
    p.call<OpMunmap>(1, {.end = 1});
    return p.steps;
}
/// The whole way, from options to a cell: violated at the depth where it happens and not before,
/// and the story is a history that the concrete machine has performed.
TEST(Bmc, AnExhibitBehindAPrefixIsAViolatedCell) {
    InductionOptions o = options_for("linux_5_10");
    o.kinds = {"bmc"};
    o.claims = {"cow.handle-isolation"};
    o.bmc_depth = 4;
    set_rule(o, "fork_pinned", "share");
    o.bmc_prefix = a_child_keeps_a_reference(o.rules);
    EXPECT_EQ(told(violated(o)), "") << "5.10 copies what somebody refers to";
    set_rule(o, "cow_reuse", "mapcount");
    const ProveReport r = prove(o);
    EXPECT_EQ(with(r, Verdict::violated), CellNames{"cow.handle-isolation at depth 2"});
    EXPECT_EQ(with(r, Verdict::skipped), (CellNames{"cow.handle-isolation at depth 3",
                                                    "cow.handle-isolation at depth 4"}));
    ASSERT_EQ(r.stories.size(), 1u);
    const Story& story = r.stories[0];
    EXPECT_TRUE(story.from_initial && story.shortest);
    EXPECT_EQ(story.found_by, "prove bmc depth 2 after a prefix");
    // The parent's write fault makes the page writable that the child's reference still reads.
    ASSERT_EQ(story.steps.size(), 2u);
    EXPECT_EQ(story.steps[0].text.substr(0, 5), "fault");
    EXPECT_EQ(story.steps[1].text.substr(0, 8), "fault.wp");
    EXPECT_EQ(story.steps[1].result, "-> reused");
    ASSERT_FALSE(story.before.handles.empty());
    EXPECT_EQ(story.before.handles[0].kind, "get");
    const StateView& after = story.steps[1].after;
    ASSERT_FALSE(after.mms.empty() || after.mms[0].ptes.empty());
    EXPECT_EQ(after.mms[0].ptes[0].frame, story.before.handles[0].frame);
    EXPECT_NE(after.mms[0].ptes[0].bits.find('w'), std::string::npos);
}
TEST(Bmc, APrefixThatDoesNotRunIsRefused) {
    InductionOptions o = options_for("linux_5_10");
    o.kinds = {"bmc"};
    o.bmc_depth = 1;
    o.bmc_prefix = a_child_keeps_a_reference(o.rules);
    o.bmc_prefix.push_back(o.bmc_prefix.back());
    EXPECT_THROW(prove(o), std::invalid_argument);
}

TEST(Bmc, TheEmptyMachineKeepsEveryClaim) {
    for (const char* kernel : {"linux_5_10", "linux_6_18"}) {
        InductionOptions o = options_for(kernel);
        o.kinds = {"bmc"};
        o.bmc_depth = thinner == 1 ? 3 : 2;
        const ProveReport r = prove(o);
        CellNames depths;
        for (const Cell& c : r.cells) {
            EXPECT_EQ(c.kind, "bmc");
            EXPECT_TRUE(c.verdict == Verdict::holds || c.verdict == Verdict::not_applicable)
                << c.claim << " at " << c.step;
            depths.insert(c.step);
        }
        EXPECT_EQ(depths.size(), static_cast<std::size_t>(o.bmc_depth));
    }
}
TEST(Bmc, IsNotAskedForByDefault) {
    InductionOptions o = options_for("linux_6_12");
    o.kinds = {"bmc"};
    EXPECT_TRUE(prove(o).cells.empty());
}
TEST(Bmc, ALimitEndsTheSearchAndIsSaid) {
    InductionOptions o = options_for("linux_6_12");
    o.kinds = {"bmc"};
    o.bmc_depth = 4;
    o.decide.conflict_limit = 1;
    const ProveReport r = prove(o);
    EXPECT_FALSE(with(r, Verdict::unknown).empty());
    bool skipped = false;
    for (const Cell& c : r.cells) {
        if (c.verdict != Verdict::skipped) continue;
        skipped = true;
        EXPECT_NE(c.note.find("ended at depth"), std::string::npos);
    }
    EXPECT_TRUE(skipped);
}

}  // namespace
}  // namespace faultline::proofs
