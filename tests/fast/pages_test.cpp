// tests/fast/pages_test.cpp - the arena, the table of free rows, the page allocator and the LRU.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "fuzz/reference/random.hpp"
#include "model/fast/arena.hpp"
#include "model/fast/page.hpp"
#include "model/fast/rows.hpp"

namespace faultline::fast {
namespace {

using fuzz::Random;

TEST(Arena, NumbersAreUniqueAndObjectsStay) {
    Arena<u64, 3> arena;
    Random random(1);
    std::map<u32, u64> plain;
    std::map<u32, const u64*> places;
    for (u64 n = 1; n <= 5'000; ++n) {
        if (random.below(3) != 0 || plain.empty()) {
            const u32 id = arena.make();
            ASSERT_NE(id, 0u);
            ASSERT_EQ(arena[id], 0u);   // cleared, whoever had it
            ASSERT_TRUE(plain.emplace(id, n).second);
            arena[id] = n;
            const auto [at, first] = places.emplace(id, &arena[id]);
            ASSERT_EQ(at->second, &arena[id]);
        } else {
            const auto at = std::next(plain.begin(), random.below(int(plain.size())));
            ASSERT_EQ(arena[at->first], at->second);
            arena.release(at->first);
            plain.erase(at);
        }
        ASSERT_EQ(arena.live(), plain.size());
    }
    for (const auto& [id, value] : plain) ASSERT_EQ(arena[id], value);
    EXPECT_GT(plain.size(), 100u);
}

TEST(Rows, TheLowestFreeRowIsFound) {
    Rows rows(130);
    Random random(2);
    std::set<u32> taken;
    for (int n = 0; n < 3'000; ++n) {
        int lowest = 0;
        while (taken.count(static_cast<u32>(lowest)) != 0) ++lowest;
        ASSERT_EQ(rows.lowest_free(), lowest < 130 ? lowest : -1);
        if (random.below(5) != 0 && lowest < 130) {
            rows.take(static_cast<u32>(lowest));
            taken.insert(static_cast<u32>(lowest));
        } else if (!taken.empty()) {
            const auto at = std::next(taken.begin(), random.below(int(taken.size())));
            rows.give(*at);
            taken.erase(at);
        }
        for (u32 row = 0; row < 130; row += 7) ASSERT_EQ(rows.taken(row), taken.count(row) != 0);
    }
}

TEST(Zone, EveryPageIsGivenOnceAndComesBack) {
    constexpr u32 frames = 500;
    Zone zone(frames, 2, 15);
    std::set<Pfn> held;
    for (u32 i = 0; i < frames; ++i) {
        const Pfn p = zone.alloc(i % 2);
        ASSERT_TRUE(p != 0 && p <= frames && held.insert(p).second);
    }
    EXPECT_EQ(zone.alloc(0), 0u);
    EXPECT_EQ(zone.in_use(), frames);
    for (const Pfn p : held) zone.put(p % 2, p);
    EXPECT_EQ(zone.in_use(), 0u);
    // From the other CPU's list too.
    for (u32 i = 0; i < frames; ++i) ASSERT_NE(zone.alloc(1), 0u);
}

TEST(Zone, ABatchHoldsReferencesUntilItDrains) {
    Zone zone(64, 1, 4);
    std::vector<Pfn> pages;
    for (int i = 0; i < 6; ++i) {
        pages.push_back(zone.alloc(0));
        zone.add_to_batch(0, pages.back());
    }
    // Four went onto the LRU when the batch was full; two wait.
    EXPECT_EQ(zone.batched(0), 2u);
    for (int i = 0; i < 6; ++i) {
        const Page& page = zone[pages[static_cast<std::size_t>(i)]];
        EXPECT_EQ(page.refcount, i < 4 ? 1u : 2u);
        EXPECT_EQ((page.flags & page_lru) != 0, i < 4);
        EXPECT_EQ((page.flags & page_batched) != 0, i >= 4);
    }
    zone.put(0, pages[5]);
    EXPECT_EQ(zone[pages[5]].refcount, 1u);   // the batch's
    zone.drain(0);
    EXPECT_EQ(zone[pages[5]].refcount, 0u);
    EXPECT_EQ(zone.in_use(), 5u);
    // The LRU, newest first; a page taken off is not met.
    zone.isolate(pages[2]);
    std::vector<Pfn> met;
    for (Pfn p = zone.lru_head(); p != 0; p = zone[p].lru_next) met.push_back(p);
    EXPECT_EQ(met, (std::vector<Pfn>{pages[4], pages[3], pages[1], pages[0]}));
    zone.put_back(pages[2]);
    EXPECT_EQ(zone.lru_head(), pages[2]);
}

}  // namespace
}  // namespace faultline::fast
