// proofs/induction/prove.hpp - the proof matrix: init, step, bites and bounded reachability for one
// rule set and bounds.
//
// Why: callers name kernel and bounds by their names; the templates that build formulas stay behind
//      this header, one translation unit per bounds.
#pragma once
#include <string>
#include <vector>

#include "proofs/explore/path.hpp"
#include "proofs/solver/obligation.hpp"
#include "spec/bounds.hpp"
#include "spec/results.hpp"
#include "spec/rules.hpp"

namespace faultline::proofs {

struct InductionOptions {
    Rules rules{};
    std::string kernel;                  ///< as shown: "linux_6_12", "linux_6_12 with ..."
    /// a name of induction_bounds()
    std::string bounds;
    DecideOptions decide;
    /// fix process, child, task and handle rows up to renaming
    bool argument_symmetry = true;
    int jobs = 1;
    std::vector<std::string> steps, claims, kinds;   ///< empty: all
    std::vector<std::string> drop;       ///< claims left out of premises and goals
    int bmc_depth = 0;                   ///< 0: no bounded reachability
    std::vector<explore::PathStep> bmc_prefix;       ///< steps already taken when it starts
};
/// Bounds that proofs are instantiated for.
std::vector<std::string> induction_bounds();
/// Names of all steps, operations' starts and events that an obligation exists for.
std::vector<std::string> induction_steps();
ProveReport prove_induction(const InductionOptions& options, const ProgressFn& progress);

}  // namespace faultline::proofs
