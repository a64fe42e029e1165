// tests/fast/rmap_test.cpp - interval trees of anon_vmas beside a list of every VMA.
//
// Why: the trees are augmented by hand; a stale maximum hides a mapping from reclaim and nothing
//      else shows it.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "fuzz/reference/random.hpp"
#include "model/fast/anon_vma.hpp"

namespace faultline::fast {
namespace {

using fuzz::Random;

/// VMAs of one family, linked, forked, resized and unlinked at random.
class Family {
  public:
    explicit Family(std::uint64_t seed) : anon_(linux_6_12, ~u32{0}), random_(seed) {}

    void step() {
        const int kind = random_.below(8);
        if (living_.empty() || kind == 0) return make();
        const VmaId id = pick();
        Vma& v = vmas_[id];
        if (kind <= 3 && living_.size() < 120) {
            const VmaId copy = fresh(v.lo, v.hi, v.pgoff);
            if (kind == 1) anon_.clone(vmas_[copy], copy, vmas_[id]);
            else ASSERT_TRUE(anon_.fork(vmas_[copy], copy, vmas_[id]));
        } else if (kind <= 5) {
            anon_.before_resize(v);
            v.pgoff += below(3);
            v.hi = v.lo + 1 + below(12);
            anon_.after_resize(v);
        } else {
            ASSERT_TRUE(anon_.unlink(v));
            vmas_.release(id);
            living_.erase(id);
        }
    }
    /// Every anon_vma's tree finds at an index exactly the VMAs linked to it that contain it.
    void compare() {
        std::map<AnonId, std::set<VmaId>> linked;
        for (const VmaId id : living_)
            for (AvcId c = vmas_[id].chain_newest; c != 0; c = anon_.avc(c).older)
                linked[anon_.avc(c).anon_vma].insert(id);
        ASSERT_LE(linked.size(), anon_.live());
        most_ = std::max(most_, linked.size());
        for (const auto& [anon, ids] : linked)
            for (int i = 0; i < 4; ++i) {
                const u64 index = below(40);
                std::multiset<VmaId> expected, found;
                for (const VmaId id : ids) {
                    const Vma& v = vmas_[id];
                    if (v.pgoff <= index && index < v.pgoff + v.pages()) expected.insert(id);
                }
                anon_.each_at(anon, index, [&](const Avc& c) { found.insert(c.vma); });
                ASSERT_EQ(found, expected) << index;
            }
    }
    void end() {
        while (!living_.empty()) {
            const VmaId id = pick();
            ASSERT_TRUE(anon_.unlink(vmas_[id]));
            living_.erase(id);
        }
        EXPECT_EQ(anon_.live(), 0u);
        EXPECT_EQ(anon_.live_avcs(), 0u);
    }
    std::size_t most() const { return most_; }

  private:
    u64 below(int n) { return static_cast<u64>(random_.below(n)); }
    VmaId pick() {
        return *std::next(living_.begin(), random_.below(static_cast<int>(living_.size())));
    }
    VmaId fresh(Vpn lo, Vpn hi, u64 pgoff) {
        const VmaId id = vmas_.make();
        vmas_[id].lo = lo;
        vmas_[id].hi = hi;
        vmas_[id].pgoff = pgoff;
        living_.insert(id);
        return id;
    }
    void make() {
        const VmaId id = fresh(10, 11 + below(12), below(20));
        anon_.prepare(vmas_[id], id, 0);
    }

    AnonStore anon_;
    Arena<Vma> vmas_;
    std::set<VmaId> living_;
    Random random_;
    std::size_t most_ = 0;
};

TEST(Rmap, TreesFindExactlyWhatIsLinked) {
    std::size_t most = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        Family family(seed);
        for (int n = 0; n < 3'000; ++n) {
            family.step();
            if (n % 20 == 0) family.compare();
            if (HasFatalFailure()) return;
        }
        most = std::max(most, family.most());
        family.end();
    }
    EXPECT_GT(most, 20u);
}

}  // namespace
}  // namespace faultline::fast
