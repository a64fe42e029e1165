// tools/engines_bench.cpp - the engine behind `faultline bench`.
//
// Why: rates and ratios in one run on one machine; never a test.
#include "fuzz/reference/bench.hpp"
#include "tools/engines.hpp"

namespace faultline {

std::vector<BenchRow> bench(const ProgressFn& progress) {
    if (progress) progress({"bench", 0, 0, 0, "random histories on the reference"});
    std::vector<BenchRow> rows;
    for (const auto& r : fuzz::bench_reference(2.0))
        rows.push_back({r.name, r.unit, r.value, r.note});
    return rows;
}

}  // namespace faultline
