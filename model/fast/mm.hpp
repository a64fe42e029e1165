// model/fast/mm.hpp - mm_struct: one address space.
//
// Source: linux include/linux/mm_types.h:mm_struct@v6.12
#pragma once
#include "model/fast/page_table.hpp"
#include "model/fast/tlb.hpp"
#include "model/fast/vma_index.hpp"

namespace faultline::FL_FAST {

struct Mm {
    bool alive = false;
    bool has_pinned = false;         ///< MMF_HAS_PINNED
    u32 lock_seq = 1;                ///< mm_lock_seq: a VMA with the same number is write-locked
    u32 map_count = 0;
    u64 rss_anon = 0, rss_swap = 0, locked_vm = 0;
    Vpn brk = 0;
    PageTables tables;
    TlbContext tlb;
    VmaIndex vmas;
};

/// FOLL_GET or FOLL_PIN reference that a caller keeps.
struct Handle {
    Grab kind = Grab::none;
    bool write = false;
    Pfn frame = 0;
};

}  // namespace faultline::FL_FAST
