// tests/fast/vma_index_test.cpp - the range B-tree beside a sorted map.
//
// Why: an index that is wrong once in a million lookups is found here in seconds; in a history of
//      calls it would have to meet the one page.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "fuzz/reference/random.hpp"
#include "model/fast/vma_index.hpp"

namespace faultline::fast {
namespace {

using fuzz::Random;

constexpr Vpn pages = 4000;
constexpr u32 guard = 3;

/// The index and a map from the end of each range to its VMA, changed together.
class Twins {
  public:
    explicit Twins(std::uint64_t seed) : store(guard), random(seed) {}

    std::optional<Vpn> free_range(Vpn lo, Vpn len) const {
        const auto above = plain.upper_bound(lo);
        const Vpn stop = above == plain.end() ? pages : store.vmas[above->second].lo;
        return lo + len <= stop ? std::optional(lo + len) : std::nullopt;
    }
    void insert() {
        const Vpn lo = 1 + below(pages - 10);
        const auto hi = free_range(lo, 1 + below(6));
        if (!hi) return;
        const VmaId id = store.vmas.make();
        store.vmas[id].lo = lo;
        store.vmas[id].hi = *hi;
        if (below(8) == 0) store.vmas[id].flags = vma_growsdown;
        index.insert(store, id);
        plain[*hi] = id;
    }
    std::map<Vpn, VmaId>::iterator some() {
        const auto at = plain.upper_bound(below(pages));
        return at == plain.end() ? plain.begin() : at;
    }
    void erase() {
        if (plain.empty()) return;
        const auto at = some();
        index.erase(store, at->second);
        store.vmas.release(at->second);
        plain.erase(at);
    }
    void resize() {
        if (plain.empty()) return;
        const auto at = some();
        const VmaId id = at->second;
        Vpn lo = store.vmas[id].lo, hi = store.vmas[id].hi;
        const Vpn floor = at == plain.begin() ? 1 : std::prev(at)->first;
        const Vpn ceiling = std::next(at) == plain.end()
                                ? pages : store.vmas[std::next(at)->second].lo;
        switch (below(4)) {
            case 0: lo = std::min(lo + below(2), hi - 1); break;
            case 1: hi = std::max(hi - below(2), lo + 1); break;
            case 2: lo = floor + below(lo - floor + 1); break;
            default: hi += below(std::min<Vpn>(ceiling - hi, 5) + 1); break;
        }
        index.resize(store, id, lo, hi);
        plain.erase(at);
        plain[hi] = id;
    }
    /// The map's answer to find_vma.
    VmaId find(Vpn vpn) const {
        const auto at = plain.upper_bound(vpn);
        return at == plain.end() ? 0 : at->second;
    }
    bool clear(Vpn lo, Vpn len) const {
        const VmaId above = find(lo);
        if (above == 0) return true;
        const bool stack = (store.vmas[above].flags & vma_growsdown) != 0;
        return store.vmas[above].lo >= lo + len + (stack ? guard : 0);
    }
    std::optional<Vpn> find_gap(Vpn len, Vpn low, Vpn limit) const {
        for (Vpn lo = limit - len;; --lo) {
            if (lo < low) return std::nullopt;
            if (clear(lo, len)) return lo;
        }
    }
    Vpn below(Vpn n) { return static_cast<Vpn>(random.below(static_cast<int>(n))); }

    VmaStore store;
    VmaIndex index;
    std::map<Vpn, VmaId> plain;
    Random random;
};

void expect_same(Twins& t) {
    for (int i = 0; i < 20; ++i) {
        const Vpn vpn = t.below(pages + 5);
        ASSERT_EQ(t.index.find(t.store, vpn), t.find(vpn)) << vpn;
        ASSERT_EQ(t.index.search(t.store, vpn), t.find(vpn)) << vpn;
    }
    for (int i = 0; i < 2; ++i) {
        const Vpn len = 1 + t.below(40), low = t.below(50), limit = pages - t.below(300);
        Vpn place = 0;
        const auto expected = t.find_gap(len, low, limit);
        ASSERT_EQ(t.index.find_gap(t.store, len, low, limit, place), expected.has_value());
        if (expected) {
            ASSERT_EQ(place, *expected) << len;
        }
    }
}
/// The list through prev and next is the map in order.
void expect_linked(const Twins& t) {
    VmaId at = t.index.first(), before = 0;
    for (const auto& [hi, id] : t.plain) {
        ASSERT_EQ(at, id);
        ASSERT_EQ(t.store.vmas[at].prev, before);
        before = at;
        at = t.store.vmas[at].next;
    }
    ASSERT_EQ(at, 0u);
    ASSERT_EQ(t.index.last(), before);
}

TEST(VmaIndex, AgreesWithASortedMap) {
    std::size_t most = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Twins t(seed);
        // Grows to hundreds of ranges, three levels of nodes, and shrinks again.
        for (int n = 0; n < 6'000; ++n) {
            const int kind = t.random.below(8);
            const bool grows = n < 3'000;
            if (kind < (grows ? 5 : 2)) t.insert();
            else if (kind < 6) t.erase();
            else t.resize();
            most = std::max(most, t.plain.size());
            if (n % 16 == 0) expect_same(t);
            if (n % 512 == 0) expect_linked(t);
            if (HasFatalFailure()) return;
        }
        t.index.clear(t.store);
        EXPECT_EQ(t.store.nodes.live(), 0u);
    }
    EXPECT_GT(most, 300u);   // one node of 15 would say nothing
}

TEST(VmaIndex, AnEmptyIndexFindsNothingAndOneGap) {
    VmaStore store(guard);
    VmaIndex index;
    Vpn place = 0;
    EXPECT_EQ(index.find(store, 5), 0u);
    EXPECT_TRUE(index.find_gap(store, 10, 16, 100, place));
    EXPECT_EQ(place, 90u);
    EXPECT_FALSE(index.find_gap(store, 85, 16, 100, place));
}

}  // namespace
}  // namespace faultline::fast
