// invariants/registry.hpp - every claim, in the order tables show them.
//
// Why: engines fold over this tuple; a claim that is not here is not checked by anybody.
#pragma once
#include "invariants/bounded.hpp"
#include "invariants/file_facts.hpp"
#include "invariants/swap_facts.hpp"

namespace faultline {

inline constexpr auto claims = boost::hana::tuple_t<
    // VMAs and their counters
    VmaDisjoint, VmaMapCount, VmaLockedVm, MmRssExact, MmSwapExact, MmFreeCleared,
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
    // swap space
    SwapCountExact, SwapCacheExact, SwapFreeClean, SwapExclusiveSingle, SwapCleanCopy,
    SwapStableWrites, SwapReachable, SwapOncePerMm, FrameLockedExact, FrameWritebackExact,
    // files and shared memory
    FileCacheExact, FileOneMapping, FileMapped, FileRmapComplete, FileWritableShared,
    FileDirtyTracked, FileWritePin, FileIntegrity, FileCleanCopy, FileWithinSize, FileWritableExact,
    FileFreeClean, SealWrite,
    // locks
    TaskLocks,
    // histories
    AnonFew,
    // support
    VmaPgoffBounded, VmaDetachedOnlyInUnmap, VmaRowCleared, MmBusyHasTask, PteEmptyCleared,
    HandleWellFormed, HandleGetCoherent, AnonChainClosed, AnonAges, TaskRange, TaskNormal,
    TaskOpFits, FaultFacts, NewFrameFacts, ForkFacts, ExitFacts, EditFacts, UnmapFacts, MoveFacts,
    SwapFrameState, SwapinFacts, ReclaimFacts,
    FileFrameState, FileFaultFacts, InodeCallFacts, CleaningFacts>;
inline constexpr int claim_count = static_cast<int>(decltype(boost::hana::length(claims))::value);

/// Calls fn(index, claim_type, condition) for each conjunct of each claim that applies under
/// env.rules.
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
/// Index of the first claim that fails and is not excused, -1 if none does. Concrete states only.
template <class M>
constexpr int first_violation(const Env& env, const typename M::State& s,
                              const std::array<bool, claim_count>& excused = {}) {
    std::array<bool, claim_count> failed{};
    each_claim<M>(env, s, [&](int index, auto, bool ok) {
        auto& mine = failed[static_cast<std::size_t>(index)];
        mine = mine | !ok;
    });
    for (int i = 0; i < claim_count; ++i)
        if (failed[static_cast<std::size_t>(i)] && !excused[static_cast<std::size_t>(i)]) return i;
    return -1;
}

}  // namespace faultline
