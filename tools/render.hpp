// tools/render.hpp - the last state of a run as a file of /proc, for `run --show`.
//
// Why: the kernel's formats are in model/reference/render.hpp; here are their names on the command
//      line, and which process is meant.
#pragma once
#include <string>
#include <vector>

#include "tools/engines.hpp"

namespace faultline {

/// maps, smaps, pagemap, kpagecount, mincore
std::vector<std::string> rendering_names();
/// `process` is a name of the trace, "P1". Throws UsageError if it is no living process's.
std::string shown_text(const RunReport& run, const std::string& what, const std::string& process);

}  // namespace faultline
