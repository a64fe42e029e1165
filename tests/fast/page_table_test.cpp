// tests/fast/page_table_test.cpp - radix tables beside a map from pages to entries.
//
// Why: which tables exist is seen by no observation; a table that is freed too early or never is.
#include <gtest/gtest.h>

#include <map>

#include "fuzz/reference/random.hpp"
#include "model/fast/page_table.hpp"

namespace faultline::fast {
namespace {

using fuzz::Random;

/// Pages around places where tables of every height begin.
Vpn some_page(Random& random, unsigned levels) {
    const Vpn edge = Vpn{1} << (9 * static_cast<unsigned>(1 + random.below(int(levels) - 1)));
    return edge - 8 + static_cast<Vpn>(random.below(16));
}
Entry some_entry(Random& random) {
    return x86::make_pte(u64(1 + random.below(1000)), bits::present | bits::user);
}

class PageTable : public testing::TestWithParam<unsigned> {};

TEST_P(PageTable, HoldsWhatWasSet) {
    TableStore store(GetParam());
    PageTables tables;
    store.create(tables);
    std::map<Vpn, Entry> plain;
    Random random(GetParam());
    for (int n = 0; n < 20'000; ++n) {
        const Vpn vpn = some_page(random, GetParam());
        if (random.below(3) != 0) {
            const Entry e = random.below(4) == 0 ? 0 : some_entry(random);
            store.set(store.make_leaf(tables, vpn), vpn, e);
            plain[vpn] = e;
        }
        const Vpn other = some_page(random, GetParam());
        const auto at = plain.find(other);
        ASSERT_EQ(store.get(tables, other), at == plain.end() ? 0 : at->second) << other;
    }
    // A walk over everything meets each entry once, in order.
    std::map<Vpn, Entry> met;
    Vpn last = 0;
    store.each_leaf(tables, 0, Vpn{1} << (9 * GetParam()), [&](TableId at, Vpn lo, Vpn hi) {
        ASSERT_EQ(lo >> 9, (hi - 1) >> 9);
        for (Vpn vpn = lo; vpn < hi; ++vpn)
            if (const Entry e = store.table(at).e[vpn & 511]; e != 0) {
                ASSERT_GE(vpn, last);
                last = vpn;
                met[vpn] = e;
            }
    });
    std::erase_if(plain, [](const auto& x) { return x.second == 0; });
    EXPECT_EQ(met, plain);
}

/// Tables go where no neighbour needs them, all of them in the end.
TEST_P(PageTable, FreesWhatNobodyNeeds) {
    TableStore store(GetParam());
    PageTables tables;
    store.create(tables);
    EXPECT_EQ(store.live(), 1u);
    const Vpn edge = 512 * 512;
    for (const Vpn vpn : {edge - 1, edge, edge + 512}) store.make_leaf(tables, vpn);
    const u32 all = store.live();
    // A neighbour up to the page before keeps the table of the page before, and what is above it.
    store.free_range(tables, edge, edge + 1, edge, edge + 512);
    EXPECT_EQ(store.live(), all - 1);
    EXPECT_NE(store.leaf(tables, edge - 1), 0u);
    EXPECT_EQ(store.leaf(tables, edge), 0u);
    EXPECT_NE(store.leaf(tables, edge + 512), 0u);
    store.free_range(tables, edge - 1, edge + 513, 0, ~Vpn{0});
    EXPECT_EQ(store.live(), 1u);
    store.destroy(tables);
    EXPECT_EQ(store.live(), 0u);
}
INSTANTIATE_TEST_SUITE_P(levels, PageTable, testing::Values(4u, 5u));

TEST(Entry, EveryEntryIsOfOneKind) {
    Random random(7);
    for (int n = 0; n < 100'000; ++n) {
        Entry e = random.next();
        if (n % 2 == 0) e &= ~u64{bits::present};
        const int kinds = is_none(e) + is_zero_page(e) + is_frame(e) + is_swap(e);
        ASSERT_EQ(kinds, 1) << e;
    }
}

}  // namespace
}  // namespace faultline::fast
