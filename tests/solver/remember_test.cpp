// tests/solver/remember_test.cpp - digests, and verdicts remembered between runs.
//
// Why: a remembered verdict is believed without a solver, so what may be remembered and what is
//      read back is tested.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "proofs/solver/decide_with.hpp"
#include "proofs/solver/query_cache.hpp"
#include "proofs/solver/testing/terms.hpp"

namespace faultline::proofs {
namespace {

namespace fs = std::filesystem;
using test::obligation;
using test::Terms;

TEST(Sha256, ExamplesOfTheStandard) {
    EXPECT_EQ(hex(Sha256().finish()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(Sha256().add("abc").finish()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char* two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    EXPECT_EQ(hex(Sha256().add(two_blocks).finish()),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    Sha256 million;
    for (int i = 0; i < 1000; ++i) million.add(std::string(1000, 'a'));
    EXPECT_EQ(hex(million.finish()),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, DependsOnStructureAndNotOnTheContext) {
    auto digest = [](unsigned kind, bool noise) {
        Terms t;
        if (noise) t.lt(t.word("other"), t.number(3));    // shifts Z3's ids
        const Z3_ast x = t.word("x"), y = t.word(kind == 1 ? "z" : "y");
        const Z3_ast n = t.number(kind == 2 ? 4 : 3);
        const Z3_ast g = kind == 3 ? t.lt(y, x) : kind == 4 ? t.le(x, y) : t.lt(x, y);
        const Z3_ast e = Z3_mk_extract(t.z, 3, kind == 5 ? 1 : 0, x);
        const unsigned w = kind == 5 ? 3 : 4;
        return digest_query(t.z, {g, t.lt(x, n), t.eq(e, t.number(1, w))}, {g}).premises;
    };
    EXPECT_EQ(digest(0, false), digest(0, true));
    for (unsigned k = 1; k <= 5; ++k) EXPECT_NE(digest(0, false), digest(k, false)) << k;
    Terms t;
    EXPECT_NE(digest_query(t.z, {}, {t.yes()}).goals, digest_query(t.z, {}, {t.no()}).goals);
    const Z3_ast a = t.flag("a"), b = t.flag("b");
    EXPECT_EQ(digest_query(t.z, {a, b}, {}).premises, digest_query(t.z, {b, a, a}, {}).premises);
    EXPECT_NE(digest_query(t.z, {a, b}, {}).premises, digest_query(t.z, {a}, {}).premises);
}

class Remember : public ::testing::Test {
protected:
    void SetUp() override {
        options_.cache_dir = (fs::temp_directory_path() /
                              ("faultline-cache-" + std::to_string(getpid()))).string();
        fs::remove_all(options_.cache_dir);
    }
    void TearDown() override { fs::remove_all(options_.cache_dir); }

    Decision ask(unsigned long bound = 100) {
        Terms t;
        const Z3_ast x = t.word("x"), y = t.word("y");
        return decide(obligation(t, {t.lt(x, y), t.lt(y, t.number(bound))},
                                 {t.ne(x, y), t.lt(x, t.number(bound)), t.lt(x, t.number(5))}),
                      options_);
    }
    fs::path only_file() const {
        fs::path found;
        for (const auto& e : fs::directory_iterator(options_.cache_dir)) found = e.path();
        return found;
    }
    DecideOptions options_;
};

TEST_F(Remember, OnlyHoldsIsRememberedAndBelieved) {
    const Decision first = ask();
    EXPECT_EQ(first.cached, 0U);
    const Decision again = ask();
    EXPECT_EQ(again.cached, 2U);
    EXPECT_EQ(again.premises_satisfiable, Answer::holds);
    EXPECT_TRUE(again.goals[0].cached && again.goals[1].cached);
    EXPECT_FALSE(again.goals[2].cached);
    EXPECT_EQ(again.goals[2].answer, Answer::refuted);
    EXPECT_EQ(ask(101).cached, 0U);    // other premises, other file
    EXPECT_EQ(std::distance(fs::directory_iterator(options_.cache_dir), {}), 2);
}

TEST_F(Remember, WhatBackedItMustBeEnough) {
    ask();
    options_.certify = true;
    EXPECT_EQ(ask().cached, 0U);
    const Decision certified = ask();
    EXPECT_EQ(certified.cached, 2U);
    EXPECT_TRUE(certified.goals[0].certified);
    options_.second_solver = true;
    EXPECT_EQ(ask().cached, 0U);
    const Decision both = ask();
    EXPECT_EQ(both.cached, 2U);
    EXPECT_EQ(both.goals[0].second, "cvc5 unsat");
    options_.certify = options_.second_solver = false;
    EXPECT_EQ(ask().cached, 2U);
}

TEST_F(Remember, ACorruptFileIsIgnoredWithOneLine) {
    ask();
    const fs::path file = only_file();
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    const std::string good = text.str();
    const std::string half = good.substr(0, good.size() / 2);
    std::vector<std::string> bad = {"", "x", half, good + "x", good + good};
    for (std::size_t i = 0; i < good.size(); i += 7) {
        bad.push_back(good);
        bad.back()[i] = bad.back()[i] == '0' ? '1' : '0';
    }
    for (const std::string& b : bad) {
        std::ofstream(file) << b;
        const Decision d = ask();
        EXPECT_EQ(d.cached, 0U) << b;
        ASSERT_EQ(d.notes.size(), 1U) << b;
        EXPECT_NE(d.notes[0].find("corrupt"), std::string::npos);
        EXPECT_EQ(ask().cached, 2U);    // and it was written anew
    }
    // A file of other premises under this name is corrupt too.
    std::ofstream(file) << good;
    ask(101);
    for (const auto& e : fs::directory_iterator(options_.cache_dir)) {
        if (e.path() != file) fs::copy_file(e.path(), file, fs::copy_options::overwrite_existing);
    }
    EXPECT_EQ(ask().cached, 0U);
}

TEST_F(Remember, VacuousAndUndecidedAreNotRemembered) {
    for (int round = 0; round < 2; ++round) {
        const Decision d = ask(1);    // x < y < 1: nothing satisfies it
        EXPECT_EQ(d.premises_satisfiable, Answer::refuted);
        EXPECT_EQ(d.cached, 0U);
        EXPECT_EQ(d.goals[0].answer, Answer::unknown);
    }
}

}  // namespace
}  // namespace faultline::proofs
