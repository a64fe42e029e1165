// tests/x86/refine_proofs_test.cpp - the radix refinement is proved, and its canaries are caught.
#include <gtest/gtest.h>

#include <iostream>

#include "proofs/x86/refine.hpp"

namespace faultline::x86 {
namespace {

void expect_all_hold(const RefineOptions& options) {
    const std::vector<Cell> cells = prove_radix_refinement(options);
    for (const Cell& cell : cells)
        EXPECT_EQ(cell.verdict, Verdict::holds)
            << cell.kind << ' ' << cell.step << ' ' << cell.claim << " at " << cell.bounds << ": "
            << verdict_name(cell.verdict) << ' ' << cell.note;
    for (const Cell& cell : cells) {
        if (!options.certify || cell.kind != "refine") continue;
        // This one has no short refutation by clauses.
        const bool excepted = cell.step == "map" && cell.claim == "radix.lookup";
        EXPECT_TRUE(excepted || cell.certificate == "drat-checked" ||
                    cell.certificate == "constant")
            << cell.step << ' ' << cell.claim << " at " << cell.bounds;
    }
    std::cout << cells.size() << " cells\n";
}

TEST(RadixRefinement, HoldsAtTwoLevels) {
    RefineOptions options;
    options.large = false;
    options.certify = true;
    expect_all_hold(options);
}

TEST(RadixRefinement, AStarvedSolverSaysUnknownAndNeverHolds) {
    RefineOptions options;
    options.large = false;
    options.rlimit = 2000;
    unsigned unknown = 0;
    for (const Cell& cell : prove_radix_refinement(options)) {
        if (cell.kind == "refine") {
            EXPECT_NE(cell.verdict, Verdict::violated);
        }
        if (cell.verdict == Verdict::unknown) ++unknown;
    }
    EXPECT_GT(unknown, 0u);
}

#ifndef FAULTLINE_SANITIZED
TEST(RadixRefinement, HoldsAtThreeAndFourLevels) { expect_all_hold({}); }
#endif

}  // namespace
}  // namespace faultline::x86
