// tests/x86/walker_test.cpp - the walker against the oracle, case by case, and controls that must
// be caught.
//
// Why:    "N of N cases equal" is only worth something with N printed, asserted, and a wrong walker
//         shown to fail.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <iterator>

#include "tests/x86/slices.hpp"

namespace faultline::x86::test {
namespace {

using Clock = std::chrono::steady_clock;

/// One slice in this many in sanitizer builds.
constexpr unsigned thin(unsigned full, unsigned when_sanitized) {
    return sanitized ? when_sanitized : full;
}

template <class Slice>
void expect_equal(const char* name, std::uint64_t expected, Slice slice) {
    Comparer<> compare;
    const auto start = Clock::now();
    slice(compare);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::cout << name << ": " << compare.cases - compare.differences << " of " << compare.cases
              << " cases equal (" << compare.translated << " translated, " << compare.denied
              << " denied by rights or keys, " << compare.absent << " not present, "
              << compare.reserved << " reserved, " << compare.not_canonical
              << " not canonical) in " << seconds << " s\n";
    EXPECT_EQ(compare.differences, 0u) << compare.first_difference;
    EXPECT_EQ(compare.cases, expected);
    EXPECT_GT(compare.translated, 0u) << "a slice in which nothing translates shows little";
    EXPECT_GT(compare.denied + compare.absent + compare.reserved, 0u);
}

TEST(Walker, RightsSliceAgreesWithTheOracle) {
    // 2^6 leaves x 2^4 PDEs x 2^3 PDPTEs x 2^7 registers x 2^4 keys x 2^3 accesses
    expect_equal("rights", sanitized ? 2200832u : 134217728u,
                 [](auto& compare) { return slice_rights(compare, thin(1, 61)); });
}

TEST(Walker, LevelsSliceAgreesWithTheOracle) {
    // (2^12 + 2^9 + 2^6 + 2^15 + 2^12 + 2^9) paths x 2^5 registers x 2^3 accesses
    expect_equal("levels", sanitized ? 347272u : 10764288u,
                 [](auto& compare) { return slice_levels(compare, thin(1, 31)); });
}

TEST(Walker, TroubleSliceAgreesWithTheOracle) {
    // 3 x (7^4 + 7^5) paths x 2^5 registers x 2^3 accesses
    expect_equal("trouble", sanitized ? 475896u : 14751744u,
                 [](auto& compare) { return slice_trouble(compare, thin(1, 31)); });
}

TEST(Walker, BitsSliceAgreesWithTheOracle) {
    // (4 + 3 + 2 + 5 + 4 + 3) entries x 64*65/2 bit pairs x 2^4 processors x 2^3 accesses
    expect_equal("bits", sanitized ? 91664u : 5591040u,
                 [](auto& compare) { return slice_bits(compare, thin(1, 61)); });
}

TEST(Walker, AddressSliceAgreesWithTheOracle) {
    constexpr std::uint64_t seed = 20260101, count = sanitized ? 100000 : 4000000;
    std::cout << "seed " << seed << '\n';
    expect_equal("addresses", count,
                 [](auto& compare) { return slice_addresses(compare, seed, count); });
}

/// Whether some question is answered by row `n` of the oracle's table and by no other row.
constexpr bool row_matters(std::size_t n) {
    for (unsigned type = 0; type < 3; ++type)
        for (unsigned mode = 0; mode < 3; ++mode)
            for (unsigned bits = 0; bits < 128; ++bits) {
                bool by_row = false, by_others = false;
                for (std::size_t i = 0; i < std::size(oracle::allowed_rows); ++i) {
                    const bool allowed =
                        oracle::allowed_by_row(oracle::allowed_rows[i], type, mode, bits);
                    (i == n ? by_row : by_others) |= allowed;
                }
                if (by_row && !by_others) return true;
            }
    return false;
}
TEST(Oracle, EveryRowMatters) {
    for (std::size_t n = 0; n < std::size(oracle::allowed_rows); ++n)
        EXPECT_TRUE(row_matters(n)) << oracle::allowed_rows[n];
}

// Negative controls: walkers wrong in one rule each. The oracle must notice every one of them.
struct IgnoresWp : ManualRules {
    static constexpr bool write_respects_wp = false;
};
struct LeafRightsOnly : ManualRules {
    static constexpr bool rights_of_all_levels = false;
};
struct AcExemptsImplicit : ManualRules {
    static constexpr bool smap_checks_implicit = false;
};
struct ReservedUnchecked : ManualRules {
    static constexpr bool reserved_checked = false;
};
struct KeysByAccessMode : ManualRules {
    static constexpr bool pk_by_address_mode = false;
};
struct DirtyOnRead : ManualRules {
    static constexpr bool dirty_only_on_write = false;
};

template <class Rules>
class WrongWalker : public testing::Test {};
using WrongRules = testing::Types<IgnoresWp, LeafRightsOnly, AcExemptsImplicit, ReservedUnchecked,
                                  KeysByAccessMode, DirtyOnRead>;
TYPED_TEST_SUITE(WrongWalker, WrongRules);

TYPED_TEST(WrongWalker, IsCaught) {
    Comparer<TypeParam> compare;
    compare.stop_at_difference = true;
    const bool missed = slice_rights(compare, 1) && slice_trouble(compare, 1);
    std::cout << "caught after " << compare.cases << " cases: " << compare.first_difference << '\n';
    EXPECT_FALSE(missed) << "a wrong walker passed the comparison";
}

}  // namespace
}  // namespace faultline::x86::test
