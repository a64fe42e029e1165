// invariants/file.hpp - claims about files: one page cache, its reverse map, contents, sizes,
// seals.
//
// Source: linux mm/filemap.c, mm/truncate.c, mm/shmem.c, mm/memory.c:do_fault@v6.1
#pragma once
#include "invariants/swap.hpp"

namespace faultline {

/// Calls fn(pte, vma, page, here) for each entry and each VMA that may contain it.
template <class M>
constexpr void each_entry_in_vma(const typename M::State& s, auto&& fn) {
    for (const auto& mm : s.mms)
        for (int n = 0; n < M::B.pages; ++n)
            for (const auto& v : mm.vmas) {
                const auto here = spans(v, n);
                if (passes_over<M>(!here)) continue;
                fn(mm.ptes[static_cast<std::size_t>(n)], v, n, here);
            }
}

/// Where `when`, the device holds what the frame says of its page of a file.
template <class M>
constexpr void device_agrees(const typename M::State& s, const typename M::Frame& x,
                             const typename M::Bool& when, auto& rep) {
    for (int r = 0; r < M::B.inodes; ++r)
        for (int n = 0; n < M::B.inode_pages; ++n)
            rep(implies(when && x.inode.is(r) && x.index == n,
                        s.inodes[static_cast<std::size_t>(r)].disk[static_cast<std::size_t>(n)] ==
                            x.value));
}

struct FileCacheExact : Always {
    static constexpr const char* id = "file.cache-exact";
    static constexpr const char* says =
        "A file's page i is in frame f exactly if f says that it is page i of the file; the file "
        "is charged for as many pages as it has frames.";
    static constexpr const char* source =
        "linux mm/filemap.c:__filemap_add_folio@v6.1; mm/shmem.c:shmem_recalc_inode@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_files) {
            for (int r = 0; r < M::B.inodes; ++r) {
                const auto& i = s.inodes[static_cast<std::size_t>(r)];
                for (int n = 0; n < M::B.inode_pages; ++n)
                    for (int f = 0; f < M::B.frames; ++f) {
                        const auto& x = s.frames[static_cast<std::size_t>(f)];
                        rep(i.pages[static_cast<std::size_t>(n)].is(f) ==
                            (x.inode.is(r) && x.index == n));
                    }
                rep(i.blocks == count<M>(i.pages, [](const auto& p) { return p.some(); }));
            }
            for (const auto& x : s.frames)
                rep(implies(x.inode.some(), x.index < env.limits.inode_pages));
        }
    }
};
struct FileOneMapping : Always {
    static constexpr const char* id = "file.one-mapping";
    static constexpr const char* says =
        "A frame is in the page cache, or in the swap cache or anonymous, never both.";
    static constexpr const char* source =
        "linux include/linux/page-flags.h:PAGE_MAPPING_ANON@v6.1; mm/shmem.c:shmem_writepage";
    static constexpr ClaimKind kind = ClaimKind::derived;   // by frame.mapping-while-mapped
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (const auto& x : s.frames)
                rep(implies(x.inode.some(), x.anon_vma.none() && !x.exclusive && x.slot.none()));
    }
};
struct FileMapped : Always {
    static constexpr const char* id = "file.mapping-whole";
    static constexpr const char* says =
        "A shared mapping has a file and no anonymous pages; one of a file is no stack; a private "
        "one of a file may be written.";
    static constexpr const char* source = "linux mm/mmap.c:do_mmap@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (const auto& mm : s.mms)
                for (const auto& v : mm.vmas) {
                    rep(implies(v.shared, v.inode.some() && v.anon_vma.none()));
                    rep(implies(v.inode.some(), !v.growsdown && !v.wipeonfork &&
                                                    (v.shared || v.maywrite) &&
                                                    !(AT(s.inodes, v.inode, kind) == inode_none)));
                    rep(implies(v.maywrite, v.inode.some()));
                    rep(implies(v.shared && v.write, v.maywrite));
                }
    }
};
struct FileRmapComplete : Always {
    static constexpr const char* id = "file.rmap-complete";
    static constexpr const char* says =
        "Every entry that maps a page of a file lies in a mapping of that file; a shared mapping "
        "has nothing else, and no mapping of a file has the zero page.";
    static constexpr const char* source = "linux mm/rmap.c:rmap_walk_file@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            each_entry_in_vma<M>(s, [&](const auto& pte, const auto& v, int, const auto& here) {
                const auto inode = AT(s.frames, pte.frame, inode);
                rep(implies(here && inode.some(), v.inode == inode));
                rep(implies(here && v.shared && pte.frame.some(), inode.some()));
                rep(implies(here && v.inode.some(), !pte.zero));
            });
    }
};
struct FileWritableShared : Always {
    static constexpr const char* id = "file.writable-shared";
    static constexpr const char* says =
        "An entry that lets a page of a file be written lies in a shared mapping that may be "
        "written.";
    static constexpr const char* source = "linux mm/memory.c:do_wp_page, do_cow_fault@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            each_entry_in_vma<M>(s, [&](const auto& pte, const auto& v, int, const auto& here) {
                const auto file = AT(s.frames, pte.frame, inode).some();
                rep(implies(here && file && (pte.write || pte.dirty), v.shared));
                rep(implies(here && file && pte.write, v.maywrite));
            });
    }
};
struct FileDirtyTracked : Always {
    static constexpr const char* id = "file.dirty-tracked";
    static constexpr const char* says =
        "While an entry lets a page of a file of a file system be written, or has written it, the "
        "page is dirty: the file was told.";
    static constexpr const char* source =
        "linux mm/memory.c:do_page_mkwrite, mm/page-writeback.c:clear_page_dirty_for_io@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (const auto& mm : s.mms)
                for (const auto& pte : mm.ptes) {
                    const auto inode = AT(s.frames, pte.frame, inode);
                    rep(implies(AT(s.inodes, inode, kind) == inode_file &&
                                    (pte.write || pte.dirty),
                                AT(s.frames, pte.frame, dirty)));
                }
    }
};
struct FileWritePin : Always {
    static constexpr const char* id = "file.write-pin";
    static constexpr const char* says =
        "Whoever pins a page of a file for writing does so through a shared mapping that may be "
        "written.";
    static constexpr const char* source = "linux mm/gup.c:check_vma_flags@v6.1; CVE-2016-5195";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (const auto& h : s.handles) {
                const auto on = h.kind == gup_pin && h.write && h.attached &&
                                AT(s.frames, h.frame, inode).some();
                if (passes_over<M>(!on)) continue;
                // Where its owner no longer has the page (5.10, M05) there is nothing to look at.
                for (int p = 0; p < M::B.mms; ++p) {
                    const auto& mm = s.mms[static_cast<std::size_t>(p)];
                    const auto there = AT(mm.ptes, h.page, frame) == h.frame;
                    for (const auto& v : mm.vmas)
                        rep(implies(on && there && h.mm.is(p) && spans(v, h.page),
                                    v.shared && v.maywrite));
                }
            }
    }
};
struct FileIntegrity : Always {
    static constexpr const char* id = "file.integrity";
    static constexpr const char* says =
        "What a file's page says changes only by write(2), through shared mappings that may be "
        "written, and by the end of the page; everybody sees it.";
    static constexpr const char* source = "POSIX write(), mmap() MAP_SHARED; CVE-2016-5195";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (const auto& i : s.inodes)
                for (std::size_t n = 0; n < i.pages.size(); ++n) {
                    const auto read = AT(s.frames, i.pages[n], uptodate);
                    rep(implies(read, AT(s.frames, i.pages[n], value) == i.want[n]));
                    rep(implies(!read, i.disk[n] == i.want[n]));
                }
    }
};
struct FileCleanCopy : Always {
    static constexpr const char* id = "file.clean-copy";
    static constexpr const char* says =
        "A clean page of a file, not under writeback, not pinned for writing and not written "
        "through an entry, can be had again: from the device, or as zeros.";
    static constexpr const char* source = "linux mm/vmscan.c:__remove_mapping@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (int f = 0; f < M::B.frames; ++f) {
                const auto& x = s.frames[static_cast<std::size_t>(f)];
                typename M::Bool clean = x.inode.some() && x.uptodate && !x.dirty &&
                                         !x.writeback && c.write_pins.of(f) == 0;
                for (const auto& mm : s.mms)
                    for (const auto& pte : mm.ptes)
                        clean = clean && !(pte.frame.is(f) && pte.dirty);
                device_agrees<M>(s, x, clean, rep);
            }
    }
};
/// A call that is not done yet may leave pages at index n of file r past its end.
template <class M>
constexpr typename M::Bool size_pending(const typename M::State& s, int r, const auto& n) {
    typename M::Bool pending = false;
    for (const auto& t : s.tasks)
        pending = pending || (t.inode.is(r) &&
                              ((t.op == op_truncate && is_truncation(t)) ||
                               (t.op == op_fallocate && t.page <= n)));
    return pending;
}
struct FileWithinSize : Always {
    static constexpr const char* id = "file.within-size";
    static constexpr const char* says =
        "Past the end of a file there is nothing in the cache, nothing mapped, no private copy "
        "and no content, unless a truncation or fallocate is at it.";
    static constexpr const char* source =
        "POSIX mmap() SIGBUS; linux mm/truncate.c:truncate_pagecache@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_files) {
            for (int r = 0; r < M::B.inodes; ++r) {
                const auto& i = s.inodes[static_cast<std::size_t>(r)];
                for (int n = 0; n < M::B.inode_pages; ++n) {
                    const auto at = static_cast<std::size_t>(n);
                    rep(implies(i.size <= n && !size_pending<M>(s, r, n),
                                i.pages[at].none() && i.want[at].none()));
                }
                each_entry_in_vma<M>(s, [&](const auto& pte, const auto& v, int n,
                                            const auto& here) {
                    const auto index = v.pgoff + n - v.lo;
                    rep(implies(here && v.inode.is(r) && pte.frame.some(),
                                index < env.limits.inode_pages &&
                                    (index < i.size || size_pending<M>(s, r, index))));
                });
            }
        }
    }
};
struct FileWritableExact : Always {
    static constexpr const char* id = "file.writable-exact";
    static constexpr const char* says =
        "i_mmap_writable is the number of shared mappings that may be written.";
    static constexpr const char* source = "linux include/linux/fs.h:mapping_map_writable@v6.12";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (int r = 0; r < M::B.inodes; ++r) {
                typename M::Num n = 0;
                for (const auto& mm : s.mms)
                    for (const auto& v : mm.vmas)
                        n = n + M::D::num(v.inode.is(r) && v.shared && v.maywrite);
                rep(s.inodes[static_cast<std::size_t>(r)].writable == n);
            }
    }
};
struct FileFreeClean : Always {
    static constexpr const char* id = "file.free-clean";
    static constexpr const char* says =
        "An inode not in use is all zeros; only shmem is sealed, and has nothing on a device.";
    static constexpr const char* source = "linux mm/shmem.c:shmem_evict_inode@v6.1";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (int r = 0; r < M::B.inodes; ++r) {
                const auto& i = s.inodes[static_cast<std::size_t>(r)];
                const auto sealed = i.seal_shrink || i.seal_grow || i.seal_write ||
                                    i.seal_future || i.seal_exec;
                rep(i.kind <= inode_shmem && i.size <= env.limits.inode_pages);
                rep(implies(i.kind == inode_none, !i.open && !i.executable && i.size == 0 &&
                                                      i.writable == 0 && !i.seal_seal));
                rep(implies(!(i.kind == inode_none), typename M::Bool(r < env.limits.inodes)));
                rep(implies(!(i.kind == inode_shmem), !sealed && !i.executable));
                for (std::size_t n = 0; n < i.pages.size(); ++n) {
                    rep(implies(i.kind == inode_none, i.pages[n].none() && i.want[n].none()));
                    rep(implies(!(i.kind == inode_file), i.disk[n].none()));
                }
            }
    }
};
struct SealWrite : Always {
    static constexpr const char* id = "seal.write";
    static constexpr const char* says =
        "Once F_SEAL_WRITE is set no shared mapping may write the file, now or later, and nobody "
        "has its pages pinned for writing.";
    static constexpr const char* source =
        "linux mm/memfd.c:memfd_add_seals, memfd_wait_for_pins@v6.12; commit 3b041514cb6e";
    static constexpr ClaimKind kind = ClaimKind::state;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (int r = 0; r < M::B.inodes; ++r) {
                const auto& i = s.inodes[static_cast<std::size_t>(r)];
                rep(implies(i.seal_write, i.writable == 0));
                for (int f = 0; f < M::B.frames; ++f)
                    rep(implies(i.seal_write &&
                                    s.frames[static_cast<std::size_t>(f)].inode.is(r),
                                c.write_pins.of(f) == 0));
            }
    }
};

}  // namespace faultline
