// invariants/task_facts.hpp - support: what an operation in flight may rely on at each of its
// steps.
//
// Why: see task_fields.hpp; these facts speak about the state the task works on.
#pragma once
#include "invariants/task_fields.hpp"

namespace faultline {

struct FaultFacts : Always {
    static constexpr const char* id = "task.fault";
    static constexpr const char* says =
        "A fault in flight has a VMA that allows its access, and past prepare one with an "
        "anon_vma.";
    static constexpr const char* source =
        "linux mm/memory.c:handle_mm_fault@v6.1 (caller holds mmap_lock or the VMA's)";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks) {
            if (passes_over<M>(!is_fault(t))) continue;
            typename M::Bool allowed = false, prepared = false, covered = false, file = false,
                             shared = false;
            for (int p = 0; p < M::B.mms; ++p)
                for (const auto& v : s.mms[static_cast<std::size_t>(p)].vmas) {
                    const auto here = t.mm.is(p) && covers(v, t.page);
                    covered = covered || here;
                    allowed = allowed || (here && access_allowed<M>(v, t));
                    prepared = prepared || (here && v.anon_vma.some());
                    file = file || (here && v.inode.some());
                    if constexpr (M::has_files) shared = shared || (here && v.shared);
                }
            if constexpr (M::has_swap) rep(implies(is_unuse(t), covered));
            rep(implies(is_fault(t) && t.pc != pc_fault_expand && t.op != op_swapoff, allowed));
            rep(implies(is_prepared(t), prepared));
            if constexpr (M::has_files) {
                rep(implies(is_file_fault(t), file));
                rep(implies(is_file_fault(t) && t.write, shared == t.frame.none()));
                // Nothing but the file fills an empty entry of its mapping.
                rep(implies(t.pc == pc_fault_zero || t.zero, !file));
                rep(implies(pc_between(t.pc, pc_fault_fill, pc_fault_install) && t.old.none(),
                            !file));
                rep(implies(pc_between(t.pc, pc_fault_prepare, pc_fault_install), !shared));
            }
        }
    }
};
struct NewFrameFacts : Always {
    static constexpr const char* id = "task.new-frame";
    static constexpr const char* says =
        "A frame a fault has allocated is mapped by nobody, on no list, in no handle and no other "
        "fault's hands.";
    static constexpr const char* source = "linux mm/memory.c:wp_page_copy@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (std::size_t i = 0; i < s.tasks.size(); ++i) {
            const auto& t = s.tasks[i];
            const auto mine = holds_new_frame(t);
            if (passes_over<M>(!is_fault(t))) continue;
            rep(implies(mine, AT(s.frames, t.frame, mapcount) == 0 &&
                                  !AT(s.frames, t.frame, batched) && !AT(s.frames, t.frame, lru)));
            rep(implies(mine, !(t.old == t.frame)));
            rep(implies(t.pc == pc_fault_install, AT(s.frames, t.frame, uptodate)));
            if constexpr (M::has_files) file_copy<M>(s, t, mine, rep);
            if constexpr (M::has_backing)
                rep(implies(t.old.some() &&
                                pc_between(t.pc, pc_fault_prepare, pc_fault_install),
                            AT(s.frames, t.old, uptodate)));

            for (const auto& h : s.handles) rep(implies(mine, !(h.frame == t.frame)));
            if constexpr (M::has_swap)
                rep(implies(mine, AT(s.frames, t.frame, slot).none() &&
                                      !AT(s.frames, t.frame, locked)));
            for (std::size_t j = 0; j < s.tasks.size(); ++j) {
                if (i == j) continue;
                const auto& u = s.tasks[j];
                rep(implies(mine && (holds_new_frame(u) || swaps_alone(u) || holds_swap_frame(u)),
                            !(u.frame == t.frame)));
                rep(implies(mine && (pc_between(u.pc, pc_fault_prepare, pc_fault_install) ||
                                     holds_cache_page(u)),
                            !(u.old == t.frame)));
                rep(implies(mine && is_cleaning(u), !(u.frame == t.frame)));
            }
            for (int p = 0; p < M::B.mms; ++p)
                for (int n = 0; n < M::B.pages; ++n) {
                    const auto& pte =
                        s.mms[static_cast<std::size_t>(p)].ptes[static_cast<std::size_t>(n)];
                    const auto same = t.mm.is(p) && t.page == n && finds_frame(s, pte, t.old) &&
                                      t.old.some() &&
                                      pc_between(t.pc, pc_fault_prepare, pc_fault_install) &&
                                      AT(s.frames, t.old, inode).none();
                    // Before PG_anon_exclusive a page under DMA may be copied away, and what the
                    // device writes meanwhile is lost (M05): then neither holds.
                    if (env.rules.cow_reuse != CowReuse::exclusive) continue;
                    rep(implies(same && t.pc == pc_fault_install,
                                AT(s.frames, t.frame, value) == AT(s.frames, t.old, value)));
                    rep(implies(same, !AT(s.frames, t.old, exclusive)));
                    if constexpr (M::has_swap) rep(implies(same, !pte.swp_exclusive));
                }
            rep(implies(t.pc == pc_fault_install && t.old.none(),
                        AT(s.frames, t.frame, value).none()));
        }
    }
    /// A private copy of a page of a file says what the file said.
    template <class M>
    static constexpr void file_copy(const typename M::State& s, const typename M::Task& t,
                                    const auto& mine, auto& rep) {
        using D = typename M::D;
        rep(implies(mine, AT(s.frames, t.frame, inode).none() && !AT(s.frames, t.frame, locked)));
        rep(implies(t.pc == pc_file_map && mine, AT(s.frames, t.frame, uptodate)));
        rep(implies((t.pc == pc_file_map && mine) ||
                        (t.pc == pc_fault_install && AT(s.frames, t.old, inode).some()),
                    AT(s.frames, t.frame, value) == t.copied));
    }
};
struct ForkFacts : Always {
    static constexpr const char* id = "task.fork";
    static constexpr const char* says =
        "A child under construction has nothing at or above the cursor; its VMAs are copies of its "
        "parent's, and the one being filled is linked to all its parent's is.";
    static constexpr const char* source = "linux kernel/fork.c:dup_mmap@v6.12";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks) {
            if (passes_over<M>(!is_fork(t))) continue;
            for (int p = 0; p < M::B.mms; ++p)
                for (int q = 0; q < M::B.mms; ++q) {
                    if (passes_over<M>(!(t.mm.is(p) && t.child.is(q)))) continue;
                    if (p == q) {
                        rep(!(is_fork(t) && t.mm.is(p) && t.child.is(q)));
                        continue;
                    }
                    const auto on = is_fork(t) && t.mm.is(p) && t.child.is(q);
                    pages<M>(env, s, t, on, p, q, rep);
                    vmas<M>(s, t, on, p, q, rep);
                }
        }
    }
    template <class M>
    static constexpr void pages(const Env& env, const typename M::State& s,
                                const typename M::Task& t, const typename M::Bool& on, int p, int q,
                                auto& rep) {
        using D = typename M::D;
        const auto& mm = s.mms[static_cast<std::size_t>(p)];
        const auto& child = s.mms[static_cast<std::size_t>(q)];
        for (int n = 0; n < M::B.pages; ++n) {
            const auto& c = child.ptes[static_cast<std::size_t>(n)];
            const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
            rep(implies(on && t.cursor <= n, is_empty(c)));
            // Behind it the child maps what the parent maps, or an early copy of its own.
            if (!M::has_backing && env.rules.fault_lock != FaultLock::vma_lock_ignored)
                rep(implies(on && c.frame.some(),
                            c.frame == pte.frame || AT(s.frames, c.frame, exclusive)));
            if constexpr (M::has_backing)   // reclaim changes both sides, but not whose page it is
                for (int m = 0; m < M::B.pages; ++m)
                    if (m != n && env.rules.fault_lock != FaultLock::vma_lock_ignored)
                        rep(implies(on && AT(s.frames, c.frame, inode).none(),
                                    !same_page(s, c, mm.ptes[static_cast<std::size_t>(m)])));
            const auto sampled =
                on && t.cursor == n && (t.pc == pc_fork_share || t.pc == pc_fork_copy);
            if (!M::has_backing && env.rules.fault_lock != FaultLock::vma_lock_ignored)
                rep(implies(sampled, pte.frame == t.old));
        }
        if (env.rules.fork_pinned == ForkPinned::copy &&
            env.rules.gup_fork_seq == GupForkSeq::checked)
            for (const auto& h : s.handles) {
                typename M::Bool shares = on && t.pc == pc_fork_share;
                if constexpr (M::has_files)   // a truncation may have taken the page away
                    shares = shares && AT(mm.ptes, t.cursor, frame) == t.old &&
                             AT(s.frames, t.old, inode).none();
                rep(implies(shares && h.kind == gup_pin && h.attached && h.mm.is(p) &&
                                h.page == t.cursor,
                            !(h.frame == t.old)));
            }
    }
    template <class M>
    static constexpr void vmas(const typename M::State& s, const typename M::Task& t,
                               const typename M::Bool& on, int p, int q, auto& rep) {
        typename M::Bool filling = false;
        const auto copying = pc_between(t.pc, pc_fork_check, pc_fork_copy);
        for (std::size_t r = 0; r < s.mms[0].vmas.size(); ++r) {
            const auto& v = s.mms[static_cast<std::size_t>(p)].vmas[r];
            const auto& c = s.mms[static_cast<std::size_t>(q)].vmas[r];
            if constexpr (M::has_files)
                rep(implies(on && c.used, c.inode == v.inode && c.shared == v.shared &&
                                              c.maywrite == v.maywrite));
            rep(implies(on && c.used, in_tree(v) && !c.detached && c.lo == v.lo && c.hi == v.hi &&
                                          c.pgoff == v.pgoff && !v.dontfork));
            rep(implies(on && c.used && !copying, v.hi <= t.cursor));
            rep(implies(on && c.used && copying, v.hi <= t.cursor || v.lo <= t.cursor));
            const auto here = on && copying && covers(v, t.cursor);
            filling = filling || here;
            typename M::Bool linked = true;
            for (std::size_t a = 0; a < v.links.size(); ++a)
                linked = linked && implies(v.links[a], c.links[a]);
            rep(implies(here, c.used && linked && (t.pc == pc_fork_check || v.anon_vma.some()) &&
                                  c.read == v.read && c.write == v.write && c.exec == v.exec));
        }
        rep(implies(on && copying, filling));
    }
};
struct ExitFacts : Always {
    static constexpr const char* id = "task.exit";
    static constexpr const char* says = "Behind the cursor of an exit every entry is empty.";
    static constexpr const char* source = "linux mm/mmap.c:exit_mmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks)
            for (int p = 0; p < M::B.mms; ++p)
                for (int n = 0; n < M::B.pages; ++n) {
                    if (passes_over<M>(!(is_exit(t) && t.mm.is(p)))) break;
                    const auto& pte =
                        s.mms[static_cast<std::size_t>(p)].ptes[static_cast<std::size_t>(n)];
                    const auto done = t.mm.is(p) && ((t.pc == pc_exit_page && t.cursor > n) ||
                                                     t.pc == pc_exit_unlink);
                    rep(implies(done, is_empty(pte)));
                }
    }
};
struct EditFacts : Always {
    static constexpr const char* id = "task.edit";
    static constexpr const char* says =
        "An edit in flight has a VMA at its cursor; it starts there after the first split, and "
        "lies in the range or already has its flags when they are applied.";
    static constexpr const char* source = "linux mm/mprotect.c:mprotect_fixup@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks)
            for (int p = 0; p < M::B.mms; ++p) {
                const auto on = pc_between(t.pc, pc_edit_left, pc_edit_apply) && t.mm.is(p);
                if (passes_over<M>(!on)) continue;
                typename M::Bool found = false;
                for (const auto& v : s.mms[static_cast<std::size_t>(p)].vmas) {
                    const auto here = on && covers(v, t.cursor);
                    found = found || here;
                    rep(implies(here && t.pc == pc_edit_split_hi, v.lo == t.cursor));
                    if constexpr (M::has_files) {
                        rep(implies(here && t.op == op_wipeonfork, v.inode.none()));
                        rep(implies(here && t.op == op_mprotect && t.write && v.inode.some(),
                                    v.maywrite));
                    }
                    rep(implies(here && t.pc == pc_edit_apply,
                                (v.lo == t.cursor && v.hi <= t.end) || has_flags<M>(t, v)));
                }
                rep(implies(on, found));
            }
    }
    /// The VMA already is as the call wants it.
    template <class M>
    static constexpr typename M::Bool has_flags(const typename M::Task& t,
                                                const typename M::Vma& v) {
        return same_flags<M>(edited_flags<M>(t, v), flags_of<M>(v));
    }
};
struct UnmapFacts : Always {
    static constexpr const char* id = "task.unmap";
    static constexpr const char* says =
        "After its splits no VMA crosses the ends of an unmap's range; after the detach none is in "
        "it, nor in a target unmapped before; behind the cursor every entry is empty.";
    static constexpr const char* source = "linux mm/mmap.c:do_mas_align_munmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks) {
            const auto lo = unmap_lo<M>(t);
            const auto hi = unmap_hi<M>(t);
            const auto cut_lo = pc_between(t.pc, pc_unmap_split_hi, pc_unmap_unlink);
            const auto cut_hi = pc_between(t.pc, pc_unmap_detach, pc_unmap_unlink);
            const auto empty = pc_between(t.pc, pc_unmap_page, pc_unmap_unlink) ||
                               (t.pc == pc_mmap_insert && t.op == op_mmap_fixed);
            // The target of a move, from its unmapping on.
            const auto target = (is_unmap(t) && t.op == op_mremap_tail) ||
                                (pc_between(t.pc, pc_move_check, pc_move_vma) && t.hole);
            for (int p = 0; p < M::B.mms; ++p) {
                if (passes_over<M>(!(t.mm.is(p) && (cut_lo || empty || target)))) continue;
                const auto& mm = s.mms[static_cast<std::size_t>(p)];
                for (const auto& v : mm.vmas) {
                    rep(implies(cut_lo && t.mm.is(p) && in_tree(v), !(v.lo < lo && v.hi > lo)));
                    rep(implies(cut_hi && t.mm.is(p) && in_tree(v), !(v.lo < hi && v.hi > hi)));
                    rep(implies(empty && t.mm.is(p) && in_tree(v), v.hi <= lo || v.lo >= hi));
                    rep(implies(target && t.mm.is(p) && in_tree(v),
                                v.hi <= t.to || v.lo >= t.to + t.span));
                }
                for (int n = 0; n < M::B.pages; ++n) {
                    const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                    const auto done =
                        t.mm.is(p) && lo <= n && hi > n &&
                        ((t.pc == pc_unmap_page && t.cursor > n) || t.pc == pc_unmap_unlink);
                    rep(implies(done, is_empty(pte)));
                }
            }
        }
    }
};
struct MoveFacts : Always {
    static constexpr const char* id = "task.move";
    static constexpr const char* says =
        "A move in flight has its source and target VMAs; the target is linked to all the source "
        "is, at offsets that agree; what was moved is gone from the source, what was not is empty "
        "at the target.";
    static constexpr const char* source = "linux mm/mremap.c:move_vma@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& t : s.tasks) {
            const auto sound = pc_between(t.pc, pc_move_split_lo, pc_move_end);
            const auto moving = pc_between(t.pc, pc_move_page, pc_move_end);
            for (int p = 0; p < M::B.mms; ++p) {
                const auto& mm = s.mms[static_cast<std::size_t>(p)];
                const auto on = t.mm.is(p);
                if (passes_over<M>(!(on && sound))) continue;
                typename M::Bool source_there = false, target_there = false;
                typename M::Bool merged = false;   // an unfaulted source that the target joined
                typename M::Bool bare = false;     // a source that has mapped nothing
                for (std::size_t i = 0; i < mm.vmas.size(); ++i) {
                    const auto& v = mm.vmas[i];
                    const auto from = covers(v, t.page) && v.hi >= t.end;
                    source_there = source_there || from;
                    bare = bare || (from && v.anon_vma.none() && v.inode.none());
                    for (std::size_t j = 0; j < mm.vmas.size(); ++j) {
                        const auto& u = mm.vmas[j];
                        const auto into = in_tree(u) && u.lo <= t.to && u.hi >= t.to + t.span;
                        target_there = target_there || into;
                        if (passes_over<M>(!(from && into))) continue;
                        if (i == j) {
                            merged = merged || (from && into);
                            continue;
                        }
                        typename M::Bool linked = true;
                        for (std::size_t a = 0; a < v.links.size(); ++a)
                            linked = linked && implies(v.links[a], u.links[a]);
                        rep(implies(on && moving && from && into,
                                    linked && u.read == v.read && u.write == v.write &&
                                        u.exec == v.exec &&
                                        u.inode == v.inode && u.shared == v.shared &&
                                        u.maywrite == v.maywrite &&
                                        implies(v.anon_vma.some() || v.inode.some(),
                                                v.pgoff + t.page + u.lo == u.pgoff + t.to + v.lo)));
                    }
                }
                rep(implies(on && sound, source_there));
                rep(implies(on && moving, target_there));
                for (int n = 0; n < M::B.pages; ++n) {
                    const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                    const auto empty = is_empty(pte);
                    const auto in_source = t.page <= n && t.end > n;
                    const auto passed = t.pc == pc_move_end || t.cursor > n;
                    rep(implies(on && moving && in_source && passed, empty));
                    rep(implies(on && moving && in_source && merged, empty || pte.zero));
                    const auto in_target = t.to <= n && t.to + t.span > n;
                    rep(implies(on && moving && in_target && bare, pte.frame.none()));
                    const auto awaited = in_target && t.to + t.cursor <= n + t.page;
                    rep(implies(on && moving && t.pc != pc_move_end && awaited, empty));
                }
            }
        }
    }
};

}  // namespace faultline
