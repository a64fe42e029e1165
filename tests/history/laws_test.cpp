// tests/history/laws_test.cpp - laws that relate whole calls: what one undoes of another, and what
// a call that is not enabled leaves alone.
//
// Why: claims speak about one state; a law speaks about two, and each field it does not list is
//      promised to be equal.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>

#include "fuzz/reference/generate.hpp"
#include "spec/reflect.hpp"
#include "tests/history/machines.hpp"

namespace faultline::fuzz {
namespace {

template <class T>
bool same_leaves(const T& a, const T& b) {
    bool same = true;
    each_leaf_pair(a, b, [&](const auto& x, const auto& y) { same = same && x == y; });
    return same;
}
/// The state after a random history: `operations` calls drawn from `seed`.
template <class M>
typename M::State grown(const Env& env, std::uint64_t seed, int operations) {
    Random random(seed);
    Generator<M> generator(env, random, false);
    generator.use(draw_swarm(random));
    auto s = initial_state<M>();
    for (int i = 0; i < operations; ++i) {
        Record r;
        if (generator.draw(s, 0, r)) perform<M>(env, s, r);
    }
    return s;
}
template <class M>
int some_alive(const typename M::State& s, unsigned start) {
    for (unsigned i = 0; i < static_cast<unsigned>(M::B.mms); ++i) {
        const auto p = (start + i) % static_cast<unsigned>(M::B.mms);
        if (s.mms[p].phase == mm_alive) return static_cast<int>(p);
    }
    return -1;
}

/// Forgets what a fork may change for good: write protection and exclusivity of the parent's pages;
/// the batch (a full one drains, and takes the references it held along, maybe the last; copies of
/// pinned pages stay in it). Ages and rows of anon_vmas are as before: the child's were youngest.
template <class M>
typename M::State without_fork_traces(typename M::State s) {
    for (auto& mm : s.mms)
        for (auto& pte : mm.ptes) pte.write = false;
    for (auto& f : s.frames) {
        if (f.batched) f.refcount = static_cast<decltype(f.refcount)>(f.refcount - 1);
        f.lru = f.lru || f.batched;
        f.batched = false;
        f.exclusive = false;
        if (f.refcount == 0) f = {};   // nobody but the batch held it
    }
    return s;
}
template <Bounds B>
void fork_then_exit_is_identity(std::uint64_t seed, int operations, unsigned who,
                                const Rules& rules) {
    using M = Machine<Concrete, B>;
    const Env env{rules, B};
    auto s = grown<M>(env, seed, operations);
    const int parent = some_alive<M>(s, who);
    const auto before = s;
    const Outcome forked = call<M>(env, s, operation_id<OpFork>(), parent);
    if (forked.blocked) RC_DISCARD("every address space is in use");
    RC_TAG(result_infos[static_cast<std::size_t>(forked.result)].text);
    if (forked.result == res_ok) {
        const Outcome gone = call<M>(env, s, operation_id<OpExit>(), forked.child);
        RC_ASSERT(!gone.blocked && gone.result == res_ok);
    }
    RC_ASSERT(same_leaves(without_fork_traces<M>(before), without_fork_traces<M>(s)));
    for (int page = 0; page < B.pages; ++page) {
        const auto n = static_cast<std::size_t>(page);
        const auto& was = before.mms[static_cast<std::size_t>(parent)].ptes[n];
        const auto& is = s.mms[static_cast<std::size_t>(parent)].ptes[n];
        RC_ASSERT(!is.write || was.write);
    }
}

/// An address space as execve leaves it, but for what outlives its mappings: the end of the heap
/// and "something was pinned here once".
template <class M>
bool empty_space(const typename M::Mm& mm) {
    typename M::Mm fresh{};
    fresh.phase = mm_alive;
    fresh.brk = mm.brk;
    fresh.has_pinned = mm.has_pinned;
    return same_leaves(mm, fresh);
}
template <Bounds B>
void unmapping_all_leaves_nothing(std::uint64_t seed, int operations, unsigned who,
                                  const Rules& rules) {
    using M = Machine<Concrete, B>;
    const Env env{rules, B};
    auto s = grown<M>(env, seed, operations);
    const auto p = static_cast<std::size_t>(some_alive<M>(s, who));
    const auto before = s;
    Args<M> all{};
    all.end = static_cast<typename M::Page>(B.pages);
    const Outcome o = call<M>(env, s, operation_id<OpMunmap>(), static_cast<int>(p), all);
    RC_ASSERT(!o.blocked && o.result == res_ok);
    RC_ASSERT(empty_space<M>(s.mms[p]));
    for (std::size_t q = 0; q < s.mms.size(); ++q)
        if (q != p) RC_ASSERT(same_leaves(s.mms[q], before.mms[q]));
    for (const auto& h : s.handles) RC_ASSERT(!(h.attached && h.mm.is(static_cast<int>(p))));
    // Unmapping again changes nothing.
    const auto once = s;
    RC_ASSERT(call<M>(env, s, operation_id<OpMunmap>(), static_cast<int>(p), all).result == res_ok);
    RC_ASSERT(same_leaves(once, s));
}

/// A start or a step that is not enabled changes no byte, whatever the arguments.
template <Bounds B>
void disabled_changes_nothing(std::uint64_t seed, int operations, const Rules& rules) {
    using M = Machine<Concrete, B>;
    const Env env{rules, B};
    Random random(seed);
    auto s = grown<M>(env, seed, operations);
    int disabled = 0;
    for (int i = 0; i < 200; ++i) {
        Record r;
        const int task = random.below(B.tasks);
        r.verb = static_cast<std::uint8_t>(random.below(operation_count));
        if (random.one_in(3)) r.verb = verb_step;
        r.task = static_cast<std::uint8_t>(task);
        r.who = static_cast<std::uint8_t>(random.below(B.mms + 1));
        r.flags = static_cast<std::uint8_t>(random.below(256) | flag_begin);
        r.op = static_cast<std::uint8_t>(random.below(op_code_count));
        r.gup = static_cast<std::uint8_t>(random.below(4));
        r.value = static_cast<std::uint8_t>(random.below(B.values + 1));
        r.page = static_cast<std::uint16_t>(random.below(B.pages + 1));
        r.end = static_cast<std::uint16_t>(random.below(B.pages + 1));
        r.to = static_cast<std::uint16_t>(random.below(B.pages + 1));
        r.span = static_cast<std::uint16_t>(random.below(B.pages + 1));
        typename M::State copy;
        std::memcpy(static_cast<void*>(&copy), &s, sizeof s);
        const Outcome o = perform<M>(env, s, r);
        RC_ASSERT(!o.bug);
        if (!o.blocked) continue;
        ++disabled;
        RC_ASSERT(std::memcmp(&copy, &s, sizeof s) == 0);
    }
    RC_ASSERT(disabled > 0);
}

/// A load after a store finds what was stored, and no other process finds it.
template <Bounds B>
void store_is_read_back(std::uint64_t seed, int operations, unsigned who, int page, int value,
                        const Rules& rules) {
    using M = Machine<Concrete, B>;
    const Env env{rules, B};
    auto s = grown<M>(env, seed, operations);
    const int p = some_alive<M>(s, who);
    const auto before = s;
    const Outcome stored = store<M>(env, s, p, page, value);
    RC_ASSERT(!stored.blocked);
    if (stored.result != res_ok) RC_DISCARD("not writable");
    RC_ASSERT(load<M>(env, s, p, page).value == value);
    for (int q = 0; q < B.mms; ++q) {
        if (q == p || s.mms[static_cast<std::size_t>(q)].phase != mm_alive) continue;
        auto was = before, is = s;
        const Outcome a = load<M>(env, was, q, page), b = load<M>(env, is, q, page);
        if (a.result == res_ok && b.result == res_ok) RC_ASSERT(a.value == b.value);
    }
}

/// Checks a law at b2 and at f1; `fn(bounds, seed, operations, who, rules)` states it.
template <class Fn>
void law(const char* name, Fn fn) {
    const auto each = [&](auto bounds, int longest, int cases) {
        rc::detail::TestParams params = rc::detail::configuration().testParams;
        params.maxSuccess = cases / thinner + 1;
        params.seed = 20'26'11;   // the same cases every time
        const auto result = rc::detail::checkTestable(
            [&] {
                const auto seed = *rc::gen::arbitrary<std::uint32_t>();
                const int operations = *rc::gen::inRange(0, longest);
                const auto who = *rc::gen::inRange(0u, 64u);
                const auto kernel = *rc::gen::inRange<std::size_t>(0, named_kernels.size());
                fn(bounds, std::uint64_t{seed}, operations, who, named_kernels[kernel].rules);
            },
            rc::detail::TestMetadata{name, name}, params);
        std::ostringstream text;
        rc::detail::printResultMessage(result, text);
        EXPECT_TRUE(result.template is<rc::detail::SuccessResult>()) << name << "\n" << text.str();
    };
    each(std::integral_constant<Bounds, bounds_b2>{}, 120, 2'000);
    each(std::integral_constant<Bounds, bounds_f1>{}, 400, 400);
}

TEST(Laws, ForkThenExitIsIdentity) {
    law("fork then exit", [](auto b, auto seed, int n, unsigned who, const Rules& rules) {
        fork_then_exit_is_identity<decltype(b)::value>(seed, n, who, rules);
    });
}
TEST(Laws, UnmappingAllLeavesNothing) {
    law("munmap of everything", [](auto b, auto seed, int n, unsigned who, const Rules& rules) {
        unmapping_all_leaves_nothing<decltype(b)::value>(seed, n, who, rules);
    });
}
TEST(Laws, DisabledChangesNothing) {
    law("not enabled", [](auto b, auto seed, int n, unsigned, const Rules& rules) {
        disabled_changes_nothing<decltype(b)::value>(seed, n, rules);
    });
}
TEST(Laws, StoreIsReadBack) {
    law("store, load", [](auto b, auto seed, int n, unsigned who, const Rules& rules) {
        constexpr Bounds bounds = decltype(b)::value;
        Random random(seed ^ who);
        store_is_read_back<bounds>(seed, n, who, random.below(bounds.pages),
                                   random.below(bounds.values + 1), rules);
    });
}

}  // namespace
}  // namespace faultline::fuzz
