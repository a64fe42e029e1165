// model/fast/page.hpp - struct page in one cache line, per-CPU free lists, LRU batches, the LRU.
//
// Why:     a fault touches one line a page. A CPU takes free pages from a list of its own and puts
//          new ones into a batch of its own; only every few dozen pages it meets the shared lists.
// Source:  linux include/linux/mm_types.h:struct page; mm/page_alloc.c:rmqueue_pcplist;
//          mm/swap.c:folio_add_lru, lru_add_drain_cpu@v6.12
// Differs: the content of a page is one version word, not 4096 bytes: nothing is zeroed or copied
//          but the word. Counts are plain integers of a size that std::atomic_ref takes. A page
//          that loses its last map forgets mapping and PG_anon_exclusive at once
//          (A-unmapped-forgets).
#pragma once
#include <vector>

#include "model/fast/mutants.hpp"
#include "model/fast/types.hpp"

namespace faultline::FL_FAST {

enum PageBit : u32 {
    page_exclusive = 1,   ///< PG_anon_exclusive
    page_uptodate = 2, page_swapbacked = 4,
    page_batched = 8,     ///< in an LRU batch, which holds a reference
    page_lru = 16,
    page_reserved = 32,   ///< the zero page
    page_swapcache = 64,  ///< in the swap cache, which holds a reference; private_word is its slot
    page_dirty = 128      ///< of a page in the swap cache: the slot does not hold its content
};
struct alignas(64) Page {
    u32 refcount;         ///< maps, the batch, references of GUP callers (a pin counts pin_bias)
    u32 mapcount;         ///< entries that map it
    u32 flags;
    AnonId anon_vma;      ///< page->mapping
    u64 index;            ///< page->index
    u64 content;          ///< the version word that stands for the bytes
    u64 private_word;     ///< slot of a page in the swap cache
    Pfn lru_prev, lru_next;
    u32 lock_word;        ///< PG_locked and its waiters, when there are threads
};
static_assert(sizeof(Page) == 64);

/// What one CPU keeps for itself.
struct PageCpu {
    static constexpr u32 high = 64, step = 32;
    u32 free_count = 0;
    Pfn free[high + step] = {};
    std::vector<Pfn> batch;
    u32 batched = 0;
};

class Zone {
  public:
    Zone(u32 frames, u32 cpus, u32 batch_size);

    Page& operator[](Pfn p) { return pages_[place(p)]; }
    const Page& operator[](Pfn p) const { return pages_[place(p)]; }

    /// A free page with one reference; 0 if there is none.
    Pfn alloc(u32 cpu) {
        PageCpu& c = cpus_[cpu];
        if (c.free_count == 0 && !refill(cpu)) return 0;
        const Pfn p = c.free[--c.free_count];
        if (c.free_count >= ahead) __builtin_prefetch(&pages_[c.free[c.free_count - ahead]], 1);
        Page& page = pages_[p];
        page.refcount = 1;
        return p;
    }
    void put(u32 cpu, Pfn p, u32 refs = 1) {
        Page& page = (*this)[p];
        page.refcount -= refs;
        if (page.refcount == 0) free(cpu, place(p));
    }
    /// An entry stops mapping the page; the caller puts the entry's reference.
    void remove_map(Page& page) {
        if (--page.mapcount == 0) forget(page);
    }
    /// A new page goes into this CPU's batch; a full batch drains.
    void add_to_batch(u32 cpu, Pfn p) {
        PageCpu& c = cpus_[cpu];
        Page& page = pages_[p];
        page.flags |= page_batched;
        if (!FL_MUTANT(batch_takes_no_reference)) ++page.refcount;
        c.batch[c.batched++] = p;
        if (c.batched == c.batch.size()) drain(cpu);
    }
    /// Everything in this CPU's batch goes onto the LRU.
    void drain(u32 cpu);
    /// Off the LRU, which holds no reference; and back.
    void isolate(Pfn p);
    void put_back(Pfn p);
    u32 batched(u32 cpu) const { return cpus_[cpu].batched; }

    u32 frames() const { return static_cast<u32>(pages_.size()) - 1; }
    u32 in_use() const;
    const std::vector<Page>& pages() const { return pages_; }
    const PageCpu& cpu(u32 which) const { return cpus_[which]; }
    const std::vector<Pfn>& free_pages() const { return free_; }
    Pfn lru_head() const { return pages_[0].lru_next; }

  private:
#ifdef FAULTLINE_MUTANTS
    /// A planted bug may read a page number that is none; it must not take the hammer down.
    std::size_t place(Pfn p) const { return p % pages_.size(); }
#else
    static std::size_t place(Pfn p) { return p; }
#endif
    static void forget(Page& page) {
        if (!FL_MUTANT(unmapped_stays_exclusive)) page.flags &= ~u32{page_exclusive};
        page.anon_vma = 0;
        page.index = 0;
    }
    static constexpr u32 ahead = 6;   ///< pages whose line is fetched before it is needed
    bool refill(u32 cpu);
    void free(u32 cpu, Pfn p);

    std::vector<Page> pages_;     // [0] is the zero page, and the head of the LRU ring
    std::vector<Pfn> free_;
    std::vector<PageCpu> cpus_;
};

}  // namespace faultline::FL_FAST
