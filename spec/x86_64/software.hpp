// spec/x86_64/software.hpp - the bits of a leaf that only Linux reads, PROT_NONE, and L1TF.
//
// Why:    "present" means one thing to the processor and another to Linux, and between the two lies
//         the inversion of the frame number that keeps L1TF from reading foreign memory.
// Source: linux arch/x86/include/asm/pgtable_types.h, pgtable.h, pgtable-invert.h@v6.1 and @v6.12.
#pragma once
#include "spec/x86_64/kernel.hpp"
#include "spec/x86_64/entry.hpp"

namespace faultline::x86 {

/// Positions of Linux's own bits in a leaf. linux arch/x86/include/asm/pgtable_types.h@v6.1
namespace soft_bit {
inline constexpr unsigned prot_none = 8;  ///< shares G; means PROT_NONE only while P is 0
inline constexpr unsigned special = 9;    ///< SOFTW1: no struct page behind it
inline constexpr unsigned uffd_wp = 10;   ///< SOFTW2: write-protected by userfaultfd
inline constexpr unsigned soft_dirty = 11;  ///< SOFTW3: written since the last clear_refs
inline constexpr unsigned absent = 64;      ///< this kernel has no such bit

/// SOFTW4, a DAX or device page: 58 up to 6.1, 57 in 6.12, gone in 6.18.
/// linux arch/x86/include/asm/pgtable_types.h:_PAGE_BIT_DEVMAP@v6.1, @v6.12
constexpr unsigned devmap(const Kernel& k) {
    if (at_least(k, Release::v6_18)) return absent;
    return at_least(k, Release::v6_12) ? 57 : 58;
}
/// SOFTW5, parked dirtiness of a read-only leaf: 58 from 6.6 on (in 6.12), absent before.
/// linux arch/x86/include/asm/pgtable_types.h:_PAGE_BIT_SAVED_DIRTY@v6.12
constexpr unsigned saved_dirty(const Kernel& k) {
    return at_least(k, Release::v6_12) ? 58 : absent;
}
}  // namespace soft_bit

/// Bit `n` of `w`, false when this kernel has no such bit.
template <class W>
constexpr Truth<W> has_soft(const W& w, unsigned n) {
    return n == soft_bit::absent ? Truth<W>(false) : has(w, n % 64);
}

/// Linux's pte_none: nothing set, except that stray A and D do not count (a KNL erratum may set
/// them in a clear entry). linux arch/x86/include/asm/pgtable.h:pte_none@v6.1
template <class W>
constexpr Truth<W> pte_none(const W& w) {
    return (w & W(~(bit(entry_bit::accessed) | bit(entry_bit::dirty)))) == W(0);
}
/// Linux's pte_present: the processor's P, or PROT_NONE. linux pgtable.h:pte_present@v6.1
template <class W>
constexpr Truth<W> pte_present(const W& w) {
    return has_any(w, bit(entry_bit::present) | bit(soft_bit::prot_none));
}
/// Linux's pmd_present adds PS, which alone survives while a huge page is split.
/// linux arch/x86/include/asm/pgtable.h:pmd_present@v6.1
template <class W>
constexpr Truth<W> pmd_present(const W& w) {
    return has_any(w, bit(entry_bit::present) | bit(soft_bit::prot_none) |
                          bit(entry_bit::page_size));
}
/// Present to Linux, absent to the processor.
template <class W>
constexpr Truth<W> is_prot_none(const W& w) {
    return !has(w, entry_bit::present) && has(w, soft_bit::prot_none);
}
/// Linux's pte_write. 6.12 adds shadow-stack entries (D set, R/W clear) when the processor has them
/// (`shadow_stack`). linux arch/x86/include/asm/pgtable.h:pte_write@v6.1, @v6.12
template <class W>
constexpr Truth<W> pte_write(const W& w, bool shadow_stack = false) {
    const Truth<W> rw = has(w, entry_bit::writable);
    return rw || (Truth<W>(shadow_stack) && has(w, entry_bit::dirty));
}
/// Linux's pte_dirty: the processor's D or the parked one. linux pgtable.h:pte_dirty@v6.12
template <class W>
constexpr Truth<W> pte_dirty(const W& w, const Kernel& k) {
    return has(w, entry_bit::dirty) || has_soft(w, soft_bit::saved_dirty(k));
}
/// Takes write permission away; from 6.6 on D moves to SAVED_DIRTY so that D without R/W keeps
/// meaning shadow stack. linux arch/x86/include/asm/pgtable.h:pte_wrprotect@v6.1, @v6.12
template <class W>
constexpr W pte_wrprotect(const W& w, const Kernel& k) {
    const W read_only = w & W(~bit(entry_bit::writable));
    if (soft_bit::saved_dirty(k) == soft_bit::absent) return read_only;
    return select(has(read_only, entry_bit::dirty),
                  (read_only & W(~bit(entry_bit::dirty))) | W(bit(soft_bit::saved_dirty(k) % 64)),
                  read_only);
}

/// Whether the frame bits are stored inverted: not present to the processor, and not clear.
/// linux arch/x86/include/asm/pgtable-invert.h:__pte_needs_invert@v6.1
template <class W>
constexpr Truth<W> is_inverted(const W& w) {
    return w != W(0) && !has(w, entry_bit::present);
}
/// Frame number of a leaf, 40 bits in units of 4 KiB, with the inversion undone.
/// linux arch/x86/include/asm/pgtable.h:pte_pfn@v6.1
template <class W>
constexpr W pte_pfn(const W& w) {
    return field(select(is_inverted(w), ~w, w), entry_bit::frame_low, entry_bit::frame_high);
}
/// Flags of a leaf: everything outside the frame. linux pgtable_types.h:pte_flags@v6.1
template <class W>
constexpr W pte_flags(const W& w) {
    return w & W(~frame_mask);
}
/// Builds a leaf from a frame number and flags, inverting the frame if the flags ask for it.
/// `flags` must not touch bits 12..51. linux arch/x86/include/asm/pgtable.h:pfn_pte@v6.1
template <class W>
constexpr W make_pte(const W& pfn, const W& flags) {
    const W frame = placed(pfn, entry_bit::frame_low, entry_bit::frame_high);
    return select(is_inverted(flags), frame ^ W(frame_mask), frame) | flags;
}
/// Replaces the flags of a present leaf and keeps its frame, inverting or not as the new flags ask:
/// what mprotect does when PROT_NONE comes or goes.
/// linux arch/x86/include/asm/pgtable-invert.h:flip_protnone_guard@v6.1
template <class W>
constexpr W pte_with_flags(const W& w, const W& flags) {
    return make_pte(pte_pfn(w), flags);
}

static_assert(make_pte(std::uint64_t{0x1234}, std::uint64_t{0x67}) == 0x1234067);
static_assert(make_pte(std::uint64_t{0}, std::uint64_t{0x120}) == 0x000ffffffffff120);
static_assert(pte_pfn(std::uint64_t{0x000ffffffffff120}) == 0);
static_assert(pte_none(std::uint64_t{0x60}) && !pte_none(std::uint64_t{0x2}));

}  // namespace faultline::x86
