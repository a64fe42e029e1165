// model/reference/file_calls.hpp - calls on files: open and close, read and write, truncation and
// holes, fallocate, seals, writeback.
//
// Why:     they change the page cache from the side, without an address space, and take entries
//          away from everybody through the file's reverse map.
// Source:  linux mm/filemap.c:generic_perform_write, filemap_read@v6.1;
//          mm/truncate.c:truncate_pagecache, truncate_inode_pages_range,
//          truncate_cleanup_folio@v6.1;
//          mm/shmem.c:shmem_fallocate, shmem_write_begin, shmem_setattr@v6.1;
//          mm/memfd.c:memfd_add_seals@v6.12; mm/page-writeback.c:clear_page_dirty_for_io@v6.1
// Differs: calls on one file exclude each other, reads too where they wait for its pages
//          (A-inode-lock); a call reads or writes one whole page (A-file-page); files are opened
//          for reading and writing (A-fd-rdwr).
#pragma once
#include "model/reference/mremap.hpp"

namespace faultline {

template <class K>
constexpr BoolOf<K> inode_unlocked(const K& k, int row) {
    BoolOf<K> ok = true;
    for (const auto& u : k.s.tasks) ok = ok && !(locks_inode(u) && u.inode.is(row));
    return ok;
}
template <class K>
constexpr auto& inode_row(K& k, int row) { return k.s.inodes[static_cast<std::size_t>(row)]; }

/// A file appears: one of a file system with `value` on each page of its device, a tmpfs file, or a
/// memfd that may be sealed.
template <class K>
constexpr BoolOf<K> open_file(K& k, int row, const auto& args) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    REQUIRE(i.kind == inode_none && row < k.env.limits.inodes);
    REQUIRE(args.end <= k.env.limits.inode_pages && args.value.v <= k.env.limits.values);
    REQUIRE(args.op >= op_open_file && args.op <= op_open_memfd);
    REQUIRE(args.op == op_open_file || args.value.none());
    REQUIRE(args.op == op_open_memfd || !args.exec);
    IF(args.op == op_open_file) i.kind = inode_file;
    else i.kind = inode_shmem;
    i.open = true;
    i.executable = args.exec;
    i.size = args.end;
    i.seal_seal = !(args.op == op_open_memfd);
    for (int n = 0; n < K::Mach::B.inode_pages; ++n) IF(args.end > n) {
        i.disk[static_cast<std::size_t>(n)] = args.value;
        i.want[static_cast<std::size_t>(n)] = args.value;
    }
    k.out.result = res_ok;
    return D::done();
}
template <class K>
constexpr BoolOf<K> close_file(K& k, int row) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    REQUIRE(i.open && inode_unlocked(k, row));
    for (const auto& u : k.s.tasks) REQUIRE(!(u.pc != pc_idle && u.inode.is(row)));
    i.open = false;
    k.out.result = res_ok;
    return D::done();
}
/// The last user is gone: the file's pages and the file itself are freed.
/// Source: linux mm/shmem.c:shmem_evict_inode@v6.1
template <class K>
constexpr BoolOf<K> evict_file(K& k, int row) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    BoolOf<K> used = i.open || i.kind == inode_none;
    for (const auto& mm : k.s.mms)
        for (const auto& v : mm.vmas) used = used || (v.used && v.inode.is(row));
    for (const auto& u : k.s.tasks) used = used || (u.pc != pc_idle && u.inode.is(row));
    for (const auto& f : k.s.frames) used = used || (f.inode.is(row) && (f.locked || f.writeback));
    REQUIRE(!used);
    for (auto& f : k.s.frames) IF(f.inode.is(row)) leave_page_cache(k, f);
    i = typename K::Mach::Inode{};
    k.out.result = res_ok;
    return D::done();
}

/// A task begins a call on an open file, whose lock it takes.
template <class K>
constexpr BoolOf<K> start_file_call(K& k, int row, const auto& args, int pc) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    REQUIRE(i.open && inode_unlocked(k, row));
    REQUIRE(args.page < k.env.limits.inode_pages && args.value.v <= k.env.limits.values);
    k.t.inode = K::Mach::InodeRef::row(row);
    k.t.page = args.page;
    k.t.copied = args.value;
    k.t.pc = pc;
    return D::done();
}
/// write(2) of one page. Source: linux mm/shmem.c:shmem_write_begin@v6.1
template <class K>
constexpr BoolOf<K> start_pwrite(K& k, int row, const auto& args) {
    using D = typename K::D;
    const BoolOf<K> ok = start_file_call(k, row, args, pc_inode_write);
    const auto& i = inode_row(k, row);
    IF(i.seal_write || i.seal_future || (i.seal_grow && args.page >= i.size)) finish(k, res_eperm);
    return ok;
}
/// The page of the call in the cache; with `fresh` a new one if it is not there.
template <class K>
constexpr void add_call_page(K& k, const auto& fresh) {
    using D = typename K::D;
    WITH(f, k.s.frames, fresh) {
        enter_page_cache(k, f, fresh, k.t.inode, k.t.page);
        add_to_batch(k, f);
    }
}
/// Finds or makes the page and fills it, under its lock; the file grows to hold it.
template <class K>
constexpr BoolOf<K> inode_write(K& k) {
    using D = typename K::D;
    const auto cached = cached_page(k, k.t.inode, k.t.page);
    REQUIRE(!AT(k.s.frames, cached, locked));
    auto fresh = free_frame(k);
    const BoolOf<K> ok = cached.some() || fresh.ok;
    typename K::Mach::FrameRef page = cached;
    IF(cached.none() && fresh.ok) {
        add_call_page(k, fresh);
        page = fresh;
    }
    IF(ok) {
        WITH(f, k.s.frames, page) {
            f.value = k.t.copied;
            f.uptodate = true;
            f.dirty = true;
        }
        set_file_want(k, k.t.inode, k.t.page, k.t.copied);
        WITH(i, k.s.inodes, k.t.inode) IF(i.size <= k.t.page) i.size = k.t.page + 1;
        finish(k, res_ok);
    } else finish(k, res_enomem);
    return D::done();
}
template <class K>
constexpr BoolOf<K> start_pread(K& k, int row, const auto& args) {
    return start_file_call(k, row, args, pc_inode_read);
}
/// read(2) of one page: a file's is read into the cache, a hole of shmem is not.
template <class K>
constexpr BoolOf<K> inode_read(K& k) {
    using D = typename K::D;
    const auto cached = cached_page(k, k.t.inode, k.t.page);
    REQUIRE(!AT(k.s.frames, cached, locked));
    const BoolOf<K> reads = cached.none() && AT(k.s.inodes, k.t.inode, kind) == inode_file &&
                            k.t.page < AT(k.s.inodes, k.t.inode, size);
    auto fresh = free_frame(k);
    IF(reads && fresh.ok) {
        add_call_page(k, fresh);
        WITH(f, k.s.frames, fresh) {
            f.value = file_disk(k, k.t.inode, k.t.page);
            f.uptodate = true;
        }
    }
    IF(reads && !fresh.ok) finish(k, res_enomem);
    else finish(k, res_ok);
    return D::done();
}

/// The task begins a call on pages [page, end) of a file, whose lock it takes.
template <class K>
constexpr void begin_range_call(K& k, int row, int op, const auto& page, const auto& end, int pc) {
    k.t.inode = K::Mach::InodeRef::row(row);
    k.t.op = op;
    k.t.page = page;
    k.t.end = end;
    k.t.cursor = page;
    k.t.pc = pc;
}
/// fallocate may begin on these pages of this file: an open one of shmem.
template <class K>
constexpr BoolOf<K> may_fallocate(const K& k, int row, const auto& args) {
    const auto& i = k.s.inodes[static_cast<std::size_t>(row)];
    return i.open && inode_unlocked(k, row) && i.kind == inode_shmem && args.page < args.end &&
           args.end <= k.env.limits.inode_pages;
}
/// ftruncate: up at once, down by steps. The size changes before anything else.
template <class K>
constexpr BoolOf<K> start_truncate(K& k, int row, const auto& args) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    REQUIRE(i.open && inode_unlocked(k, row) && args.end <= k.env.limits.inode_pages);
    begin_range_call(k, row, op_truncate, args.end, k.env.limits.inode_pages, pc_trunc_unmap);
    const BoolOf<K> grows = args.end > i.size, shrinks = args.end < i.size;
    const BoolOf<K> sealed = (grows && i.seal_grow) || (shrinks && i.seal_shrink);
    IF(!sealed) i.size = args.end;
    IF(sealed) finish(k, res_eperm);
    IF(!sealed && !shrinks) finish(k, res_ok);
    return D::done();
}
/// fallocate(PUNCH_HOLE) of shmem: shared pages of the range go, private copies stay.
template <class K>
constexpr BoolOf<K> start_punch(K& k, int row, const auto& args) {
    using D = typename K::D;
    REQUIRE(may_fallocate(k, row, args));
    begin_range_call(k, row, op_punch, args.page, args.end, pc_trunc_unmap);
    const auto& i = inode_row(k, row);
    IF(i.seal_write || i.seal_future) finish(k, res_eperm);
    return D::done();
}
/// The entries that map pages [lo, hi) of the task's file, in the order of processes and pages.
/// `copies`: private copies too.
template <class K>
struct FileEntries {
    using M = typename K::Mach;
    static constexpr int entries = M::B.mms * M::B.pages;
    std::array<typename M::Bool, static_cast<std::size_t>(entries)> hit{};

    constexpr FileEntries(const K& k, const auto& inode, const auto& lo, const auto& hi,
                          const typename M::Bool& copies) {
        using D = typename K::D;
        for (int p = 0; p < M::B.mms; ++p)
            for (int n = 0; n < M::B.pages; ++n) {
                const auto& mm = k.s.mms[static_cast<std::size_t>(p)];
                const auto& pte = mm.ptes[static_cast<std::size_t>(n)];
                auto& mine = hit[static_cast<std::size_t>(p * M::B.pages + n)];
                const typename M::Bool of_file = AT(k.s.frames, pte.frame, inode).some();
                for (const auto& v : mm.vmas)
                    mine = mine || (spans(v, n) && v.inode == inode && v.inode.some() &&
                                    v.pgoff + n >= v.lo + lo && v.pgoff + n < v.lo + hi &&
                                    pte.frame.some() && (of_file || copies));
            }
    }
    constexpr auto first() const {
        return K::D::find(hit, [](const auto& h) { return h; });
    }
    constexpr typename M::Bool any() const { return first().ok; }
};
template <class K>
constexpr void zap_first(K& k, const FileEntries<K>& e) {
    using D = typename K::D;
    constexpr int pages = K::Mach::B.pages;
    auto first = e.first();
    for (int i = 0; i < FileEntries<K>::entries; ++i) IF(first.at(i))
        zap_page(k, k.s.mms[static_cast<std::size_t>(i / pages)],
                 K::Mach::MmRef::row(i / pages), i % pages);
}
/// unmap_mapping_range, entry by entry; twice, because a copy may be mapped between.
template <class K>
constexpr BoolOf<K> trunc_unmap(K& k, bool again) {
    using D = typename K::D;
    const FileEntries<K> found(k, k.t.inode, k.t.page, k.t.end, k.t.op == op_truncate);
    const BoolOf<K> more = found.any();
    zap_first(k, found);
    IF(!more) {
        if (again) finish(k, res_ok);
        else k.t.pc = pc_trunc_page;
    }
    return D::done();
}
/// One page leaves the cache, with its lock, unmapped wherever somebody mapped it meanwhile.
template <class K>
constexpr BoolOf<K> trunc_page(K& k) {
    using D = typename K::D;
    const auto cached = cached_page(k, k.t.inode, k.t.cursor);
    REQUIRE(!AT(k.s.frames, cached, locked) && !AT(k.s.frames, cached, writeback));
    const FileEntries<K> found(k, k.t.inode, k.t.cursor, k.t.cursor + 1, false);
    const BoolOf<K> mapped = found.any();
    zap_first(k, found);
    IF(!mapped) {
        WITH(f, k.s.frames, cached) {
            k.out.bug = k.out.bug || f.mapcount != 0;   // VM_BUG_ON_FOLIO(folio_mapped(folio))
            leave_page_cache(k, f);
        }
        WITH(i, k.s.inodes, k.t.inode) {
            WITH(w, i.want, k.t.cursor) w = typename K::Mach::Value{};
            WITH(d, i.disk, k.t.cursor) d = typename K::Mach::Value{};
        }
        k.t.cursor += 1;
        IF(k.t.cursor >= k.t.end) {
            k.t.cursor = 0;
            IF(k.t.op == op_punch) finish(k, res_ok);
            else k.t.pc = pc_trunc_again;
        }
    }
    return D::done();
}

/// fallocate of shmem: pages [page, end) come to be, not yet cleared.
template <class K>
constexpr BoolOf<K> start_fallocate(K& k, int row, const auto& args) {
    using D = typename K::D;
    REQUIRE(may_fallocate(k, row, args));
    begin_range_call(k, row, op_fallocate, args.page, args.end, pc_falloc_page);
    const auto& i = inode_row(k, row);
    IF(i.seal_grow && args.end > i.size) finish(k, res_eperm);
    return D::done();
}
template <class K>
constexpr BoolOf<K> falloc_page(K& k) {
    using D = typename K::D;
    const auto cached = cached_page(k, k.t.inode, k.t.cursor);
    REQUIRE(!AT(k.s.frames, cached, locked));
    auto fresh = free_frame(k);
    const BoolOf<K> ok = !k.deny && (cached.some() || fresh.ok);
    IF(ok) {
        IF(cached.none()) WITH(f, k.s.frames, fresh) {
            enter_page_cache(k, f, fresh, k.t.inode, k.t.cursor);
            f.dirty = true;
            add_to_batch(k, f);
        }
        WITH(f, k.s.frames, cached) f.dirty = true;
        k.t.cursor += 1;
        IF(k.t.cursor >= k.t.end) {
            WITH(i, k.s.inodes, k.t.inode) IF(i.size < k.t.end) i.size = k.t.end;
            finish(k, res_ok);
        }
    } else {
        // 4.6 undid the failing page as well, which is somebody else's.
        const bool whole = k.env.rules.falloc_undo == FallocUndo::inclusive;
        const BoolOf<K> nothing = BoolOf<K>(!whole) && k.t.cursor == k.t.page;
        if (whole) k.t.end = k.t.cursor + 1;
        else k.t.end = k.t.cursor;
        k.t.cursor = k.t.page;
        k.t.pc = pc_falloc_undo;
        IF(nothing) finish(k, res_enomem);
    }
    return D::done();
}
/// The failed call takes back the pages it made: those never written. A page given in part is
/// cleared in part (M23).
template <class K>
constexpr BoolOf<K> falloc_undo(K& k) {
    using D = typename K::D;
    const auto cached = cached_page(k, k.t.inode, k.t.cursor);
    REQUIRE(!AT(k.s.frames, cached, locked));
    const bool whole = k.env.rules.falloc_undo == FallocUndo::inclusive;
    WITH(f, k.s.frames, cached) {
        IF(!f.uptodate) leave_page_cache(k, f);
        else {
            IF(BoolOf<K>(whole) && k.t.cursor + 1 == k.t.end) f.value = typename K::Mach::Value{};
        }
    }
    k.t.cursor += 1;
    IF(k.t.cursor >= k.t.end) finish(k, res_enomem);
    return D::done();
}

/// Adds one seal, and what it implies; F_SEAL_WRITE only if nobody can write any more.
template <class K>
constexpr BoolOf<K> add_seal(K& k, int row, const auto& args) {
    using D = typename K::D;
    auto& i = inode_row(k, row);
    REQUIRE(i.open && inode_unlocked(k, row));
    REQUIRE(args.op >= op_seal_seal && args.op <= op_seal_exec);
    const BoolOf<K> implies_all = args.op == op_seal_exec && i.executable;
    const bool early = k.env.rules.seal_exec == SealExec::implied_first;
    const BoolOf<K> asks = (args.op == op_seal_write || (BoolOf<K>(early) && implies_all)) &&
                           !i.seal_write;
    const BoolOf<K> frozen = i.seal_seal;
    const BoolOf<K> file = i.kind == inode_file ||
                           (args.op == op_seal_exec &&
                            BoolOf<K>(k.env.rules.seal_exec == SealExec::none));
    IF(asks && !frozen) drain_batch(k);
    BoolOf<K> pinned = false;
    for (const auto& f : k.s.frames)
        pinned = pinned || (f.inode.is(row) && !(f.refcount == f.mapcount + 1));
    const BoolOf<K> busy = asks && (i.writable != 0 || pinned);
    const BoolOf<K> ok = !frozen && !file && !busy;
    IF(ok) {
        i.seal_seal = args.op == op_seal_seal;
        IF(args.op == op_seal_shrink || implies_all) i.seal_shrink = true;
        IF(args.op == op_seal_grow || implies_all) i.seal_grow = true;
        IF(args.op == op_seal_write || implies_all) i.seal_write = true;
        IF(args.op == op_seal_future || implies_all) i.seal_future = true;
        IF(args.op == op_seal_exec) i.seal_exec = true;
        k.out.result = res_ok;
    }
    IF(busy && !frozen) k.out.result = res_ebusy;
    IF(frozen && !file) k.out.result = res_eperm;
    IF(file) k.out.result = res_einval;
    return D::done();
}

/// Writeback of one dirty page of a file: every entry loses its write right, so that the next write
/// is noticed. Source: linux mm/rmap.c:page_vma_mkclean_one@v6.1
template <class K>
constexpr BoolOf<K> start_clean(K& k, int frame_row) {
    using D = typename K::D;
    auto& f = k.s.frames[static_cast<std::size_t>(frame_row)];
    REQUIRE(f.inode.some() && f.dirty && f.uptodate && !f.locked && !f.writeback);
    REQUIRE(AT(k.s.inodes, f.inode, kind) == inode_file);
    for (auto& mm : k.s.mms)
        for (auto& pte : mm.ptes) IF(pte.frame.is(frame_row)) {
            pte.write = false;
            pte.dirty = false;
        }
    f.dirty = false;
    f.writeback = true;
    f.refcount += 1;
    k.t.frame = K::Mach::FrameRef::row(frame_row);
    k.t.pc = pc_clean_write;
    return D::done();
}
/// The device takes the page, if it is not gone from the file.
template <class K>
constexpr BoolOf<K> clean_write(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) WITH(i, k.s.inodes, f.inode)
        WITH(d, i.disk, f.index) d = f.value;
    k.t.pc = pc_clean_written;
    return D::done();
}
template <class K>
constexpr BoolOf<K> clean_written(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) {
        f.writeback = false;
        put_frame(k, f);
    }
    finish(k, res_ok);
    return D::done();
}
/// Somebody short of memory drops a clean page that only the cache holds.
/// Source: linux mm/vmscan.c:__remove_mapping@v6.1
template <class K>
constexpr BoolOf<K> drop_page(K& k, int frame_row) {
    using D = typename K::D;
    auto& f = k.s.frames[static_cast<std::size_t>(frame_row)];
    REQUIRE(f.inode.some() && !f.dirty && !f.locked && !f.writeback && f.refcount == 1);
    REQUIRE(AT(k.s.inodes, f.inode, kind) == inode_file);
    leave_page_cache(k, f);
    k.out.result = res_ok;
    return D::done();
}

}  // namespace faultline
