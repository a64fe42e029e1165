// fuzz/reference/generate.hpp - draws the next operation of a history from the state itself.
//
// Why: an operation with blind arguments is mostly refused, and what is refused explores nothing.
//      A look at a few rows (who is alive, what is mapped, which handle is free) makes most draws
//      enabled and most of those succeed; one in `hostile` choices is made blindly on purpose.
#pragma once
#include "fuzz/reference/swarm.hpp"

namespace faultline::fuzz {

template <class M>
class Generator {
  public:
    using State = typename M::State;
    using Mm = typename M::Mm;
    using Vma = typename M::Vma;
    Generator(const Env& env, Random& random, bool interleaved)
        : limits_(env.limits), random_(random), interleaved_(interleaved) {}

    void use(const Swarm& swarm) { swarm_ = swarm; }
    void interleave(bool on) { interleaved_ = on; }

    /// An operation to begin now by `task`. False if no draw fitted the state: try again later.
    bool draw(const State& s, int task, Record& r) {
        for (int attempt = 0; attempt < 8; ++attempt) {
            const std::uint64_t bits = random_.next();
            r = Record{};
            r.task = static_cast<std::uint8_t>(task);
            if (!fill(s, swarm_.verbs[bits & 255], r)) continue;
            if (static_cast<int>((bits >> 8) & 255) < swarm_.deny && !interleaved_ && steps(r)) {
                // Mostly among the first; a call that fills a range asks many times.
                const bool late = ((bits >> 20) & 3) == 0;
                r.deny = static_cast<std::uint8_t>(1 + ((bits >> 16) & (late ? 15 : 3)));
            }
            return true;
        }
        return false;
    }

  private:
    static constexpr int none = -1;
    /// The record takes steps, some of which may ask the allocator; an event is done at once.
    static bool steps(const Record& r) {
        return r.verb >= operation_count || operation_shape(r.verb).task;
    }
    template <class Table>
    static const auto& at(const Table& table, int row) {
        return table[static_cast<std::size_t>(row)];
    }
    static std::uint16_t wide(int x) { return static_cast<std::uint16_t>(x); }
    /// A row of [0, rows) that satisfies the predicate, none if there is none.
    template <class Pred>
    int some_row(int rows, Pred pred) {
        const int first = random_.below(rows);
        for (int row = first; row < rows; ++row)
            if (pred(row)) return row;
        for (int row = 0; row < first; ++row)
            if (pred(row)) return row;
        return none;
    }
    bool blindly() { return random_.one_in(swarm_.hostile); }
    int length(int most) { return 1 + random_.below(most); }

    bool task_on(const State& s, int mm, bool writers_only) const {
        bool any = false;
        for (const auto& t : s.tasks)
            any = any || (t.pc != pc_idle && t.mm.is(mm) && (!writers_only || writes_mmap(t)));
        return any;
    }
    int alive(const State& s) {
        return some_row(limits_.mms, [&](int p) { return at(s.mms, p).phase == mm_alive; });
    }
    /// An address space the call can take its lock on, or, blindly, any that is alive.
    int lockable(const State& s, bool to_write) {
        if (!interleaved_ || blindly()) return alive(s);
        return some_row(limits_.mms, [&](int p) {
            return at(s.mms, p).phase == mm_alive && !task_on(s, p, !to_write);
        });
    }
    template <class Pred>
    int vma(const Mm& mm, Pred pred) {
        return some_row(limits_.vmas, [&](int v) {
            return in_tree(at(mm.vmas, v)) && pred(at(mm.vmas, v));
        });
    }
    int vma(const Mm& mm) {
        return vma(mm, [](const Vma&) { return true; });
    }
    void set_prot(Record& r) {
        static constexpr std::array<std::uint8_t, 8> prots{
            flag_read, flag_read | flag_exec, 0, flag_read | flag_write | flag_exec,
            flag_read, flag_read | flag_write, flag_write, flag_read | flag_exec};
        const bool plain = random_.below(4) < swarm_.writable;
        r.flags |= plain ? std::uint8_t(flag_read | flag_write)
                         : prots[static_cast<std::size_t>(random_.below(8))];
    }
    /// A range within a VMA, often all of it; one in `hostile` reaches anywhere.
    bool set_range(const Mm& mm, Record& r) {
        const int row = vma(mm);
        if (row == none || blindly()) {
            const int lo = random_.below(limits_.pages);
            r.page = wide(lo);
            r.end = wide(lo + length(limits_.pages - lo));
            return row != none || random_.one_in(8);
        }
        const Vma& v = at(mm.vmas, row);
        int lo = v.lo, hi = v.hi;
        const std::uint64_t bits = random_.next();
        if ((bits & 3) == 0) lo += random_.below(hi - lo);
        if ((bits & 12) == 0) hi = lo + length(hi - lo);
        r.page = wide(lo);
        r.end = wide(hi);
        return true;
    }

    bool fill(const State& s, int row, Record& r) {
        r.verb = verb_of_row(row);
        if (interleaved_ && row < operation_count && steps(r)) r.flags |= flag_begin;
        switch (row) {
            case operation_id<OpMmap>(): return fill_mmap(s, r);
            case operation_id<OpMprotect>():
                set_prot(r);
                r.op = op_mprotect;
                return fill_range(s, r);
            case operation_id<OpAdvise>(): return fill_advise(s, r);
            case operation_id<OpMunmap>(): return fill_range(s, r);
            case operation_id<OpDontneed>(): return fill_range(s, r);
            case operation_id<OpBrk>(): return fill_brk(s, r);
            case operation_id<OpMremap>(): return fill_mremap(s, r);
            case operation_id<OpFault>(): return fill_access(s, r, random_.below(8));
            case operation_id<OpFork>(): return fill_fork(s, r);
            case operation_id<OpExit>(): return fill_exit(s, r);
            case operation_id<OpGup>():
            case operation_id<OpGupFast>(): return fill_gup(s, r);
            case operation_id<OpStore>(): return fill_store(s, r);
            case operation_id<OpUnpin>(): return fill_handle(s, r, false);
            case operation_id<OpDma>(): return fill_handle(s, r, true);
            case operation_id<OpDrain>():
                return some_row(limits_.frames, [&](int f) { return at(s.frames, f).batched; }) !=
                       none;
            case operation_id<OpReclaim>():
            case operation_id<OpFreeSwap>():
            case operation_id<OpSwapon>():
            case operation_id<OpSwapoff>():
            case operation_id<OpSwapoffEnd>(): return fill_swap(s, row, r);
            case operation_id<OpUnuse>(): return fill_unuse(s, r);
            case user_load: return fill_access(s, r, 0);
            case user_fetch: return fill_access(s, r, 7);
            case user_write: return fill_access(s, r, 1);
            default: return false;
        }
    }
    bool fill_range(const State& s, Record& r) {
        const int who = lockable(s, true);
        if (who == none) return false;
        r.who = static_cast<std::uint8_t>(who);
        return set_range(at(s.mms, who), r);
    }
    bool fill_mmap(const State& s, Record& r) {
        const int who = lockable(s, true);
        if (who == none) return false;
        const Mm& mm = at(s.mms, who);
        r.who = static_cast<std::uint8_t>(who);
        set_prot(r);
        int used = 0;
        for (const auto& v : mm.vmas) used += v.hi - v.lo;
        const bool full =
            mm.map_count + 1 >= limits_.map_count_limit || 4 * used > 3 * limits_.pages;
        if (full && !blindly()) return false;
        const int len = length(1 + limits_.pages / 5);
        const int lo = random_.below(limits_.pages - len + 1);
        const int kind = random_.below(8);
        if (random_.one_in(8)) r.flags |= flag_grows;
        r.page = wide(lo);
        r.end = wide(lo + len);
        r.op = kind < 2 ? op_mmap_hint : kind == 2 ? op_mmap_fixed : op_mmap;
        if (kind == 3) {
            bool free = true;
            for (const auto& v : mm.vmas) free = free && !(v.used && v.lo < lo + len && v.hi > lo);
            if (free || blindly()) r.op = op_mmap_noreplace;
        }
        if (r.op == op_mmap) {
            r.page = 0;
            r.end = wide(len);
        }
        return true;
    }
    bool fill_advise(const State& s, Record& r) {
        const int who = lockable(s, true);
        if (who == none) return false;
        const Mm& mm = at(s.mms, who);
        r.who = static_cast<std::uint8_t>(who);
        const std::uint64_t bits = random_.next();
        // What keeps memory from children is undone more often than done.
        static constexpr std::array<std::uint8_t, 8> codes{op_dontfork,   op_dofork,  op_dofork,
                                                           op_wipeonfork, op_keeponfork,
                                                           op_keeponfork, op_mlock,   op_munlock};
        r.op = codes[bits & 7];
        if (!set_range(mm, r)) return false;
        if (r.op == op_mlock && mm.locked_vm + (r.end - r.page) > limits_.memlock_limit &&
            !blindly())
            r.op = op_munlock;
        // Memory that runs out after the VMAs are edited, while the range is filled.
        if (r.op == op_mlock && !interleaved_ && random_.one_in(16))
            r.deny = static_cast<std::uint8_t>(5 + random_.below(8));
        return true;
    }
    bool fill_brk(const State& s, Record& r) {
        const int who = lockable(s, true);
        if (who == none) return false;
        const Mm& mm = at(s.mms, who);
        r.who = static_cast<std::uint8_t>(who);
        int room = mm.brk;   // the pages above the heap that no VMA takes
        for (bool free = true; free && room < limits_.pages;) {
            for (const auto& v : mm.vmas) free = free && !(covers(v, room) || covers(v, room + 1));
            if (free) ++room;
        }
        const bool shrink = mm.brk > 0 && (room == mm.brk || random_.one_in(2));
        if (blindly()) r.end = wide(random_.below(limits_.pages + 1));
        else if (shrink) r.end = wide(random_.below(mm.brk));
        else if (room > mm.brk) r.end = wide(mm.brk + length(std::min(room - mm.brk, 4)));
        else return false;
        return true;
    }
    bool fill_mremap(const State& s, Record& r) {
        if (!fill_range(s, r)) return false;
        const int old = r.end - r.page;
        const int kind = random_.below(8);
        if (kind != 0) r.flags |= flag_maymove;
        if (kind == 1 && old > 1) r.span = wide(length(old - 1));
        else if (kind == 2) r.span = wide(old);
        else if (kind <= 5) r.span = wide(std::min(old + length(2), limits_.pages));
        else {
            r.span = wide(old);
            r.flags |= kind == 7 ? flag_dontunmap : 0;
        }
        if (kind == 0) r.span = wide(length(old));
        if (kind != 5 && kind != 6) return true;
        // What does not fit a smaller target goes first.
        if (kind == 6 && old > 1 && random_.one_in(3)) r.span = wide(length(old - 1));
        // A given target, clear of the old range unless drawn blindly.
        const int to = random_.below(limits_.pages - r.span + 1);
        const bool clear = to >= r.end || to + r.span <= r.page;
        if (!clear && !blindly()) return true;
        r.flags |= flag_fixed;
        r.to = wide(to);
        return true;
    }
    /// A page mostly in a VMA that allows the access. kind: 0 read, 7 fetch, else write.
    bool fill_access(const State& s, Record& r, int kind) {
        const bool user = r.verb >= operation_count;
        const int who = user && !interleaved_ ? alive(s) : lockable(s, false);
        if (who == none) return false;
        const Mm& mm = at(s.mms, who);
        r.who = static_cast<std::uint8_t>(who);
        const bool write = kind != 0 && kind != 7, fetch = kind == 7;
        r.flags |= write ? flag_write : fetch ? flag_exec : 0;
        r.value = static_cast<std::uint8_t>(write && user ? random_.below(limits_.values + 1) : 0);
        const int row = vma(mm, [&](const Vma& v) {
            return (v.write || !write) && (v.exec || !fetch) && (v.read || v.write || v.exec);
        });
        if (blindly()) {
            r.page = wide(random_.below(limits_.pages));
        } else if (row != none) {
            const Vma& v = at(mm.vmas, row);
            r.page = wide(v.lo + random_.below(v.hi - v.lo));
            if (v.growsdown && v.lo > 0 && random_.one_in(8)) r.page = wide(v.lo - 1);
            if (write && at(mm.ptes, r.page).frame.none() && memory_short(s)) return false;
        } else {
            return false;
        }
        return !user || !interleaved_ || as_single_event(mm, r, write);
    }
    /// With other tasks in flight a user's access is drawn as its fault or as its store.
    bool as_single_event(const Mm& mm, Record& r, bool write) {
        const auto& pte = at(mm.ptes, r.page);
        const bool stores = write && pte.write && pte.frame.some() && !pte.protnone;
        r.verb = verb_of_row(stores ? operation_id<OpStore>() : operation_id<OpFault>());
        if (!stores) r.value = 0;
        r.flags = stores ? std::uint8_t{0} : static_cast<std::uint8_t>(r.flags | flag_begin);
        return true;
    }
    /// Looks at a few frames: who goes on filling memory sees little but OOM.
    bool memory_short(const State& s) {
        const int first = random_.below(limits_.frames);
        for (int i = 0; i < 4 && i < limits_.frames; ++i) {
            const int f = first + i < limits_.frames ? first + i : first + i - limits_.frames;
            if (at(s.frames, f).refcount == 0) return false;
        }
        return !blindly();
    }
    bool fill_fork(const State& s, Record& r) {
        bool room = false;
        for (int p = 0; p < limits_.mms; ++p) room = room || at(s.mms, p).phase == mm_free;
        const int who = room ? lockable(s, true) : none;
        r.who = static_cast<std::uint8_t>(who);
        return who != none;
    }
    bool fill_exit(const State& s, Record& r) {
        int living = 0;
        for (int p = 0; p < limits_.mms; ++p) living += at(s.mms, p).phase == mm_alive;
        // The last process never exits; few processes share less than many.
        if (living < 2 || (living == 2 && !random_.one_in(3))) return false;
        const int who = some_row(limits_.mms, [&](int p) {
            return at(s.mms, p).phase == mm_alive && (!interleaved_ || !task_on(s, p, false));
        });
        r.who = static_cast<std::uint8_t>(who);
        return who != none;
    }
    bool handle_free(const State& s) const {
        int busy = 0, free = 0;   // a GUP in flight will want one too
        for (const auto& t : s.tasks) busy += t.gup != gup_none;
        for (int h = 0; h < limits_.handles; ++h) free += at(s.handles, h).kind == gup_none;
        return free > busy;
    }
    bool fill_gup(const State& s, Record& r) {
        if (!handle_free(s)) return false;
        const int kind = random_.below(4);
        if (!fill_access(s, r, kind & 1)) return false;
        r.gup = kind < 3 ? gup_pin : gup_get;
        return true;
    }
    bool fill_store(const State& s, Record& r) {
        const int who = alive(s);
        if (who == none) return false;
        const Mm& mm = at(s.mms, who);
        const int page = some_row(limits_.pages, [&](int n) {
            const auto& pte = at(mm.ptes, n);
            return pte.write && pte.frame.some() && !pte.protnone;
        });
        r.who = static_cast<std::uint8_t>(who);
        r.page = wide(page);
        r.value = static_cast<std::uint8_t>(random_.below(limits_.values + 1));
        return page != none;
    }
    bool fill_handle(const State& s, Record& r, bool device) {
        const int row = some_row(limits_.handles, [&](int h) {
            const auto& x = at(s.handles, h);
            return device ? x.kind == gup_pin && x.write : x.kind != gup_none;
        });
        r.who = static_cast<std::uint8_t>(row);
        r.value = static_cast<std::uint8_t>(device ? random_.below(limits_.values + 1) : 0);
        return row != none;
    }

    bool fill_swap(const State& s, int row, Record& r) {
        if constexpr (!M::has_swap) {
            return false;
        } else {
            int who = none;
            const int phase = row == operation_id<OpSwapon>()       ? device_off
                              : row == operation_id<OpSwapoff>()    ? device_on
                              : row == operation_id<OpSwapoffEnd>() ? device_going
                                                                    : none;
            if (phase != none)
                who = some_row(limits_.swap_devices,
                               [&](int d) { return at(s.devices, d).phase == phase; });
            else
                who = some_row(limits_.frames, [&](int f) {
                    const auto& x = at(s.frames, f);
                    const bool out = row == operation_id<OpReclaim>();
                    return out ? x.lru && !x.locked && !x.writeback
                               : x.slot.some() && !x.locked && !x.writeback;
                });
            const std::uint64_t bits = random_.next();
            if (row == operation_id<OpSwapon>() && (bits & 1) != 0) r.flags |= flag_fixed;
            if (row == operation_id<OpSwapon>() && (bits & 2) != 0) r.flags |= flag_maymove;
            r.who = static_cast<std::uint8_t>(who);
            return who != none;
        }
    }

    /// Any page that is swapped out; that its device goes is seen by the operation.
    bool fill_unuse(const State& s, Record& r) {
        if constexpr (!M::has_swap) {
            return false;
        } else {
            const int who = lockable(s, false);
            if (who == none) return false;
            const int page = some_row(limits_.pages, [&](int n) {
                return at(at(s.mms, who).ptes, n).slot.some();
            });
            r.who = static_cast<std::uint8_t>(who);
            r.page = wide(page);
            return page != none;
        }
    }

    const Bounds& limits_;
    Random& random_;
    bool interleaved_;
    Swarm swarm_{};
};

}  // namespace faultline::fuzz
