// invariants/registry.hpp - every claim, in the order tables show them.
//
// Why: engines fold over this tuple; a claim that is not here is not checked by anybody.
#pragma once
#include "invariants/task_facts.hpp"

namespace faultline {

inline constexpr auto claims = boost::hana::tuple_t<
    // VMAs and their counters
    VmaDisjoint, VmaMapCount, VmaLockedVm, MmRssExact, MmFreeCleared,
    // entries
    PteKindsDisjoint, PteCovered, PteWithinProtection, PteZeroReadonly,
    // frames
    FrameMapcountExact, FrameOncePerMm, FrameRefcountExact, FrameFreeClean, FrameUptodate,
    FrameOnLru, FrameMappingWhileMapped,
    // copy-on-write and pins
    CowWritableSingle, CowWritableExclusive, CowExclusiveSingle, CowPrivateIsolation,
    CowHandleIsolation, PinCoherent, PinExclusive, PinWritePrivate,
    // reverse map
    RmapComplete, RmapIndex, AnonOwnLinked, AnonOneRoot, AnonSameChain, AnonSingleOwner,
    AnonChildrenExact, AnonActiveExact, AnonRefcountExact, AnonLiveIffLinked, AnonTree,
    // locks
    TaskLocks,
    // support
    VmaPgoffBounded, VmaDetachedOnlyInUnmap, VmaRowCleared, MmBusyHasTask, PteEmptyCleared,
    HandleWellFormed, HandleGetCoherent, AnonChainClosed, AnonAges, TaskRange, TaskNormal,
    TaskOpFits, FaultFacts, NewFrameFacts, ForkFacts, ExitFacts, EditFacts, UnmapFacts, MoveFacts>;
inline constexpr int claim_count = static_cast<int>(decltype(boost::hana::length(claims))::value);

/// Calls fn(index, claim_type, condition) for each conjunct of each claim that applies under env.rules.
template <class M, class Fn>
constexpr void each_claim(const Env& env, const typename M::State& s, Fn&& fn) {
    const Census<M> census(s);
    int index = 0;
    boost::hana::for_each(claims, [&](auto type) {
        using Claim = typename decltype(type)::type;
        if (Claim::applies(env.rules))
            Claim::template check<M>(env, s, census, [&](const typename M::Bool& ok) {
                fn(index, type, ok);
            });
        ++index;
    });
}
/// Index of the first claim that fails, -1 if all hold. Concrete states only.
template <class M>
constexpr int first_violation(const Env& env, const typename M::State& s) {
    int bad = -1;
    each_claim<M>(env, s, [&](int index, auto, bool ok) {
        if (!ok && bad < 0) bad = index;
    });
    return bad;
}

}  // namespace faultline
