// fuzz/bench/stopwatch.hpp - time, noise and what keeps a compiler from leaving work out.
#pragma once
#include <chrono>
#include <cstdint>

namespace faultline::fuzz {

class Stopwatch {
  public:
    double ns(std::uint64_t units) const {
        const std::chrono::duration<double, std::nano> d = Clock::now() - start_;
        return d.count() / static_cast<double>(units);
    }

  private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};
/// Cheap numbers without order, the same in every run.
class Noise {
  public:
    std::uint64_t below(std::uint64_t n) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return (state_ >> 33) % n;
    }

  private:
    std::uint64_t state_ = 1;
};
/// The value is used, as far as the compiler can tell.
inline void keep(std::uint64_t value) { asm volatile("" : : "r"(value)); }

}  // namespace faultline::fuzz
