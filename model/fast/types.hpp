// model/fast/types.hpp - the words the fast path is written in: numbers of pages and objects,
// limits, answers.
//
// Why:     objects live in arenas and are named by 32-bit numbers, 0 for none: half the size of a
//          pointer, the same in every process, and an arena may grow without moving anything. All
//          sizes and limits are run-time values.
// Differs: nothing here knows model/reference; the two exist to disagree.
#pragma once
#include <cstdint>

#include "spec/rules.hpp"
#include "spec/x86_64/software.hpp"

// The mutation build compiles the same text a second time under another name, so that one program
// can hold both.
#ifdef FAULTLINE_MUTANTS
#define FL_FAST fast_mutants
#else
#define FL_FAST fast
#endif

namespace faultline::FL_FAST {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

using Vpn = u64;      ///< page of an address space: linear address / 4096
using Pfn = u32;      ///< page frame; 0 is the zero page
using TableId = u32;  ///< table of 512 entries
using VmaId = u32;
using AnonId = u32;
using AvcId = u32;
using NodeId = u32;
using MmId = u32;     ///< counted from 0, like handles: the caller names them

enum VmaBit : u32 {
    vma_read = 1, vma_write = 2, vma_exec = 4, vma_growsdown = 8, vma_locked = 16,
    vma_dontfork = 32, vma_wipeonfork = 64
};
inline constexpr u32 vma_prot = vma_read | vma_write | vma_exec;

enum class Access : u32 { read, write, fetch };
enum class Grab : u8 { none, get, pin };
/// Where mmap puts a range.
enum class Place : u8 { anywhere, hint, fixed, noreplace };
/// madvise and mlock as far as they change flags.
enum class Advice : u8 { dontfork, dofork, wipeonfork, keeponfork, lock, unlock };

/// How a call ended: an errno, a signal, or the way a fault was resolved.
enum class Ret : u32 {
    none, ok,
    zero_mapped, new_page, copied, reused, swapped_in, spurious,
    reclaimed, kept,     ///< of reclaim: the page is free, or on the LRU again
    segv_maperr, segv_accerr, oom,
    enomem, einval, eexist, efault, eagain,
    blocked              ///< no such process, handle or page: nothing was done
};
constexpr bool is_refused(Ret r) { return r >= Ret::segv_maperr; }

struct Answer {
    Ret ret = Ret::ok;
    Ret fault = Ret::none;   ///< accesses: how the last fault ended
    Vpn page = 0;            ///< mmap, mremap, brk
    int child = -1, handle = -1;
    u64 value = 0;           ///< load
};

/// Sizes of the machine and the kernel's limits. The defaults are Linux's.
struct Config {
    Vpn low = 0x10;                          ///< lowest page of an address space (mmap_min_addr)
    Vpn high = (Vpn{1} << 35) - 1;           ///< first page past it (TASK_SIZE)
    Vpn heap = 0x400;                        ///< where the heap begins
    Vpn min_pgoff = 0, max_pgoff = ~Vpn{0} >> 1;
    unsigned levels = 4;                     ///< 4 or 5 levels of page tables
    u32 mms = 64, handles = 64, frames = 1u << 16;
    u32 anon_vmas = ~u32{0};                 ///< how many the slab yields
    u32 vmas_a_process = ~u32{0};            ///< likewise, a process
    u32 cpus = 1;
    u32 slots = 0, swap_devices = 1;         ///< pages of swap space, and over how many devices
    u32 stack_guard_gap = 256;
    u64 stack_limit = 2048, memlock_limit = 2048;
    u32 map_count_limit = 65530, move_slack = 3, target_slack = 2;
    u32 pin_bias = 1024;
    u32 batch_size = 31;                     ///< folios an LRU batch takes before it drains
    x86::Release release = x86::Release::v6_12;   ///< layout of the entries' software bits
};

}  // namespace faultline::FL_FAST
