// model/reference/populate.hpp - faulting a range in on behalf of a call: mlock, and mremap that
// grew locked memory.
//
// Why:    the call has given mmap_lock back when it begins, so others get in between; and a page
//         at a time it runs the very steps of a fault. Where a fault runs out of memory, pages
//         done since the VMA was entered count as success, and the page is tried again.
// Source: linux mm/gup.c:__mm_populate, populate_vma_page_range, __get_user_pages@v6.1;
//         mm/mlock.c:__mlock_posix_error_return@v6.1
#pragma once
#include "model/reference/gup.hpp"

namespace faultline {

/// Fills [lo, hi) once mmap_lock can be had for reading; a move answers with its `to` then.
template <class K>
constexpr void begin_populate(K& k, const typename K::Mach::Page& lo,
                              const typename K::Mach::Page& hi) {
    typename K::Mach::Task t{};
    t.mm = k.t.mm;
    t.op = k.t.op;
    t.to = k.t.to;
    t.gup = gup_touch;
    t.page = lo;
    t.end = hi;
    t.pc = pc_populate_lock;
    k.t = t;
}
template <class K>
constexpr BoolOf<K> populate_lock(K& k) {
    using D = typename K::D;
    REQUIRE(may_read(k, k.t.mm));
    k.t.pc = pc_populate;
    return D::done();
}
/// mlock reports what could not be filled; to the others the range is as good as filled.
template <class K>
constexpr BoolOf<K> populate_reports(const K& k) {
    return k.t.op == op_mlock;
}
/// Writable memory is written to, so that it is zeroed or copied now; shared memory is not copied,
/// and not made dirty for nothing. Source: mm/gup.c:populate_vma_page_range@v6.1
template <class K>
constexpr BoolOf<K> touches(const typename K::Mach::Vma& v) {
    if constexpr (K::Mach::has_files) return v.write && !v.shared;
    else return v.write;
}
/// On to the first page that the VMA in hand does not cover.
template <class K>
constexpr void leave_vma(K& k, const auto& v) {
    using D = typename K::D;
    IF(v.hi < k.t.end) k.t.page = v.hi;
    else k.t.page = k.t.end;
    k.t.hole = false;
}
/// A fault on behalf of populate found no memory, or nothing of the file there.
template <class K>
constexpr void populate_failed(K& k, int answer) {
    using D = typename K::D;
    const BoolOf<K> again = k.t.hole;
    const BoolOf<K> reports = populate_reports(k) && !again;
    k.t.pc = pc_populate;
    k.t.write = false;
    k.t.hole = false;
    if (k.env.rules.mlock_drains == MlockDrains::each_range) drain_batch(k);
    IF(!again && !reports) WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) leave_vma(k, v);
    }
    IF(reports) finish(k, answer);
}
/// Looks at the next page of the range: done, to be faulted in, or behind a hole.
template <class K>
constexpr BoolOf<K> populate(K& k) {
    using D = typename K::D;
    const bool each_page = k.env.rules.mlock_drains == MlockDrains::each_page;
    const BoolOf<K> over = k.t.page >= k.t.end, reports = populate_reports(k);
    BoolOf<K> refused = false, drains = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        auto above = vma_from<K>(mm, k.t.page);
        BoolOf<K> faults = false;
        IF(!over) WITH(v, mm.vmas, here) {
            BoolOf<K> serves = false, filled = false;
            WITH(pte, mm.ptes, k.t.page) {
                filled = pte.frame.some();
                serves = (pte.zero || filled) && !pte.protnone &&
                         (pte.write || !touches<K>(v));
            }
            refused = !accessible(flags_of<typename K::Mach>(v));
            serves = serves && !refused;
            faults = !refused && !serves;
            IF(serves) {
                k.t.page += 1;
                k.t.hole = true;
            }
            const BoolOf<K> leaves =
                refused || (serves && (k.t.page >= v.hi || k.t.page >= k.t.end));
            IF(leaves) leave_vma(k, v);
            drains = D::select(BoolOf<K>(each_page), serves && filled, leaves && true);
            IF(faults) k.t.write = touches<K>(v);
        }
        IF(!over && !here.ok) {
            typename K::Mach::Page next = k.t.end;
            WITH(v, mm.vmas, above) IF(v.lo < k.t.end) next = v.lo;
            k.t.page = next;
        }
        IF(faults) enter_fault(k, mm);
    }
    IF(drains) drain_batch(k);
    IF(over && !reports) k.out.page = k.t.to;
    IF(over) finish(k, res_ok);
    IF(refused && reports) finish(k, res_enomem);
    return D::done();
}

}  // namespace faultline
