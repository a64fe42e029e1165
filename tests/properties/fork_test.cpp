// tests/properties/fork_test.cpp - fork, anything the child does, and its exit: for everybody else
// nothing has happened.
//
// Why: copy-on-write promises just that. What is not promised is listed, field by field, and the
//      list is needed: without it the law is found wrong.
#include <gtest/gtest.h>

#include "tests/properties/histories.hpp"

namespace faultline::properties {
namespace {

/// What a fork may change for good: write permission and exclusivity of the parent's pages, and the
/// LRU batch.
template <class M>
typename M::State without_fork_traces(typename M::State s) {
    for (auto& mm : s.mms)
        for (auto& pte : mm.ptes) pte.write = false;
    for (auto& f : s.frames) f.exclusive = false;
    return without_batch<M>(s);
}
/// What a child does alone: no reference that outlives it, no child of its own, no exit.
bool of_the_child(const Record& r, int child) {
    const int row = fuzz::verb_row(r.verb);
    const bool by_mm = row >= operation_count || operation_shape(row).by_mm;
    return by_mm && r.who == child && r.gup == gup_none && row != operation_id<OpFork>() &&
           row != operation_id<OpExit>();
}
struct Told {
    std::uint64_t forked = 0, refused = 0, acts = 0, copies = 0;
};

template <Bounds B>
Judged fork_law(const Case& c, bool forgives, Told& seen) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    auto s = played<M>(env, c.records);
    Random random(c.pick);
    const int parent = some_alive<M>(s, random);
    const auto before = s;
    std::vector<Record> tail{record_of(operation_id<OpFork>(), parent, 0, 0)};
    const Outcome forked = fuzz::perform<M>(env, s, tail[0]);
    if (forked.blocked) return no_case();   // every address space is in use
    if (answered(forked)) {
        ++seen.forked;
        fuzz::Generator<M> generator(env, random, false);
        generator.use(fuzz::draw_swarm(random));
        for (int n = random.below(40); n > 0; --n) {
            Record r;
            if (!generator.draw(s, 0, r) || !of_the_child(r, forked.child)) continue;
            const Outcome o = fuzz::perform<M>(env, s, r);
            tail.push_back(r);
            ++seen.acts;
            seen.copies += o.fault == res_copied || o.result == res_copied;
        }
        tail.push_back(record_of(operation_id<OpExit>(), forked.child, 0, 0));
        const Outcome gone = fuzz::perform<M>(env, s, tail.back());
        if (!answered(gone)) return breaks("the child cannot exit", tail);
    } else {
        ++seen.refused;
    }
    const auto was = forgives ? without_fork_traces<M>(before) : without_batch<M>(before);
    const auto is = forgives ? without_fork_traces<M>(s) : without_batch<M>(s);
    if (!same_leaves(was, is)) return breaks("something outside the list changed", tail);
    for (std::size_t p = 0; p < s.mms.size(); ++p)
        for (std::size_t n = 0; n < s.mms[p].ptes.size(); ++n)
            if (s.mms[p].ptes[n].write && !before.mms[p].ptes[n].write)
                return breaks("an entry became writable", tail);
    return holds();
}
template <Bounds B>
Checked check_fork(const char* name, std::string_view bounds, int longest, int cases, Told& seen,
                   bool forgives = true) {
    Coverage coverage;
    const Histories<B> histories{.bounds = bounds, .longest = longest};
    return check(name, cases, histories.draws(coverage),
                 [&](const Case& c) { return fork_law<B>(c, forgives, seen); });
}

TEST(ForkThenExit, IsIdentityForTheOthers) {
    Told seen;
    EXPECT_EQ(told(check_fork<bounds_b2>("fork b2", "b2", 120, 2'000, seen)), "");
    EXPECT_EQ(told(check_fork<bounds_f1>("fork f1", "f1", 400, 500, seen)), "");
    std::printf("%llu forks, %llu refused; the children did %llu things, %llu copies\n",
                static_cast<unsigned long long>(seen.forked),
                static_cast<unsigned long long>(seen.refused),
                static_cast<unsigned long long>(seen.acts),
                static_cast<unsigned long long>(seen.copies));
    EXPECT_GT(seen.refused, 0u);
    EXPECT_GT(seen.acts, seen.forked);
    EXPECT_GT(seen.copies, 0u);
}
/// The canary: fork does take write permission away.
TEST(ForkThenExit, CanaryWithoutTheList) {
    Told seen;
    const Checked c = check_fork<bounds_b2>("canary fork", "b2", 120, 2'000, seen, false);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 3u) << c.text;
}

}  // namespace
}  // namespace faultline::properties
