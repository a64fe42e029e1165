// invariants/residue.hpp - what a refused call may leave behind, declared per outcome, and the
// check of it.
//
// Why:    "a failed call changes nothing" is not true of Linux: mprotect keeps the prefix it has
//         done, MAP_FIXED has unmapped its target, a failed fork leaves its parent write-protected.
//         What may change is said here, with its source; everything else must be as before. An
//         outcome without a row is a violation too.
// Source: each row names the function that returns the error.
#pragma once
#include "model/reference/steps.hpp"
#include "spec/reflect.hpp"

namespace faultline {

/// Parts of the state that an outcome may have changed.
enum Residue : unsigned {
    keeps_nothing = 0,
    keeps_anon_vma = 1,        ///< a VMA was given an anon_vma
    keeps_batch = 2,           ///< the LRU batch was drained, or holds a page that was thrown away
    keeps_prefix = 4,          ///< the call was carried out up to some page of its range
    keeps_splits = 8,          ///< VMAs were cut or joined; no page sees a difference
    keeps_unmapped = 16,       ///< the target range was unmapped
    keeps_write_protect = 32,  ///< entries lost their write permission, frames their exclusivity
    keeps_stack = 64,          ///< the stack grew
    keeps_emptied = 128,       ///< pages of the range were discarded up to some page
    keeps_pinned = 256,        ///< the address space counts as one that has pinned pages
    keeps_filled = 512,        ///< pages of the range were faulted in
    keeps_swapped_in = 1024,   ///< the page has come back from swap space
    keeps_holes = 2048         ///< pages of the file that nothing was written to came or went
};
struct ResidueRow {
    const char* operation;  ///< name in `operations`
    int op;                 ///< OpCode the row is for, op_none: any
    int result;
    unsigned may_change;
    const char* source;
};
inline constexpr std::array<ResidueRow, 46> residue_table{{
    {"mmap", op_mmap, res_enomem, keeps_nothing, "linux mm/mmap.c:do_mmap@v6.1"},
    {"mmap", op_mmap_hint, res_enomem, keeps_nothing, "linux mm/mmap.c:do_mmap@v6.1"},
    {"mmap", op_mmap_fixed, res_enomem, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/mmap.c:mmap_region@v6.1"},
    {"mmap", op_mmap_noreplace, res_enomem, keeps_nothing, "linux mm/mmap.c:do_mmap@v6.1"},
    {"mmap", op_mmap_noreplace, res_eexist, keeps_nothing, "linux mm/mmap.c:do_mmap@v6.1"},
    // The seals of the file are looked at after MAP_FIXED has unmapped.
    {"mmap", op_mmap_fixed, res_eperm, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/shmem.c:shmem_mmap, mm/mmap.c:mmap_region@v6.1"},
    {"mmap", op_none, res_eperm, keeps_nothing, "linux mm/shmem.c:shmem_mmap@v6.1"},
    {"mmap", op_none, res_einval, keeps_nothing, "linux mm/mmap.c:do_mmap@v6.1"},
    {"munmap", op_none, res_enomem, keeps_splits, "linux mm/mmap.c:do_mas_align_munmap@v6.1"},
    {"mprotect", op_none, res_enomem, keeps_prefix, "linux mm/mprotect.c:do_mprotect_pkey@v6.1"},
    {"mprotect", op_none, res_eacces, keeps_prefix, "linux mm/mprotect.c:do_mprotect_pkey@v6.1"},
    {"advise", op_wipeonfork, res_einval, keeps_prefix,
     "linux mm/madvise.c:madvise_vma_behavior@v6.1"},
    {"advise", op_mlock, res_enomem,
     keeps_prefix | keeps_filled | keeps_batch | keeps_anon_vma,
     "linux mm/mlock.c:do_mlock, apply_vma_lock_flags@v6.1; mm/gup.c:__mm_populate@v6.1"},
    {"advise", op_mlock, res_eagain, keeps_prefix | keeps_filled | keeps_batch,
     "linux mm/mlock.c:__mlock_posix_error_return@v6.1"},
    {"advise", op_munlock, res_enomem, keeps_prefix | keeps_batch,
     "linux mm/mlock.c:apply_vma_lock_flags@v6.1"},
    {"advise", op_none, res_enomem, keeps_prefix, "linux mm/madvise.c:madvise_walk_vmas@v6.1"},
    {"advise", op_none, res_eagain, keeps_prefix, "linux mm/madvise.c:madvise_vma_behavior@v6.1"},
    {"dontneed", op_none, res_enomem, keeps_emptied | keeps_batch,
     "linux mm/madvise.c:madvise_walk_vmas@v6.1"},
    {"dontneed", op_none, res_einval, keeps_emptied | keeps_batch,
     "linux mm/madvise.c:madvise_dontneed_free@v6.1"},
    {"brk", op_none, res_enomem, keeps_splits, "linux mm/mmap.c:SYSCALL_DEFINE1(brk)@v6.1"},
    {"mremap", op_none, res_einval, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/mremap.c:SYSCALL_DEFINE5(mremap)@v6.1, vma_to_resize@v5.10"},
    {"mremap", op_none, res_efault, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/mremap.c:mremap_to, vma_to_resize@v6.1"},
    {"mremap", op_none, res_eagain, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/mremap.c:mremap_to, vma_to_resize@v6.1"},
    {"mremap", op_none, res_enomem, keeps_unmapped | keeps_splits | keeps_batch,
     "linux mm/mremap.c:mremap_to@v6.1"},
    {"fault", op_none, res_segv_maperr, keeps_anon_vma, "linux mm/mmap.c:expand_downwards@v6.1"},
    // The stack has grown before its rights are looked at; a fetch fills an empty entry first.
    {"fault", op_none, res_segv_accerr, keeps_anon_vma | keeps_stack | keeps_filled,
     "linux arch/x86/mm/fault.c:do_user_addr_fault@v6.1"},
    {"fault", op_none, res_sigbus, keeps_anon_vma | keeps_batch,
     "linux mm/filemap.c:filemap_fault@v6.1; mm/memory.c:do_cow_fault@v6.1"},
    {"fault", op_none, res_oom, keeps_anon_vma | keeps_batch | keeps_stack | keeps_swapped_in,
     "linux mm/memory.c:do_anonymous_page, wp_page_copy, do_swap_page@v6.1"},
    // Not refused, but nothing done either: the access is to be tried again.
    {"fault", op_none, res_retry, keeps_swapped_in, "linux mm/memory.c:__vmf_anon_prepare@v6.12"},
    {"fault", op_none, res_spurious, keeps_stack | keeps_anon_vma,
     "linux mm/memory.c:handle_pte_fault@v6.1"},
    {"fault", op_none, res_raced, keeps_anon_vma | keeps_batch | keeps_stack | keeps_swapped_in,
     "linux mm/memory.c:do_anonymous_page, wp_page_copy@v6.1"},
    {"fork", op_none, res_enomem, keeps_write_protect | keeps_batch,
     "linux kernel/fork.c:dup_mmap@v6.1"},
    {"gup", op_none, res_efault, keeps_pinned | keeps_anon_vma | keeps_batch,
     "linux mm/gup.c:faultin_page@v6.1"},
    {"gup", op_none, res_enomem, keeps_pinned | keeps_anon_vma | keeps_batch | keeps_swapped_in,
     "linux mm/gup.c:faultin_page@v6.1"},
    {"gup_fast", op_none, res_efault, keeps_pinned | keeps_anon_vma | keeps_batch,
     "linux mm/gup.c:faultin_page@v6.1"},
    {"gup_fast", op_none, res_enomem,
     keeps_pinned | keeps_anon_vma | keeps_batch | keeps_swapped_in,
     "linux mm/gup.c:faultin_page@v6.1"},
    {"pwrite", op_none, res_eperm, keeps_nothing, "linux mm/shmem.c:shmem_write_begin@v6.1"},
    {"pwrite", op_none, res_enomem, keeps_nothing, "linux mm/shmem.c:shmem_write_begin@v6.1"},
    {"pread", op_none, res_enomem, keeps_nothing, "linux mm/filemap.c:filemap_read@v6.1"},
    {"truncate", op_none, res_eperm, keeps_nothing, "linux mm/shmem.c:shmem_setattr@v6.1"},
    {"punch", op_none, res_eperm, keeps_nothing, "linux mm/shmem.c:shmem_fallocate@v6.1"},
    {"fallocate", op_none, res_eperm, keeps_nothing, "linux mm/shmem.c:shmem_fallocate@v6.1"},
    {"fallocate", op_none, res_enomem, keeps_holes | keeps_batch,
     "linux mm/shmem.c:shmem_fallocate, shmem_undo_range@v6.1"},
    {"seal", op_none, res_eperm, keeps_nothing, "linux mm/memfd.c:memfd_add_seals@v6.12"},
    {"seal", op_none, res_einval, keeps_nothing, "linux mm/memfd.c:memfd_add_seals@v6.12"},
    {"seal", op_none, res_ebusy, keeps_batch, "linux mm/memfd.c:memfd_wait_for_pins@v6.12"},
}};
/// Outcomes that promise to have changed nothing but what is declared.
constexpr bool leaves_only_residue(int result) {
    return is_refused(result) || result == res_retry ||
           result == res_spurious || result == res_raced;
}
/// Index of the row for an outcome, -1 if none is declared. No pointer: under UBSan, g++ 12 does
/// not compare the address of a row with null in a constant expression.
constexpr int residue_row(std::string_view operation, int op, int result) {
    for (std::size_t i = 0; i < residue_table.size(); ++i) {
        const ResidueRow& row = residue_table[i];
        if (operation == row.operation && result == row.result &&
            (row.op == op || row.op == op_none))
            return static_cast<int>(i);
    }
    return -1;
}

namespace residue {

/// What a page of an address space looks like through its VMA, however VMAs are cut.
struct PageLook {
    bool mapped = false, read = false, write = false, exec = false, growsdown = false,
         locked = false, dontfork = false, wipeonfork = false;
    int pgoff = 0;
    int inode = 0;   ///< 0 none, row + 1
    bool shared = false, maywrite = false;
    friend constexpr bool operator==(const PageLook&, const PageLook&) = default;
};
template <class V>
constexpr int inode_number([[maybe_unused]] const V& v) {
    if constexpr (AbsentField<decltype(v.inode)>) return 0;
    else return v.inode.v;
}
template <class Mm>
constexpr PageLook look_at(const Mm& mm, int page) {
    for (const auto& v : mm.vmas)
        if (spans(v, page))
            return {true,       v.read,       v.write,
                    v.exec,     v.growsdown,  v.locked,
                    v.dontfork, v.wipeonfork, v.pgoff + page - v.lo,
                    inode_number(v), v.shared,     v.maywrite};
    return {};
}
/// The page already looks as the call wants it.
template <class M>
constexpr bool has_target(const PageLook& look, const Args<M>& args) {
    typename M::Task t{};
    t.op = args.op;
    t.read = args.read;
    t.write = args.write;
    t.exec = args.exec;
    typename M::Vma v{};
    v.read = look.read;
    v.write = look.write;
    v.exec = look.exec;
    v.growsdown = look.growsdown;
    v.locked = look.locked;
    v.dontfork = look.dontfork;
    v.wipeonfork = look.wipeonfork;
    return same_flags<M>(edited_flags<M>(t, v), flags_of<M>(v));
}
template <class Pte>
constexpr bool same_entry(const Pte& a, const Pte& b, bool but_for_rights) {
    return a.zero == b.zero && a.frame == b.frame && a.dirty == b.dirty && a.slot == b.slot &&
           (but_for_rights || (a.write == b.write && a.exec == b.exec && a.protnone == b.protnone));
}
template <class T>
constexpr bool same(const T& a, const T& b) {
    bool equal = true;
    each_leaf_pair(a, b, [&](const auto& x, const auto& y) { equal = equal && x == y; });
    return equal;
}

/// Puts back what only the batch may have changed.
template <class M>
constexpr void forgive_batch(const typename M::State& before, typename M::State& after) {
    for (std::size_t i = 0; i < before.frames.size(); ++i) {
        const auto& b = before.frames[i];
        auto& a = after.frames[i];
        if (b.refcount == 0 && a.mapcount == 0 && a.batched && a.refcount == 1) a = b;
        if (b.refcount == 0 && a.mapcount == 0 && a.lru && a.refcount == 0) a = b;
        if (!b.batched || a.batched) continue;
        if (b.refcount == 1 && a.refcount == 0) {
            a = b;
            continue;
        }
        a.batched = true;
        a.lru = b.lru;
        a.refcount = static_cast<decltype(a.refcount)>(a.refcount + 1);
    }
}
template <class M>
constexpr void forgive_anon_vma(const typename M::State& before, typename M::State& after,
                                std::size_t mm) {
    for (std::size_t i = 0; i < before.mms[mm].vmas.size(); ++i) {
        const auto& b = before.mms[mm].vmas[i];
        auto& a = after.mms[mm].vmas[i];
        if (b.anon_vma.some()) continue;
        a.anon_vma = b.anon_vma;
        a.links = b.links;
    }
    after.anon_vmas = before.anon_vmas;
}
template <class M>
constexpr void forgive_stack(const typename M::State& before, typename M::State& after,
                             std::size_t mm) {
    for (std::size_t i = 0; i < before.mms[mm].vmas.size(); ++i) {
        const auto& b = before.mms[mm].vmas[i];
        auto& a = after.mms[mm].vmas[i];
        if (!b.used || !b.growsdown || a.hi != b.hi || a.lo >= b.lo) continue;
        a.lo = b.lo;
        a.pgoff = b.pgoff;
        after.mms[mm].locked_vm = before.mms[mm].locked_vm;
    }
}
template <class M>
constexpr void forgive_write_protect(const typename M::State& before, typename M::State& after,
                                     std::size_t mm) {
    for (std::size_t n = 0; n < before.mms[mm].ptes.size(); ++n) {
        const auto& b = before.mms[mm].ptes[n];
        auto& a = after.mms[mm].ptes[n];
        if constexpr (M::has_swap)
            if (a.slot == b.slot && b.swp_exclusive) a.swp_exclusive = true;
        if (!(a.frame == b.frame) || b.frame.none()) continue;
        if (b.write && !a.write) a.write = true;
        const auto f = static_cast<std::size_t>(b.frame.v - 1);
        if (before.frames[f].exclusive) after.frames[f].exclusive = true;
    }
}
/// The page named its slot before and maps a frame now; counts are claims of their own.
template <class M>
constexpr void forgive_swapin(const typename M::State& before, typename M::State& after,
                              std::size_t mm, std::size_t page) {
    if constexpr (M::has_swap) {
        const auto& b = before.mms[mm].ptes[page];
        if (b.slot.none() || after.mms[mm].ptes[page].frame.none()) return;
        after.mms[mm].ptes[page] = b;
        after.mms[mm].rss_anon = before.mms[mm].rss_anon;
        after.mms[mm].rss_swap = before.mms[mm].rss_swap;
        after.frames = before.frames;
        after.slots = before.slots;
    }
}
/// What mapped pages of files count for; the exact numbers are claims of their own.
template <class M>
constexpr void forgive_file_counts(const typename M::State& before, typename M::State& after,
                                   std::size_t mm) {
    if constexpr (M::has_files) {
        after.mms[mm].rss_file = before.mms[mm].rss_file;
        after.mms[mm].rss_shmem = before.mms[mm].rss_shmem;
    }
}
/// Pages of the file without content may have come or gone, and those with content be marked dirty.
template <class M>
constexpr bool forgive_holes(const typename M::State& before, typename M::State& after) {
    if constexpr (M::has_files) {
        for (std::size_t i = 0; i < before.inodes.size(); ++i) {
            auto& a = after.inodes[i];
            const auto& b = before.inodes[i];
            for (std::size_t n = 0; n < b.pages.size(); ++n)
                if (b.pages[n].some() &&
                    before.frames[static_cast<std::size_t>(b.pages[n].v - 1)].uptodate &&
                    !(a.pages[n] == b.pages[n] &&
                      after.frames[static_cast<std::size_t>(b.pages[n].v - 1)].value ==
                          before.frames[static_cast<std::size_t>(b.pages[n].v - 1)].value))
                    return false;
            a.pages = b.pages;
            a.blocks = b.blocks;
        }
        after.frames = before.frames;
    }
    return true;
}
/// Puts the VMAs back as they were cut before, provided every page that is not `excused` looks the
/// same.
template <class M>
constexpr bool forgive_cuts(const typename M::State& before, typename M::State& after,
                            std::size_t mm, auto excused) {
    auto& a = after.mms[mm];
    const auto& b = before.mms[mm];
    for (int n = 0; n < M::B.pages; ++n)
        if (!excused(n) && look_at(a, n) != look_at(b, n)) return false;
    a.vmas = b.vmas;
    a.map_count = b.map_count;
    a.locked_vm = b.locked_vm;
    after.anon_vmas = before.anon_vmas;
    if constexpr (M::has_files)
        for (std::size_t i = 0; i < before.inodes.size(); ++i)
            after.inodes[i].writable = before.inodes[i].writable;
    return true;
}
/// mprotect and kin: pages of the range were given their new flags in order; entries changed rights
/// only there.
template <class M>
constexpr bool forgive_prefix(const typename M::State& before, typename M::State& after,
                              std::size_t mm, const Args<M>& args) {
    bool stopped = false;
    for (int n = args.page; n < args.end; ++n) {
        const auto at = static_cast<std::size_t>(n);
        const PageLook was = look_at(before.mms[mm], n), is = look_at(after.mms[mm], n);
        if (was.mapped != is.mapped || was.pgoff != is.pgoff) return false;
        if (was != is && (stopped || !has_target<M>(is, args))) return false;
        if (is.mapped && !has_target<M>(is, args)) stopped = true;
        auto& pte = after.mms[mm].ptes[at];
        if (!same_entry(pte, before.mms[mm].ptes[at], was != is)) return false;
        pte = before.mms[mm].ptes[at];
    }
    return forgive_cuts<M>(before, after, mm,
                           [&](int n) { return n >= args.page && n < args.end; });
}
enum class Change { filled, emptied };
/// Pages of [lo, hi) may have been faulted in, for what was there before, or may be gone, entry,
/// content and references with them. False if one changed into something else.
template <class M>
constexpr bool forgive_entries(Change change, const typename M::State& before,
                               typename M::State& after, std::size_t mm, int lo, int hi) {
    const bool emptied = change == Change::emptied;
    bool any = false;
    for (int n = lo; n < hi; ++n) {
        const auto at = static_cast<std::size_t>(n);
        const auto& b = before.mms[mm].ptes[at];
        auto& a = after.mms[mm].ptes[at];
        if (same(a, b)) continue;
        if (emptied ? !is_empty(a) : !a.zero && a.frame.none()) return false;
        any = true;
        a = b;
        if (emptied) after.mms[mm].want[at] = before.mms[mm].want[at];
    }
    if (!any) return true;
    after.mms[mm].rss_anon = before.mms[mm].rss_anon;
    after.mms[mm].rss_swap = before.mms[mm].rss_swap;
    after.slots = before.slots;
    after.frames = before.frames;  // their counts are claims of their own
    forgive_file_counts<M>(before, after, mm);
    if constexpr (M::has_files)
        for (std::size_t i = 0; !emptied && i < before.inodes.size(); ++i) {
            after.inodes[i].pages = before.inodes[i].pages;   // pages of files were read
            after.inodes[i].blocks = before.inodes[i].blocks;
        }
    if (!emptied) forgive_anon_vma<M>(before, after, mm);
    for (std::size_t i = 0; i < before.handles.size(); ++i) {
        const auto& h = before.handles[i];
        // A page that is copied for its owner leaves those who only look at the old one.
        if (emptied ? h.page >= lo && h.page < hi : h.kind == gup_get)
            if (h.mm.is(static_cast<int>(mm))) after.handles[i].attached = h.attached;
    }
    return true;
}

}  // namespace residue

/// Why a refused call broke its promise, or "" if it kept it. `who` is the row of the address
/// space.
template <class M>
constexpr std::string_view residue_breach(const typename M::State& before,
                                          const typename M::State& after,
                                          std::string_view operation, int who, const Args<M>& args,
                                          int result) {
    const int row = residue_row(operation, args.op, result);
    if (row < 0) return "the outcome has no declared residue";
    const auto mm = static_cast<std::size_t>(who);
    const unsigned may = residue_table[static_cast<std::size_t>(row)].may_change;
    typename M::State rest = after;
    if (may & keeps_batch) residue::forgive_batch<M>(before, rest);
    if ((may & keeps_pinned) && args.gup == gup_pin)
        rest.mms[mm].has_pinned = before.mms[mm].has_pinned;
    if (may & keeps_swapped_in) residue::forgive_swapin<M>(before, rest, mm, args.page);
    if (may & keeps_stack) residue::forgive_stack<M>(before, rest, mm);
    if (may & keeps_anon_vma) residue::forgive_anon_vma<M>(before, rest, mm);
    if (may & keeps_write_protect) residue::forgive_write_protect<M>(before, rest, mm);
    const auto forgive = [&](residue::Change change, int first, int last) {
        return residue::forgive_entries<M>(change, before, rest, mm, first, last);
    };
    const int filled = args.end > args.page ? static_cast<int>(args.end) : args.page + 1;
    if ((may & keeps_filled) &&
        !forgive(residue::Change::filled, args.page, filled))
        return "pages changed that were not faulted in";
    if ((may & keeps_prefix) && !residue::forgive_prefix<M>(before, rest, mm, args))
        return "what changed is no prefix of the call";
    if ((may & keeps_emptied) &&
        !forgive(residue::Change::emptied, args.page, args.end))
        return "pages changed that were not discarded";
    if ((may & keeps_holes) && !residue::forgive_holes<M>(before, rest))
        return "a page with content changed";
    const bool moves = operation == "mremap";
    const bool has_target = (may & keeps_unmapped) && (!moves || args.fixed);
    const int lo = moves ? static_cast<int>(args.to) : static_cast<int>(args.page);
    const int hi = moves ? args.to + args.span : static_cast<int>(args.end);
    // A shrinking move gives its tail up before it can fail.
    const int tail = has_target && moves ? args.page + args.span : static_cast<int>(args.end);
    const auto gone = [&](int n) {
        return has_target && ((n >= lo && n < hi) || (n >= tail && n < args.end));
    };
    if (has_target && !(forgive(residue::Change::emptied, lo, hi) &&
                        forgive(residue::Change::emptied, tail, args.end)))
        return "the target was neither kept nor unmapped";
    if (may & keeps_splits) {
        for (int n = 0; n < M::B.pages; ++n)
            if (gone(n) && residue::look_at(rest.mms[mm], n).mapped &&
                residue::look_at(rest.mms[mm], n) != residue::look_at(before.mms[mm], n))
                return "the target was neither kept nor unmapped";
        if (!residue::forgive_cuts<M>(before, rest, mm, gone))
            return "a page outside the target looks different";
    }
    return residue::same(before, rest) ? "" : "something outside the declared residue changed";
}

}  // namespace faultline
