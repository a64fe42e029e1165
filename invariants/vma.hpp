// invariants/vma.hpp - claims about VMAs and the counters kept beside them.
//
// Source: linux mm/mmap.c:validate_mm@v6.1
#pragma once
#include "invariants/claim.hpp"

namespace faultline {

struct Always {
    static constexpr bool applies(const Rules&) { return true; }
};

struct VmaDisjoint : Always {
    static constexpr const char* id = "vma.disjoint";
    static constexpr const char* says =
        "VMAs of one process are non-empty, inside the arena and do not overlap.";
    static constexpr const char* source = "linux mm/mmap.c:validate_mm@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (std::size_t i = 0; i < mm.vmas.size(); ++i) {
                const auto& v = mm.vmas[i];
                if (passes_over<M>(!v.used)) continue;
                rep(implies(v.used, v.lo < v.hi && v.hi <= env.limits.pages));
                for (std::size_t j = 0; j < i; ++j) {
                    const auto& u = mm.vmas[j];
                    rep(implies(v.used && u.used, u.hi <= v.lo || v.hi <= u.lo));
                }
            }
    }
};
struct VmaPgoffBounded : Always {
    static constexpr const char* id = "vma.pgoff-bounded";
    static constexpr const char* says = "Page offsets stay within the range the bounds allow.";
    static constexpr const char* source = "spec/ABSTRACTIONS.md A-pgoff";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (const auto& v : mm.vmas)
                rep(implies(v.used, v.pgoff + v.hi <= v.lo + (M::B.max_pgoff() + 1)));
    }
};
struct VmaMapCount : Always {
    static constexpr const char* id = "vma.map-count";
    static constexpr const char* says = "map_count is the number of VMAs in the tree.";
    static constexpr const char* source = "linux mm/mmap.c:validate_mm@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            rep(mm.map_count == count<M>(mm.vmas, [](const auto& v) { return in_tree(v); }));
    }
};
struct VmaLockedVm : Always {
    static constexpr const char* id = "vma.locked-vm";
    static constexpr const char* says = "locked_vm is the number of pages in VM_LOCKED VMAs.";
    static constexpr const char* source = "linux mm/mlock.c:mlock_fixup@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms) {
            std::array<typename M::Bool, static_cast<std::size_t>(M::B.pages)> locked{};
            for (const auto& v : mm.vmas) {
                if (passes_over<M>(!v.locked)) continue;
                for (int n = 0; n < M::B.pages; ++n) {
                    auto& here = locked[static_cast<std::size_t>(n)];
                    here = here || (covers(v, n) && v.locked);
                }
            }
            rep(mm.locked_vm == count<M>(locked, [](const auto& page) { return page; }));
        }
    }
};
struct VmaDetachedOnlyInUnmap : Always {
    static constexpr const char* id = "vma.detached-in-unmap";
    static constexpr const char* says =
        "A detached VMA lies in the range that a running unmap of its process works on.";
    static constexpr const char* source = "linux mm/mmap.c:do_mas_align_munmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (int p = 0; p < M::B.mms; ++p)
            for (const auto& v : s.mms[static_cast<std::size_t>(p)].vmas) {
                if (passes_over<M>(!(v.used && v.detached))) continue;
                typename M::Bool owned = false;
                for (const auto& t : s.tasks)
                    owned = owned || (pc_between(t.pc, pc_unmap_page, pc_unmap_unlink) &&
                                      t.mm.is(p) && v.lo >= unmap_lo<M>(t) &&
                                      v.hi <= unmap_hi<M>(t));
                rep(implies(v.used && v.detached, owned));
            }
    }
};
struct VmaRowCleared : Always {
    static constexpr const char* id = "vma.row-cleared";
    static constexpr const char* says = "A VMA row not in use is all zeros.";
    static constexpr const char* source = "representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (const auto& mm : s.mms)
            for (int i = 0; i < M::B.vmas; ++i) {
                const auto& v = mm.vmas[static_cast<std::size_t>(i)];
                typename M::Bool zero = !v.detached && !v.read && !v.write && !v.exec &&
                                        !v.growsdown && !v.locked && !v.dontfork && !v.wipeonfork &&
                                        v.lo == 0 && v.hi == 0 && v.pgoff == 0 && v.anon_vma.none();
                zero = zero && unlinked<M>(v) && v.inode.none();
                if constexpr (M::has_files) zero = zero && !v.shared && !v.maywrite;
                rep(implies(!v.used, zero));
                rep(implies(v.used, typename M::Bool(i < env.limits.vmas)));
            }
    }
};
struct MmRssExact : Always {
    static constexpr const char* id = "mm.rss-exact";
    static constexpr const char* says =
        "MM_ANONPAGES, MM_FILEPAGES and MM_SHMEMPAGES are the numbers of entries that map "
        "frames of each kind.";
    static constexpr const char* source =
        "linux mm/memory.c:zap_pte_range@v6.1; kernel/fork.c:check_mm";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        for (const auto& mm : s.mms) {
            const auto mapped = [&](auto of_kind) {
                return count<M>(mm.ptes, [&](const auto& pte) {
                    return pte.frame.some() && of_kind(AT(s.frames, pte.frame, inode));
                });
            };
            rep(mm.rss_anon == mapped([](const auto& inode) { return inode.none(); }));
            if constexpr (M::has_files) {
                rep(mm.rss_file == mapped([&](const auto& inode) {
                    return AT(s.inodes, inode, kind) == inode_file;
                }));
                rep(mm.rss_shmem == mapped([&](const auto& inode) {
                    return AT(s.inodes, inode, kind) == inode_shmem;
                }));
            }
        }
    }
};
struct MmSwapExact : Always {
    static constexpr const char* id = "mm.swap-exact";
    static constexpr const char* says = "MM_SWAPENTS is the number of entries that name a slot.";
    static constexpr const char* source =
        "linux mm/memory.c:zap_pte_range, copy_nonpresent_pte@v6.1; kernel/fork.c:check_mm";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_swap)
            for (const auto& mm : s.mms)
                rep(mm.rss_swap ==
                    count<M>(mm.ptes, [](const auto& pte) { return pte.slot.some(); }));
    }
};
struct MmFreeCleared : Always {
    static constexpr const char* id = "mm.free-cleared";
    static constexpr const char* says = "A free address space has no VMA, no entry and no counter.";
    static constexpr const char* source = "linux kernel/fork.c:check_mm@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (int p = 0; p < M::B.mms; ++p) {
            const auto& mm = s.mms[static_cast<std::size_t>(p)];
            const auto free = mm.phase == mm_free;
            rep(mm.phase <= mm_busy && mm.brk <= env.limits.pages);
            rep(implies(free, mm.brk == 0 && !mm.has_pinned));
            for (const auto& v : mm.vmas) rep(implies(free, !v.used));
            for (const auto& pte : mm.ptes) rep(implies(free, is_empty(pte)));
            rep(implies(!free, typename M::Bool(p < env.limits.mms)));
        }
    }
};
struct MmBusyHasTask : Always {
    static constexpr const char* id = "mm.busy-has-task";
    static constexpr const char* says =
        "An address space is busy exactly while one fork builds it or one exit tears it down.";
    static constexpr const char* source = "linux kernel/fork.c:dup_mm, mmput@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        for (int p = 0; p < M::B.mms; ++p)
            rep(count<M>(s.tasks, [&](const auto& t) {
                    return (is_exit(t) && t.mm.is(p)) || (is_fork(t) && t.child.is(p));
                }) == M::D::num(s.mms[static_cast<std::size_t>(p)].phase == mm_busy));
    }
};

}  // namespace faultline
