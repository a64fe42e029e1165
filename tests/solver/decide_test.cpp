// tests/solver/decide_test.cpp - toy obligations with known answers, in every mode of deciding.
//
// Why: an answer of the back-end is a verdict of the project; each kind of answer, and each way to
//      get it wrong, has a test here.
#include <gtest/gtest.h>

#include "proofs/solver/decide_with.hpp"
#include "proofs/solver/drat_checker.hpp"
#include "proofs/solver/second_solver.hpp"
#include "proofs/solver/testing/terms.hpp"

namespace faultline::proofs {
namespace {

using test::obligation;
using test::Terms;

DecideOptions mode(bool certify, bool at_once, bool second = false) {
    DecideOptions o;
    o.certify = certify;
    o.all_at_once = at_once;
    o.second_solver = second;
    return o;
}

class Modes : public ::testing::TestWithParam<std::tuple<bool, bool>> {
protected:
    DecideOptions options() const { return mode(std::get<0>(GetParam()), std::get<1>(GetParam())); }
};
INSTANTIATE_TEST_SUITE_P(All, Modes, ::testing::Combine(::testing::Bool(), ::testing::Bool()));

TEST_P(Modes, HoldsAndFails) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y"), z = t.word("z");
    const Obligation ob = obligation(t, {t.lt(x, y), t.lt(y, z)},
                                     {t.lt(x, z), t.lt(z, x), t.ne(x, z), t.eq(x, y),
                                      t.le(t.plus(x, t.number(2)), z), t.lt(y, t.number(200))});
    const Decision d = decide(ob, options());
    EXPECT_EQ(d.premises_satisfiable, Answer::holds);
    const Answer want[] = {Answer::holds, Answer::refuted, Answer::holds,
                           Answer::refuted, Answer::holds, Answer::refuted};
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(d.goals[i].answer, want[i]) << i;
        EXPECT_EQ(d.goals[i].certified, options().certify && want[i] == Answer::holds) << i;
        EXPECT_FALSE(d.goals[i].constant || d.goals[i].unchanged || d.goals[i].cached);
        EXPECT_EQ(counterexample(ob, i, options()).has_value(), want[i] == Answer::refuted) << i;
    }
    EXPECT_EQ(d.distinct, 6U);
    EXPECT_TRUE(d.notes.empty()) << d.notes.front();
}

TEST_P(Modes, ConstantsPremisesAndDuplicatesCostNothing) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y");
    const Z3_ast a = t.lt(x, y), b = t.ne(x, t.number(7)), c = t.lt(x, t.number(255));
    const Decision d = decide(obligation(t, {t.and_({a, t.and_({b, t.yes()})})},
                                         {t.yes(), a, t.and_({b, a}), c, c, t.no()}),
                              options());
    EXPECT_TRUE(d.goals[0].constant);
    EXPECT_TRUE(d.goals[1].unchanged);
    EXPECT_TRUE(d.goals[2].unchanged);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(d.goals[i].answer, Answer::holds) << i;
    EXPECT_EQ(d.goals[5].answer, Answer::refuted);
    EXPECT_TRUE(d.goals[5].constant);
    EXPECT_EQ(d.distinct, 2U);
    EXPECT_EQ(d.goals[4].certified, options().certify);
}

// Goals that only the simplifier sees to be true or false: their selectors become units, or vanish.
TEST_P(Modes, SelectorsThatVanish) {
    Terms t;
    const Z3_ast x = t.word("x"), p = t.flag("p");
    const Z3_ast hidden_true = t.or_({p, t.not_(p)});
    const Z3_ast hidden_false = t.lt(x, t.number(0));
    const Decision d = decide(obligation(t, {p}, {hidden_false, hidden_true}), options());
    EXPECT_EQ(d.premises_satisfiable, Answer::holds);
    EXPECT_EQ(d.goals[0].answer, Answer::refuted);
    EXPECT_EQ(d.goals[1].answer, Answer::holds);
    EXPECT_EQ(d.goals[1].certified, options().certify);
}

TEST_P(Modes, ContradictoryPremisesAreVacuousAndNeverHold) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y");
    const std::vector<std::vector<Z3_ast>> contradictions = {
        {t.no()},                                    // literally
        {t.lt(x, t.number(0))},                      // seen by the simplifier
        {t.flag("p"), t.not_(t.flag("p"))},          // by the clauses
        {t.lt(x, y), t.lt(y, x)},                    // by search
    };
    for (const auto& premises : contradictions) {
        const Decision d = decide(
            obligation(t, premises, {t.yes(), premises[0], t.eq(x, x), t.lt(y, x), t.no()}),
            options());
        EXPECT_EQ(d.premises_satisfiable, Answer::refuted);
        for (const GoalResult& g : d.goals) {
            EXPECT_EQ(g.answer, Answer::unknown);
            EXPECT_FALSE(g.certified);
            EXPECT_NE(g.note.find("vacuous"), std::string::npos);
        }
        EXPECT_FALSE(witness(obligation(t, premises, {}), options()).has_value());
    }
}

TEST_P(Modes, NoPremisesAndNoGoals) {
    Terms t;
    EXPECT_EQ(decide(obligation(t, {}, {}), options()).premises_satisfiable, Answer::holds);
    const Decision d = decide(obligation(t, {t.yes()}, {t.no()}), options());
    EXPECT_EQ(d.goals[0].answer, Answer::refuted);
    EXPECT_TRUE(witness(obligation(t, {}, {}), options())->empty());
}

// a*b == b*a needs search: a limit of one conflict gives unknown, never holds.
TEST_P(Modes, AConflictLimitGivesUnknown) {
    Terms t;
    const Z3_ast a = t.word("a", 6), b = t.word("b", 6), c = t.word("c", 6);
    const Z3_ast goal = t.eq(t.times(a, t.plus(b, c)), t.plus(t.times(a, b), t.times(a, c)));
    const Obligation ob = obligation(t, {t.ne(a, b)}, {goal, t.ne(a, b), t.ne(b, a)});
    DecideOptions o = options();
    o.conflict_limit = 1;
    const Decision low = decide(ob, o);
    EXPECT_EQ(low.goals[0].answer, Answer::unknown);
    EXPECT_NE(low.goals[0].note.find("limit"), std::string::npos);
    EXPECT_FALSE(low.goals[0].certified);
    EXPECT_EQ(low.goals[1].answer, Answer::holds);
    EXPECT_NE(low.goals[2].answer, Answer::refuted);
    o.z3_rlimit = 1000;
    EXPECT_FALSE(counterexample(ob, 0, o).has_value());
    o.conflict_limit = options().conflict_limit;
    const Decision high = decide(ob, o);
    EXPECT_EQ(high.goals[0].answer, Answer::holds);
    EXPECT_EQ(high.goals[0].certified, o.certify);
    if (o.certify) {
        EXPECT_GT(high.lemmas, 0U);
    }
}

TEST(Counterexample, ValuesSatisfyPremisesAndViolateTheGoal) {
    Terms t;
    const Z3_ast x = t.word("x", 16), y = t.word("y", 64), p = t.flag("p");
    const Obligation ob = obligation(
        t, {t.lt(t.number(1000, 16), x), t.or_({p, t.lt(x, t.number(1003, 16))}),
            t.eq(y, t.number(0xFFFF'FFFF'0000'0001UL, 64))},
        {t.or_({p, t.eq(x, t.number(1001, 16))})});
    const auto m = counterexample(ob, 0, {});
    ASSERT_TRUE(m.has_value());
    EXPECT_EQ(m->at("x"), 1002U);
    EXPECT_EQ(m->at("y"), 0xFFFF'FFFF'0000'0001UL);
    EXPECT_EQ(m->at("p"), 0U);
    const auto w = witness(ob, {});
    ASSERT_TRUE(w.has_value());
    EXPECT_GT(w->at("x"), 1000U);
}

TEST(Second, Cvc5AgreesOnAllGoals) {
    Terms t;
    const Z3_ast x = t.word("x y", 8), y = t.word("and", 8), p = t.flag("n0!");
    const Z3_ast wide = Z3_mk_zero_ext(t.z, 8, t.times(x, y));
    const Z3_ast sum = t.plus(wide, t.number(1, 16));
    const Decision d =
        decide(obligation(t, {t.lt(x, y), p},
                          {t.lt(wide, sum), t.ne(sum, t.number(0, 16)), t.lt(y, x), p,
                           t.eq(Z3_mk_extract(t.z, 15, 8, wide), t.number(0))}),
               mode(true, false, true));
    for (std::size_t i : {0U, 1U, 4U}) {
        EXPECT_EQ(d.goals[i].answer, Answer::holds) << i;
        EXPECT_EQ(d.goals[i].second, "cvc5 unsat") << i;
    }
    EXPECT_EQ(d.goals[2].answer, Answer::refuted);
    EXPECT_TRUE(d.goals[2].second.empty());
    EXPECT_TRUE(d.goals[3].unchanged);
}

TEST(Second, AMissingProgramOrALimitIsNotAnAgreement) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y");
    const Obligation ob = obligation(t, {t.lt(x, y)}, {t.ne(x, y)});
    DecideOptions o = mode(false, false, true);
    o.second_program = "/nowhere/cvc5";
    Decision d = decide(ob, o);
    EXPECT_EQ(d.goals[0].answer, Answer::holds);
    EXPECT_EQ(d.goals[0].second, "cvc5 unknown: the program is not there");
    o.second_program = "true";    // runs, says nothing
    d = decide(ob, o);
    EXPECT_EQ(d.goals[0].second.substr(0, 12), "cvc5 unknown");
    o.second_program = "cvc5";
    o.second_rlimit = 1;
    d = decide(ob, o);
    EXPECT_NE(d.goals[0].second, "cvc5 unsat");
}

TEST(Second, GoalsThatAreAlsoSubtermsAreWrittenInBothPlaces) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y");
    const Z3_ast g = t.lt(x, y);
    const std::string q = smtlib_query(t.z, "name\nwith a line end", {t.or_({g, t.no()})}, {g});
    EXPECT_EQ(ask_second(q, {}).answer, Answer::holds) << q;
    const std::string open = smtlib_query(t.z, "", {t.or_({g, t.flag("p")})}, {g});
    EXPECT_EQ(ask_second(open, {}).answer, Answer::refuted) << open;
    const std::string premise = smtlib_query(t.z, "", {t.flag("p"), t.not_(t.flag("p"))}, {g});
    EXPECT_EQ(ask_second(premise, {}).answer, Answer::holds) << premise;
    EXPECT_EQ(ask_second(smtlib_query(t.z, "", {}, {g}), {}).answer, Answer::refuted);
}

/// Answers "unsatisfiable" to every question with an assumption, and gives a proof of the test's
/// choice.
class Liar final : public SatSolver {
public:
    explicit Liar(std::vector<unsigned char> proof) : proof_(std::move(proof)) {}
    void add(std::span<const int>) override {}
    void freeze(int) override {}
    SatAnswer solve(std::span<const int> assumptions, std::uint64_t) override {
        return assumptions.empty() && asked_++ == 0 ? SatAnswer::satisfiable
                                                    : SatAnswer::unsatisfiable;
    }
    bool value(int) override { return false; }
    void lemma(std::span<const int> c) override { append_lemma(proof_, c); }
    std::vector<unsigned char> proof() override { return proof_; }

private:
    std::vector<unsigned char> proof_;
    int asked_ = 0;
};

TEST(Liar, AnAnswerWithoutAProofIsCaughtByTheCertificate) {
    Terms t;
    const Z3_ast x = t.word("x"), y = t.word("y");
    const Obligation ob = obligation(t, {t.lt(x, y)}, {t.lt(y, t.number(100)), t.ne(x, y)});
    std::vector<unsigned char> empty_clause;
    append_lemma(empty_clause, {});
    for (const auto& proof : {std::vector<unsigned char>{}, empty_clause}) {
        const SolverFactory liars = [&](bool) { return std::make_unique<Liar>(proof); };
        for (bool at_once : {false, true}) {
            const Decision d = decide_with(ob, mode(true, at_once), liars);
            for (const GoalResult& g : d.goals) {
                EXPECT_EQ(g.answer, Answer::unknown);
                EXPECT_FALSE(g.certified);
                EXPECT_NE(g.note.find("certificate rejected"), std::string::npos) << g.note;
            }
        }
        // Without a certificate the lie is believed by one solver, and caught by the second.
        EXPECT_EQ(decide_with(ob, mode(false, false), liars).goals[0].answer, Answer::holds);
        const Decision d = decide_with(ob, mode(false, false, true), liars);
        EXPECT_EQ(d.goals[0].answer, Answer::unknown);
        EXPECT_NE(d.goals[0].note.find("disagree"), std::string::npos);
        EXPECT_EQ(d.goals[1].second, "cvc5 unsat");
        EXPECT_EQ(d.goals[1].answer, Answer::holds);
    }
}

// A solver whose common proof is unusable: each goal gets a certificate of its own.
TEST(Liar, ARejectedCommonCertificateFallsBackToSingleOnes) {
    Terms t;
    const Z3_ast a = t.word("a", 5), b = t.word("b", 5);
    const Z3_ast same = t.eq(t.times(a, b), t.times(b, a));
    const Obligation ob = obligation(t, {t.lt(a, b)}, {same, t.ne(a, b)});
    int made = 0;
    const SolverFactory first_is_a_liar = [&](bool keep) -> std::unique_ptr<SatSolver> {
        if (made++ == 0) return std::make_unique<Liar>(std::vector<unsigned char>{'d', 0});
        return make_cadical(keep);
    };
    const Decision d = decide_with(ob, mode(true, false), first_is_a_liar);
    EXPECT_EQ(made, 3);
    ASSERT_EQ(d.notes.size(), 1U);
    for (const GoalResult& g : d.goals) EXPECT_TRUE(g.certified && g.answer == Answer::holds);
}

// All orders between a few words, as premises and goals: decided by enumeration and by the
// back-end.
TEST_P(Modes, AgreesWithEnumeration) {
    Terms t;
    unsigned seed = 1;
    auto random = [&](unsigned n) { return (seed = seed * 1103515245U + 12345U) / 65536U % n; };
    for (int round = 0; round < 25; ++round) {
        const Z3_ast v[] = {t.word("a", 3), t.word("b", 3), t.word("c", 3)};
        struct Fact {
            unsigned left, right, shift, kind;
        };
        auto holds = [](const Fact& f, const unsigned* w) {
            const unsigned l = (w[f.left] + f.shift) % 8, r = w[f.right];
            return f.kind == 0 ? l < r : f.kind == 1 ? l <= r : l != r;
        };
        std::vector<Fact> facts;
        std::vector<Z3_ast> terms;
        for (int k = 0; k < 8; ++k) {
            const Fact f{random(3), random(3), random(8), random(3)};
            const Z3_ast l = t.plus(v[f.left], t.number(f.shift, 3)), r = v[f.right];
            facts.push_back(f);
            terms.push_back(f.kind == 0 ? t.lt(l, r) : f.kind == 1 ? t.le(l, r) : t.ne(l, r));
        }
        const Obligation ob = obligation(t, {terms[0], terms[1], terms[2]},
                                         {terms[3], terms[4], terms[5], terms[6], terms[7]});
        bool possible = false;
        bool fails[5] = {};
        for (unsigned n = 0; n < 512; ++n) {
            const unsigned w[] = {n % 8, n / 8 % 8, n / 64};
            if (!holds(facts[0], w) || !holds(facts[1], w) || !holds(facts[2], w)) continue;
            possible = true;
            for (std::size_t g = 0; g < 5; ++g) fails[g] = fails[g] || !holds(facts[3 + g], w);
        }
        const Decision d = decide(ob, options());
        EXPECT_EQ(d.premises_satisfiable, possible ? Answer::holds : Answer::refuted);
        for (std::size_t g = 0; g < 5 && possible; ++g) {
            EXPECT_EQ(d.goals[g].answer, fails[g] ? Answer::refuted : Answer::holds);
        }
    }
}

}  // namespace
}  // namespace faultline::proofs
