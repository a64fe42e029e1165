// tests/properties/ranges_test.cpp - munmap then mmap is fresh; MAP_FIXED is munmap and mmap; a
// flag set and taken back leaves no trace of the split.
//
// Why: each law has its side condition in code, and a wrong variant that must be found.
#include <gtest/gtest.h>

#include "tests/properties/histories.hpp"
#include "tests/properties/names.hpp"

namespace faultline::properties {
namespace {

struct Told {
    std::uint64_t held = 0, alone = 0, over_pages = 0, cut = 0, merged = 0;
};
template <class M>
const typename M::Vma* vma_of(const typename M::State& s, int mm, int page) {
    for (const auto& v : s.mms[static_cast<std::size_t>(mm)].vmas)
        if (v.used && v.lo <= page && v.hi > page) return &v;
    return nullptr;
}
struct Range {
    int mm, lo, hi;
};
template <class M>
Range some_range(const typename M::State& s, Random& random) {
    const int lo = random.below(M::B.pages);
    return {some_alive<M>(s, random), lo, lo + 1 + random.below(std::min(4, M::B.pages - lo))};
}
Record map_at(const Range& at, OpCode op) {
    Record r = record_of(operation_id<OpMmap>(), at.mm, at.lo, at.hi, op);
    r.flags = fuzz::flag_read | fuzz::flag_write;
    return r;
}

/// Nothing of what was there shows: no entry, no content, and, where the new VMA stands alone, an
/// offset and no anon_vma as on the first day.
template <class M>
std::string not_fresh(const typename M::State& s, const Range& at, Told& seen) {
    const auto& mm = s.mms[static_cast<std::size_t>(at.mm)];
    for (int n = at.lo; n < at.hi; ++n) {
        const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
        if (pte.zero || pte.frame.some()) return "a page is mapped already";
        if (mm.want[static_cast<std::size_t>(n)].some()) return "a page must hold something";
    }
    for (const auto& h : s.handles)
        if (h.attached && h.mm.is(at.mm) && h.page >= at.lo && h.page < at.hi)
            return "a kept reference still names the range";
    const auto* v = vma_of<M>(s, at.mm, at.lo);
    if (v == nullptr || v->hi < at.hi) return "no VMA covers the range";
    if (v->lo != at.lo || v->hi != at.hi) return "";   // it merged with a neighbour
    ++seen.alone;
    bool linked = false;
    for (const bool l : v->links) linked = linked || l;
    if (v->anon_vma.some() || linked) return "the VMA has an anon_vma";
    return v->pgoff == at.lo ? "" : "the VMA has an old offset";
}
/// `unmaps`: the law; else the pages are only discarded, which is not the same.
template <Bounds B>
Judged fresh_law(const Case& c, bool unmaps, Told& seen) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    auto s = played<M>(env, c.records);
    Random random(c.pick);
    const Range at = some_range<M>(s, random);
    const auto untouched = s;
    std::vector<Record> tail;
    const auto act = [&](const Record& r) {
        tail.push_back(r);
        return answered(fuzz::perform<M>(env, s, r));
    };
    if (!unmaps) {
        if (!act(record_of(operation_id<OpDontneed>(), at.mm, at.lo, at.hi))) return no_case();
        const std::string old = not_fresh<M>(s, at, seen);
        return old.empty() ? holds() : breaks(old, tail);
    }
    if (!act(record_of(operation_id<OpMunmap>(), at.mm, at.lo, at.hi)) ||
        !act(map_at(at, op_mmap_noreplace)))
        return no_case();
    ++seen.held;
    const std::string old = not_fresh<M>(s, at, seen);
    if (!old.empty()) return breaks(old, tail);
    auto fixed = untouched;
    const Outcome o = fuzz::perform<M>(env, fixed, map_at(at, op_mmap_fixed));
    if (!answered(o)) return breaks("MAP_FIXED is refused where munmap and mmap are not", tail);
    seen.over_pages += vma_of<M>(untouched, at.mm, at.lo) != nullptr;
    const auto a = without_batch<M>(s), b = without_batch<M>(fixed);
    const std::string differs = SameUpToNames<M>(a, b).difference({});
    if (differs.empty()) return holds();
    return breaks("MAP_FIXED is not munmap and mmap: " + differs, tail);
}

/// A call and the one that takes it back. Not mlock: it faults the range in, which nothing undoes.
struct Pair {
    OpCode there, back;
};
constexpr std::array<Pair, 5> pairs{{{op_dontfork, op_dofork}, {op_dofork, op_dontfork},
                                     {op_wipeonfork, op_keeponfork}, {op_keeponfork, op_wipeonfork},
                                     {op_mprotect, op_mprotect}}};
template <class M>
bool same_flags(const typename M::Vma& a, const typename M::Vma& b) {
    return a.read == b.read && a.write == b.write && a.exec == b.exec &&
           a.growsdown == b.growsdown && a.locked == b.locked && a.dontfork == b.dontfork &&
           a.wipeonfork == b.wipeonfork;
}
/// Side condition: the range lies in one VMA, that VMA touches no other with its flags, and in the
/// middle of the law none touches the part that has the changed ones, nor takes the same anon_vma.
template <class M>
bool touches_its_like(const typename M::State& s, const Range& at) {
    const auto* v = vma_of<M>(s, at.mm, at.lo);
    for (const auto& o : s.mms[static_cast<std::size_t>(at.mm)].vmas)
        if (o.used && (o.hi == v->lo || o.lo == v->hi) && same_flags<M>(o, *v)) return true;
    return false;
}
/// What mprotect does not give back: entries get their rights again when they fault.
template <class M>
void forget_rights(typename M::State& s, const Range& at) {
    for (int n = at.lo; n < at.hi; ++n) {
        auto& pte = s.mms[static_cast<std::size_t>(at.mm)].ptes[static_cast<std::size_t>(n)];
        pte.write = pte.exec = pte.protnone = false;
    }
}
template <class M>
Record flag_call(const Range& at, OpCode op, const typename M::Vma& was, bool read_only) {
    const int operation =
        op == op_mprotect ? operation_id<OpMprotect>() : operation_id<OpAdvise>();
    Record r = record_of(operation, at.mm, at.lo, at.hi, op);
    if (op == op_mprotect && read_only) r.flags = was.read && !was.write ? 0 : fuzz::flag_read;
    if (op == op_mprotect && !read_only)
        r.flags = static_cast<std::uint8_t>((was.read ? fuzz::flag_read : 0) |
                                            (was.write ? fuzz::flag_write : 0) |
                                            (was.exec ? fuzz::flag_exec : 0));
    return r;
}
/// `forgives`: the law; else rights of entries are promised too, which is wrong.
template <Bounds B>
Judged split_law(const Case& c, bool forgives, Told& seen) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    auto s = played<M>(env, c.records);
    Random random(c.pick);
    Range at = some_range<M>(s, random);
    const auto* v = vma_of<M>(s, at.mm, at.lo);
    if (v == nullptr) return no_case();
    at.hi = std::min(at.hi, int{v->hi});
    const auto was = *v;
    const Pair pair = pairs[static_cast<std::size_t>(random.below(pairs.size()))];
    if (touches_its_like<M>(s, at)) return no_case();
    auto before = s;
    std::vector<Record> tail{flag_call<M>(at, pair.there, was, true),
                             flag_call<M>(at, pair.back, was, false)};
    if (!answered(fuzz::perform<M>(env, s, tail[0]))) return no_case();
    const auto* half = vma_of<M>(s, at.mm, at.lo);
    if (same_flags<M>(*half, was)) return no_case();   // it had the flag already
    if (half->lo != at.lo || half->hi != at.hi || touches_its_like<M>(s, at)) return no_case();
    seen.cut += at.lo != was.lo || at.hi != was.hi;
    if (!answered(fuzz::perform<M>(env, s, tail[1]))) return no_case();
    seen.merged += vma_of<M>(s, at.mm, at.lo)->hi == was.hi;
    if (forgives && pair.there == op_mprotect) {
        forget_rights<M>(before, at);
        forget_rights<M>(s, at);
    }
    ++seen.held;
    const std::string differs = SameUpToNames<M>(before, s).difference({});
    return differs.empty() ? holds() : breaks("there and back differs: " + differs, tail);
}

template <Bounds B>
Checked check_law(const char* name, std::string_view bounds, int longest, int cases,
                  Judged (*law)(const Case&, bool, Told&), Told& seen, bool right = true) {
    Coverage coverage;
    const Histories<B> histories{.bounds = bounds, .longest = longest};
    return check(name, cases, histories.draws(coverage),
                 [&](const Case& c) { return law(c, right, seen); });
}
void print(const char* what, const Told& t) {
    std::printf("%s: held %llu times, %llu stand alone, %llu over mappings, %llu splits, "
                "%llu joined\n", what, static_cast<unsigned long long>(t.held),
                static_cast<unsigned long long>(t.alone),
                static_cast<unsigned long long>(t.over_pages),
                static_cast<unsigned long long>(t.cut),
                static_cast<unsigned long long>(t.merged));
}

TEST(Ranges, MunmapThenMmapIsFresh) {
    Told t;
    EXPECT_EQ(told(check_law<bounds_b2>("fresh b2", "b2", 99, 2'000, fresh_law<bounds_b2>, t)), "");
    EXPECT_EQ(told(check_law<bounds_f1>("fresh f1", "f1", 300, 500, fresh_law<bounds_f1>, t)), "");
    print("fresh", t);
    EXPECT_GT(t.alone, t.held / 10);
    EXPECT_GT(t.over_pages, t.held / 10);
}
TEST(Ranges, CanaryDontneedIsNotFresh) {
    Told t;
    const Checked c =
        check_law<bounds_b2>("canary fresh", "b2", 100, 2'000, fresh_law<bounds_b2>, t, false);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 4u) << c.text;
}
TEST(Ranges, ThereAndBackIsTheSame) {
    Told t;
    EXPECT_EQ(told(check_law<bounds_b2>("split b2", "b2", 99, 2'000, split_law<bounds_b2>, t)), "");
    EXPECT_EQ(told(check_law<bounds_f1>("split f1", "f1", 300, 800, split_law<bounds_f1>, t)), "");
    print("there and back", t);
    EXPECT_GT(t.cut, t.held / 10);
    EXPECT_GT(t.merged, 0u);
}
TEST(Ranges, CanaryRightsAreNotGivenBack) {
    Told t;
    const Checked c =
        check_law<bounds_b2>("canary split", "b2", 100, 2'000, split_law<bounds_b2>, t, false);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 3u) << c.text;
}

}  // namespace
}  // namespace faultline::properties
