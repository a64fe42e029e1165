// proofs/explore/pack.hpp - a state in as few 64-bit words as its fields need, and a hash of them.
//
// Why: memory bounds an exploration; equality of packed words is equality of states, exactly. A
//      value that does not fit its field's declared maximum is reported, never truncated
//      silently.
#pragma once
#include <cstring>
#include <type_traits>

#include "proofs/explore/layout.hpp"

namespace faultline::explore {

template <Bounds B>
struct Packing {
    static constexpr std::size_t words = layout<B>.words();
    using State = std::array<std::uint64_t, words>;
};
template <Bounds B>
using PackedState = typename Packing<B>::State;

/// The bytes of a concrete state, one a leaf, in declaration order.
template <Bounds B>
inline std::uint8_t* bytes_of(StateRow<Concrete, B>& s) {
    static_assert(sizeof(s) == static_cast<std::size_t>(Layout<B>::leaves),
                  "explorable bounds keep every leaf in one byte");
    static_assert(std::is_trivially_copyable_v<StateRow<Concrete, B>>);
    return reinterpret_cast<std::uint8_t*>(&s);
}
template <Bounds B>
inline const std::uint8_t* bytes_of(const StateRow<Concrete, B>& s) {
    return bytes_of<B>(const_cast<StateRow<Concrete, B>&>(s));
}
template <Bounds B>
inline bool same_state(const StateRow<Concrete, B>& a, const StateRow<Concrete, B>& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

/// Bits of each byte that its field's width does not cover.
template <Bounds B>
inline constexpr ByteState<B> excess_mask = [] {
    ByteState<B> m{};
    for (std::size_t i = 0; i < m.size(); ++i)
        m[i] = static_cast<std::uint8_t>(~((1u << layout<B>.bits[i]) - 1u));
    return m;
}();
/// Every field is within its declared maximum's width.
template <Bounds B>
inline bool fits(const std::uint8_t* bytes) {
    unsigned over = 0;
    for (std::size_t i = 0; i < excess_mask<B>.size(); ++i) over |= bytes[i] & excess_mask<B>[i];
    return over == 0;
}

template <Bounds B>
inline constexpr auto bit_position = [] {
    std::array<int, static_cast<std::size_t>(Layout<B>::leaves)> at{};
    int pos = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        at[i] = pos;
        pos += layout<B>.bits[i];
    }
    return at;
}();

template <Bounds B>
inline PackedState<B> pack(const std::uint8_t* bytes) {
    PackedState<B> p{};
    unroll<Layout<B>::leaves>([&](auto i) {
        constexpr int pos = bit_position<B>[i], word = pos / 64, shift = pos % 64;
        const std::uint64_t v = bytes[i];
        p[word] |= v << shift;
        if constexpr (shift + layout<B>.bits[i] > 64) p[word + 1] |= v >> (64 - shift);
    });
    return p;
}
template <Bounds B>
inline void unpack(const std::uint64_t* words, std::uint8_t* bytes) {
    unroll<Layout<B>::leaves>([&](auto i) {
        constexpr int pos = bit_position<B>[i], word = pos / 64, shift = pos % 64;
        std::uint64_t v = words[word] >> shift;
        if constexpr (shift + layout<B>.bits[i] > 64) v |= words[word + 1] << (64 - shift);
        bytes[i] = static_cast<std::uint8_t>(v & ((1u << layout<B>.bits[i]) - 1u));
    });
}
template <Bounds B>
inline PackedState<B> pack(const StateRow<Concrete, B>& s) {
    return pack<B>(bytes_of<B>(s));
}
template <Bounds B>
inline StateRow<Concrete, B> unpack(const PackedState<B>& p) {
    StateRow<Concrete, B> s;
    unpack<B>(p.data(), bytes_of<B>(s));
    return s;
}

/// One step of a 64-bit mixer: the two halves of a 128-bit product.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide p = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15ull) * (b ^ 0xD6E8FEB86659FD93ull);
    return static_cast<std::uint64_t>(p) ^ static_cast<std::uint64_t>(p >> 64);
}
inline std::uint64_t hash_words(const std::uint64_t* words, std::size_t n) {
    std::uint64_t h = 0x2545F4914F6CDD1Dull;
    for (std::size_t i = 0; i < n; ++i) h = mix(h + words[i], 0xA0761D6478BD642Full + i);
    return mix(h, 0xE7037ED1A0B428DBull);
}
/// Hash of a few bytes, for colours of rows.
inline std::uint64_t hash_bytes(const std::uint8_t* bytes, int n) {
    std::uint64_t h = static_cast<std::uint64_t>(n);
    for (; n >= 8; n -= 8, bytes += 8) {
        std::uint64_t w;
        std::memcpy(&w, bytes, 8);
        h = mix(h, w);
    }
    std::uint64_t tail = 0;
    std::memcpy(&tail, bytes, static_cast<std::size_t>(n));
    return mix(h, tail);
}

}  // namespace faultline::explore
