// tests/constexpr/ranges_test.cpp - address ranges: place, cut, merge, move and discard.
//
// Source: linux mm/mmap.c, mm/mprotect.c, mm/mremap.c, mm/madvise.c@v6.1
#include <gtest/gtest.h>

#include "tests/constexpr/script.hpp"

namespace faultline::script {
namespace {

using M = Machine<Concrete, bounds_b2>;

constexpr int ranges(int* operations = nullptr) {
    Script<M> s(linux_6_12);
    s.mmap(0, op_mmap, 0, 1, rw, res_ok, 2);  // the highest page
    s.mmap(0, op_mmap, 0, 1, rw, res_ok, 1);  // joins what lies above
    s.expect(s.vmas(0) == 1);
    s.store(0, 1, 1);
    s.load(0, 2, 0);
    s.mprotect(0, 2, 1, r);
    s.expect(s.vmas(0) == 2);
    s.store(0, 2, 1, res_segv_accerr);
    s.mprotect(0, 2, 1, rw);
    s.expect(s.vmas(0) == 1 && s.rss(0) == 1);
    s.store(0, 2, 1);
    s.dontneed(0, 2, 1);
    s.load(0, 2, 0);
    s.dontneed(0, 0, 2, res_enomem);  // a hole is reported, the rest is done
    s.load(0, 1, 0);
    s.expect(s.rss(0) == 0);
    s.store(0, 2, 1);
    s.munmap(0, 1, 1);
    s.load(0, 1, 0, res_segv_maperr);
    s.mremap_to(0, 2, 1, 0);
    s.load(0, 0, 1);
    s.load(0, 2, 0, res_segv_maperr);
    s.mmap(0, op_mmap_noreplace, 0, 1, rw, res_eexist);
    s.mmap(0, op_mmap_fixed, 0, 1, rx, res_ok, 0);
    s.load(0, 0, 0);
    s.munmap(0, 0, 3);
    s.expect(s.vmas(0) == 0 && s.anon_vmas() == 0);
    s.brk(0, 2);
    s.store(0, 1, 1);
    s.advise(0, op_mlock, 0, 2);
    s.advise(0, op_mlock, 0, 3, res_enomem);
    s.dontneed(0, 0, 1, res_einval);  // locked
    s.brk(0, 0);
    s.expect(s.vmas(0) == 0);
    if (operations) *operations = s.operations();
    return s.failed();
}
static_assert(ranges() == 0);

TEST(Constexpr, Ranges) {
    int operations = 0;
    EXPECT_EQ(ranges(&operations), 0);
    EXPECT_GE(operations, 20);
}

}  // namespace
}  // namespace faultline::script
