// tests/solver/drat_test.cpp - the proof checker accepts what follows and rejects what does not.
//
// Why: "certified" is worth what the checker refuses; most tests here are refusals.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "proofs/solver/drat_checker.hpp"
#include "proofs/solver/sat_solver.hpp"

namespace faultline::proofs {
namespace {

using Clauses = std::vector<std::vector<int>>;
using Bytes = std::vector<unsigned char>;

std::vector<int> flat(const Clauses& cs) {
    std::vector<int> out;
    for (const auto& c : cs) {
        out.insert(out.end(), c.begin(), c.end());
        out.push_back(0);
    }
    return out;
}
Bytes lemmas(const Clauses& cs) {
    Bytes out;
    for (const auto& c : cs) append_lemma(out, c);
    return out;
}

/// n+1 pigeons in n holes.
Clauses pigeons(int n) {
    Clauses out;
    auto in = [n](int pigeon, int hole) { return pigeon * n + hole + 1; };
    for (int p = 0; p <= n; ++p) {
        out.emplace_back();
        for (int h = 0; h < n; ++h) out.back().push_back(in(p, h));
    }
    for (int h = 0; h < n; ++h) {
        for (int p = 0; p <= n; ++p) {
            for (int q = 0; q < p; ++q) out.push_back({-in(p, h), -in(q, h)});
        }
    }
    return out;
}

Clauses random_3sat(unsigned seed, int variables, int clauses) {
    std::mt19937 r(seed);
    Clauses out;
    for (int i = 0; i < clauses; ++i) {
        out.emplace_back();
        for (int k = 0; k < 3; ++k) {
            const int v = static_cast<int>(r() % static_cast<unsigned>(variables)) + 1;
            out.back().push_back(r() % 2 == 0 ? v : -v);
        }
    }
    return out;
}

SatAnswer solve(const Clauses& cs, Bytes& proof) {
    const auto s = make_cadical(true);
    s->add_all(flat(cs));
    const SatAnswer a = s->solve({}, 10'000'000);
    proof = s->proof();
    return a;
}

/// The clauses of x1..x3 that leave no assignment: no propagation without a lemma.
const Clauses all_eight = {{1, 2, 3}, {1, 2, -3}, {1, -2, 3}, {1, -2, -3},
                           {-1, 2, 3}, {-1, 2, -3}, {-1, -2, 3}, {-1, -2, -3}};

TEST(Drat, AcceptsAProofByHand) {
    const DratReport r = check_drat(flat(all_eight), lemmas({{1, 2}, {1}, {2}, {}}));
    EXPECT_TRUE(r.accepted) << r.why;
    EXPECT_EQ(r.by_rat, 0U);
    EXPECT_EQ(r.core, 8U);
}

TEST(Drat, UnitPropagationAloneNeedsNoProof) {
    EXPECT_TRUE(check_drat(flat({{1}, {-1, 2}, {-2}}), {}).accepted);
    EXPECT_TRUE(check_drat(flat({{1, 2}, {}}), {}).accepted);
    EXPECT_FALSE(check_drat(flat({{1, 2}, {-1, 2}}), {}).accepted);
    EXPECT_FALSE(check_drat({}, {}).accepted);
}

TEST(Drat, RejectsTruncatedForgedAndForeignProofs) {
    const Clauses php = pigeons(5);
    Bytes proof;
    ASSERT_EQ(solve(php, proof), SatAnswer::unsatisfiable);
    ASSERT_TRUE(check_drat(flat(php), proof).accepted);
    const Bytes half(proof.begin(), proof.begin() + static_cast<std::ptrdiff_t>(proof.size() / 2));
    EXPECT_FALSE(check_drat(flat(php), half).accepted);
    EXPECT_FALSE(check_drat(flat(php), {}).accepted);
    const DratReport empty_clause = check_drat(flat(php), lemmas({{}}));
    EXPECT_FALSE(empty_clause.accepted);
    EXPECT_NE(empty_clause.why.find("does not follow"), std::string::npos);
    Bytes forged = lemmas({{1}, {7}});    // two pigeons placed, as if that were known
    forged.insert(forged.end(), proof.begin(), proof.end());
    Clauses fewer = php;
    fewer.erase(fewer.begin());           // the formula without one pigeon: satisfiable
    EXPECT_FALSE(check_drat(flat(fewer), proof).accepted);
    EXPECT_FALSE(check_drat(flat(fewer), forged).accepted);
    EXPECT_FALSE(check_drat(flat(random_3sat(1, 30, 60)), proof).accepted);
}

// A forged lemma that the refutation uses is found; one that nothing uses may stay.
TEST(Drat, AForgedLemmaInTheCoreIsFound) {
    const Clauses sat = {{1, 2, 3}, {-1, -2, -3}, {1, -2, 3}};
    const DratReport r = check_drat(flat(sat), lemmas({{1, 2}, {-3, -1}, {3}, {-1}, {-2}, {}}));
    EXPECT_FALSE(r.accepted);
}

TEST(Drat, AcceptsADefinitionThatIsRatAndNotRup) {
    // x9 := x1 & x2: each of the three is RAT on x9 or -x9, none is implied.
    Clauses proof = {{9, -1, -2}, {-9, 1}, {-9, 2}};
    for (const auto& c : Clauses{{1, 2}, {1}, {2}, {}}) proof.push_back(c);
    EXPECT_TRUE(check_drat(flat(all_eight), lemmas(proof)).accepted);
    // {4, -1} is blocked: nothing contains -4. Here it is not even needed.
    const Clauses open = {{1, 2}, {1, -2}, {-1, 3}, {-1, -3, 5}, {-5, 6}, {-5, -6}};
    EXPECT_TRUE(check_drat(flat(open), lemmas({{4, -1}, {1}, {}})).accepted);
}

// The lemmas {-4} and {4} are each RAT at their time; only the pair would be a contradiction.
TEST(Drat, RatIsCheckedAgainstAllClausesPresent) {
    const Clauses formula = {{1, 2}, {-1, 2}};    // satisfiable
    EXPECT_FALSE(check_drat(flat(formula), lemmas({{4}, {-4}, {}})).accepted);
    EXPECT_FALSE(check_drat(flat(formula), lemmas({{4, 1}, {4, -1}, {-4}, {}})).accepted);
    // RAT on the first literal only: {-2, 9} is RAT on 9, not on -2.
    EXPECT_FALSE(check_drat(flat(formula), lemmas({{-2}, {}})).accepted);
}

/// `first`, then what makes the refutation of `all_eight` depend on {9} or {9, 4} alone.
Bytes through_new_variables(const std::vector<int>& first) {
    Bytes p;
    append_lemma(p, first);
    for (const auto& c : Clauses{{-9, 1, 2}, {-4, 1, 2}}) append_lemma(p, c);
    for (const auto& c : Clauses{{1, 2, 3}, {1, 2, -3}}) append_deletion(p, c);
    for (const auto& c : Clauses{{1, 2}, {1}, {2}, {}}) append_lemma(p, c);
    return p;
}

TEST(Drat, ARatLemmaNeededByTheRefutationIsVerified) {
    const DratReport one = check_drat(flat(all_eight), through_new_variables({9}));
    EXPECT_TRUE(one.accepted) << one.why;
    EXPECT_EQ(one.by_rat, 1U);
    Clauses with_four = all_eight;
    with_four.push_back({-4, 6});
    const DratReport two = check_drat(flat(with_four), through_new_variables({9, 4}));
    EXPECT_TRUE(two.accepted) << two.why;
    EXPECT_EQ(two.by_rat, 1U);
}

TEST(Drat, ARatLemmaOnTheWrongPivotOrTooLateIsRejected) {
    Clauses with_four = all_eight;
    with_four.push_back({-4, 6});    // resolving {4, 9} on 4 with it gives {9, 6}: not implied
    EXPECT_FALSE(check_drat(flat(with_four), through_new_variables({4, 9})).accepted);
    Bytes late;
    append_lemma(late, std::vector<int>{-9, 1, 2});
    for (const auto& c : Clauses{{1, 2, 3}, {1, 2, -3}}) append_deletion(late, c);
    for (const auto& c : Clauses{{9}, {1, 2}, {1}, {2}, {}}) append_lemma(late, c);
    EXPECT_FALSE(check_drat(flat(all_eight), late).accepted);
}

TEST(Drat, DeletionsAreObeyed) {
    Bytes p;
    append_deletion(p, std::vector<int>{3, 1, 2});    // literals in another order
    for (const auto& c : Clauses{{1, 2}, {1}, {2}, {}}) append_lemma(p, c);
    EXPECT_FALSE(check_drat(flat(all_eight), p).accepted);
    Bytes twice;    // deleting what is not there is no crime
    append_deletion(twice, std::vector<int>{5, 6});
    for (const auto& c : Clauses{{1, 2}, {1}, {2}, {}}) append_lemma(twice, c);
    const DratReport r = check_drat(flat(all_eight), twice);
    EXPECT_TRUE(r.accepted);
    EXPECT_EQ(r.deletions_ignored, 1U);
}

TEST(Drat, DamagedBytesAreRejected) {
    const std::vector<int> f = flat(all_eight);
    for (const Bytes& p : {Bytes{'x'}, Bytes{'a'}, Bytes{'a', 1, 0}, Bytes{'a', 0x80},
                           Bytes{'a', 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0},
                           Bytes{'a', 0xFF, 0xFF, 0xFF, 0x7F, 0}}) {
        EXPECT_FALSE(check_drat(f, p).accepted);
        EXPECT_FALSE(check_drat(f, p).why.empty());
    }
    EXPECT_FALSE(check_drat(std::vector<int>{1, 2}, {}).accepted);
}

TEST(Drat, DuplicateLiteralsAndTautologies) {
    Clauses f = {{1, 1, 2}, {1, -1}, {-2, -2, -2}, {-1, 2, 2}};
    EXPECT_TRUE(check_drat(flat(f), {}).accepted);
    f = all_eight;
    EXPECT_TRUE(check_drat(flat(f), lemmas({{5, -5}, {2, 1, 2}, {1}, {2}, {}})).accepted);
}

TEST(Drat, PigeonsAndRandomFormulasAgainstCadical) {
    Bytes proof;
    for (int n = 2; n <= 7; ++n) {
        ASSERT_EQ(solve(pigeons(n), proof), SatAnswer::unsatisfiable);
        const DratReport r = check_drat(flat(pigeons(n)), proof);
        EXPECT_TRUE(r.accepted) << n << r.why;
    }
    int unsat = 0, rejected = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        const Clauses f = random_3sat(seed, 60, 280);
        if (solve(f, proof) == SatAnswer::unsatisfiable) {
            ++unsat;
            const DratReport r = check_drat(flat(f), proof);
            EXPECT_TRUE(r.accepted) << seed << r.why;
            const Clauses other = random_3sat(seed + 1000, 60, 200);
            if (!check_drat(flat(other), proof).accepted) ++rejected;
        } else {
            EXPECT_FALSE(check_drat(flat(f), proof).accepted) << seed;
            EXPECT_FALSE(check_drat(flat(f), lemmas({{}})).accepted) << seed;
        }
    }
    EXPECT_GT(unsat, 10);
    EXPECT_EQ(rejected, unsat);
}

/// Random lemmas over small formulas: whenever the checker accepts, no assignment may satisfy the
/// formula.
TEST(Drat, NeverAcceptsAnythingAboutASatisfiableFormula) {
    std::mt19937 r(7);
    int satisfiable = 0, accepted = 0;
    for (int round = 0; round < 4000; ++round) {
        const int n = 5;
        const int m = 8 + static_cast<int>(r() % 32);
        const Clauses f = random_3sat(static_cast<unsigned>(r()), n, m);
        bool sat = false;
        for (unsigned w = 0; w < 32 && !sat; ++w) {
            sat = std::all_of(f.begin(), f.end(), [&](const auto& c) {
                return std::any_of(c.begin(), c.end(), [&](int l) {
                    return ((w >> (std::abs(l) - 1) & 1U) != 0) == (l > 0);
                });
            });
        }
        Bytes p;
        for (int k = 0; k < 12; ++k) {
            std::vector<int> c;
            if (r() % 4 == 0) {
                append_deletion(p, f[r() % f.size()]);
                continue;
            }
            const std::size_t size = 1 + r() % 3;
            for (std::size_t i = 0; i < size; ++i) {
                const int v = static_cast<int>(r() % 7) + 1;
                c.push_back(r() % 2 == 0 ? v : -v);
            }
            append_lemma(p, c);
        }
        const bool ok = check_drat(flat(f), p).accepted;
        satisfiable += sat ? 1 : 0;
        accepted += ok ? 1 : 0;
        EXPECT_FALSE(sat && ok) << round;
    }
    EXPECT_GT(satisfiable, 500);
    EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace faultline::proofs
