// spec/x86_64/nonpresent.hpp - what a page-table entry that is not present says: one kind for each.
//
// Why:    the same 64 bits are a hole, a swap slot, a page on the move, poison or a marker, told
//         apart by a type number that differs between kernels; `kind_of` is total, so no value of
//         an entry is ever "something else".
// Source: linux arch/x86/include/asm/pgtable_64.h:__swp_entry@v6.1, include/linux/swap.h and
//         include/linux/swapops.h@v6.1, @v6.12; swap.h@v5.10. The numbers of 6.18 were read in
//         the patches that made them; the releases in which changes landed between the tags
//         named are [MEM].
// Differs: the kernel packs a swp_entry_t in two formats; only the one stored in entries is here.
#pragma once
#include <string_view>

#include "spec/x86_64/software.hpp"

namespace faultline::x86 {

/// What an entry of the lowest table is, to Linux.
enum class Kind : unsigned {
    none,       ///< a hole
    present,    ///< present to the processor
    prot_none,  ///< present to Linux only
    swap,       ///< in slot `offset` of swap area `type`
    hwpoison,   ///< the frame is broken
    migration_read,
    migration_read_exclusive,  ///< read-only but owned exclusively; 5.19 on
    migration_write,
    device_private_read,  ///< the page is in device memory
    device_private_write,
    device_exclusive_read,  ///< the device has exclusive access; 5.14 to 6.14
    device_exclusive_write,
    device_exclusive,  ///< one kind for both; 6.15 on
    pte_marker,        ///< no page, only a note; 5.19 on
    swapin_error,      ///< swapped-out data could not be read; 5.19 to 6.1, then a marker
};
inline constexpr unsigned kind_count = 15;

constexpr std::string_view kind_name(Kind kind) {
    constexpr std::string_view names[kind_count] = {
        "none", "present", "prot_none", "swap", "hwpoison", "migration_read",
        "migration_read_exclusive", "migration_write", "device_private_read",
        "device_private_write", "device_exclusive_read", "device_exclusive_write",
        "device_exclusive", "pte_marker", "swapin_error"};
    return names[static_cast<unsigned>(kind)];
}

/// Which kind each of the 32 swap types is: real swap areas first, the special ones after them.
struct SwapTypes {
    Kind kind[32] = {};
    unsigned swap_areas = 0;  ///< MAX_SWAPFILES: types below it are real swap areas

    /// The type number of `k`, 32 when this kernel has none. Not for Kind::swap, which has many.
    constexpr unsigned type_of(Kind k) const {
        for (unsigned t = swap_areas; t < 32; ++t)
            if (kind[t] == k) return t;
        return 32;
    }
    constexpr bool has(Kind k) const { return k == Kind::swap || type_of(k) < 32; }
};

/// Type numbers of a kernel. The special types are the topmost ones, in this order.
/// linux include/linux/swap.h:MAX_SWAPFILES@v5.10, @v6.1, @v6.12
constexpr SwapTypes swap_types(const Kernel& k) {
    Kind special[12] = {};
    unsigned n = 0;
    if (k.memory_failure) special[n++] = Kind::hwpoison;
    if (k.migration) {
        special[n++] = Kind::migration_read;
        if (at_least(k, Release::v6_1)) special[n++] = Kind::migration_read_exclusive;
        special[n++] = Kind::migration_write;
    }
    if (k.device_private) {
        special[n++] = Kind::device_private_write;
        special[n++] = Kind::device_private_read;
        if (at_least(k, Release::v6_18)) {
            special[n++] = Kind::device_exclusive;
        } else if (at_least(k, Release::v6_1)) {
            special[n++] = Kind::device_exclusive_write;
            special[n++] = Kind::device_exclusive_read;
        }
    }
    const bool marker = at_least(k, Release::v6_12) || (at_least(k, Release::v6_1) && k.pte_marker);
    if (marker) special[n++] = Kind::pte_marker;
    if (k.release == Release::v6_1) special[n++] = Kind::swapin_error;
    SwapTypes types;
    types.swap_areas = 32 - n;
    for (unsigned t = 0; t < 32; ++t)
        types.kind[t] = t < types.swap_areas ? Kind::swap : special[t - types.swap_areas];
    return types;
}

/// Bits of a swap entry. linux arch/x86/include/asm/pgtable_64.h@v6.1 and pgtable_types.h@v6.1
namespace swap_bit {
inline constexpr unsigned soft_dirty = 1;   ///< on R/W
inline constexpr unsigned uffd_wp = 2;      ///< on U/S
inline constexpr unsigned exclusive = 3;    ///< on PWT; 5.19 on: PG_anon_exclusive went to swap
inline constexpr unsigned offset_low = 9;   ///< above PROT_NONE; the offset is stored inverted
inline constexpr unsigned offset_high = 58;
inline constexpr unsigned type_low = 59;    ///< stored plain
inline constexpr unsigned type_high = 63;
inline constexpr unsigned offset_width = offset_high - offset_low + 1;
}  // namespace swap_bit

/// Any entry that is neither none nor present to Linux, taken apart.
template <class W>
struct SwapEntry {
    W type;    ///< 0..31; `swap_types` says what it means
    W offset;  ///< 50 bits: slot, frame number with flags, or marker bits
    Truth<W> soft_dirty, uffd_wp;
    Truth<W> exclusive;  ///< meaningful from 5.19 on; software-ignored before
};
/// Packs a swap entry. linux arch/x86/include/asm/pgtable_64.h:__swp_entry@v6.1
template <class W>
constexpr W encode(const SwapEntry<W>& e) {
    namespace sb = swap_bit;
    return placed(e.type, sb::type_low, sb::type_high) |
           placed(~e.offset, sb::offset_low, sb::offset_high) |
           flag<W>(e.soft_dirty, sb::soft_dirty) | flag<W>(e.uffd_wp, sb::uffd_wp) |
           flag<W>(e.exclusive, sb::exclusive);
}
/// Unpacks any entry as a swap entry. linux pgtable_64.h:__swp_type, __swp_offset@v6.1
template <class W>
constexpr SwapEntry<W> decode_swap(const W& w) {
    namespace sb = swap_bit;
    return {field(w, sb::type_low, sb::type_high), field(~w, sb::offset_low, sb::offset_high),
            has(w, sb::soft_dirty), has(w, sb::uffd_wp), has(w, sb::exclusive)};
}
/// Bits a swap entry must leave 0: P, PROT_NONE, bit 7 (pmd_present reads it) and the unused bit 4.
/// A and D (5, 6) are unused too, but an erratum may set them. linux pgtable_64.h@v6.1
inline constexpr std::uint64_t swap_zero_bits = bit(0) | bit(4) | bit(7) | bit(8);
inline constexpr std::uint64_t swap_stray_bits = bit(5) | bit(6);

/// Kind of an entry as a word, one value of Kind for every one of the 2^64 entries.
/// linux mm/memory.c:handle_pte_fault and do_swap_page@v6.1 test in this order.
template <class W>
constexpr W kind_of(const W& w, const Kernel& k) {
    const SwapTypes types = swap_types(k);
    const W type = decode_swap(w).type;
    W kind = W(static_cast<unsigned>(Kind::swap));
    for (unsigned t = types.swap_areas; t < 32; ++t)
        kind = select(type == W(t), W(static_cast<unsigned>(types.kind[t])), kind);
    kind = select(is_prot_none(w), W(static_cast<unsigned>(Kind::prot_none)), kind);
    kind = select(has(w, entry_bit::present), W(static_cast<unsigned>(Kind::present)), kind);
    return select(pte_none(w), W(static_cast<unsigned>(Kind::none)), kind);
}
/// `kind_of` for people.
constexpr Kind classify(std::uint64_t w, const Kernel& k) {
    return static_cast<Kind>(kind_of(w, k));
}
/// Whether `w` is of `kind`, said without `kind_of`: a second definition the laws hold it against.
template <class W>
constexpr Truth<W> is_kind(const W& w, Kind kind, const Kernel& k) {
    const Truth<W> none = pte_none(w), present = has(w, entry_bit::present);
    if (kind == Kind::none) return none;
    if (kind == Kind::present) return present;
    if (kind == Kind::prot_none) return !present && has(w, soft_bit::prot_none);
    const Truth<W> special = !none && !pte_present(w);
    const W type = w >> swap_bit::type_low;
    const SwapTypes types = swap_types(k);
    Truth<W> match = Truth<W>(false);
    for (unsigned t = 0; t < 32; ++t)
        if (types.kind[t] == kind) match = match || type == W(t);
    return special && match;
}

/// Bits of a frame number in an entry that holds one: MAX_PHYSMEM_BITS - 12.
/// linux include/linux/swapops.h:SWP_PFN_BITS@v6.1
constexpr unsigned swap_pfn_bits(const Kernel& k) { return k.phys_bits - 12; }

/// An entry whose offset is a frame: migration, hwpoison, device. Young and dirty are kept for
/// migration entries from 6.1 on. linux include/linux/swapops.h:SWP_MIG_YOUNG_BIT@v6.1
template <class W>
struct PfnEntry {
    W pfn;
    Truth<W> young, dirty;
};
template <class W>
constexpr W pfn_offset(const PfnEntry<W>& e, const Kernel& k) {
    const unsigned n = swap_pfn_bits(k);
    const W pfn = e.pfn & W(bits_between(0, n - 1));
    if (!at_least(k, Release::v6_1)) return pfn;
    return pfn | flag<W>(e.young, n) | flag<W>(e.dirty, n + 1);
}
template <class W>
constexpr PfnEntry<W> decode_pfn_offset(const W& offset, const Kernel& k) {
    const unsigned n = swap_pfn_bits(k);
    const bool ad = at_least(k, Release::v6_1);
    return {offset & W(bits_between(0, n - 1)), Truth<W>(ad) && has(offset, n),
            Truth<W>(ad) && has(offset, n + 1)};
}
/// An entry of a special kind with no soft bits set. Precondition: `swap_types(k).has(kind)`.
template <class W>
constexpr W make_special(Kind kind, const W& offset, const Kernel& k) {
    const Truth<W> no = Truth<W>(false);
    return encode(SwapEntry<W>{W(swap_types(k).type_of(kind)), offset, no, no, no});
}

/// Bits of a pte marker's offset. linux include/linux/swapops.h:PTE_MARKER_MASK@v6.1, @v6.12
namespace marker_bit {
inline constexpr unsigned uffd_wp = 0;
inline constexpr unsigned poisoned = 1;  ///< 6.6 on (in 6.12)
inline constexpr unsigned guard = 2;     ///< MADV_GUARD_INSTALL, 6.13 on (in 6.18)
}  // namespace marker_bit
constexpr std::uint64_t marker_mask(const Kernel& k) {
    if (at_least(k, Release::v6_18)) return 7;
    return at_least(k, Release::v6_12) ? 3 : 1;
}

static_assert(swap_types(Kernel{.release = Release::v5_10}).swap_areas == 27);
static_assert(swap_types(Kernel{.release = Release::v6_1}).swap_areas == 22);
static_assert(swap_types(Kernel{.release = Release::v6_12}).swap_areas == 23);
static_assert(swap_types(Kernel{.release = Release::v6_18}).swap_areas == 24);
static_assert(classify(0, {}) == Kind::none && classify(0x67, {}) == Kind::present);
static_assert(classify(0x000ffffffffff120, {}) == Kind::prot_none);
static_assert(encode(SwapEntry<std::uint64_t>{1, 0, true, false, false}) == 0x0ffffffffffffe02);

}  // namespace faultline::x86
