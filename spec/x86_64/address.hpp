// spec/x86_64/address.hpp - linear addresses: canonical form and one index per level.
//
// Why:    the walker, the radix table and the laws cut addresses in the same places.
// Source: SDM3A "Linear-Address Translation with 4-Level Paging and 5-Level Paging";
//         SDM1 "Canonical Addressing".
#pragma once
#include "spec/x86_64/entry.hpp"

namespace faultline::x86 {

/// Bits of a linear address that are translated: 48 with 4 levels, 57 with 5.
constexpr unsigned linear_bits(unsigned levels) { return 12 + 9 * levels; }

/// Copies bit `width - 1` into all higher bits.
template <class W>
constexpr W sign_extend(const W& address, unsigned width) {
    const std::uint64_t high = ~bits_between(0, width - 1);
    return select(has(address, width - 1), address | W(high), address & W(~high));
}
/// Whether bits 63..width-1 are all equal. SDM1 "Canonical Addressing".
template <class W>
constexpr Truth<W> is_canonical(const W& address, unsigned width) {
    const std::uint64_t high = ~bits_between(0, width - 2);
    return (address & W(high)) == W(0) || (address & W(high)) == W(high);
}
/// Index 0..511 of `address` into the table of `level`.
template <class W>
constexpr W table_index(const W& address, Level level) {
    return field(address, span_bits(level), span_bits(level) + 8);
}
/// Byte offset of `address` in the page that an entry of `level` maps: 12, 21 or 30 bits.
template <class W>
constexpr W page_offset(const W& address, Level level) {
    return address & W(bits_between(0, span_bits(level) - 1));
}
/// The part of `address` that one index stands for: the index moved back to its place.
template <class W>
constexpr W index_part(const W& index, Level level) {
    return placed(index, span_bits(level), span_bits(level) + 8);
}

static_assert(linear_bits(4) == 48 && linear_bits(5) == 57);
static_assert(is_canonical(std::uint64_t{0x00007fffffffffff}, 48));
static_assert(!is_canonical(std::uint64_t{0x0000800000000000}, 48));
static_assert(is_canonical(std::uint64_t{0x0000800000000000}, 57));
static_assert(is_canonical(std::uint64_t{0xffff800000000000}, 48));
static_assert(table_index(std::uint64_t{0xffffffffffffffff}, Level::pml5e) == 511);

}  // namespace faultline::x86
