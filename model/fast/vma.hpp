// model/fast/vma.hpp - vm_area_struct in one cache line.
//
// Why:    what a fault needs of a VMA (range, flags, page protection, anon_vma, its lock) comes
//         with one miss.
// Source: linux include/linux/mm_types.h:vm_area_struct@v6.12
#pragma once
#include "model/fast/arena.hpp"
#include "model/fast/entry.hpp"

namespace faultline::FL_FAST {

struct alignas(64) Vma {
    Vpn lo = 0, hi = 0;
    u64 pgoff = 0;
    u64 prot = 0;                          ///< vm_page_prot: page_prot(flags)
    u32 flags = 0;
    AnonId anon_vma = 0;
    AvcId chain_newest = 0, chain_oldest = 0;   ///< anon_vma_chain, linked by same_vma
    VmaId prev = 0, next = 0;              ///< neighbours by address
    MmId mm = 0;
    u32 lock_seq = 0;                      ///< write-locked while equal to the mm's (per-VMA lock)

    bool covers(Vpn vpn) const { return lo <= vpn && vpn < hi; }
    u64 index_of(Vpn vpn) const { return pgoff + (vpn - lo); }
    bool singular() const { return chain_newest != 0 && chain_newest == chain_oldest; }
    u64 pages() const { return hi - lo; }
};
static_assert(sizeof(Vma) == 64);

}  // namespace faultline::FL_FAST
