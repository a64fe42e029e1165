// tools/engines_bench.cpp - the engine behind `faultline bench`.
//
// Why: rates and ratios in one run on one machine; never a test.
#include "tools/engines.hpp"

namespace faultline {

std::vector<BenchRow> bench(const ProgressFn&) { throw ToolError("no benchmark is linked yet"); }

}  // namespace faultline
