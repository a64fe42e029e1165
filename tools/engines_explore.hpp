// tools/engines_explore.hpp - what the exploring and the museum engine share.
//
// Why: both turn a path into a trace and a trace into a story.
#pragma once
#include "invariants/run.hpp"
#include "proofs/explore/explore.hpp"
#include "tools/engines_common.hpp"

namespace faultline {

/// Replays the trace of a counterexample, writes it below build/failures, and tells it.
Story story_of_path(const Trace& trace, const explore::Exploration& found,
                    const std::string& shown);
/// The operations and steps of a trace as a path that ends in the state the trace ends in.
std::vector<explore::PathStep> path_of_trace(const std::string& bounds, const Rules& rules,
                                             const Trace& trace);

}  // namespace faultline
