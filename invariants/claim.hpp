// invariants/claim.hpp - what a claim is, and the census of a state that claims share.
//
// Why: a claim is declared once, in the file of its area; every engine folds over the registry in
//      invariants/registry.hpp. Counting holders per frame and per anon_vma is done once a state,
//      not once a claim.
#pragma once
#include <boost/hana.hpp>

#include "model/reference/steps.hpp"

namespace faultline {

/// state: must hold in every state. support: what the proof needs besides, true of every reachable
/// state, about tasks in flight or unused fields; listed apart. derived: implied by the others,
/// which is proved. bounded: about whole histories; explored and run, never a cell of the proof
/// matrix.
enum class ClaimKind { state, support, derived, bounded };

/// A claim passes over what it says nothing about where `vacuous` is a plain value; a formula keeps
/// it. Nothing but speed hangs on this: every conjunct passed over must be true anyhow.
template <class M>
constexpr bool passes_over([[maybe_unused]] const typename M::Bool& vacuous) {
    if constexpr (M::D::symbolic) return false;
    else return vacuous;
}
/// The VMA is in no anon_vma's tree.
template <class M>
constexpr typename M::Bool unlinked(const typename M::Vma& v) {
    if constexpr (M::D::symbolic) {
        typename M::Bool any = false;
        for (const auto& l : v.links) any = any || l;
        return !any;
    } else {
        unsigned char any = 0;   // the same, many links at a time
        for (const bool l : v.links) any |= static_cast<unsigned char>(l);
        return any == 0;
    }
}

/// Who holds what, counted once per state.
template <class M>
struct Census {
    using D = typename M::D;
    using Bool = typename M::Bool;
    typename D::template Tally<M::B.frames> maps, gets, pins, held, held_pins, write_pins, locks,
        writebacks, isolations;
    typename D::template Tally<M::B.slots> swapped, cached;
    typename D::template Tally<M::B.anon_vmas> active, children, same_root;
    std::array<Bool, static_cast<std::size_t>(M::B.anon_vmas)> linked{};

    constexpr explicit Census(const typename M::State& s) {
        for (const auto& mm : s.mms) {
            for (const auto& pte : mm.ptes) maps.add(pte.frame, true);
            if constexpr (M::has_swap)
                for (const auto& pte : mm.ptes) swapped.add(pte.slot, true);
            for (const auto& v : mm.vmas) {
                active.add(v.anon_vma, true);
                if (passes_over<M>(unlinked<M>(v))) continue;
                for (std::size_t a = 0; a < linked.size(); ++a) linked[a] = linked[a] || v.links[a];
            }
        }
        for (const auto& h : s.handles) {
            gets.add(h.frame, h.kind == gup_get);
            pins.add(h.frame, h.kind == gup_pin);
        }
        for (const auto& t : s.tasks) {
            held.add(t.frame, holds_new_frame(t) || (t.pc == pc_gup_check && t.gup == gup_get));
            held.add(t.old, pc_between(t.pc, pc_fault_prepare, pc_fault_install));
            held_pins.add(t.frame, t.pc == pc_gup_check && t.gup == gup_pin);
        }
        if constexpr (M::has_swap) count_swap(s);
        if constexpr (M::has_files) count_files(s);
        for (const auto& a : s.anon_vmas) {
            children.add(a.parent, a.live);
            same_root.add(a.root, a.live);
        }
    }
    constexpr void count_files(const typename M::State& s) {
        for (const auto& h : s.handles) write_pins.add(h.frame, h.kind == gup_pin && h.write);
        for (const auto& t : s.tasks) {
            held.add(t.old, holds_cache_page(t));
            held.add(t.frame, is_cleaning(t));
            locks.add(t.old, locks_cache_page(t));
            writebacks.add(t.frame, is_cleaning(t));
        }
    }
    constexpr void count_swap(const typename M::State& s) {
        for (const auto& f : s.frames) cached.add(f.slot, true);
        for (const auto& h : s.handles) write_pins.add(h.frame, h.kind == gup_pin && h.write);
        for (const auto& t : s.tasks) {
            held.add(t.frame, swaps_alone(t) || holds_swap_frame(t));
            locks.add(t.frame, locks_frame(t));
            writebacks.add(t.frame, writes_back(t));
            isolations.add(t.frame, is_reclaim(t));
        }
    }
};

/// Number of rows that satisfy a predicate.
template <class M>
constexpr typename M::Num count(const auto& table, auto pred) {
    typename M::Num n = 0;
    for (const auto& row : table) n = n + M::D::num(pred(row));
    return n;
}

}  // namespace faultline
