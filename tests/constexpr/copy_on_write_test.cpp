// tests/constexpr/copy_on_write_test.cpp - fork, sharing, reuse, pins.
//
// Source: linux mm/memory.c:do_wp_page, copy_present_page@v6.1; mm/gup.c:gup_must_unshare@v6.1
#include <gtest/gtest.h>

#include "tests/constexpr/script.hpp"

namespace faultline::script {
namespace {

using M = Machine<Concrete, bounds_b2>;

constexpr int copy_on_write(int* operations = nullptr) {
    Script<M> s(linux_6_1);
    s.mmap(0, op_mmap_hint, 0, 2, rw, res_ok, 0);
    s.load(0, 0, 0);
    s.expect(s.frames() == 0);  // the zero page is nobody's
    s.store(0, 0, 1);
    s.fork(0, 1);
    s.expect(s.frame(0, 0) == s.frame(1, 0) && s.frame_row(0, 0).mapcount == 2);
    s.expect(s.walk(0, 0) == 2 && s.anon_vmas() == 2);
    s.fault(1, 0, false, res_spurious);
    s.fault(1, 0, true, res_copied);  // the first writer copies
    s.store(1, 0, 0);
    s.load(0, 0, 1);
    s.expect(s.walk(1, 0) == 1);      // its own copy is looked for in its own VMA
    s.fault(0, 0, true, res_reused);  // the last owner keeps the page
    s.expect(s.frame_row(0, 0).exclusive);
    s.gup(0, gup_pin, 0, true);
    s.fork(0, 2);
    s.expect(s.frame(0, 0) != s.frame(2, 0));  // a pinned page is copied at once
    s.device_store(0, 0);
    s.load(0, 0, 0);
    s.load(2, 0, 1);
    s.exit(2);
    s.mprotect(0, 0, 2, r);
    s.mprotect(0, 0, 2, rw);
    s.store(0, 0, 1);
    s.expect(s.frame(0, 0) == s.handle_frame(0));
    s.release(0);
    s.fork(0, 2);
    s.expect(s.frame(0, 0) == s.frame(2, 0));
    s.gup(2, gup_pin, 0, false);  // a read pin takes its own copy first
    s.expect(s.frame(2, 0) == s.handle_frame(0) && s.frame(0, 0) != s.frame(2, 0));
    s.exit(2);
    s.release(0);
    s.exit(1);
    s.exit(0);
    s.expect(s.frames() == 0 && s.anon_vmas() == 0);
    if (operations) *operations = s.operations();
    return s.failed();
}
static_assert(copy_on_write() == 0);

TEST(Constexpr, CopyOnWrite) {
    int operations = 0;
    EXPECT_EQ(copy_on_write(&operations), 0);
    EXPECT_GE(operations, 20);
}

}  // namespace
}  // namespace faultline::script
