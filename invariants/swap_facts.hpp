// invariants/swap_facts.hpp - support: what faults on swap entries and reclaim may rely on.
//
// Why: see task_fields.hpp.
#pragma once
#include "invariants/task_facts.hpp"

namespace faultline {

struct SwapFrameState : Always {
    static constexpr const char* id = "swap.frame-state";
    static constexpr const char* says =
        "Only a frame of the swap cache is dirty; one under writeback is in it, read and not "
        "locked; one that is not yet read is locked.";
    static constexpr const char* source = "linux mm/page_io.c@v6.1; representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (const auto& f : s.frames) {
                rep(implies(f.dirty, f.slot.some() && f.uptodate));
                rep(implies(f.writeback, f.slot.some() && f.uptodate && !f.locked));
                rep(implies((f.slot.some() || ((f.lru || f.batched) && f.mapcount == 0)) &&
                                !f.locked,
                            f.uptodate));
            }
    }
};
struct SwapinFacts : Always {
    static constexpr const char* id = "task.swapin";
    static constexpr const char* says =
        "A frame read past the swap cache is nobody else's; with the slot pinned it holds the "
        "slot's content. A frame being read into the cache is in it, and not yet mapped.";
    static constexpr const char* source =
        "linux mm/memory.c:do_swap_page@v6.1; commit linux 13ddaf26be32";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (std::size_t i = 0; i < s.tasks.size(); ++i) {
                if (passes_over<M>(!is_swapin(s.tasks[i]))) continue;
                alone<M>(env, s, i, rep);
                in_cache<M>(s, s.tasks[i], rep);
                const auto& t = s.tasks[i];
                if (env.rules.swap_device_ref == SwapDeviceRef::held)
                    rep(implies(pc_between(t.pc, pc_swap_pin, pc_swap_map),
                                device_of<M>(s, t).some()));
                rep(implies(is_unuse(t), device_of<M>(s, t).some()));
            }
    }
    template <class M>
    static constexpr auto device_of(const typename M::State& s, const typename M::Task& t) {
        using D = typename M::D;
        return AT(s.slots, t.slot, device);
    }
    template <class M>
    static constexpr void alone(const Env& env, const typename M::State& s, std::size_t i,
                                auto& rep) {
        using D = typename M::D;
        const auto& t = s.tasks[i];
        const auto mine = swaps_alone(t);
        rep(implies(mine, AT(s.frames, t.frame, mapcount) == 0 &&
                              AT(s.frames, t.frame, slot).none()));
        rep(implies(mine, AT(s.frames, t.frame, batched) || AT(s.frames, t.frame, lru)));
        rep(implies(t.pc == pc_swap_map_alone, AT(s.frames, t.frame, uptodate)));
        if (env.rules.swap_skip == SwapSkip::pinned)
            rep(implies(t.pc == pc_swap_map_alone,
                        AT(s.frames, t.frame, value) == AT(s.slots, t.slot, value)));
        for (const auto& h : s.handles) rep(implies(mine, !(h.frame == t.frame)));
        for (std::size_t j = 0; j < s.tasks.size(); ++j) {
            if (i == j) continue;
            const auto& u = s.tasks[j];
            rep(implies(mine && (swaps_alone(u) || holds_swap_frame(u) || holds_new_frame(u)),
                        !(u.frame == t.frame)));
            rep(implies(mine && pc_between(u.pc, pc_fault_prepare, pc_fault_install),
                        !(u.old == t.frame)));
        }
    }
    template <class M>
    static constexpr void in_cache(const typename M::State& s, const typename M::Task& t,
                                   auto& rep) {
        using D = typename M::D;
        rep(implies(t.pc == pc_swap_read,
                    AT(s.frames, t.frame, slot) == t.slot && AT(s.frames, t.frame, mapcount) == 0 &&
                        !AT(s.frames, t.frame, uptodate)));
    }
};
struct ReclaimFacts : Always {
    static constexpr const char* id = "task.reclaim";
    static constexpr const char* says =
        "A frame under reclaim has been read; past its first step it is in the swap cache up to "
        "the end of its I/O, and unmapped when that begins; after the device has read it, the slot "
        "serves unless the frame is dirty again.";
    static constexpr const char* source = "linux mm/vmscan.c:shrink_folio_list@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (const auto& t : s.tasks) {
                if (passes_over<M>(!is_reclaim(t))) continue;
                for (int f = 0; f < M::B.frames; ++f) {
                    const auto& x = s.frames[static_cast<std::size_t>(f)];
                    const auto on = is_reclaim(t) && t.frame.is(f);
                    rep(implies(on, x.uptodate));
                    rep(implies(on && pc_between(t.pc, pc_reclaim_unmap, pc_reclaim_written),
                                x.slot.some()));
                    rep(implies(on && t.pc == pc_reclaim_pageout, x.mapcount == 0));
                    rep(implies(on && t.pc == pc_reclaim_written && !x.dirty &&
                                    c.write_pins.of(f) == 0,
                                slot_serves<M>(s, f)));
                }
            }
    }
};

}  // namespace faultline
