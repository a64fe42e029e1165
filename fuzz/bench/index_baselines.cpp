// fuzz/bench/index_baselines.cpp - find_vma on the containers one would take off the shelf.
//
// Why:    the index is worth its lines only if it is ahead of absl::btree_map. All answer the same
//         question from the same keys: the first range that ends past an address.
#include <map>
#include <optional>
#include <string_view>

#include "fuzz/bench/index_baselines.hpp"
#include "fuzz/bench/stopwatch.hpp"
#ifdef FAULTLINE_ABSL
#include <absl/container/btree_map.h>
#endif

namespace faultline::fuzz {
namespace {

struct Range {
    std::uint64_t lo;
    std::uint32_t vma;
};
template <class Map>
double lookups(std::uint64_t n) {
    Map map;
    for (std::uint64_t i = 0; i < n; ++i)
        map[6 * i + 3] = Range{6 * i, static_cast<std::uint32_t>(i)};
    constexpr std::uint64_t times = 100'000;
    Noise noise;
    std::uint64_t sum = 0;
    Stopwatch clock;
    for (std::uint64_t i = 0; i < times; ++i) {
        const auto at = map.upper_bound(noise.below(6 * n));
        if (at != map.end()) sum += at->second.vma;
    }
    keep(sum);
    return clock.ns(times);
}

}  // namespace

double std_map_lookup(std::uint64_t n) { return lookups<std::map<std::uint64_t, Range>>(n); }
std::optional<double> absl_btree_lookup(std::uint64_t n) {
#ifdef FAULTLINE_ABSL
    return lookups<absl::btree_map<std::uint64_t, Range>>(n);
#else
    static_cast<void>(n);
    return std::nullopt;
#endif
}

}  // namespace faultline::fuzz
