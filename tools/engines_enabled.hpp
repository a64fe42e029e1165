// tools/engines_enabled.hpp - see engines_enabled.cpp.
//
// Why: the proof matrix and the explorer meet only here, in tools; proofs do not run explorations.
#pragma once
#include <string>
#include <vector>

#include "spec/results.hpp"
#include "spec/rules.hpp"

namespace faultline {

std::vector<Cell> enabled_cells(const std::string& kernel, const Rules& rules,
                                const ProgressFn& progress);

}  // namespace faultline
