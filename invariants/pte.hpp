// invariants/pte.hpp - claims about page-table entries against VMAs.
//
// Source: linux mm/memory.c:do_anonymous_page, zap_pte_range@v6.1;
//         mm/mprotect.c:change_pte_range@v6.1
#pragma once
#include "invariants/vma.hpp"

namespace faultline {

struct PteKindsDisjoint : Always {
    static constexpr const char* id = "pte.kinds-disjoint";
    static constexpr const char* says =
        "An entry is empty, the zero page, one frame or one swap slot; never two of them.";
    static constexpr const char* source = "linux mm/memory.c:handle_pte_fault@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (const auto& pte : mm.ptes) {
                rep(!(pte.zero && pte.frame.some()));
                if constexpr (M::has_swap)
                    rep(!(pte.slot.some() && (pte.zero || pte.frame.some())));
            }
    }
};
struct PteEmptyCleared : Always {
    static constexpr const char* id = "pte.empty-cleared";
    static constexpr const char* says =
        "An entry that maps nothing has no rights; one that names no slot no swap bits.";
    static constexpr const char* source = "linux arch/x86/include/asm/pgtable.h:pte_none@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (const auto& pte : mm.ptes) {
                rep(implies(!pte.zero && pte.frame.none(),
                            !pte.write && !pte.exec && !pte.protnone && !pte.dirty));
                if constexpr (M::has_swap) rep(implies(pte.slot.none(), !pte.swp_exclusive));
            }
    }
};
struct PteCovered : Always {
    static constexpr const char* id = "pte.covered";
    static constexpr const char* says = "Every entry that is not empty lies in a VMA.";
    static constexpr const char* source = "linux mm/memory.c:unmap_vmas, free_pgtables@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                if (passes_over<M>(is_empty(pte))) continue;
                typename M::Bool covered = false;
                for (const auto& v : mm.vmas)
                    covered = covered || spans(v, n);
                rep(implies(!is_empty(pte), covered));
            }
    }
};
struct PteWithinProtection : Always {
    static constexpr const char* id = "pte.within-protection";
    static constexpr const char* says =
        "An entry allows a write or a fetch only if its VMA does, and is PROT_NONE exactly if its "
        "VMA is (except under an mprotect that has changed the VMA and not yet the entries).";
    static constexpr const char* source =
        "linux mm/mprotect.c:mprotect_fixup@v6.1; SDM3A \"Determination of Access Rights\"";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (int p = 0; p < M::B.mms; ++p) {
            const auto& mm = s.mms[static_cast<std::size_t>(p)];
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                rep(!(pte.write && pte.protnone));
                if (passes_over<M>(!pte.zero && pte.frame.none())) continue;
                for (const auto& v : mm.vmas) {
                    const auto here = (pte.zero || pte.frame.some()) && spans(v, n);
                    if (passes_over<M>(!here)) continue;
                    typename M::Bool pending = false;
                    for (const auto& t : s.tasks)
                        pending = pending || (t.pc == pc_edit_apply && t.op == op_mprotect &&
                                              t.mm.is(p) && t.cursor <= n && t.end > n &&
                                              covers(v, t.cursor));
                    rep(implies(here && !pending,
                                implies(pte.write, v.write) && implies(pte.exec, v.exec) &&
                                    pte.protnone == !(v.read || v.write || v.exec)));
                }
            }
        }
    }
};
struct PteZeroReadonly : Always {
    static constexpr const char* id = "pte.zero-readonly";
    static constexpr const char* says = "The zero page is mapped read-only and clean.";
    static constexpr const char* source = "linux mm/memory.c:do_anonymous_page@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (const auto& pte : mm.ptes) rep(implies(pte.zero, !pte.write && !pte.dirty));
    }
};

}  // namespace faultline
