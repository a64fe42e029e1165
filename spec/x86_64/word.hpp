// spec/x86_64/word.hpp - the little a codec needs of a 64-bit word, be it a number or a formula.
//
// Why:    the codecs are written once over a word type W. std::uint64_t makes them run and fold at
//         compile time; the symbolic word of proofs/x86 makes the same text a formula that Z3
//         decides for all values. W must offer & | ^ ~ + - == != with W, << >> with a plain shift
//         count, a constructor from std::uint64_t (W{} is 0), and a truth type with && || ! for
//         `select`.
#pragma once
#include <cstdint>
#include <utility>

namespace faultline::x86 {

/// The truth type of W: bool for numbers, a formula for symbolic words.
template <class W>
using Truth = decltype(std::declval<const W&>() == std::declval<const W&>());

/// `c ? a : b`; symbolic words bring their own overload, found by argument-dependent lookup.
template <class T>
constexpr T select(bool c, const T& a, const T& b) {
    return c ? a : b;
}

/// Bits `low`..`high` set, both counted from 0 and included.
constexpr std::uint64_t bits_between(unsigned low, unsigned high) {
    return ((high >= 63 ? 0 : (std::uint64_t{1} << (high + 1))) - 1) &
           ~((std::uint64_t{1} << low) - 1);
}
constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }

/// Whether bit `n` of `w` is 1.
template <class W>
constexpr Truth<W> has(const W& w, unsigned n) {
    return (w & W(bit(n))) != W(0);
}
/// Whether any bit of `mask` is 1 in `w`.
template <class W>
constexpr Truth<W> has_any(const W& w, std::uint64_t mask) {
    return (w & W(mask)) != W(0);
}
/// Bits `low`..`high` of `w`, moved to bit 0.
template <class W>
constexpr W field(const W& w, unsigned low, unsigned high) {
    return (w >> low) & W(bits_between(0, high - low));
}
/// `value` cut to `high - low + 1` bits and moved to bit `low`.
template <class W>
constexpr W placed(const W& value, unsigned low, unsigned high) {
    return (value & W(bits_between(0, high - low))) << low;
}
/// A word with bit `n` equal to `c` and all others 0.
template <class W>
constexpr W flag(const Truth<W>& c, unsigned n) {
    return select(c, W(bit(n)), W(0));
}
/// Whether `value` needs no bit at or above `width`.
template <class W>
constexpr Truth<W> fits(const W& value, unsigned width) {
    return (value & W(~bits_between(0, width - 1))) == W(0);
}

static_assert(bits_between(0, 63) == ~std::uint64_t{0});
static_assert(bits_between(12, 51) == 0x000ffffffffff000);

}  // namespace faultline::x86
