// tests/induction/domain_test.cpp - the symbolic domain's control words do what the concrete ones
// do, and abort where a body is left early.
//
// Why: every formula of the prover is built by these few classes; tables here are so small that all
//      of their contents can be tried.
#include <gtest/gtest.h>

#include "proofs/symbolic/domain.hpp"

namespace faultline::proofs {
namespace {

struct Sort {};
constexpr int rows = 3;
template <class D>
struct Row {
    typename D::template Int<3> n{};
    typename D::Bool on{};
    typename D::template Ref<Sort, rows> next{};
};
template <class D>
using Table = std::array<Row<D>, rows>;
template <class D>
using RowRef = typename D::template Ref<Sort, rows>;

/// A text as the model writes it: nested IF, else, WITH, a search, a sum, and assignments to
/// what is outside.
template <class D>
struct Machine {
    Table<D> table{};
    RowRef<D> which{};
    typename D::template Int<15> sum{};
    typename D::Bool met{};

    typename D::Bool run() {
        REQUIRE(sum <= 9);
        const auto first = D::find(table, [](const auto& r) { return r.on && r.n >= 1; });
        IF(first.ok) {
            WITH(r, table, first) {
                IF(r.next.some()) {
                    WITH(other, table, r.next) {
                        other.n = 2;
                        sum = sum + AT(table, which, n);
                    }
                } else {
                    which = first;
                    sum += 1;
                }
                r.on = false;
            }
            met = true;
        } else {
            const auto row = D::find_row(table, [&](int k, const auto& r) {
                return which.is(k) && !r.on;
            });
            WITH(r, table, row) { r.n = 3; }
            met = met || row.ok;
            WITH(r, table, 1) { r.next = which; }
        }
        typename D::template Tally<rows> pointed{};
        for (const auto& r : table) pointed.add(r.next, r.n != 0);
        sum = D::num(met) + pointed.of(0) + D::select(which.none(), sum + 2, sum + 0);
        return D::done();
    }
};
template <class D>
void each(Machine<D>& m, auto&& fn) {
    for (auto& r : m.table) {
        fn(r.n);
        fn(r.on);
        fn(r.next.v);
    }
    fn(m.which.v);
    fn(m.sum);
    fn(m.met);
}
constexpr std::array radix{2, 2, 4, 3, 2, 4, 2, 2, 4, 4, 3, 2};   ///< leaves take so many values
constexpr int combinations = 2 * 2 * 4 * 3 * 2 * 4 * 2 * 2 * 4 * 4 * 3 * 2;
constexpr std::array sums{0, 7, 11};

std::array<int, radix.size()> values_of(int code) {
    std::array<int, radix.size()> v{};
    for (std::size_t i = 0; i < radix.size(); ++i) {
        v[i] = code % radix[i];
        code /= radix[i];
    }
    v[10] = sums[static_cast<std::size_t>(v[10])];
    return v;
}
void put(bool& leaf, int v) { leaf = v != 0; }
void put(std::uint8_t& leaf, int v) { leaf = static_cast<std::uint8_t>(v); }
void put(SymBool& leaf, int v) { leaf.set_unconditionally(Term(v != 0)); }
template <int Max>
void put(SymInt<Max>& leaf, int v) { leaf.set_unconditionally(Word(v)); }
int known(const SymBool& leaf) { return leaf.term().constant() ? leaf.term().known : -1; }
template <int Max>
int known(const SymInt<Max>& leaf) {
    return leaf.word().constant() ? static_cast<int>(leaf.word().value) : -1;
}

Machine<Concrete> concretely(const std::array<int, radix.size()>& v, bool& enabled) {
    Machine<Concrete> m;
    std::size_t i = 0;
    each(m, [&](auto& leaf) { put(leaf, v[i++]); });
    enabled = m.run();
    return m;
}

#ifdef FAULTLINE_SANITIZED
constexpr int stride = 701;
#else
constexpr int stride = 11;
#endif

TEST(SymbolicDomain, ConstantsFoldToTheConcreteRun) {
    Builder builder;
    int refused = 0;
    for (int code = 0; code < combinations; code += stride) {
        const auto v = values_of(code);
        bool enabled = false;
        auto expected = concretely(v, enabled);
        builder.restart();
        Machine<Symbolic> m;
        std::size_t i = 0;
        each(m, [&](auto& leaf) { put(leaf, v[i++]); });
        ASSERT_EQ(known(m.run() && SymBool(builder.enabled())), enabled ? 1 : 0) << code;
        refused += enabled ? 0 : 1;
        if (!enabled) continue;
        std::vector<int> want;
        each(expected, [&](auto& leaf) { want.push_back(static_cast<int>(leaf)); });
        i = 0;
        each(m, [&](auto& leaf) { ASSERT_EQ(known(leaf), want[i]) << code << " leaf " << i; ++i; });
    }
    EXPECT_GT(refused, 0);
}

/// The formula of the text with nothing known, evaluated at every input by Z3's simplifier.
TEST(SymbolicDomain, TheMergedFormulaIsTheConcreteRunAtEveryInput) {
    Builder b;
    const Z3_context z = b.z();
    Machine<Symbolic> m;
    std::vector<Z3_ast> constants;
    std::vector<int> widths;   // 0: Boolean
    int n = 0;
    const auto fresh_bool = [&](SymBool& leaf) {
        const Term t = b.fresh_bool("x" + std::to_string(n++));
        leaf.set_unconditionally(t);
        constants.push_back(t.ast);
        widths.push_back(0);
    };
    const auto fresh_word = [&](auto& leaf) {
        const Word w = b.fresh_word("x" + std::to_string(n++), std::decay_t<decltype(leaf)>::width);
        leaf.set_unconditionally(w);
        constants.push_back(w.ast);
        widths.push_back(w.width);
    };
    each(m, [&](auto& leaf) {
        if constexpr (std::is_same_v<std::decay_t<decltype(leaf)>, SymBool>) fresh_bool(leaf);
        else fresh_word(leaf);
    });
    const Term enabled = both(m.run().term(), b.enabled());
    std::vector<Z3_ast> results{b.ast(enabled)};
    each(m, [&](auto& leaf) {
        using Leaf = std::decay_t<decltype(leaf)>;
        if constexpr (std::is_same_v<Leaf, SymBool>) results.push_back(b.ast(leaf.term()));
        else results.push_back(b.ast(leaf.word(), Leaf::width));
    });
    for (int code = 0; code < combinations; code += 97 * stride) {
        const auto v = values_of(code);
        std::vector<Z3_ast> inputs;
        for (std::size_t i = 0; i < v.size(); ++i)
            inputs.push_back(widths[i] == 0 ? b.ast(Term(v[i] != 0))
                                            : b.ast(Word(v[i]), widths[i]));
        bool on = false;
        auto expected = concretely(v, on);
        std::vector<int> want{on ? 1 : 0};
        each(expected, [&](auto& leaf) { want.push_back(static_cast<int>(leaf)); });
        for (std::size_t r = 0; r < (on ? results.size() : 1); ++r) {
            const Z3_ast got = b.keep(Z3_simplify(
                z, b.keep(Z3_substitute(z, results[r], static_cast<unsigned>(inputs.size()),
                                        constants.data(), inputs.data()))));
            int value = got == b.ast(Term(true)) ? 1 : 0;
            if (Z3_get_ast_kind(z, got) == Z3_NUMERAL_AST) Z3_get_numeral_int(z, got, &value);
            ASSERT_EQ(value, want[r]) << code << " result " << r;
        }
    }
}

TEST(SymbolicDomain, FoundIsOneHotAndInOrder) {
    Builder b;
    Table<Symbolic> table{};
    for (std::size_t k = 0; k < rows; ++k)
        table[k].on.set_unconditionally(b.fresh_bool("on" + std::to_string(k)));
    const auto f = Symbolic::find(table, [](const auto& r) { return r.on; });
    const auto holds = [&](Term t) {
        const Z3_solver s = Z3_mk_solver(b.z());
        Z3_solver_inc_ref(b.z(), s);
        Z3_solver_assert(b.z(), s, b.ast(negate(t)));
        const bool none = Z3_solver_check(b.z(), s) == Z3_L_FALSE;
        Z3_solver_dec_ref(b.z(), s);
        return none;
    };
    const auto on = [&](std::size_t k) { return table[k].on.term(); };
    EXPECT_TRUE(holds(same(f.at(0).term(), on(0))));
    EXPECT_TRUE(holds(same(f.at(1).term(), both(negate(on(0)), on(1)))));
    EXPECT_TRUE(holds(same(f.ok.term(), either(on(0), either(on(1), on(2))))));
    EXPECT_FALSE(holds(f.ok.term()));
    EXPECT_TRUE(f.at(rows).term().is_false());
    RowRef<Symbolic> ref{};
    ref = f;
    EXPECT_TRUE(holds(same(ref.none().term(), negate(f.ok.term()))));
    EXPECT_TRUE(holds(same(ref.is(2).term(), f.at(2).term())));
}

TEST(SymbolicDomain, WhatDoesNotFitIsACondition) {
    Builder b;
    Symbolic::Int<3> small(3);
    EXPECT_TRUE(b.conditions().empty());
    small += 1;
    ASSERT_EQ(b.conditions().size(), 1u);
    EXPECT_TRUE(b.conditions()[0].term.is_false());
    b.restart();
    Symbolic::Int<3> difference(1);
    const SymBool unknown(b.fresh_bool("unknown"));
    using D = Symbolic;
    IF(unknown) { difference -= 2; }
    ASSERT_FALSE(b.conditions().empty());
    EXPECT_FALSE(b.conditions()[0].term.constant()) << "only where the guard holds";
}

using SymbolicDomainDeathTest = ::testing::Test;
template <bool Known>
void leave_an_if() {
    using D = Symbolic;
    Builder b;
    const SymBool c(Known ? Term(true) : b.fresh_bool("c"));
    for (int i = 0; i < 1; ++i) {
        IF(c) { return; }
    }
}
template <bool Known>
void leave_a_with() {
    using D = Symbolic;
    Builder b;
    Table<Symbolic> table{};
    RowRef<Symbolic> which = RowRef<Symbolic>::row(1);
    if (!Known) which.v.set_unconditionally(b.fresh_word("w", 2));
    WITH(r, table, which) {
        r.on = true;
        break;
    }
}
TEST(SymbolicDomainDeathTest, LeavingABodyEarlyAborts) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(leave_an_if<false>(), "");
    EXPECT_DEATH(leave_an_if<true>(), "");
    EXPECT_DEATH(leave_a_with<false>(), "");
    EXPECT_DEATH(leave_a_with<true>(), "");
}
TEST(SymbolicDomainDeathTest, WholeBodiesDoNot) {
    using D = Symbolic;
    Builder b;
    const SymBool c(b.fresh_bool("c"));
    int arms = 0;
    IF(c) { ++arms; } else { ++arms; }
    EXPECT_EQ(arms, 2) << "both arms are run";
    EXPECT_EQ(b.depth(), 0);
}
TEST(SymbolicDomain, TermsNeedABuilder) {
    EXPECT_THROW(Builder::current(), std::logic_error);
}

}  // namespace
}  // namespace faultline::proofs
