// tests/constexpr/memory_shortage_test.cpp - every allocation may fail; what stays behind is
// declared.
//
// Source: linux kernel/fork.c:dup_mmap@v6.12; mm/rmap.c:anon_vma_clone@v6.1; invariants/residue.hpp
#include <gtest/gtest.h>

#include "tests/constexpr/script.hpp"

namespace faultline::script {
namespace {

using M = Machine<Concrete, bounds_m1>;

constexpr int memory_shortage(int* operations = nullptr) {
    Script<M> s(linux_6_12);
    s.mmap(0, op_mmap_hint, 0, 2, rw, res_ok, 0);
    s.fault(0, 0, true, res_oom, 1);
    s.expect(s.anon_vmas() == 0);
    s.fault(0, 0, true, res_oom, 2);
    s.expect(s.anon_vmas() == 1 && s.rss(0) == 0);  // the anon_vma stays
    s.store(0, 0, 1, res_oom, 2);
    s.store(0, 0, 1);
    s.gup(0, gup_get, 1, true, res_enomem, 2);
    s.mprotect(0, 1, 1, r, res_enomem, 3);
    s.expect(s.vmas(0) == 1);
    s.munmap(0, 0, 1, res_enomem, 2);
    s.fork(0, 1, res_enomem, 1);
    s.expect(s.writable(0, 0));
    s.mprotect(0, 1, 1, r);
    s.fork(0, 1, res_enomem, 2);
    s.expect(!s.writable(0, 0) && s.frame_row(0, 0).mapcount == 1);
    s.fault(0, 0, true, res_reused);
    s.fork(0, 1);
    s.fork(1, 2);
    s.expect(s.walk(0, 0) == 3);
    s.fault(2, 0, true, res_oom, 2);
    s.store(2, 0, 0);
    s.exit(1);
    s.fork(2, 1);
    s.expect(s.walk(0, 0) == 3);
    s.load(1, 0, 0);
    s.load(0, 0, 1);
    s.exit(0);
    s.exit(2);
    s.load(1, 0, 0);
    s.exit(1);
    s.expect(s.frames() == 0 && s.anon_vmas() == 0);
    if (operations) *operations = s.operations();
    return s.failed();
}
static_assert(memory_shortage() == 0);

TEST(Constexpr, MemoryShortage) {
    int operations = 0;
    EXPECT_EQ(memory_shortage(&operations), 0);
    EXPECT_GE(operations, 20);
}

}  // namespace
}  // namespace faultline::script
