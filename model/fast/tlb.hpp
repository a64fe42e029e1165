// model/fast/tlb.hpp - a small software TLB a CPU, with generations and batched invalidation.
//
// Why:     user accesses go through it, so that a flush that is missing shows as a store to a page
//          that is shared or gone. A whole address space is flushed by counting its generation up;
//          a few pages one by one.
// Source:  linux arch/x86/mm/tlb.c:flush_tlb_mm_range, tlb_single_page_flush_ceiling;
//          mm/mmu_gather.c@v6.12
// Differs: no process-context ids: a translation carries the address space's own number, which is
//          never used again.
#pragma once
#include <vector>

#include "model/fast/entry.hpp"

namespace faultline::FL_FAST {

struct Translation {
    u64 context = 0;      ///< of the address space; 0 is no translation
    u64 generation = 0;
    Vpn vpn = 0;
    Entry entry = 0;
};

/// What identifies an address space to a TLB.
struct TlbContext {
    u64 context = 0;
    u64 generation = 0;
};

class Tlb {
  public:
    static constexpr u32 size = 256;
    static constexpr u64 single_page_ceiling = 33;
    explicit Tlb(u32 cpus) : sets_(std::size_t{cpus} * size) {}

    const Translation* look(u32 cpu, const TlbContext& mm, Vpn vpn) const {
        const Translation& t = sets_[place(cpu, mm, vpn)];
        return t.vpn == vpn && t.context == mm.context && t.generation == mm.generation ? &t
                                                                                         : nullptr;
    }
    void fill(u32 cpu, const TlbContext& mm, Vpn vpn, Entry e) {
        sets_[place(cpu, mm, vpn)] = {mm.context, mm.generation, vpn, e};
    }
    /// Every CPU forgets one page of the address space.
    void flush_page(const TlbContext& mm, Vpn vpn) {
        for (u32 cpu = 0; cpu < sets_.size() / size; ++cpu) {
            Translation& t = sets_[place(cpu, mm, vpn)];
            if (t.vpn == vpn && t.context == mm.context) t.context = 0;
        }
    }
    const std::vector<Translation>& entries() const { return sets_; }

  private:
    static std::size_t place(u32 cpu, const TlbContext& mm, Vpn vpn) {
        return std::size_t{cpu} * size + ((vpn + mm.context * 37) & (size - 1));
    }
    std::vector<Translation> sets_;
};

/// Collects what a call has taken away and flushes it once, at the end (mmu_gather).
class Gather {
  public:
    Gather(Tlb& tlb, TlbContext& mm) : tlb_(tlb), mm_(mm) {}
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;
    ~Gather() { finish(); }
    void add(Vpn vpn) {
        lo_ = vpn < lo_ ? vpn : lo_;
        hi_ = vpn >= hi_ ? vpn + 1 : hi_;
    }
    /// Tables were freed: the processor may have cached entries of any height.
    void all() { all_ = true; }
    void finish() {
        if (all_ || (hi_ > lo_ && hi_ - lo_ > Tlb::single_page_ceiling)) ++mm_.generation;
        else
            for (Vpn at = lo_; at < hi_ - FL_MUTANT(flush_misses_last_page); ++at)
                tlb_.flush_page(mm_, at);
        lo_ = ~Vpn{0};
        hi_ = 0;
        all_ = false;
    }

  private:
    Tlb& tlb_;
    TlbContext& mm_;
    Vpn lo_ = ~Vpn{0}, hi_ = 0;
    bool all_ = false;
};

}  // namespace faultline::FL_FAST
