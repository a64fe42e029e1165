// tests/trace/residue_test.cpp - the check of refused calls accepts what is declared, nothing else.
//
// Why: a check that accepts everything would look the same in every other test.
#include "invariants/residue.hpp"

#include <gtest/gtest.h>

#include "model/reference/operate.hpp"

namespace faultline {
namespace {

using M = Machine<Concrete, bounds_f1>;

struct Scene {
    Env env{linux_6_12, bounds_f1};
    M::State before = initial_state<M>(), after{};
    Args<M> args{};
    int result = res_pending;

    static Args<M> range(int page, int pages) {
        Args<M> a{};
        a.page = static_cast<M::Page>(page);
        a.end = static_cast<M::Page>(page + pages);
        return a;
    }
    /// Pages 0 and 1 and, behind a hole, 4: writable, pages 0 and 4 stored to.
    Scene() {
        for (const int page : {0, 1, 4}) {
            Args<M> a = range(page, 1);
            a.op = op_mmap_hint;
            a.read = a.write = true;
            call<M>(env, before, operation_id<OpMmap>(), 0, a);
        }
        store<M>(env, before, 0, 0, 1);
        store<M>(env, before, 0, 4, 2);
    }
    template <class Op>
    void refuse(int deny_at) {
        after = before;
        CallOptions options{};
        options.deny_at = deny_at;
        result = call<M>(env, after, operation_id<Op>(), 0, args, options).result;
        ASSERT_TRUE(is_refused(result));
        EXPECT_EQ(breach<Op>(), "");
        // Whatever the outcome, these are nobody's by-product.
        damage<Op>([](M::State& s) { s.mms[1].brk = 1; });
        damage<Op>([](M::State& s) { s.mms[0].want[4].v = 1; });
        damage<Op>([](M::State& s) { s.mms[0].ptes[4].dirty = false; });
        damage<Op>([](M::State& s) { s.frames[1].value.v = 3; });
        damage<Op>([](M::State& s) { s.handles[0].page = 1; });
        damage<Op>([](M::State& s) { s.mms[0].ptes[9].zero = true; });
    }
    template <class Op>
    std::string_view breach() const {
        return residue_breach<M>(before, after, Op::name, 0, args, result);
    }
    template <class Op>
    void damage(auto change) {
        const M::State good = after;
        change(after);
        EXPECT_NE(breach<Op>(), "");
        after = good;
    }
};

TEST(Residue, PrefixOfMprotect) {
    Scene s;
    s.args = Scene::range(0, 6);
    s.args.op = op_mprotect;
    s.args.read = true;
    s.refuse<OpMprotect>(0);
    EXPECT_FALSE(s.after.mms[0].ptes[0].write);
    // A page behind the hole was not reached; page 0 was.
    s.damage<OpMprotect>([](M::State& x) { x.mms[0].ptes[4].write = false; });
    s.damage<OpMprotect>([](M::State& x) {
        for (auto& v : x.mms[0].vmas)
            if (v.used && v.lo == 0) v.exec = true;
    });
}
TEST(Residue, SplitsOfMunmap) {
    Scene s;
    s.args = Scene::range(1, 1);
    s.refuse<OpMunmap>(1);
    s.damage<OpMunmap>([](M::State& x) {
        for (auto& v : x.mms[0].vmas)
            if (v.used && v.lo == 4) v.locked = true;
    });
}
TEST(Residue, WriteProtectionOfFork) {
    Scene s;
    s.refuse<OpFork>(2);
    EXPECT_FALSE(s.after.mms[0].ptes[0].write);
    EXPECT_TRUE(s.after.mms[0].ptes[4].write);
    s.damage<OpFork>([](M::State& x) { x.anon_vmas[0].num_children = 3; });
    s.damage<OpFork>([](M::State& x) { x.frames[0].mapcount = 2; });
}
TEST(Residue, AnonVmaOfFault) {
    Scene s;
    call<M>(s.env, s.before, operation_id<OpMunmap>(), 0, Scene::range(1, 1));
    Args<M> a = Scene::range(8, 1);
    a.op = op_mmap_hint;
    a.read = a.write = true;
    call<M>(s.env, s.before, operation_id<OpMmap>(), 0, a);
    s.args.page = 8;
    s.args.write = true;
    s.refuse<OpFault>(2);
    s.damage<OpFault>([](M::State& x) { x.mms[0].ptes[4].write = false; });
    s.damage<OpFault>([](M::State& x) { x.mms[0].map_count = 9; });
}
TEST(Residue, AnOutcomeWithoutARowIsABreach) {
    const Scene s;
    EXPECT_NE(residue_breach<M>(s.before, s.before, "fork", 0, s.args, res_eperm), "");
    EXPECT_NE(residue_breach<M>(s.before, s.before, "clone", 0, s.args, res_enomem), "");
}

}  // namespace
}  // namespace faultline
