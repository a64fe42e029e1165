// fuzz/reference/known_broken.hpp - the claims that a rule set breaks, so that histories go on past
// them.
//
// Why: one list for random histories, the hammer, the targets and their tests; each entry is an
//      exhibit of tests/museum, and a test lets histories find each.
#pragma once
#include "fuzz/reference/history.hpp"

namespace faultline::fuzz {

/// What these rules break at these bounds: a page under DMA is copied away (exhibit M05); where
/// there is swap space, a page that a reference reads is reused behind it (M31), and one pinned
/// while it is swapped out is shared by fork (M32).
inline ClaimSet known_broken(const Rules& rules, const Bounds& bounds) {
    ClaimSet set{};
    const auto excuse = [&](std::string_view id) {
        set[static_cast<std::size_t>(claim_index(id))] = true;
    };
    const bool by_count = rules.cow_reuse != CowReuse::exclusive;
    if (by_count || rules.gup_unshare == GupUnshare::no)
        for (const char* id : {"pin.coherent", "cow.private-isolation"}) excuse(id);
    if (bounds.has_swap() && rules.swapin == Swapin::reuse) excuse("cow.handle-isolation");
    if (bounds.has_swap() && by_count) excuse("pin.write-private");
    return set;
}

}  // namespace faultline::fuzz
