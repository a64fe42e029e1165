// model/reference/page_cache.hpp - the page cache: which frame holds which page of which file, what
// that counts, and who maps it.
//
// Why:     faults, unmaps, forks and calls on files all enter pages, drop them or account for them;
//          here is each change by itself. Without inodes none of it is there.
// Source:  linux mm/filemap.c:__filemap_add_folio, __filemap_remove_folio@v6.1;
//          mm/memory.c:mm_counter@v6.1; mm/mmap.c:__vma_link_file@v6.12
// Differs: a page that leaves the cache is unmapped, so it has one mapping or none
//          (spec/ABSTRACTIONS.md A-unmapped-forgets).
#pragma once
#include "model/reference/frame.hpp"

namespace faultline {

/// In the page cache (or, mapped, of a file): page->mapping is an address_space.
constexpr auto is_file_page(const auto& f) { return f.inode.some(); }
/// Pages of files that tell when they are first written to; shmem does not.
/// Source: linux mm/mmap.c:vma_wants_writenotify@v6.1
template <class K>
constexpr BoolOf<K> tracks_dirty(const K& k, const auto& inode) {
    using D = typename K::D;
    if constexpr (K::Mach::has_files) return AT(k.s.inodes, inode, kind) == inode_file;
    else return BoolOf<K>(false);
}

/// MM_ANONPAGES, MM_FILEPAGES or MM_SHMEMPAGES, one more or one less.
template <class K>
constexpr void count_rss(K& k, auto& mm, const auto& f, bool more) {
    using D = typename K::D;
    const auto count = [&](auto& counter) {
        if (more) counter += 1;
        else counter -= 1;
    };
    if constexpr (K::Mach::has_files) {
        const BoolOf<K> shmem = AT(k.s.inodes, f.inode, kind) == inode_shmem;
        IF(f.inode.none()) count(mm.rss_anon);
        IF(f.inode.some() && shmem) count(mm.rss_shmem);
        IF(f.inode.some() && !shmem) count(mm.rss_file);
    } else {
        count(mm.rss_anon);
    }
}
/// A shared mapping that may be written counts in its file.
template <class K>
constexpr void count_writable(K& k, const auto& v, bool more) {
    using D = typename K::D;
    if constexpr (K::Mach::has_files)
        IF(v.shared && v.maywrite) WITH(i, k.s.inodes, v.inode) {
            if (more) i.writable += 1;
            else i.writable -= 1;
        }
}

/// What a file has for one of its pages in the column of `column(inode)`; T{} where it has no such
/// page.
template <class T, class K>
constexpr T of_file_page(const K& k, const auto& inode, const auto& index, auto column) {
    using D = typename K::D;
    T found{};
    if constexpr (K::Mach::has_files)
        WITH(i, k.s.inodes, inode) WITH(x, column(i), index) found = x;
    return found;
}
/// The frame in the cache for a page of the file, none if there is none.
template <class K>
constexpr auto cached_page(const K& k, const auto& inode, const auto& index) {
    return of_file_page<typename K::Mach::FrameRef>(
        k, inode, index, [](auto& i) -> auto& { return i.pages; });
}
/// Ghost: what everybody must find in a page of the file.
template <class K>
constexpr auto file_want(const K& k, const auto& inode, const auto& index) {
    return of_file_page<typename K::Mach::Value>(
        k, inode, index, [](auto& i) -> auto& { return i.want; });
}
/// What the device holds: for shmem nothing.
template <class K>
constexpr auto file_disk(const K& k, const auto& inode, const auto& index) {
    return of_file_page<typename K::Mach::Value>(
        k, inode, index, [](auto& i) -> auto& { return i.disk; });
}
template <class K>
constexpr void set_file_want(K& k, const auto& inode, const auto& index, const auto& value) {
    using D = typename K::D;
    if constexpr (K::Mach::has_files)
        WITH(i, k.s.inodes, inode) WITH(w, i.want, index) w = value;
}
/// The frame in the cache for a page of a file by its row, none if there is none.
template <class M>
constexpr typename M::FrameRef cached_frame(const typename M::State& s, int inode, int page) {
    typename M::FrameRef found{};
    if constexpr (M::has_files)
        found = s.inodes[static_cast<std::size_t>(inode)].pages[static_cast<std::size_t>(page)];
    return found;
}
/// SEEK_DATA finds the page: in the cache and written. Concrete states only.
/// Source: linux mm/filemap.c:folio_seek_hole_data@v6.1
template <class M>
constexpr bool holds_data(const typename M::State& s, int inode, int page) {
    const auto f = cached_frame<M>(s, inode, page);
    return f.some() && s.frames[static_cast<std::size_t>(f.v - 1)].uptodate;
}
/// What read(2) finds in a page it has had read: a hole reads as zeros. Concrete states only.
/// Source: linux mm/shmem.c:shmem_file_read_iter@v6.1
template <class M>
constexpr int file_reads(const typename M::State& s, int inode, int page) {
    if (!holds_data<M>(s, inode, page)) return 0;
    return s.frames[static_cast<std::size_t>(cached_frame<M>(s, inode, page).v - 1)].value.v;
}
/// The frame enters the cache, which holds a reference.
template <class K, class F>
constexpr void enter_page_cache(K& k, F& f, const auto& which, const auto& inode,
                                const auto& index) {
    using D = typename K::D;
    f.refcount += 1;
    f.inode = inode;
    f.index = index;
    WITH(i, k.s.inodes, inode) {
        i.blocks += 1;
        WITH(p, i.pages, index) p = which;
    }
}
/// The frame, unmapped and locked, leaves the cache.
template <class K, class F>
constexpr void leave_page_cache(K& k, F& f) {
    using D = typename K::D;
    WITH(i, k.s.inodes, f.inode) {
        i.blocks -= 1;
        WITH(p, i.pages, f.index) p = typename K::Mach::FrameRef{};
    }
    f.inode = typename K::Mach::InodeRef{};
    f.index = 0;
    f.dirty = false;
    put_frame(k, f);
}

}  // namespace faultline
