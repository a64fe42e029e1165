// model/fast/engine.hpp - the fast path: anonymous private memory as an operating system would ship
// it.
//
// Why:     everything the reference does, on real structures: radix tables of x86-64 entries, a
//          range B-tree of VMAs, struct page, anon_vma interval trees, per-CPU lists and batches, a
//          TLB. It is held against the reference in lockstep and never shares a line with it.
//          Single-threaded so far; counts, sequence words and locks have their places in the
//          structures already.
// Differs: page content is one version word. Memory runs out where Config says so, or at the nth
//          place that asks the allocator (begin), in the order the reference asks.
#pragma once
#include <optional>

#include "model/fast/anon_vma.hpp"
#include "model/fast/mm.hpp"
#include "model/fast/page.hpp"
#include "model/fast/rows.hpp"
#include "model/fast/swap.hpp"

namespace faultline::FL_FAST {

class Engine {
  public:
    Engine(const Config& config, const Rules& rules);

    /// Before a call: the allocator will refuse at the nth place that asks it; 0 never.
    void begin(u32 deny_at = 0) {
        deny_at_ = deny_at;
        asked_ = 0;
    }
    u32 asked() const { return asked_; }

    // System calls. Ranges are [lo, hi) in pages. `mm` must be alive.
    Answer mmap(MmId mm, Place place, Vpn lo, Vpn hi, u32 flags);
    Answer munmap(MmId mm, Vpn lo, Vpn hi);
    Answer mprotect(MmId mm, Vpn lo, Vpn hi, u32 prot);
    Answer advise(MmId mm, Advice what, Vpn lo, Vpn hi);
    Answer dontneed(MmId mm, Vpn lo, Vpn hi);
    Answer brk(MmId mm, Vpn end);
    struct Move {
        Vpn lo = 0, hi = 0, to = 0;
        u64 span = 0;
        bool maymove = false, fixed = false, dontunmap = false;
    };
    Answer mremap(MmId mm, const Move& move);
    Answer fork(MmId mm);
    Answer exit(MmId mm);
    // Faults and accesses.
    Answer fault(MmId mm, Vpn vpn, Access how);
    Answer load(MmId mm, Vpn vpn, bool fetch = false);
    Answer store(MmId mm, Vpn vpn, u64 value);
    /// A store without a fault: `blocked` if the page is not writable now.
    Answer store_mapped(MmId mm, Vpn vpn, u64 value);
    // References kept by callers.
    Answer gup(MmId mm, Vpn vpn, bool write, Grab kind);
    Answer gup_fast(MmId mm, Vpn vpn, bool write, Grab kind);
    Answer unpin(u32 handle);
    Answer dma(u32 handle, u64 value);
    /// lru_add_drain; `blocked` if there is nothing to drain.
    Answer drain();
    // Swap space. `blocked` where the call does not apply.
    /// One attempt to take a page back from its owners.
    Answer reclaim(Pfn frame);
    Answer free_swap(Pfn frame);
    Answer swapon(u32 device, bool synchronous, bool stable);
    /// swapoff in three parts: no new slots, each entry brought in, the end.
    Answer swapoff(u32 device);
    Answer unuse(MmId mm, Vpn vpn);
    Answer swapoff_end(u32 device);

    /// Calls fn(vma id, vpn) for each entry the reverse map finds for the page.
    template <class Fn>
    void rmap_walk(Pfn frame, Fn&& fn) {
        const Page& page = zone_[frame];
        if (page.anon_vma == 0) return;
        anon_.each_at(page.anon_vma, page.index, [&](const Avc& c) {
            const Vma& v = store_.vmas[c.vma];
            const Vpn vpn = v.lo + (page.index - v.pgoff);
            const Entry e = tables_.get(mms_[v.mm].tables, vpn);
            if (is_frame(e) && frame_of(e) == frame) fn(c.vma, vpn);
        });
    }
    /// VM_FAULT_* of a fault that ended so; none where handle_mm_fault is not called.
    std::optional<u32> vm_fault(Ret fault) const;

    // For the abstraction, checks and measurements: look, do not touch.
    const Config& config() const { return config_; }
    const Zone& zone() const { return zone_; }
    const AnonStore& anon() const { return anon_; }
    const VmaStore& vmas() const { return store_; }
    const TableStore& tables() const { return tables_; }
    const Tlb& tlb() const { return tlb_; }
    const SwapStore& swap() const { return swap_; }
    const Mm& mm(MmId id) const { return mms_[id]; }
    const Handle& handle(u32 row) const { return handles_[row]; }
    const EntryKind& entries() const { return kind_; }
    Entry entry(MmId id, Vpn vpn) { return tables_.get(mms_[id].tables, vpn); }
    bool broken() const { return broken_; }
    /// One sentence about what is wrong with the structures themselves, nullptr if nothing is.
    const char* self_check();

  private:
    friend class Checker;
    bool refuse() { return ++asked_ == deny_at_; }
    Vma& vma(VmaId id) { return store_.vmas[id]; }
    bool alive(MmId id) const { return id < mms_.size() && mms_[id].alive; }

    // VMAs (engine_vma.cpp).
    VmaId covering(Mm& mm, Vpn vpn) {
        const VmaId id = mm.vmas.find(store_, vpn);
        return id != 0 && vma(id).lo <= vpn ? id : 0;
    }
    VmaId ending_at(Mm& mm, Vpn vpn);
    VmaId starting_at(Mm& mm, Vpn vpn);
    VmaId add_vma(MmId mm, Vpn lo, Vpn hi, u64 pgoff, u32 flags);
    void set_flags(Vma& v, u32 flags);
    void resize(Mm& mm, VmaId id, Vpn lo, Vpn hi);
    /// Like resize; the page at `lo` gets offset `pgoff`.
    void resize(Mm& mm, VmaId id, Vpn lo, Vpn hi, u64 pgoff);
    void split(Mm& mm, VmaId id, Vpn at);
    void remove(Mm& mm, VmaId id);
    void inherit(VmaId survivor, VmaId other);
    bool room_for_vma(const Mm& mm) const { return mm.map_count < config_.vmas_a_process; }
    bool split_at(Mm& mm, Vpn at, bool counts, bool denied);
    bool anon_mergeable(AnonId mine, bool mine_singular, const Vma& neighbour) const;
    static bool outer_agree(AnonId a, AnonId b) { return a == b || a == 0 || b == 0; }
    bool range_free(Mm& mm, Vpn lo, Vpn hi, u64 gap);
    bool prepare(Vma& v, VmaId id, bool denied);
    void account_locked(Mm& mm, bool was, bool now, u64 pages);
    void write_lock(const Mm& mm, Vma& v) { v.lock_seq = mm.lock_seq; }
    void end_write(Mm& mm) { ++mm.lock_seq; }

    // Faults (fault.cpp).
    /// What a fault is asked for, in one register (FAULT_FLAG_*).
    enum Ask : u32 { ask_write = 1, ask_fetch = 2, ask_gup = 4, ask_unshare = 8 };
    static constexpr u32 ask(Access how) { return static_cast<u32>(how); }
    Ret handle(Mm& mm, Vpn vpn, u32 asked);
    Ret handle_covered(Mm& mm, VmaId id, Vpn vpn, u32 asked);
    bool expand(Mm& mm, VmaId above, Vpn vpn);
    Ret write_protected(Mm& mm, VmaId id, TableId table, Vpn vpn, bool unshare);
    Ret new_page(Mm& mm, VmaId id, Vpn vpn, Entry old, bool unshare);
    void own(Pfn frame, const Vma& v, Vpn vpn, u64 content);
    bool may_reuse(Pfn frame);
    Ret access(Mm& mm, Vpn vpn, Access how, Answer& out);
    /// The page an access reaches without a fault; false if it would fault.
    bool translate(Mm& mm, Vpn vpn, Access how, Pfn& frame);

    // Swap space: faults (swapin.cpp), reclaim (reclaim.cpp).
    Ret swap_in(Mm& mm, VmaId id, Vpn vpn, Entry e, bool write);
    Pfn read_slot(SlotId slot, bool alone);
    bool settle_cached(const Vma& v, Pfn frame, Entry e, bool write);
    Entry map_swapped(Mm& mm, const Vma& v, Vpn vpn, Pfn frame, bool exclusive, bool write,
                      bool at_once);
    void enter_swap_cache(Pfn frame, SlotId slot);
    void leave_swap_cache(Pfn frame);
    void free_swap_of(Pfn frame);
    void free_swap_cache(Pfn frame);
    void free_swap_and_cache(Entry e);
    bool reuse_swap_page(Pfn frame);
    bool maybe_pinned(const Page& page) const;
    Answer keep_page(Pfn frame);
    bool try_to_unmap(Pfn frame);
    void swap_out_entry(Mm& mm, Vpn vpn, Pfn frame);
    Answer page_out(Pfn frame);
    /// Where an entry maps a page: by age of the VMA's anon_vma, then by place.
    struct MappedAt {
        u64 birth;
        MmId mm;
        VmaId vma;
        Vpn vpn;
        friend bool operator<(const MappedAt& a, const MappedAt& b) {
            if (a.birth != b.birth) return a.birth < b.birth;
            return a.mm != b.mm ? a.mm < b.mm : a.vpn < b.vpn;
        }
    };

    // Unmapping (unmap.cpp).
    void zap(Mm& mm, Vpn lo, Vpn hi, Gather& gather);
    Ret unmap(Mm& mm, Vpn lo, Vpn hi);
    void tear_down(MmId id);
    // Inserting (mmap.cpp).
    struct Like {
        u64 pgoff = 0;
        u32 flags = 0;
        VmaId source = 0;      ///< whose chain it takes along, 0 none
        AnonId anon_vma = 0;
        bool singular = false;         ///< its source is no fork child's
        /// The one above is compared first; these neighbours are out of the question.
        bool above_first = false, not_below = false, not_above = false;
    };
    Like like_of(VmaId source, Vpn from);
    bool insert_range(MmId id, Vpn lo, Vpn hi, const Like& like, bool denied);
    // Edits (edit.cpp).
    enum class Edit : u8 { protect, dontfork, dofork, wipeonfork, keeponfork, lock, unlock };
    struct EditCall {
        Edit what;
        u32 prot;
        Vpn cursor, end;
        bool advice() const { return what >= Edit::dontfork && what <= Edit::keeponfork; }
        u32 edited(u32 flags) const;
    };
    Answer edit(MmId id, EditCall call);
    Ret edit_piece(Mm& mm, VmaId id, const EditCall& call);
    bool piece_joins(const EditCall& call, const Vma& v, const Vma& n) const;
    enum class Join : u8 { no, yes, denied };
    Join edit_left(Mm& mm, VmaId id, const EditCall& call);
    Join edit_right(Mm& mm, VmaId id, const EditCall& call);
    u64 locked_pages(Mm& mm, Vpn lo, Vpn hi);
    /// Faults a range in (mlock, growth of locked memory). Only mlock `reports` what it could not.
    Ret populate(Mm& mm, Vpn lo, Vpn hi, bool reports);
    void protect(Mm& mm, const Vma& v, Vpn lo, Vpn hi);
    // Moving (mremap.cpp).
    enum class Moving : u8 { stay, grow_or_move, to_target, dontunmap };
    struct OldRange {
        bool efault = true, eagain = false;
    };
    OldRange judge(Mm& mm, Vpn lo, Vpn hi, u64 span);
    Ret refuse_move(Mm& mm, const Move& m);
    Answer relocate(MmId id, Move m, Moving how);
    bool grow_in_place(MmId id, VmaId v, Vpn lo, Vpn hi, bool denied);
    Answer move_vma(MmId id, const Move& m, Moving how);
    Answer after_move(Mm& mm, const Move& m);
    bool move_pages(Mm& mm, const Move& m);
    void leave_behind(Mm& mm, const Move& m);
    void move_entries(Mm& mm, Vpn lo, Vpn hi, Vpn to);
    // Forking (fork.cpp).
    bool copy_pages(Mm& parent, Mm& child, const Vma& v, VmaId copy, Gather& gather);
    bool copy_table(Mm& parent, Mm& child, TableId from, VmaId copy, Vpn lo, Vpn hi,
                    Gather& gather);
    bool copy_pinned(const Vma& copy, Vpn vpn, Pfn old, Entry& out);
    // GUP (gup.cpp).
    Ret follow(Mm& mm, Vpn vpn, bool write, Grab kind, Pfn& got);
    bool must_unshare(Entry e, bool write, Grab kind) const;
    Answer keep(Pfn frame, bool write, Grab kind);
    u32 refs(Grab kind) const { return kind == Grab::pin ? config_.pin_bias : 1; }

    Config config_;
    Rules rules_;
    EntryKind kind_;
    Zone zone_;
    TableStore tables_;
    VmaStore store_;
    AnonStore anon_;
    Tlb tlb_;
    SwapStore swap_;
    std::vector<MappedAt> mapped_at_;
    std::vector<Mm> mms_;
    std::vector<Handle> handles_;
    Rows mm_rows_, handle_rows_;
    u64 contexts_ = 0;
    u32 cpu_ = 0;              ///< the CPU that runs
    u32 deny_at_ = 0, asked_ = 0;
    bool broken_ = false;      ///< a kernel assertion failed
};

}  // namespace faultline::FL_FAST
