// fuzz/reference/swarm.hpp - how often a history draws each operation: another mixture each time.
//
// Why:    one mixture for all histories reaches the same states again and again; leaving operations
//         out, and overdoing others, reaches states that an average never does.
// Source: Groce et al., "Swarm testing" (ISSTA 2012)
#pragma once
#include <algorithm>

#include "fuzz/reference/perform.hpp"
#include "fuzz/reference/random.hpp"

namespace faultline::fuzz {

/// How often each verb is drawn in a plain mixture, in parts of the sum.
inline constexpr std::array<int, verb_count> plain_weights = [] {
    std::array<int, verb_count> w{};
    const auto set = [&](int row, int weight) { w[static_cast<std::size_t>(row)] = weight; };
    set(operation_id<OpMmap>(), 14);
    set(operation_id<OpMunmap>(), 7);
    set(operation_id<OpMprotect>(), 10);
    set(operation_id<OpAdvise>(), 9);
    set(operation_id<OpDontneed>(), 6);
    set(operation_id<OpBrk>(), 4);
    set(operation_id<OpMremap>(), 7);
    set(operation_id<OpFault>(), 40);
    set(operation_id<OpFork>(), 7);
    set(operation_id<OpExit>(), 7);
    set(operation_id<OpGup>(), 8);
    set(operation_id<OpGupFast>(), 8);
    set(operation_id<OpStore>(), 30);
    set(operation_id<OpUnpin>(), 13);
    set(operation_id<OpDma>(), 8);
    set(operation_id<OpDrain>(), 3);
    set(operation_id<OpReclaim>(), 12);
    set(operation_id<OpFreeSwap>(), 2);
    set(operation_id<OpSwapon>(), 4);
    set(operation_id<OpSwapoff>(), 1);
    set(operation_id<OpUnuse>(), 4);
    set(operation_id<OpSwapoffEnd>(), 2);
    set(user_load, 25);
    set(user_fetch, 3);
    set(user_write, 50);
    return w;
}();

/// The mixture of one history: a table of verbs to draw from, and how sequences of calls behave.
struct Swarm {
    std::array<std::uint8_t, 256> verbs{};
    int writable = 3;   ///< of four mappings, how many are readable and writable
    int hostile = 16;   ///< one in so many argument choices is made without looking
    int deny = 0;       ///< of 256 operations, in how many the allocator refuses once
};

/// The plain mixture, or a random one. Mapping and storing stay in: nothing happens without.
/// `verbs`: what may be drawn, as verb_bit.
inline Swarm draw_swarm(Random& random, bool plain = false, std::uint64_t verbs = ~0ull) {
    Swarm swarm;
    auto weights = plain_weights;
    if (!plain) {
        constexpr std::array<int, 8> factors{0, 1, 2, 4, 4, 4, 8, 16};
        for (auto& w : weights) w *= factors[static_cast<std::size_t>(random.below(8))];
        auto& map = weights[static_cast<std::size_t>(operation_id<OpMmap>())];
        map = std::max(map, 4 * plain_weights[static_cast<std::size_t>(operation_id<OpMmap>())]);
        auto& write = weights[user_write];
        write = std::max(write, 2 * plain_weights[user_write]);
        swarm.writable = 1 + random.below(4);
        swarm.hostile = 8 << random.below(4);
    }
    swarm.deny = random.one_in(4) ? 8 : 2;
    for (int row = 0; row < verb_count; ++row)
        if ((verbs & verb_bit(verb_of_row(row))) == 0) weights[static_cast<std::size_t>(row)] = 0;
    int sum = 0, seen = 0;
    for (const int w : weights) sum += w;
    std::size_t at = 0;
    for (int row = 0; row < verb_count; ++row) {
        seen += weights[static_cast<std::size_t>(row)];
        const auto stop = static_cast<std::size_t>(seen * 256 / sum);
        for (; at < stop; ++at) swarm.verbs[at] = static_cast<std::uint8_t>(row);
    }
    return swarm;
}

}  // namespace faultline::fuzz
