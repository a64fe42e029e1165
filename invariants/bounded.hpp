// invariants/bounded.hpp - claims about a whole history rather than a state: explored and tested,
// never proved.
//
// Source: commit linux 7a3ef208e662 (endless growth of anon_vmas); tests/museum/M01.fl
#pragma once
#include "invariants/vma.hpp"

namespace faultline {

/// The claim as a state claim: exact where the limits themselves allow no other history.
struct AnonFew : Always {
    static constexpr const char* id = "anon_vma.few";
    static constexpr const char* says =
        "As long as there are at most two processes with one VMA each, at most three anon_vmas "
        "live.";
    static constexpr const char* source =
        "commit linux 7a3ef208e662; mm/rmap.c:anon_vma_clone@v6.1";
    static constexpr ClaimKind kind = ClaimKind::bounded;
    static constexpr int most = 3;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if (env.limits.mms <= 2 && env.limits.vmas <= 1)
            rep(count<M>(s.anon_vmas, [](const auto& a) { return a.live; }) <= most);
    }
};

/// While a history has never had more than two processes, nor one with more than one VMA, at most
/// three anon_vmas live. A history that once had more may keep more: an old chain outlives the
/// processes that made it.
template <class M>
struct AnonVmaFew {
    static constexpr const char* id = AnonFew::id;
    static constexpr const char* says = AnonFew::says;
    static constexpr const char* source = AnonFew::source;

    bool applies = true;  ///< the history so far has the shape the claim is about

    /// Takes the next state of the history; false if the claim fails there.
    constexpr bool observe(const typename M::State& s) {
        int live = 0, processes = 0;
        for (const auto& mm : s.mms) {
            int vmas = 0;
            for (const auto& v : mm.vmas) vmas += v.used ? 1 : 0;
            processes += mm.phase != mm_free ? 1 : 0;
            applies = applies && vmas <= 1;
        }
        applies = applies && processes <= 2;
        for (const auto& a : s.anon_vmas) live += a.live ? 1 : 0;
        return !applies || live <= AnonFew::most;
    }
};

}  // namespace faultline
