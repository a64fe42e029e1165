// tools/failure_block.hpp - the block of text a failure prints, the same wherever it was found.
//
// Why: claim in words, its source, the trace, what changed, how to replay: five questions that a
//      reader of a failure asks in this order.
#pragma once
#include <cstddef>
#include <string>

#include "spec/results.hpp"

namespace faultline {

/// At most `max_changes` lines of state difference are printed; the report shows all.
std::string failure_block(const Story& story, std::size_t max_changes = 16);

/// "found by explore, 13 steps, shortest"
std::string how_found(const Story& story);

}  // namespace faultline
