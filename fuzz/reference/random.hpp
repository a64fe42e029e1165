// fuzz/reference/random.hpp - the random numbers of histories: xoshiro256**, seeded by splitmix64.
//
// Why:    a history must be the same on every machine and with every standard library; the
//         distributions of <random> are not.
// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021)
#pragma once
#include <array>
#include <bit>
#include <cstdint>

namespace faultline::fuzz {

/// A well-mixed 64-bit value of a counter: seeds made of small numbers become unrelated.
constexpr std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

class Random {
  public:
    constexpr explicit Random(std::uint64_t seed) {
        for (std::size_t i = 0; i < s_.size(); ++i) s_[i] = mixed(seed + 0x9e3779b97f4a7c15u * i);
    }
    constexpr std::uint64_t next() {
        const std::uint64_t out = std::rotl(s_[1] * 5, 7) * 9;
        const std::uint64_t t = s_[1] << 17;
        s_[2] ^= s_[0];
        s_[3] ^= s_[1];
        s_[1] ^= s_[2];
        s_[0] ^= s_[3];
        s_[2] ^= t;
        s_[3] = std::rotl(s_[3], 45);
        return out;
    }
    /// A number in [0, n); n is small, so the bias of the multiplication is below 2^-24.
    constexpr int below(int n) {
        const std::uint64_t high = next() >> 32;
        return static_cast<int>((high * static_cast<std::uint64_t>(n)) >> 32);
    }
    constexpr bool one_in(int n) { return below(n) == 0; }

  private:
    std::array<std::uint64_t, 4> s_{};
};

}  // namespace faultline::fuzz
