// tests/x86/radix_test.cpp - the radix table on numbers: random histories, and the real walker.
//
// Why:    the refinement is proved at small shapes; here the processor's own shape, 4 levels of 512
//         entries, is walked by the walker of the manual and must say the same.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>

#include "model/reference/radix.hpp"
#include "model/reference/walker.hpp"
#include "tests/x86/slices.hpp"

namespace faultline::x86 {
namespace {

using test::SplitMix64;

/// Runs `count` random operations and compares with the flat map after each.
template <class Table>
void random_history(std::uint64_t seed, unsigned count) {
    SplitMix64 random{seed};
    Table tree = empty_radix<Table>();
    FlatMap<Table> flat;
    unsigned refused = 0;
    for (unsigned n = 0; n < count; ++n) {
        const std::uint64_t r = random(), vpn = r % Table::pages, leaf = random() | 1;
        if (r >> 32 & 1) {
            const bool ok = radix_map(tree, vpn, leaf);
            flat.set(ok, vpn, leaf);
            refused += ok ? 0 : 1;
        } else {
            radix_unmap(tree, vpn);
            flat.set(true, vpn, 0);
        }
        ASSERT_TRUE(well_formed(tree)) << "seed " << seed << " operation " << n;
        ASSERT_TRUE(abstracts(tree, flat)) << "seed " << seed << " operation " << n;
    }
    std::cout << count << " operations, seed " << seed << ", " << refused << " out of tables\n";
}

TEST(Radix, RandomHistoriesMeanTheFlatMap) {
    const unsigned count = test::sanitized ? 2000 : 100000;
    random_history<RadixTable<std::uint64_t, 2, 2, 4>>(1, count);
    random_history<RadixTable<std::uint64_t, 3, 2, 12>>(2, count / 10);
    random_history<RadixTable<std::uint64_t, 4, 1, 6>>(3, count);
}

/// Physical memory made of the tree's frames: frame f is at f * 4096.
using Hardware = RadixTable<std::uint64_t, 4, 9, 24>;
std::uint64_t read_entry(const Hardware& tree, std::uint64_t address) {
    return tree.entry.at(address >> 12).at((address & 0xfff) >> 3);
}

TEST(Radix, TheRealShapeIsWalkedByTheWalker) {
    SplitMix64 random{20260103};
    const auto tree = std::make_unique<Hardware>(empty_radix<Hardware>());
    std::map<std::uint64_t, std::uint64_t> flat;
    const auto reader = [&tree](std::uint64_t address) { return read_entry(*tree, address); };
    unsigned translated = 0, refused = 0;
    for (unsigned n = 0; n < 20000; ++n) {
        // Few distinct pages, spread over all levels, so that tables come and go.
        std::uint64_t vpn = 0;
        for (unsigned h = 0; h < 4; ++h) vpn = vpn << 9 | (random() % 3 * 255);
        const std::uint64_t frame = 0x1000 + random() % 0x100000;
        if (random() % 3 != 0) {
            if (radix_map(*tree, vpn, frame << 12 | 0x67)) flat[vpn] = frame;
            else ++refused;
        } else {
            radix_unmap(*tree, vpn);
            flat.erase(vpn);
        }
        const std::uint64_t offset = random() & 0xfff;
        const WalkResult r = walk(ControlBits{}, sign_extend(vpn << 12 | offset, 48),
                                  {AccessType::write, AccessMode::user}, reader);
        const auto found = flat.find(vpn);
        if (found == flat.end()) {
            ASSERT_EQ(r.outcome, Outcome::page_fault) << n;
            ASSERT_EQ(r.fault.code, fault_code::write | fault_code::user) << n;
            continue;
        }
        ASSERT_EQ(r.outcome, Outcome::translated) << n;
        ASSERT_EQ(r.translation.physical, found->second << 12 | offset) << n;
        ++translated;
    }
    EXPECT_GT(translated, 1000u);
    EXPECT_GT(refused, 0u) << "24 tables should run out now and then";
    std::cout << translated << " translated, " << refused << " out of tables\n";
}

}  // namespace
}  // namespace faultline::x86
