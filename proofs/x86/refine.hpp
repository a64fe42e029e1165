// proofs/x86/refine.hpp - proves that walking the radix tree is looking up the flat map.
#pragma once
#include <vector>

#include "proofs/x86/decide.hpp"
#include "spec/results.hpp"

namespace faultline::x86 {

struct RefineOptions : DecideOptions {
    bool large = true;  ///< also the bigger shapes, which take seconds
};
/// One inductive refinement for each shape. Cells: "refine" (init, and for map and unmap that the
/// tree stays a tree and still means the flat map), "enabled" (each outcome can happen under the
/// premise), "bites" (each wrong map or unmap is refuted).
std::vector<Cell> prove_radix_refinement(const RefineOptions& options);

}  // namespace faultline::x86
