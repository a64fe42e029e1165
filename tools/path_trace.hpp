// tools/path_trace.hpp - an explorer's path written as a trace.
//
// Why: the explorer works with rows, a reader with names; the trace format is where the engines
//      meet.
#pragma once
#include <string>
#include <vector>

#include "proofs/explore/path.hpp"
#include "spec/trace.hpp"

namespace faultline {

/// The items of a trace that performs `path` from the initial state of `bounds`. A call that nobody
/// interrupts is one line; an interrupted one is `begin` and its steps.
std::vector<Item> items_of_path(const std::string& bounds, const Rules& rules,
                                const std::vector<explore::PathStep>& path);
/// The header's differences from a kernel.
Pairs rule_pairs(const std::string& kernel, const Rules& rules);

}  // namespace faultline
