// invariants/file_facts.hpp - support: what faults on files, calls on files and writeback may rely
// on.
//
// Why: see task_fields.hpp.
#pragma once
#include "invariants/file.hpp"
#include "invariants/task_facts.hpp"

namespace faultline {

struct FileFrameState : Always {
    static constexpr const char* id = "file.frame-state";
    static constexpr const char* says =
        "Only a page of a file is dirty, locked or under writeback; one under writeback is of a "
        "file system and read; one of a file system not yet read is locked.";
    static constexpr const char* source = "linux mm/filemap.c@v6.1; representation";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files && !M::has_swap)
            for (const auto& f : s.frames) {
                const auto disk = AT(s.inodes, f.inode, kind) == inode_file;
                rep(implies(f.dirty || f.locked || f.writeback, f.inode.some()));
                rep(implies(f.writeback, f.uptodate && disk));
                rep(implies(disk && !f.locked, f.uptodate));
                rep(implies(f.inode.some() && !f.uptodate, f.value.none() && f.mapcount == 0));
                rep(implies(f.inode.some(), !(AT(s.inodes, f.inode, kind) == inode_none)));
            }
    }
};
struct FileFaultFacts : Always {
    static constexpr const char* id = "task.file-fault";
    static constexpr const char* says =
        "The page of the cache a fault has in hand is, as long as it is in the cache, that of the "
        "faulting address; it is there while the fault holds its lock, read past the read, and "
        "dirty before it is mapped for writing.";
    static constexpr const char* source = "linux mm/memory.c:__do_fault@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (const auto& t : s.tasks) {
                const auto has = holds_cache_page(t);
                if (passes_over<M>(!has)) continue;
                const auto inode = AT(s.frames, t.old, inode);
                const auto index = AT(s.frames, t.old, index);
                rep(implies(has && locks_cache_page(t), inode.some()));
                rep(implies(has, AT(s.frames, t.old, anon_vma).none()));
                rep(implies(t.pc == pc_file_read, !AT(s.frames, t.old, uptodate)));
                rep(implies(pc_between(t.pc, pc_file_mkwrite, pc_file_map),
                            AT(s.frames, t.old, uptodate)));
                rep(implies(t.pc == pc_file_map && t.write && t.frame.none(),
                            AT(s.frames, t.old, dirty)));
                rep(implies(has, !(t.old == t.frame)));
                for (int p = 0; p < M::B.mms; ++p)
                    for (const auto& v : s.mms[static_cast<std::size_t>(p)].vmas)
                        rep(implies(has && t.mm.is(p) && covers(v, t.page) && inode.some(),
                                    v.inode == inode && index + v.lo == v.pgoff + t.page));
            }
    }
};
struct InodeCallFacts : Always {
    static constexpr const char* id = "task.inode-call";
    static constexpr const char* says =
        "A file that a call is at or an mmap is about to map is there, and open; two calls that "
        "need its lock exclude each other; behind a truncation's cursor the cache is empty; what "
        "the call may do its seals allow.";
    static constexpr const char* source = "linux include/linux/fs.h:inode_lock@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env& env, const typename M::State& s, const Census<M>&,
                                auto&& rep) {
        using D = typename M::D;
        if constexpr (M::has_files)
            for (std::size_t i = 0; i < s.tasks.size(); ++i) {
                const auto& t = s.tasks[i];
                if (passes_over<M>(t.inode.none())) continue;
                rep(implies(t.inode.some(), AT(s.inodes, t.inode, open)));
                for (std::size_t j = 0; j < i; ++j)
                    rep(implies(locks_inode(t) && locks_inode(s.tasks[j]),
                                !(s.tasks[j].inode == t.inode)));
                one<M>(env, s, t, rep);
            }
    }
    template <class M>
    static constexpr void one(const Env& env, const typename M::State& s,
                              const typename M::Task& t, auto& rep) {
        using D = typename M::D;
        const auto size = AT(s.inodes, t.inode, size);
        const auto kind = AT(s.inodes, t.inode, kind);
        const auto truncates = is_truncation(t) && t.op == op_truncate;
        const auto allocates = pc_between(t.pc, pc_falloc_page, pc_falloc_undo);
        rep(implies(truncates, size == t.page));
        rep(implies((is_truncation(t) && t.op == op_punch) || allocates, kind == inode_shmem));
        // A failed fallocate in the middle has only pages it may take back past the end.
        if (env.rules.falloc_undo == FallocUndo::exclusive)
            rep(implies(t.pc == pc_falloc_undo, t.cursor < t.end));
        for (int r = 0; r < M::B.inodes; ++r) {
            const auto& i = s.inodes[static_cast<std::size_t>(r)];
            for (int n = 0; n < M::B.inode_pages; ++n) {
                const auto at = static_cast<std::size_t>(n);
                const auto here = t.inode.is(r);
                const auto gone = truncates && t.page <= n &&
                                  (t.pc == pc_trunc_again ||
                                   (t.pc == pc_trunc_page && t.cursor > n));
                rep(implies(here && gone, i.pages[at].none() && i.want[at].none()));
                // Past the end a fallocate has pages up to where it stands, none written.
                rep(implies(here && t.pc == pc_falloc_page && i.size <= n && t.cursor <= n,
                            i.pages[at].none()));
                rep(implies(here && t.pc == pc_falloc_undo && i.size <= n &&
                                (t.cursor > n || t.end <= n),
                            i.pages[at].none()));
                rep(implies(here && allocates && i.size <= n,
                            i.want[at].none() && !AT(s.frames, i.pages[at], uptodate) &&
                                !AT(s.frames, i.pages[at], locked)));
            }
            each_entry_in_vma<M>(s, [&](const auto& pte, const auto& v, int n, const auto& in) {
                const auto index = v.pgoff + n - v.lo;
                rep(implies(in && allocates && t.inode.is(r) && v.inode.is(r) &&
                                pte.frame.some(),
                            index < i.size));
                const auto file = AT(s.frames, pte.frame, inode).some();
                rep(implies(in && t.pc == pc_trunc_again && t.inode.is(r) && v.inode.is(r) &&
                                index >= t.page,
                            !file));
            });
        }
    }
};
struct CleaningFacts : Always {
    static constexpr const char* id = "task.cleaning";
    static constexpr const char* says =
        "A page under writeback is in the cache, and what the device has taken is what it says, "
        "unless it is dirty again.";
    static constexpr const char* source = "linux mm/page-writeback.c@v6.1";
    static constexpr ClaimKind kind = ClaimKind::support;
    template <class M>
    static constexpr void check(const Env&, const typename M::State& s, const Census<M>& c,
                                auto&& rep) {
        if constexpr (M::has_files)
            for (const auto& t : s.tasks) {
                if (passes_over<M>(!is_cleaning(t))) continue;
                for (int f = 0; f < M::B.frames; ++f) {
                    const auto& x = s.frames[static_cast<std::size_t>(f)];
                    const auto on = is_cleaning(t) && t.frame.is(f);
                    rep(implies(on, x.inode.some() && x.uptodate && x.writeback));
                    device_agrees<M>(s, x,
                                     on && t.pc == pc_clean_written && !x.dirty &&
                                         c.write_pins.of(f) == 0,
                                     rep);
                }
            }
    }
};

}  // namespace faultline
