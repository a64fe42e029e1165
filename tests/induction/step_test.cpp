// tests/induction/step_test.cpp - on constants the symbolic machine is the concrete one: every
// step, every start, every claim.
//
// Why: a formula that says something else than the text would prove something else; the folding
//      makes the comparison exact and needs no solver.
#include <gtest/gtest.h>

#include "tests/induction/walk.hpp"

namespace faultline::proofs {
namespace {

constexpr Bounds B = bounds_b1;

/// A constant leaf as a number, -1 for a term.
template <class S>
std::vector<int> folded_numbers(const S& s) {
    std::vector<int> out;
    for (const LeafValue& v : leaf_values(s)) {
        if (v.is_word) out.push_back(v.word.constant() ? static_cast<int>(v.word.value) : -1);
        else out.push_back(v.term.constant() ? v.term.known : -1);
    }
    return out;
}

class StepLaws : public ::testing::TestWithParam<NamedRules> {};

TEST_P(StepLaws, SymbolicOnConstantsIsConcrete) {
    const Env env{GetParam().rules, B};
    Walk<B> walk(env, 1);
    Builder builder;
    std::set<std::string> enabled_once;
    walk.states(8000 / thinner, 80, [&](const Con<B>::State& s) {
        for (const Instance& i : walk.all()) {
            if (!Walk<B>::about(i, s)) continue;
            const Values args = i.kind == Instance::start ? walk.arguments(i) : Values{};
            const bool deny = walk.below(4) == 0;
            auto concrete = s;
            Con<B>::Out answer{};
            const bool on = Walk<B>::perform<Con<B>>(env, i, args, deny, concrete, answer);
            builder.restart();
            auto symbolic = lifted<B>(s);
            Sym<B>::Out said{};
            const Term enabled = both(
                Walk<B>::perform<Sym<B>>(env, i, args, deny, symbolic, said).term(),
                builder.enabled());
            ASSERT_TRUE(enabled.constant()) << i.label;
            ASSERT_EQ(enabled.is_true(), on) << i.label;
            if (!on) continue;
            enabled_once.insert(i.name);
            ASSERT_EQ(folded_numbers(symbolic), numbers(concrete)) << i.label;
            ASSERT_EQ(said.result.word().value, answer.result) << i.label;
            ASSERT_EQ(said.page.word().value, answer.page) << i.label;
            ASSERT_EQ(said.bug.term().is_true(), answer.bug) << i.label;
            ASSERT_TRUE(builder.conditions().empty()) << i.label;
        }
    });
    EXPECT_GT(enabled_once.size(), thinner == 1 ? 40u : 15u) << "the walks are too dull";
}

TEST_P(StepLaws, ClaimsOnConstantsAreConcrete) {
    const Env env{GetParam().rules, B};
    Walk<B> walk(env, 2);
    Builder builder;
    int broken = 0;
    walk.states(12000 / thinner, 60, [&](Con<B>::State s) {
        // One number of the state is wrong, now and then by much.
        int at = walk.below(static_cast<int>(numbers(s).size()));
        each_leaf(s, [&](auto& leaf) {
            if (at-- != 0) return;
            if constexpr (std::is_same_v<std::decay_t<decltype(leaf)>, bool>) leaf = !leaf;
            else read_leaf(leaf, static_cast<std::uint64_t>(walk.below(3)));
        });
        builder.restart();
        std::vector<bool> held(static_cast<std::size_t>(claim_count), true);
        for (const Conjunct& c : claim_terms<B>(env, lifted<B>(s))) {
            ASSERT_TRUE(c.term.is_false()) << "not folded: " << c.claim;
            if (c.claim < claim_count) held[static_cast<std::size_t>(c.claim)] = false;
        }
        ASSERT_EQ(held, Replay<B>::held(env, s));
        broken += first_violation<Con<B>>(env, s) >= 0 ? 1 : 0;
    });
    EXPECT_GT(broken, 2000 / thinner);
}

INSTANTIATE_TEST_SUITE_P(Kernels, StepLaws, ::testing::ValuesIn(named_kernels),
                         [](const auto& i) { return std::string(i.param.name); });

}  // namespace
}  // namespace faultline::proofs
