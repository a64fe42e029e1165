// tests/x86/laws_proofs_test.cpp - every codec law is decided, bites, and holds on numbers too.
//
// Why:    a solver answers about the formula; running the same text on numbers ties the formula to
//         the code that ships.
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "proofs/x86/laws.hpp"

namespace faultline::x86 {
namespace {

TEST(Laws, HaveNamesSentencesAndSources) {
    std::set<std::string> names;
    for (const Law& law : x86_laws()) {
        EXPECT_TRUE(names.insert(law.name).second) << law.name << " is named twice";
        EXPECT_FALSE(law.says.empty() || law.broken_says.empty()) << law.name;
        EXPECT_TRUE(law.source.starts_with("linux ") || law.source.starts_with("SDM") ||
                    law.source.starts_with("QEMU "))
            << law.name;
    }
}

TEST(Laws, HoldOnNumbers) {
    constexpr std::uint64_t seed = 20260102;
    std::cout << "seed " << seed << '\n';
    for (const std::string& failure : run_x86_laws(seed, 2000)) ADD_FAILURE() << failure;
}

TEST(Laws, AreProvedWithCertificatesAndBite) {
    std::size_t laws = 0, bites = 0, certified = 0;
    X86LawOptions options;
    options.certify = true;
    for (const Cell& cell : prove_x86_laws(options)) {
        const bool arithmetic = cell.claim.starts_with("pages.");   // decided by Z3 alone
        if (cell.kind == "law" && !arithmetic) {
            EXPECT_TRUE(cell.certificate == "drat-checked" || cell.certificate == "constant")
                << cell.claim;
        } else {
            EXPECT_EQ(cell.certificate, "") << cell.claim;
        }
        EXPECT_EQ(cell.verdict, Verdict::holds)
            << cell.kind << ' ' << cell.claim << ": " << verdict_name(cell.verdict) << ' '
            << cell.note;
        ++(cell.kind == "law" ? laws : bites);
        certified += cell.certificate == "drat-checked";
    }
    std::cout << laws << " laws, " << bites << " broken neighbours\n";
    EXPECT_EQ(laws, x86_laws().size());
    EXPECT_EQ(bites, laws);
    EXPECT_GT(certified, 0u);
}

}  // namespace
}  // namespace faultline::x86
