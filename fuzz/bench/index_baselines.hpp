// fuzz/bench/index_baselines.hpp - find_vma on std::map and absl::btree_map.
#pragma once
#include <cstdint>
#include <optional>

namespace faultline::fuzz {

/// Nanoseconds a random lookup among n ranges; absl's if the package was there to build with.
double std_map_lookup(std::uint64_t n);
std::optional<double> absl_btree_lookup(std::uint64_t n);

}  // namespace faultline::fuzz
