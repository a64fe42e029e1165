// spec/x86_64/entry.hpp - present paging-structure entries, bit for bit, at every level.
//
// Why:    a walker, an oracle and a kernel model must agree on the meaning of 64 bits before they
//         can disagree on anything else.
// Source: SDM3A "4-Level Paging and 5-Level Paging": formats of PML5E, PML4E, PDPTE, PDE and PTE.
// Differs: SGX, HLAT (bit 11 "R") and shadow-stack uses of ignored bits stay in software fields.
#pragma once
#include "spec/x86_64/word.hpp"

namespace faultline::x86 {

/// Height of a table: the table whose entries are PTEs is 1, the PML5 table is 5.
enum class Level : unsigned { pte = 1, pde = 2, pdpte = 3, pml4e = 4, pml5e = 5 };
constexpr unsigned height(Level level) { return static_cast<unsigned>(level); }

/// Bit positions common to all levels. SDM3A "4-Level Paging and 5-Level Paging", entry formats.
namespace entry_bit {
inline constexpr unsigned present = 0;
inline constexpr unsigned writable = 1;       ///< R/W
inline constexpr unsigned user = 2;           ///< U/S: 1 is user
inline constexpr unsigned write_through = 3;  ///< PWT
inline constexpr unsigned cache_disable = 4;  ///< PCD
inline constexpr unsigned accessed = 5;
inline constexpr unsigned dirty = 6;       ///< leaves only; ignored in table entries
inline constexpr unsigned page_size = 7;   ///< PS in PDPTE and PDE; reserved above them
inline constexpr unsigned pat_small = 7;   ///< PAT of a 4 KiB leaf
inline constexpr unsigned global = 8;      ///< leaves only
inline constexpr unsigned pat_large = 12;  ///< PAT of a 2 MiB or 1 GiB leaf
inline constexpr unsigned frame_low = 12;  ///< lowest bit of the physical address
inline constexpr unsigned frame_high = 51;  ///< the highest any processor has: MAXPHYADDR <= 52
inline constexpr unsigned pkey_low = 59;    ///< protection key of a leaf, bits 59..62
inline constexpr unsigned pkey_high = 62;
inline constexpr unsigned no_execute = 63;  ///< XD
}  // namespace entry_bit

inline constexpr std::uint64_t frame_mask =
    bits_between(entry_bit::frame_low, entry_bit::frame_high);

/// log2 of the bytes one entry spans: PTE 12, PDE 21, PDPTE 30, PML4E 39, PML5E 48.
constexpr unsigned span_bits(Level level) { return 12 + 9 * (height(level) - 1); }

/// Bits 13..20 of a 2 MiB leaf, 13..29 of a 1 GiB leaf: reserved, below the frame and above PAT.
constexpr std::uint64_t large_leaf_reserved(Level level) {
    return level == Level::pte ? 0 : bits_between(13, span_bits(level) - 1);
}

/// An entry that refers to another table: its address and the rights it can only take away.
template <class W>
struct TableEntry {
    Truth<W> present, writable, user, write_through, cache_disable, accessed;
    Truth<W> ignored_6;     ///< software may use it: the processor ignores bit 6 here
    W frame;                ///< physical address / 4096, 40 bits
    W software_low;         ///< bits 8..11
    W software_high;        ///< bits 52..62
    Truth<W> no_execute;
};

/// Packs a table entry; bit 7 (PS) is 0. Values wider than their field are cut.
template <class W>
constexpr W encode(const TableEntry<W>& e) {
    namespace eb = entry_bit;
    return flag<W>(e.present, eb::present) | flag<W>(e.writable, eb::writable) |
           flag<W>(e.user, eb::user) | flag<W>(e.write_through, eb::write_through) |
           flag<W>(e.cache_disable, eb::cache_disable) | flag<W>(e.accessed, eb::accessed) |
           flag<W>(e.ignored_6, eb::dirty) | placed(e.software_low, 8, 11) |
           placed(e.frame, eb::frame_low, eb::frame_high) | placed(e.software_high, 52, 62) |
           flag<W>(e.no_execute, eb::no_execute);
}
/// Unpacks an entry that refers to a table; exact when bit 7 is 0.
template <class W>
constexpr TableEntry<W> decode_table(const W& w) {
    namespace eb = entry_bit;
    return {has(w, eb::present),
            has(w, eb::writable),
            has(w, eb::user),
            has(w, eb::write_through),
            has(w, eb::cache_disable),
            has(w, eb::accessed),
            has(w, eb::dirty),
            field(w, eb::frame_low, eb::frame_high),
            field(w, 8, 11),
            field(w, 52, 62),
            has(w, eb::no_execute)};
}

/// An entry that maps a page of 4 KiB (PTE), 2 MiB (PDE) or 1 GiB (PDPTE).
template <class W>
struct LeafEntry {
    Truth<W> present, writable, user, write_through, cache_disable, accessed, dirty, pat, global;
    W frame;          ///< physical address / 4096; a multiple of 2^(span_bits-12) for large leaves
    W software_low;   ///< bits 9..11, the kernel's SOFTW1..3
    W software_high;  ///< bits 52..58
    W pkey;           ///< protection key, 4 bits
    Truth<W> no_execute;
};

/// Packs a leaf of `level` (pte, pde or pdpte); sets PS on the large ones. Frame bits below the
/// page size are dropped, as they lie on PAT and on reserved bits.
template <class W>
constexpr W encode(const LeafEntry<W>& e, Level level) {
    namespace eb = entry_bit;
    const bool large = level != Level::pte;
    const unsigned first = span_bits(level);
    return flag<W>(e.present, eb::present) | flag<W>(e.writable, eb::writable) |
           flag<W>(e.user, eb::user) | flag<W>(e.write_through, eb::write_through) |
           flag<W>(e.cache_disable, eb::cache_disable) | flag<W>(e.accessed, eb::accessed) |
           flag<W>(e.dirty, eb::dirty) | flag<W>(e.pat, large ? eb::pat_large : eb::pat_small) |
           W(large ? bit(eb::page_size) : 0) | flag<W>(e.global, eb::global) |
           placed(e.software_low, 9, 11) |
           (placed(e.frame, eb::frame_low, eb::frame_high) & W(bits_between(first, 51))) |
           placed(e.software_high, 52, 58) | placed(e.pkey, eb::pkey_low, eb::pkey_high) |
           flag<W>(e.no_execute, eb::no_execute);
}
/// Unpacks a leaf of `level`; exact when PS is as the level demands and no reserved bit is set.
template <class W>
constexpr LeafEntry<W> decode_leaf(const W& w, Level level) {
    namespace eb = entry_bit;
    const bool large = level != Level::pte;
    return {has(w, eb::present),
            has(w, eb::writable),
            has(w, eb::user),
            has(w, eb::write_through),
            has(w, eb::cache_disable),
            has(w, eb::accessed),
            has(w, eb::dirty),
            has(w, large ? eb::pat_large : eb::pat_small),
            has(w, eb::global),
            (w & W(bits_between(span_bits(level), eb::frame_high))) >> eb::frame_low,
            field(w, 9, 11),
            field(w, 52, 58),
            field(w, eb::pkey_low, eb::pkey_high),
            has(w, eb::no_execute)};
}

/// Whether an entry of `level` maps a page: every PTE does, a PDE and a PDPTE when PS is set, a
/// PML4E and a PML5E never (their bit 7 is reserved). SDM3A "4-Level Paging and 5-Level Paging".
template <class W>
constexpr Truth<W> maps_page(const W& w, Level level) {
    if (level == Level::pte) return Truth<W>(true);
    if (height(level) > height(Level::pdpte)) return Truth<W>(false);
    return has(w, entry_bit::page_size);
}

/// What a processor can do that decides which bits are reserved.
struct Cpu {
    unsigned max_phys_bits = 52;  ///< MAXPHYADDR, CPUID.80000008H:EAX[7:0]; 36..52
    bool page_1gib = true;        ///< CPUID.80000001H:EDX.Page1GB
};

/// Bits that must be 0 in a present entry of `level` that does (`leaf`) or does not map a page.
/// SDM3A "4-Level Paging and 5-Level Paging": "If the P flag of a paging-structure entry is 1 ..
/// reserved bits"; bit 63 is reserved while IA32_EFER.NXE is 0.
constexpr std::uint64_t reserved_bits(Level level, bool leaf, const Cpu& cpu, bool nxe) {
    std::uint64_t mask = nxe ? 0 : bit(entry_bit::no_execute);
    if (cpu.max_phys_bits <= entry_bit::frame_high)
        mask |= bits_between(cpu.max_phys_bits, entry_bit::frame_high);
    if (height(level) > height(Level::pdpte)) mask |= bit(entry_bit::page_size);
    if (level == Level::pdpte && !cpu.page_1gib) mask |= bit(entry_bit::page_size);
    if (leaf) mask |= large_leaf_reserved(level);
    return mask;
}

static_assert(span_bits(Level::pde) == 21 && span_bits(Level::pdpte) == 30);
static_assert(large_leaf_reserved(Level::pde) == 0x1fe000);
static_assert(large_leaf_reserved(Level::pdpte) == 0x3fffe000);
static_assert(encode(decode_table(std::uint64_t{0x8000000012345067})) == 0x8000000012345067);
static_assert(encode(decode_leaf(std::uint64_t{0x80000000126010e7}, Level::pde), Level::pde) ==
              0x80000000126010e7);

}  // namespace faultline::x86
