// tests/x86/solver_proofs_test.cpp - the terms mean what they say, and the solver's answers are
// checked.
//
// Why:    terms fold constants while they are built; a wrong fold would prove wrong laws.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "proofs/x86/laws.hpp"
#include "tests/x86/slices.hpp"

namespace faultline::x86 {
namespace {

using test::SplitMix64;

/// One random operation over three operands, the same for numbers and for terms.
template <class W>
W combine(unsigned op, const W& a, const W& b, const W& c, unsigned count) {
    switch (op) {
        case 0: return a & b;
        case 1: return a | b;
        case 2: return a ^ b;
        case 3: return a + b;
        case 4: return a - b;
        case 5: return ~a;
        case 6: return a << count;
        case 7: return a >> count;
        case 8: return select(a == b, b, c);
        case 9: return select(has(a, count) && !has(b, count), a, c);
        case 10: return select(a != b || has(c, count), a, b);
        default: return select(!(a == c), W(0), W(~std::uint64_t{0}));
    }
}

TEST(Terms, FoldedOrNotTheyHaveTheSameValue) {
    SplitMix64 random{20260104};
    const unsigned rounds = test::sanitized ? 300 : 5000;
    for (unsigned round = 0; round < rounds; ++round) {
        // Leaves: three variables and the constants folding looks for.
        Assignment model{{"x", random()}, {"y", random() & 3}, {"z", random() >> 60}};
        std::vector<std::uint64_t> numbers{model["x"], model["y"], model["z"], 0,
                                           ~std::uint64_t{0}, 1};
        std::vector<Word> terms{Word(word_variable("x")), Word(word_variable("y")),
                                Word(word_variable("z")), Word(0), Word(~std::uint64_t{0}),
                                Word(1)};
        for (unsigned n = 0; n < 40; ++n) {
            const auto pick = [&] { return random() % numbers.size(); };
            const std::size_t a = pick(), b = pick(), c = pick();
            const auto op = static_cast<unsigned>(random() % 12);
            const auto count = static_cast<unsigned>(random() % 64);
            numbers.push_back(combine(op, numbers[a], numbers[b], numbers[c], count));
            terms.push_back(combine(op, terms[a], terms[b], terms[c], count));
            ASSERT_EQ(evaluate(terms.back().term(), model), numbers.back())
                << "round " << round << " operation " << op;
        }
    }
}

TEST(Decide, ViolatedComesWithValuesThatViolate) {
    const Word x{word_variable("x")};
    const Bool claim = (x & Word(0xff)) != Word(0x7f);
    const Decision d = decide(claim, "canary", {});
    ASSERT_EQ(d.verdict, Verdict::violated);
    EXPECT_EQ(d.model.at("x") & 0xff, 0x7fu);
    EXPECT_EQ(evaluate(claim.term(), d.model), 0u);
}

TEST(Decide, WithoutStepsTheAnswerIsUnknown) {
    const Word x{word_variable("x")}, y{word_variable("y")};
    DecideOptions options;
    options.rlimit = 1;
    const Decision d = decide((x + y) - y == x, "starved", options);
    EXPECT_EQ(d.verdict, Verdict::unknown);
    EXPECT_FALSE(d.note.empty());
}

TEST(Decide, ASecondSolverAgreesFromTheWrittenFiles) {
    if (std::system("command -v cvc5 >/dev/null 2>&1") != 0) GTEST_SKIP() << "no cvc5 here";
    const auto directory = std::filesystem::path(testing::TempDir()) / "faultline_x86_smt2";
    X86LawOptions options;
    options.only = "l1tf";
    options.second_solver = "cvc5";
    options.smt2_dir = directory.string();
    const std::vector<Cell> cells = prove_x86_laws(options);
    ASSERT_FALSE(cells.empty());
    for (const Cell& cell : cells)
        EXPECT_EQ(cell.second_solver, cell.kind == "law" ? "cvc5 unsat" : "cvc5 sat") << cell.claim;
    EXPECT_TRUE(std::filesystem::exists(directory / "l1tf.frame.smt2"));
    std::filesystem::remove_all(directory);
}

TEST(Decide, ASecondSolverThatContradictsMakesItUnknown) {
    const Word x{word_variable("x")};
    DecideOptions options;
    options.second_solver = "echo sat #";  // a solver that refutes everything
    const Decision d = decide((x ^ x) == Word(0), "contradicted", options);
    EXPECT_EQ(d.verdict, Verdict::unknown);
    EXPECT_NE(d.note.find("disagree"), std::string::npos) << d.note;
}

}  // namespace
}  // namespace faultline::x86
