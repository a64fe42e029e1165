// tests/fast/labels_test.cpp - a row of the reference that is used again within one call is another
// object.
//
// Why: under 5.10 mlock drains the LRU batch at each page: it frees frames that only the batch held
//      and fills the next page with one of them. The two systems free and take in different orders;
//      labels that did not change made that a difference (seed 7, operation 179,790).
#include <gtest/gtest.h>

#include "fuzz/lockstep/lockstep.hpp"
#include "fuzz/systems/fast.hpp"

namespace faultline::fuzz {
namespace {

Record on_pages(std::uint8_t verb, int lo, int hi, unsigned flags = 0, std::uint8_t op = op_none) {
    Record r;
    r.verb = verb;
    r.page = static_cast<std::uint16_t>(lo);
    r.end = static_cast<std::uint16_t>(hi);
    r.flags = static_cast<std::uint8_t>(flags);
    r.op = op;
    return r;
}
Record fault(int page) { return on_pages(operation_id<OpFault>(), page, 0, flag_write); }
Record protect(unsigned prot) {
    return on_pages(operation_id<OpMprotect>(), 0, 3, prot, op_mprotect);
}
/// Two pages are copied while they wait in the batch, so that only the batch holds the old ones.
/// Six records, then six more: a look at stride 6 falls between.
std::vector<Record> history() {
    constexpr unsigned rw = flag_read | flag_write;
    const Record load = on_pages(verb_load, 0, 0);
    return {on_pages(operation_id<OpMmap>(), 0, 3, rw, op_mmap_hint),
            fault(0), fault(1), load, load, load,
            protect(flag_read), protect(rw), fault(0), fault(1),
            on_pages(operation_id<OpAdvise>(), 0, 3, 0, op_mlock), load};
}

TEST(Labels, ARowTakenAgainWithinACallIsAnotherObject) {
    const auto reference = make_reference("f1");
    std::string problem;
    ASSERT_TRUE(reference->reset(bounds_f1, linux_5_10, problem)) << problem;
    Observation before, after;
    const std::vector<Record> records = history();
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Answered a = reference->apply(records[i]);
        ASSERT_FALSE(a.blocked);
        if (i == 8 || i == 9) {
            ASSERT_EQ(a.result, res_copied);
        }
        if (i == 5) reference->observe(before);
    }
    reference->observe(after);
    const Label old = before.processes[0].entries[0].frame;
    const Label now = after.processes[0].entries[2].frame;
    ASSERT_EQ(old & 0xffff, now & 0xffff);   // else this test says nothing: the row is not reused
    EXPECT_NE(old, now);
}
TEST(Labels, LockstepHoldsWhereRowsAreTakenAgain) {
    Arena arena;
    arena.rules = linux_5_10;
    arena.excused = known_broken(arena.rules, arena.limits);
    const auto system = make_fast();
    Lockstep lockstep(*system, arena);
    const LockstepReport report = lockstep.replay(history(), 6);
    EXPECT_EQ(report.looks, 2u);
    EXPECT_FALSE(report.finding) << report.finding->differences.front().text();
}

}  // namespace
}  // namespace faultline::fuzz
