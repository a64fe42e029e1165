// tests/properties/commute_test.cpp - two calls that have nothing to do with each other can change
// places.
//
// Why: what one call does to another's range is a bug, or a reason that has a name. The reasons are
//      the side condition: calls work on islands, runs of mapped pages with unmapped ones around;
//      the islands share no frame; of two processes they share no anon_vma root either; the LRU
//      batch is far from full. Equal means up to the names of rows, and the answers are equal too.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/properties/histories.hpp"
#include "tests/properties/names.hpp"

namespace faultline::properties {
namespace {

struct Told {
    std::uint64_t pairs = 0, one_process = 0, refused = 0;
    std::array<std::uint64_t, fuzz::verb_count> verbs{};
};
/// Whether a call works on the range it names and nowhere else.
bool on_its_range(const Record& r) {
    const int row = fuzz::verb_row(r.verb);
    switch (row) {
        case operation_id<OpMmap>(): return r.op == op_mmap_fixed || r.op == op_mmap_noreplace;
        case operation_id<OpMunmap>(): case operation_id<OpMprotect>():
        case operation_id<OpAdvise>(): case operation_id<OpDontneed>():
        case operation_id<OpFault>(): case operation_id<OpGup>(): case operation_id<OpGupFast>():
        case fuzz::user_load: case fuzz::user_fetch: case fuzz::user_write: return true;
        default: return false;
    }
}
/// The range a call names, and the mapped pages that hang together with it.
struct Island {
    int mm = 0, lo = 0, hi = 0;
};
template <class M>
Island island_of(const typename M::State& s, const Record& r) {
    const auto& mm = s.mms[r.who];
    const auto mapped = [&](int page) {
        return std::any_of(mm.vmas.begin(), mm.vmas.end(), [&](const auto& v) {
            return v.used && v.lo <= page && v.hi > page;
        });
    };
    Island i{r.who, r.page, std::max(int{r.end}, r.page + 1)};
    while (i.lo > 0 && mapped(i.lo - 1)) --i.lo;
    while (i.hi < M::B.pages && mapped(i.hi)) ++i.hi;
    return i;
}
/// Rows that an island names: frames, and roots of its VMAs' anon_vmas.
template <class M>
struct Named {
    std::array<bool, static_cast<std::size_t>(M::B.frames)> frames{};
    std::array<bool, static_cast<std::size_t>(M::B.anon_vmas)> roots{};
    Named(const typename M::State& s, const Island& i) {
        const auto& mm = s.mms[static_cast<std::size_t>(i.mm)];
        for (int n = i.lo; n < i.hi; ++n) {
            const auto f = mm.ptes[static_cast<std::size_t>(n)].frame;
            if (f.some()) frames[static_cast<std::size_t>(f.v - 1)] = true;
        }
        for (const auto& v : mm.vmas)
            for (std::size_t a = 0; a < v.links.size(); ++a)
                if (v.used && v.lo < i.hi && v.hi > i.lo && v.links[a])
                    roots[static_cast<std::size_t>(s.anon_vmas[a].root.v - 1)] = true;
    }
    static bool meet(const auto& a, const auto& b) {
        for (std::size_t k = 0; k < a.size(); ++k)
            if (a[k] && b[k]) return true;
        return false;
    }
};
template <class M>
bool apart(const typename M::State& s, const Record& a, const Record& b, bool adjacent) {
    const Island i = island_of<M>(s, a), j = island_of<M>(s, b);
    int batched = 0;
    for (const auto& f : s.frames) batched += f.batched;
    if (batched + 4 >= M::B.batch_size) return false;
    if (adjacent)   // the wrong law: the ranges alone are disjoint
        return a.who == b.who && (std::max(int{a.end}, a.page + 1) <= b.page ||
                                  std::max(int{b.end}, b.page + 1) <= a.page);
    if (i.mm == j.mm && i.lo <= j.hi && j.lo <= i.hi) return false;
    const Named<M> x(s, i), y(s, j);
    return !Named<M>::meet(x.frames, y.frames) &&
           (i.mm == j.mm || !Named<M>::meet(x.roots, y.roots));
}
bool same_outcome(const Outcome& a, const Outcome& b) {
    return a.result == b.result && a.page == b.page && a.value == b.value && a.fault == b.fault;
}

template <Bounds B>
Judged commute_law(const Case& c, bool adjacent, Told& seen) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    const auto s = played<M>(env, c.records);
    Random random(c.pick);
    fuzz::Generator<M> generator(env, random, false);
    generator.use(fuzz::draw_swarm(random));
    Record a, b;
    const auto draw = [&](Record& r, auto fits) {
        for (int n = 0; n < 40; ++n)
            if (generator.draw(s, 0, r) && on_its_range(r) && r.deny == 0 && fits()) return true;
        return false;
    };
    if (!draw(a, [] { return true; }) ||
        !draw(b, [&] { return apart<M>(s, a, b, adjacent); }))
        return no_case();
    auto ab = s, ba = s;
    const Outcome a1 = fuzz::perform<M>(env, ab, a), b1 = fuzz::perform<M>(env, ab, b);
    const Outcome b2 = fuzz::perform<M>(env, ba, b), a2 = fuzz::perform<M>(env, ba, a);
    if (!answered(a1) || !answered(b1) || !answered(a2) || !answered(b2)) {
        ++seen.refused;
        return no_case();
    }
    ++seen.pairs;
    seen.one_process += a.who == b.who;
    ++seen.verbs[static_cast<std::size_t>(fuzz::verb_row(a.verb))];
    if (!same_outcome(a1, a2) || !same_outcome(b1, b2)) return breaks("answers differ", {a, b});
    Given<B> given;
    const auto same_handle = [&](int one, int other) {
        if (one >= 0 && other >= 0) given.handle[static_cast<std::size_t>(one)] = other;
    };
    same_handle(a1.handle, a2.handle);
    same_handle(b1.handle, b2.handle);
    const auto x = without_batch<M>(ab), y = without_batch<M>(ba);
    const std::string differs = SameUpToNames<M>(x, y).difference(given);
    return differs.empty() ? holds() : breaks("the order shows: " + differs, {a, b});
}
template <Bounds B>
Checked check_commute(const char* name, std::string_view bounds, int longest, int cases, Told& seen,
                      bool adjacent = false) {
    Coverage coverage;
    const Histories<B> histories{.bounds = bounds, .longest = longest};
    return check(name, cases, histories.draws(coverage),
                 [&](const Case& c) { return commute_law<B>(c, adjacent, seen); });
}

TEST(Commute, CallsOnIslandsThatShareNothing) {
    Told t;
    EXPECT_EQ(told(check_commute<bounds_b2>("commute b2", "b2", 60, 1'500, t)), "");
    EXPECT_EQ(told(check_commute<bounds_f1>("commute f1", "f1", 200, 1'500, t)), "");
    std::printf("%llu pairs, %llu in one process; %llu with a refusal\n",
                static_cast<unsigned long long>(t.pairs),
                static_cast<unsigned long long>(t.one_process),
                static_cast<unsigned long long>(t.refused));
    EXPECT_GT(t.one_process, t.pairs / 10);
    for (const int row : {operation_id<OpMmap>(), operation_id<OpMunmap>(),
                          operation_id<OpMprotect>(), operation_id<OpAdvise>(),
                          operation_id<OpDontneed>(), operation_id<OpFault>(),
                          operation_id<OpGup>(), operation_id<OpGupFast>(), fuzz::user_load,
                          fuzz::user_write})
        EXPECT_GT(t.verbs[static_cast<std::size_t>(row)], 0u)
            << fuzz::verb_names[static_cast<std::size_t>(row)];
}
/// The canary: that the ranges are disjoint is not enough.
TEST(Commute, CanaryNeighboursMeet) {
    Told t;
    const Checked c = check_commute<bounds_f1>("canary commute", "f1", 200, 2'000, t, true);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 6u) << c.text;
}

}  // namespace
}  // namespace faultline::properties
