// model/reference/fault.hpp - page faults on anonymous memory, as atomic steps.
//
// Why:     a fault samples the entry without the page-table lock, prepares, allocates, fills, and
//          only then locks and looks again; every gap is a step boundary here. The user's store is
//          not part of the fault.
// Source:  linux mm/memory.c:do_anonymous_page, do_wp_page, wp_page_copy@v6.1 (and @v5.10);
//          arch/x86/mm/fault.c:do_user_addr_fault@v6.1; mm/mmap.c:expand_downwards@v6.1
#pragma once
#include "model/reference/locks.hpp"

namespace faultline {

/// A forced write may break copy-on-write where the VMA forbids writes.
/// Source: mm/gup.c:check_vma_flags@v6.1
template <class M>
constexpr typename M::Bool may_force(const typename M::Vma& v, const typename M::Task& t) {
    if constexpr (M::has_files) return t.forced != 0 && v.read && !v.shared;
    else return typename M::Bool(false);
}
/// VM_WRITE for a write, any access at all for the rest.
/// Source: arch/x86/mm/fault.c:access_error@v6.1
template <class M>
constexpr typename M::Bool access_allowed(const typename M::Vma& v, const typename M::Task& t) {
    return (v.write || !t.write || may_force<M>(v, t)) && (v.read || v.write || v.exec);
}
/// A write fault of a forced GUP is over: up to 5.19 the GUP remembers that the page is its own
/// now, though its entry does not say so; up to 4.8 it forgot that it wants to write.
/// Source: mm/gup.c:faultin_page@v4.8, @v5.10
template <class K>
constexpr void broke_cow(K& k) {
    using D = typename K::D;
    const auto rule = k.env.rules.forced_write;
    if constexpr (K::Mach::has_files)
        if (rule != ForcedWrite::exclusive) WITH(mm, k.s.mms, k.t.mm) {
            auto here = vma_at<K>(mm, k.t.page);
            WITH(v, mm.vmas, here) IF(k.t.forced == 1 && !v.write) {
                k.t.forced = 2;
                if (rule == ForcedWrite::drops_write) k.t.write = false;
            }
        }
}
// What populate does when a fault that it caused failed: see populate.hpp.
template <class K>
constexpr void populate_failed(K& k, int answer);

/// The fault is over. A GUP or populate that caused it looks again; errors become EFAULT or ENOMEM
/// for a GUP.
template <class K>
constexpr void end_fault(K& k, int result) {
    using D = typename K::D;
    const bool failed = result == res_segv_maperr || result == res_segv_accerr ||
                        result == res_sigbus || result == res_oom;
    const int for_gup = result == res_oom ? res_enomem : res_efault;
    const BoolOf<K> fills = k.t.gup == gup_touch;
    k.out.fault = result;
    if (result == res_copied || result == res_reused) broke_cow(k);
    IF(k.t.gup == gup_none) finish(k, result);
    else {
        k.t.exec = false;
        k.t.unshare = false;
        k.t.zero = false;
        k.t.frame = typename K::Mach::FrameRef{};
        k.t.old = typename K::Mach::FrameRef{};
        k.t.slot = typename K::Mach::SlotRef{};
        k.t.swp_exclusive = false;
        k.t.copied = typename K::Mach::Value{};
        IF(fills) {
            k.t.write = false;
            k.t.pc = pc_populate;
            if (result == res_oom) populate_failed(k, res_eagain);
            else if (result == res_sigbus) populate_failed(k, res_enomem);
            else if (failed) finish(k, for_gup);   // cannot be: populate has looked
        } else {
            if (failed) finish(k, for_gup);
            else k.t.pc = pc_gup_follow;
        }
    }
}
/// The page lies in a mapping of a file; `shared`: in a shared one.
template <class K>
constexpr BoolOf<K> in_file_mapping(const K& k, const auto& mm, bool shared) {
    using D = typename K::D;
    BoolOf<K> yes = false;
    if constexpr (K::Mach::has_files) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) yes = v.inode.some() && (v.shared || !shared);
    }
    return yes;
}

/// Looks at the entry, without its lock, and decides what to do. Source: handle_pte_fault@v6.1
template <class K>
constexpr void sample_entry(K& k, const auto& mm) {
    using D = typename K::D;
    WITH(pte, mm.ptes, k.t.page) {
        const BoolOf<K> empty = is_empty(pte);
        const BoolOf<K> file = in_file_mapping(k, mm, false);
        const BoolOf<K> shared = !AT(k.s.frames, pte.frame, exclusive) &&
                                 AT(k.s.frames, pte.frame, inode).none();
        const BoolOf<K> wp_write = k.t.write && !pte.write;
        IF(empty && !k.t.write && !file) k.t.pc = pc_fault_zero;
        IF(empty && k.t.write) k.t.pc = pc_fault_prepare;
        if constexpr (K::Mach::has_files) {   // mm/memory.c:do_fault@v6.1
            IF(empty && file && !k.t.write) k.t.pc = pc_file_around;
            IF(empty && k.t.write && in_file_mapping(k, mm, true)) k.t.pc = pc_file_find;
        }
        IF(pte.zero && k.t.write) {
            k.t.zero = true;
            k.t.pc = pc_fault_prepare;
        }
        IF(pte.frame.some() && (wp_write || (k.t.unshare && shared))) {
            k.t.old = pte.frame;
            k.t.pc = pc_fault_wp;
        }
        IF(pte.frame.some() && !(wp_write || (k.t.unshare && shared))) end_fault(k, res_spurious);
        IF(pte.zero && !k.t.write) end_fault(k, res_spurious);
        if constexpr (K::Mach::has_swap) IF(pte.slot.some()) {
            k.t.slot = pte.slot;
            k.t.swp_exclusive = pte.swp_exclusive;
            k.t.pc = pc_swap_lookup;
        }
    }
}
/// With the locks held: finds the VMA, checks the access, and goes on by the entry.
template <class K>
constexpr void enter_fault(K& k, const auto& mm) {
    using D = typename K::D;
    auto here = vma_at<K>(mm, k.t.page);
    auto above = vma_from<K>(mm, k.t.page);
    BoolOf<K> allowed = false, stack = false;
    WITH(v, mm.vmas, here) allowed = access_allowed<typename K::Mach>(v, k.t);
    WITH(v, mm.vmas, above) stack = v.growsdown;
    // A fetch is refused by VM_EXEC only where something is mapped (error code bit P); an empty
    // entry is filled first.
    BoolOf<K> no_fetch = false;
    WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page)
        no_fetch = k.t.exec && !v.exec && !pte.protnone && (pte.zero || pte.frame.some());
    const BoolOf<K> serves = here.ok && allowed && !no_fetch;
    // GUP looks for a VMA that covers the page, and does not grow stacks.
    // mm/gup.c:__get_user_pages@v6.1.192
    stack = stack && k.t.gup == gup_none;
    IF(serves) sample_entry(k, mm);
    IF(here.ok && !serves) end_fault(k, res_segv_accerr);
    IF(!here.ok && stack) {
        k.t.pc = pc_fault_expand;
        k.t.vlock = false;
    }
    IF(!here.ok && !stack) end_fault(k, res_segv_maperr);
}
/// A load, store or fetch finds no usable entry: takes the VMA's lock or mmap_lock and enters.
template <class K>
constexpr BoolOf<K> start_fault(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    auto here = vma_at<K>(mm, args.page);
    const bool by_vma = k.env.rules.fault_lock != FaultLock::mmap_lock;
    const BoolOf<K> vlock = BoolOf<K>(by_vma) && here.ok && may_lock_vma(k, ref, mm, args.page);
    REQUIRE(mm.phase == mm_alive && args.page < k.env.limits.pages);
    REQUIRE(!(args.write && args.exec));
    REQUIRE(vlock || may_read(k, ref));
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.write = args.write;
    k.t.exec = args.exec;
    k.t.vlock = vlock;
    enter_fault(k, mm);
    return D::done();
}

/// Grows the stack down to the faulting page. Source: mm/mmap.c:expand_downwards@v6.1
/// Differs: one step under mmap_lock for writing, as since 6.5 (A-expand-atomic).
template <class K>
constexpr BoolOf<K> fault_expand(K& k) {
    using D = typename K::D;
    REQUIRE(may_write(k, k.t.mm));
    BoolOf<K> grown = false, there = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        auto above = vma_from<K>(mm, k.t.page);
        there = here.ok;   // somebody else grew it, or mapped something, while we waited
        BoolOf<K> near = false;
        for (const auto& u : mm.vmas) {   // only the VMA just below counts
            BoolOf<K> nearest = in_tree(u) && u.hi <= k.t.page;
            for (const auto& w : mm.vmas)
                nearest = nearest && !(in_tree(w) && w.hi <= k.t.page && w.hi > u.hi);
            near = near || (nearest && !u.growsdown && (u.read || u.write || u.exec) &&
                            u.hi + k.env.limits.stack_guard_gap > k.t.page);
        }
        IF(!there) WITH(v, mm.vmas, above) {
            const BoolOf<K> fits =
                v.growsdown && v.hi <= k.t.page + k.env.limits.stack_limit && !near &&
                v.pgoff + k.t.page >= v.lo &&
                !(v.locked && mm.locked_vm + v.lo > k.t.page + k.env.limits.memlock_limit);
            IF(fits) grown = prepare_anon_vma(k, mm, v);
            IF(grown) {
                account_locked(k, mm, false, v.locked, v.lo - k.t.page);
                v.pgoff = v.pgoff - (v.lo - k.t.page);
                v.lo = k.t.page;
            }
        }
        IF(grown || there) enter_fault(k, mm);
    }
    // Out of memory here is a plain bad access, as in Linux.
    IF(!grown && !there) end_fault(k, res_segv_maperr);
    return D::done();
}

/// The VMA needs an anon_vma before its first page. Under the VMA's lock alone, mmap_lock must be
/// had too.
/// Source: mm/memory.c:__vmf_anon_prepare@v6.12
template <class K>
constexpr BoolOf<K> fault_prepare(K& k) {
    using D = typename K::D;
    const bool needs_mmap = k.env.rules.fault_lock == FaultLock::vma_lock;
    const BoolOf<K> blocked = BoolOf<K>(needs_mmap) && k.t.vlock && writer_on(k, k.t.mm);
    BoolOf<K> ready = false, ok = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) {
            ready = v.anon_vma.some();
            IF(ready || !blocked) ok = prepare_anon_vma(k, mm, v);
        }
    }
    IF(ok) k.t.pc = pc_fault_alloc;
    else {
        IF(k.t.old.some()) WITH(o, k.s.frames, k.t.old) put_frame(k, o);
        IF(blocked && !ready) end_fault(k, res_retry);
        else end_fault(k, res_oom);
    }
    return D::done();
}
/// Maps the zero page, read-only; it is counted nowhere. The page table may be refused.
template <class K>
constexpr BoolOf<K> fault_zero(K& k) {
    using D = typename K::D;
    BoolOf<K> raced = true;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            raced = !is_empty(pte);
            IF(!raced && !k.deny) {
                pte.zero = true;
                pte.exec = v.exec;
            }
        }
    }
    // mm/memory.c:do_anonymous_page (pte_alloc)@v6.1
    const BoolOf<K> starved = k.deny;
    IF(starved) end_fault(k, res_oom);
    else {
        IF(raced) end_fault(k, res_raced);
        else end_fault(k, res_zero_mapped);
    }
    return D::done();
}
template <class K>
constexpr BoolOf<K> fault_alloc(K& k) {
    using D = typename K::D;
    auto fresh = free_frame(k);
    IF(fresh.ok) {
        WITH(f, k.s.frames, fresh) f.refcount = 1;
        k.t.frame = fresh;
        k.t.pc = pc_fault_fill;
        if constexpr (K::Mach::has_files) WITH(mm, k.s.mms, k.t.mm)
            IF(k.t.old.none() && in_file_mapping(k, mm, false)) k.t.pc = pc_file_find;
    } else {
        WITH(o, k.s.frames, k.t.old) put_frame(k, o);
        end_fault(k, res_oom);
    }
    return D::done();
}
/// Zeroes the new frame or copies the old one into it; only then it is uptodate.
template <class K>
constexpr BoolOf<K> fault_fill(K& k) {
    using D = typename K::D;
    const auto value = AT(k.s.frames, k.t.old, value);
    WITH(f, k.s.frames, k.t.frame) {
        f.value = value;
        f.uptodate = true;
    }
    if constexpr (K::Mach::has_files) WITH(o, k.s.frames, k.t.old)
        k.t.copied = file_want(k, o.inode, o.index);
    k.t.pc = pc_fault_install;
    return D::done();
}
/// A fresh page becomes a page of v at `page`, exclusive.
/// Source: mm/rmap.c:page_add_new_anon_rmap@v6.1
template <class K>
constexpr void own_new_frame(K& k, auto& f, const typename K::Mach::Vma& v, const auto& page) {
    f.mapcount = 1;
    f.exclusive = true;
    f.anon_vma = v.anon_vma;
    f.index = v.pgoff + (page - v.lo);
    add_to_batch(k, f);
}
/// A private copy takes the place of a page of the cache, which the owner's handles keep.
template <class K>
constexpr void replace_file_page(K& k, auto& mm, const auto& f) {
    using D = typename K::D;
    count_rss(k, mm, f, false);
    mm.rss_anon += 1;
    detach_handles(k, k.t.mm, k.t.page);
    WITH(want, mm.want, k.t.page) want = k.t.copied;
}
/// Under the page-table lock: if the entry still is what was sampled, the new frame replaces it.
template <class K>
constexpr BoolOf<K> fault_install(K& k) {
    using D = typename K::D;
    BoolOf<K> same = false;
    const BoolOf<K> copy = k.t.old.some(), over_zero = k.t.zero;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            same = pte.zero == k.t.zero && pte.frame == k.t.old && pte.slot.none() &&
                   !(pte.write && copy);
            IF(same) {
                if constexpr (K::Mach::has_files) WITH(o, k.s.frames, k.t.old)
                    IF(is_file_page(o)) replace_file_page(k, mm, o);
                WITH(o, k.s.frames, k.t.old) unmap_frame(k, o);
                WITH(o, k.s.frames, k.t.old) free_swap_cache(k, o);
                IF(copy) detach_gets(k, k.t.mm, k.t.page);
                else mm.rss_anon += 1;
                pte.zero = false;
                pte.frame = k.t.frame;
                pte.exec = v.exec;
                pte.write = v.write && !k.t.unshare;
                pte.dirty = !k.t.unshare;
                WITH(f, k.s.frames, k.t.frame) own_new_frame(k, f, v, k.t.page);
            }
        }
    }
    IF(!same) WITH(f, k.s.frames, k.t.frame) put_frame(k, f);
    WITH(o, k.s.frames, k.t.old) put_frame(k, o);
    IF(!same) end_fault(k, res_raced);
    IF(same && (copy || over_zero)) end_fault(k, res_copied);
    IF(same && !copy && !over_zero) end_fault(k, res_new_page);
    return D::done();
}

/// mapcount and swap count together say whether the page has one owner; its swap space goes unless
/// it is being written, which on a device that needs stable pages forbids to write the page.
/// Source: mm/swapfile.c:reuse_swap_page@v5.7 and @v5.10
template <class K>
constexpr BoolOf<K> reuse_swap_page(K& k, auto& f) {
    using D = typename K::D;
    BoolOf<K> reuse = f.mapcount <= 1;
    if constexpr (K::Mach::has_swap) IF(f.slot.some()) {
        const auto device = AT(k.s.slots, f.slot, device);
        const BoolOf<K> stable = AT(k.s.devices, device, stable) &&
                                 BoolOf<K>(k.env.rules.stable_writes == StableWrites::respected);
        reuse = f.mapcount + AT(k.s.slots, f.slot, count) <= 1 && !(f.writeback && stable);
        IF(reuse && !f.writeback) leave_swap_cache(k, f);
    }
    return reuse;
}
/// May this write-protected page be written in place? Source: do_wp_page,
/// wp_can_reuse_anon_folio@v6.12; do_wp_page@v5.10; reuse_swap_page@v5.7
template <class K>
constexpr BoolOf<K> may_reuse(K& k, const auto& which) {
    using D = typename K::D;
    BoolOf<K> reuse = false;
    if (k.env.rules.cow_reuse == CowReuse::exclusive) {
        BoolOf<K> drain = false;
        WITH(o, k.s.frames, which) drain = !o.exclusive && o.refcount <= 3 && !o.lru;
        IF(drain) drain_batch(k);
        if constexpr (K::Mach::has_swap) WITH(o, k.s.frames, which)
            IF(!o.exclusive && o.refcount == 2 && o.slot.some() && !o.locked) free_swap_of(k, o);
        WITH(o, k.s.frames, which) reuse = o.exclusive || o.refcount == 1;
    }
    if (k.env.rules.cow_reuse == CowReuse::page_count)
        WITH(o, k.s.frames, which) reuse = o.refcount == 1 && o.mapcount == 1;
    if (k.env.rules.cow_reuse == CowReuse::mapcount)
        WITH(o, k.s.frames, which) reuse = reuse_swap_page(k, o);
    return reuse;
}
/// Write to, or unsharing of, a present write-protected page: reuse it or start a copy.
template <class K>
constexpr BoolOf<K> fault_wp(K& k) {
    using D = typename K::D;
    if constexpr (K::Mach::has_swap) {   // 5.7 waits for the page's lock, later ones only try it
        REQUIRE(BoolOf<K>(k.env.rules.cow_reuse != CowReuse::mapcount) ||
                !AT(k.s.frames, k.t.old, locked));
    }
    BoolOf<K> same = false;
    WITH(mm, k.s.mms, k.t.mm) WITH(pte, mm.ptes, k.t.page)
        same = pte.frame == k.t.old && !pte.write;
    BoolOf<K> reuse = false, shares = false;   // a shared page of a file is made writable as such
    BoolOf<K> nothing = false;   // only anonymous pages are unshared (A-longterm)
    if constexpr (K::Mach::has_files) WITH(mm, k.s.mms, k.t.mm) {
        nothing = same && k.t.unshare && AT(k.s.frames, k.t.old, inode).some();
        shares = same && in_file_mapping(k, mm, true);
    }
    IF(same && AT(k.s.frames, k.t.old, inode).none()) reuse = may_reuse(k, k.t.old);
    IF(same && reuse) {
        WITH(mm, k.s.mms, k.t.mm) {
            auto here = vma_at<K>(mm, k.t.page);
            WITH(v, mm.vmas, here) WITH(o, k.s.frames, k.t.old) {
                if (k.env.rules.reuse_moves_rmap == ReuseMovesRmap::yes)
                    IF(!o.exclusive) o.anon_vma = v.anon_vma;
                o.exclusive = true;
            }
            WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
                pte.write = v.write && !k.t.unshare;
                pte.dirty = pte.dirty || !k.t.unshare;
            }
        }
    }
    IF(same && !reuse && !nothing) {
        WITH(o, k.s.frames, k.t.old) o.refcount += 1;
        k.t.pc = pc_fault_prepare;
        if constexpr (K::Mach::has_files) IF(shares) k.t.pc = pc_file_lock;
    }
    IF(same && reuse) end_fault(k, res_reused);
    IF(nothing) end_fault(k, res_spurious);
    IF(!same) end_fault(k, res_raced);
    return D::done();
}

}  // namespace faultline
