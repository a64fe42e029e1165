// model/reference/file_fault.hpp - a fault on an empty entry of a file's mapping, as atomic steps.
//
// Why:     the page is found or read without the page-table lock, and its own lock is what keeps a
//          truncation out while it is mapped; whatever was true before must be asked again: still
//          in the file, still within its size, the entry still empty.
// Source:  linux mm/memory.c:do_read_fault, do_cow_fault, do_shared_fault, do_page_mkwrite,
//          finish_fault, wp_page_shared@v6.1; mm/filemap.c:filemap_fault, filemap_map_pages@v6.1;
//          mm/shmem.c:shmem_get_folio_gfp@v6.1
// Differs: a read keeps the lock the fault holds (A-file-io-lock); shmem takes page_mkwrite's way
//          (A-shared-write); fault-around reaches over the whole VMA (A-fault-around).
#pragma once
#include "model/reference/swapin.hpp"

namespace faultline {

/// The page of the file that lies at `page` of v.
constexpr auto file_index(const auto& v, const auto& page) { return v.pgoff + (page - v.lo); }
/// The faulting page lies past the end of its file.
template <class K>
constexpr BoolOf<K> fault_beyond(const K& k) {
    using D = typename K::D;
    BoolOf<K> beyond = true;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here)
            beyond = file_index(v, k.t.page) >= AT(k.s.inodes, v.inode, size);
    }
    return beyond;
}
template <class K>
constexpr typename K::Mach::FrameRef fault_cached(const K& k) {
    using D = typename K::D;
    typename K::Mach::FrameRef found{};
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) found = cached_page(k, v.inode, file_index(v, k.t.page));
    }
    return found;
}
/// The fault fails or starts again: the copy meant for it is given back.
template <class K>
constexpr void end_file_fault(K& k, int result) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.frame) put_frame(k, f);
    end_fault(k, result);
}
/// The page of the cache is in hand, its lock is still to be had.
template <class K>
constexpr void take_cache_page(K& k, const typename K::Mach::FrameRef& page) {
    using D = typename K::D;
    WITH(f, k.s.frames, page) f.refcount += 1;
    k.t.old = page;
    k.t.pc = pc_file_lock;
}
/// A page of the cache becomes mapped at `page`; the reference is the caller's.
template <class K>
constexpr void map_cache_page(K& k, auto& mm, const typename K::Mach::Vma& v, auto& pte, auto& f,
                              const auto& which, const BoolOf<K>& write) {
    f.mapcount += 1;
    count_rss(k, mm, f, true);
    pte.frame = which;
    pte.exec = v.exec;
    pte.write = v.shared && v.write && (write || !tracks_dirty(k, v.inode));
    pte.dirty = write && v.shared;
}

/// A read maps every page of the VMA that is in the cache, read and not locked.
template <class K>
constexpr BoolOf<K> file_around(K& k) {
    using D = typename K::D;
    BoolOf<K> served = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) for (int n = 0; n < K::Mach::B.pages; ++n) {
            auto& pte = mm.ptes[static_cast<std::size_t>(n)];
            IF(v.lo <= n && v.hi > n && is_empty(pte)) {
                const auto index = file_index(v, n);
                const BoolOf<K> within = index < AT(k.s.inodes, v.inode, size);
                const auto cached = cached_page(k, v.inode, index);
                WITH(f, k.s.frames, cached) IF(within && f.uptodate && !f.locked) {
                    f.refcount += 1;
                    map_cache_page(k, mm, v, pte, f, cached, false);
                }
            }
        }
        WITH(pte, mm.ptes, k.t.page) served = !is_empty(pte);
    }
    IF(served) end_fault(k, res_mapped);
    else k.t.pc = pc_file_find;
    return D::done();
}
/// Looks into the cache; past the end of the file there is nothing to find.
template <class K>
constexpr BoolOf<K> file_find(K& k) {
    using D = typename K::D;
    const BoolOf<K> beyond = fault_beyond(k);
    const auto cached = fault_cached(k);
    IF(beyond) end_file_fault(k, res_sigbus);
    else {
        IF(cached.some()) take_cache_page(k, cached);
        else k.t.pc = pc_file_add;
    }
    return D::done();
}
/// A new page: one reference of the task's, one of the cache's, one of the batch's; locked until it
/// is read. Somebody else's is taken instead if there is one by now.
template <class K>
constexpr BoolOf<K> file_add(K& k) {
    using D = typename K::D;
    const BoolOf<K> beyond = fault_beyond(k);
    const auto cached = fault_cached(k);
    auto fresh = free_frame(k);
    IF(beyond) end_file_fault(k, res_sigbus);
    else {
        IF(cached.some()) take_cache_page(k, cached);
        else {
            IF(fresh.ok) {
                WITH(mm, k.s.mms, k.t.mm) {
                    auto here = vma_at<K>(mm, k.t.page);
                    WITH(v, mm.vmas, here) WITH(f, k.s.frames, fresh) {
                        f.refcount = 1;
                        f.locked = true;
                        enter_page_cache(k, f, fresh, v.inode, file_index(v, k.t.page));
                        add_to_batch(k, f);
                    }
                }
                k.t.old = fresh;
                k.t.pc = pc_file_read;
            } else end_file_fault(k, res_oom);
        }
    }
    return D::done();
}
/// The device, or nothing for a hole of shmem, fills the page; the end of the read unlocks it.
template <class K>
constexpr BoolOf<K> file_read(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.old) {
        k.out.major = AT(k.s.inodes, f.inode, kind) == inode_file;
        f.value = file_disk(k, f.inode, f.index);
        f.uptodate = true;
        f.locked = false;
    }
    k.t.pc = pc_file_lock;
    return D::done();
}
/// With the page's lock: still of this file, still within it? A page allocated but never written is
/// cleared now.
template <class K>
constexpr BoolOf<K> file_lock(K& k) {
    using D = typename K::D;
    REQUIRE(!AT(k.s.frames, k.t.old, locked));
    const BoolOf<K> here = AT(k.s.frames, k.t.old, inode).some();
    const BoolOf<K> beyond = fault_beyond(k), copies = k.t.frame.some();
    IF(here && !beyond) {
        WITH(f, k.s.frames, k.t.old) {
            f.locked = true;
            IF(!f.uptodate) f.value = typename K::Mach::Value{};
            f.uptodate = true;
        }
        IF(copies) k.t.pc = pc_file_copy;
        IF(!copies && k.t.write) k.t.pc = pc_file_mkwrite;
        IF(!copies && !k.t.write) k.t.pc = pc_file_map;
    }
    IF(!here || beyond) WITH(f, k.s.frames, k.t.old) put_frame(k, f);
    IF(!here) {
        k.t.old = typename K::Mach::FrameRef{};
        k.t.pc = pc_file_find;
    }
    IF(here && beyond) end_file_fault(k, res_sigbus);
    return D::done();
}
/// The file is told before anybody can write. Source: mm/memory.c:do_page_mkwrite@v6.1
template <class K>
constexpr BoolOf<K> file_mkwrite(K& k) {
    using D = typename K::D;
    WITH(f, k.s.frames, k.t.old) f.dirty = true;
    k.t.pc = pc_file_map;
    return D::done();
}
/// A private write: the copy gets what the page of the cache says.
template <class K>
constexpr BoolOf<K> file_copy(K& k) {
    using D = typename K::D;
    const auto value = AT(k.s.frames, k.t.old, value);
    WITH(f, k.s.frames, k.t.old) k.t.copied = file_want(k, f.inode, f.index);
    WITH(f, k.s.frames, k.t.frame) {
        f.value = value;
        f.uptodate = true;
    }
    k.t.pc = pc_file_map;
    return D::done();
}
/// Under the page-table lock: maps the page or its copy if the entry is empty, or lets it be
/// written if it maps the page already; then the page's lock goes.
template <class K>
constexpr BoolOf<K> file_map(K& k) {
    using D = typename K::D;
    const BoolOf<K> copies = k.t.frame.some();
    BoolOf<K> empty = false, mine = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            empty = is_empty(pte);
            mine = pte.frame == k.t.old && !copies && k.t.write;
            IF(empty && copies) {
                WITH(f, k.s.frames, k.t.frame) own_new_frame(k, f, v, k.t.page);
                pte.frame = k.t.frame;
                pte.exec = v.exec;
                pte.write = v.write;
                pte.dirty = true;
                mm.rss_anon += 1;
                WITH(want, mm.want, k.t.page) want = k.t.copied;
            }
            IF(empty && !copies) WITH(f, k.s.frames, k.t.old) {
                f.refcount += 1;
                map_cache_page(k, mm, v, pte, f, k.t.old, k.t.write);
            }
            IF(mine) {
                pte.write = v.write && v.shared;
                pte.dirty = true;
            }
        }
    }
    WITH(f, k.s.frames, k.t.old) {
        f.locked = false;
        put_frame(k, f);
    }
    IF(empty && copies) end_fault(k, res_new_page);
    IF(empty && !copies) end_fault(k, res_mapped);
    IF(mine) end_fault(k, res_reused);
    IF(!empty && !mine) end_file_fault(k, res_raced);
    return D::done();
}

}  // namespace faultline
