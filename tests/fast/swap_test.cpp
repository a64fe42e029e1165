// tests/fast/swap_test.cpp - slots, counts and devices beside a plain table, and swap entries.
#include <gtest/gtest.h>

#include <vector>

#include "fuzz/reference/random.hpp"
#include "model/fast/engine.hpp"

namespace faultline::fast {
namespace {

using fuzz::Random;

struct PlainSlot {
    u32 count = 0, frame = 0;
    bool used() const { return count != 0 || frame != 0; }
};

TEST(SwapStore, AgreesWithAPlainTable) {
    constexpr u32 slots = 300, devices = 3, share = 100;
    SwapStore swap(slots, devices);
    std::vector<PlainSlot> plain(slots + 1);
    Random random(3);
    ASSERT_EQ(swap.find_free(), 0u);   // every device is off
    ASSERT_TRUE(swap.turn_on(0, true, false) && swap.turn_on(2, false, true));
    ASSERT_FALSE(swap.turn_on(0, false, false));
    u32 most = 0, used = 0;
    for (int n = 0; n < 30'000; ++n) {
        SlotId lowest = 1;
        while (lowest <= slots && (plain[lowest].used() || (lowest - 1) / share == 1)) ++lowest;
        if (lowest > slots) lowest = 0;
        ASSERT_EQ(swap.find_free(), lowest) << n;
        const auto s = static_cast<SlotId>(1 + random.below(slots));
        PlainSlot& x = plain[s];
        const bool filling = n / 3'000 % 2 == 0;
        if (lowest != 0 && random.below(4) < (filling ? 3 : 1)) {
            swap.enter(lowest, s);
            plain[lowest].frame = s;
            swap.content(lowest) = s + 7;
            ++used;
        } else if (x.used()) {
            const bool was = x.used();
            if (random.below(3) == 0) {
                swap.dup(s);
                ++x.count;
            } else if (x.frame != 0 && random.below(2) == 0) {
                swap.leave(s);
                x.frame = 0;
            } else if (x.count > 0) {
                ASSERT_TRUE(swap.put(s));
                --x.count;
            }
            used -= was && !x.used();
        }
        most = std::max(most, used);
        ASSERT_EQ(swap.count(s), x.count);
        ASSERT_EQ(swap.cached(s), x.frame);
        ASSERT_EQ(swap.has_cache(s), x.frame != 0);
        if (!x.used()) {
            ASSERT_EQ(swap.content(s), 0u);
        }
        ASSERT_EQ(swap.device(0).used + swap.device(2).used, used);
    }
    EXPECT_EQ(most, 2 * share);   // it has been full
    EXPECT_FALSE(swap.put(share + 1));
}

TEST(SwapStore, ADeviceGoesWhenItsSlotsAreFree) {
    SwapStore swap(8, 2);
    ASSERT_TRUE(swap.turn_on(0, false, false));
    swap.enter(swap.find_free(), 5);
    EXPECT_TRUE(swap.turn_off(0));
    EXPECT_EQ(swap.find_free(), 0u);
    EXPECT_FALSE(swap.turn_off_end(0));
    swap.leave(1);
    EXPECT_TRUE(swap.turn_off_end(0));
    EXPECT_FALSE(swap.turn_off_end(0));
    EXPECT_FALSE(swap.turn_off(1));
}

TEST(SwapStore, EntriesNameSlots) {
    SwapStore swap(200, 4);
    for (SlotId s = 1; s <= 200; ++s)
        for (const bool exclusive : {false, true}) {
            const Entry e = swap.entry(s, exclusive);
            ASSERT_TRUE(is_swap(e) && !is_frame(e) && !is_zero_page(e) && !is_present(e));
            ASSERT_EQ(swap.slot_of(e), s);
            ASSERT_EQ(is_swap_exclusive(e), exclusive);
            ASSERT_EQ(swap.slot_of(e & ~bits::swap_exclusive), s);
            for (const x86::Release r : {x86::Release::v6_1, x86::Release::v6_12})
                ASSERT_EQ(x86::classify(e, x86::Kernel{.release = r}), x86::Kind::swap);
        }
}

/// A page goes out and comes back with its content, owner and slot accounts; all of it is checked.
TEST(Swap, APageGoesOutAndComesBack) {
    Config c;
    c.slots = 16;
    c.frames = 64;
    Engine e(c, linux_6_12);
    ASSERT_EQ(e.swapon(0, false, false).ret, Ret::ok);
    const Vpn lo = e.mmap(0, Place::anywhere, 0, 4, vma_read | vma_write).page;
    ASSERT_EQ(e.store(0, lo, 42).ret, Ret::ok);
    EXPECT_EQ(e.reclaim(frame_of(e.entry(0, lo))).ret, Ret::blocked);   // in the batch
    e.drain();
    EXPECT_EQ(e.reclaim(frame_of(e.entry(0, lo))).ret, Ret::reclaimed);
    EXPECT_TRUE(is_swap(e.entry(0, lo)) && is_swap_exclusive(e.entry(0, lo)));
    EXPECT_EQ(e.zone().in_use(), 0u);
    EXPECT_EQ(e.self_check(), nullptr);
    const Answer back = e.load(0, lo);
    EXPECT_EQ(back.value, 42u);
    EXPECT_EQ(back.fault, Ret::swapped_in);
    EXPECT_TRUE(is_writable(e.entry(0, lo)));
    EXPECT_EQ(e.self_check(), nullptr);
    e.munmap(0, lo, lo + 4);
    EXPECT_EQ(e.swap().device(0).used, 0u);
    EXPECT_EQ(e.zone().in_use(), 0u);
}

/// A thousand processes name one slot; each in its turn gets the page.
TEST(Swap, AThousandSharersOfOneSlot) {
    Config c;
    c.slots = 4;
    c.mms = 1001;
    c.frames = 64;
    Engine e(c, linux_6_12);
    e.swapon(0, false, false);
    const Vpn lo = e.mmap(0, Place::anywhere, 0, 1, vma_read | vma_write).page;
    e.store(0, lo, 9);
    for (int i = 0; i < 1000; ++i) ASSERT_GE(e.fork(0).child, 0);
    e.drain();
    ASSERT_EQ(e.reclaim(frame_of(e.entry(0, lo))).ret, Ret::reclaimed);
    const SlotId slot = e.swap().slot_of(e.entry(0, lo));
    EXPECT_EQ(e.swap().count(slot), 1001u);
    for (MmId mm = 0; mm <= 1000; ++mm) ASSERT_EQ(e.load(mm, lo).value, 9u);
    EXPECT_EQ(e.swap().count(slot), 0u);
    EXPECT_EQ(e.zone()[frame_of(e.entry(7, lo))].mapcount, 1001u);
    EXPECT_EQ(e.self_check(), nullptr);
}

}  // namespace
}  // namespace faultline::fast
