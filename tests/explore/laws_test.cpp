// tests/explore/laws_test.cpp - packing loses nothing, the canonical form is a relabelling, and
// the machine does not care about names.
//
// Why: symmetry reduction is sound only if steps and claims commute with relabelling; nothing
//      else in the project would notice a model text that prefers row 0.
#include <gtest/gtest.h>

#include "invariants/registry.hpp"
#include "tests/explore/walk.hpp"

namespace faultline::explore {
namespace {

std::string claim_name(int index) {
    std::string name = "none";
    int i = 0;
    boost::hana::for_each(claims, [&](auto t) {
        if (i++ == index) name = decltype(t)::type::id;
    });
    return name;
}

template <Bounds B, int Tasks, bool Small>
struct Case {
    using M = Machine<Concrete, B>;
    static ExploreConfig config() {
        ExploreConfig c;
        c.env.limits = B;
        c.tasks = Tasks;
        c.small_steps = Small;
        return c;
    }
};
template <class T>
class Laws : public ::testing::Test {};
using Cases = ::testing::Types<Case<bounds_e1, 1, false>, Case<bounds_e1, 1, true>,
                               Case<bounds_b1, 1, false>, Case<bounds_b1, 2, true>,
                               Case<bounds_b2, 2, true>, Case<bounds_m1, 1, false>>;
TYPED_TEST_SUITE(Laws, Cases);

TYPED_TEST(Laws, PackingLosesNothing) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 1);
    walk.states(10000, 60, [&](const typename M::State& s) {
        const auto p = pack<M::B>(s);
        ASSERT_TRUE(fits<M::B>(bytes_of<M::B>(s)));
        ASSERT_TRUE(same_state<M::B>(unpack<M::B>(p), s));
    });
    typename M::State s{};
    s.frames[0].mapcount = 255;
    EXPECT_FALSE(fits<M::B>(bytes_of<M::B>(s)));
}

TYPED_TEST(Laws, IdentityChangesNothing) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 2);
    walk.states(500, 40, [&](const typename M::State& s) {
        ASSERT_TRUE(same_state<M::B>(relabelled<M::B>(s, Relabelling<M::B>::identity()), s));
    });
}

TYPED_TEST(Laws, CanonicalFormIsARelabelling) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 3);
    Canonicalizer<M::B> canon;
    walk.states(10000, 60, [&](const typename M::State& s) {
        typename M::State out;
        const Relabelling<M::B> r = canon(bytes_of<M::B>(s), bytes_of<M::B>(out));
        ASSERT_TRUE(same_state<M::B>(relabelled<M::B>(s, r), out));
        for (const SortCode sort :
             {SortCode::mm, SortCode::frame, SortCode::anon_vma, SortCode::value}) {
            const auto& map = r.to[static_cast<std::size_t>(sort)];
            unsigned seen = 0;
            for (int k = 1; k <= rows_of<M::B>(sort); ++k)
                seen |= 1u << map[static_cast<std::size_t>(k)];
            ASSERT_EQ(seen, (2u << rows_of<M::B>(sort)) - 2u);
        }
        typename M::State again;
        canon(bytes_of<M::B>(out), bytes_of<M::B>(again));
        ASSERT_TRUE(same_state<M::B>(again, out));
    });
}

TYPED_TEST(Laws, OneRepresentativePerOrbit) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 4);
    int tried = 0, differ = 0;
    walk.states(20000, 60, [&](const typename M::State& s) {
        const auto r = random_relabelling<M::B>(s, walk.random());
        const auto a = canonical<M::B>(s), b = canonical<M::B>(relabelled<M::B>(s, r));
        ++tried;
        differ += same_state<M::B>(a, b) ? 0 : 1;
    });
    this->RecordProperty("differ", differ);
    EXPECT_LE(differ * 1000, tried)
        << differ << " of " << tried << " orbits have two representatives";
}

TYPED_TEST(Laws, ClaimsIgnoreNames) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 5);
    walk.states(10000, 60, [&](const typename M::State& s) {
        const auto t = relabelled<M::B>(s, random_relabelling<M::B>(s, walk.random()));
        ASSERT_EQ(claim_name(first_violation<M>(c.env, s)),
                  claim_name(first_violation<M>(c.env, t)));
        auto broken = s;   // a state in which some claims fail
        auto* bytes = bytes_of<M::B>(broken);
        const auto at = walk.random()() % static_cast<unsigned>(Layout<M::B>::leaves);
        if (layout<M::B>.sort[at] != SortCode::plain) return;
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1u);
        const auto other = random_relabelling<M::B>(broken, walk.random());
        const auto moved = relabelled<M::B>(broken, other);
        ASSERT_EQ(claim_name(first_violation<M>(c.env, broken)),
                  claim_name(first_violation<M>(c.env, moved)));
    });
}

TYPED_TEST(Laws, StepsCommuteWithRenaming) {
    using M = typename TypeParam::M;
    const ExploreConfig c = TypeParam::config();
    RandomWalk<M> walk(c, 6);
    SuccessorSet<M> set(c);
    int differ = 0, tried = 0, broken = 0;
    walk.states(3000, 60, [&](const typename M::State& s) {
        const auto r = random_relabelling<M::B>(s, walk.random());
        const auto before = set.of(s);
        const int defects = set.defects();
        const auto after = set.of(relabelled<M::B>(s, r));
        ++tried;
        differ += before == after && defects == set.defects() ? 0 : 1;
        broken += defects;
    });
    this->RecordProperty("differ", differ);
    EXPECT_EQ(differ, 0) << "of " << tried;
    EXPECT_EQ(broken, 0) << "calls that block, never end or trip an assertion";
}

}  // namespace
}  // namespace faultline::explore
