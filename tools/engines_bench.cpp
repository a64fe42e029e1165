// tools/engines_bench.cpp - the engine behind `faultline bench`.
//
// Why: rates and ratios in one run on one machine; never a test.
#include <string>

#include "fuzz/bench/workload.hpp"
#include "fuzz/reference/bench.hpp"
#include "tools/engines.hpp"

namespace faultline {
namespace {

std::string short_number(double value) {
    std::string text = std::to_string(value);
    return text.substr(0, text.find('.') + (value < 100 ? 2 : 0));
}
/// The first column is the row's value, the others stand in its note with their ratio to it.
BenchRow row_of(const fuzz::FaultPathRow& r) {
    BenchRow row{r.name + ", n = " + std::to_string(r.n), r.unit, 0, r.note};
    for (std::size_t i = 0; i < r.columns.size(); ++i) {
        const auto& c = r.columns[i];
        if (i == 0) {
            row.value = c.median;
            continue;
        }
        row.note += (row.note.empty() ? "" : "; ") + c.system + " " + short_number(c.median) +
                    " (x " + short_number(c.median / row.value) + ")";
    }
    return row;
}

}  // namespace

std::vector<BenchRow> bench(const ProgressFn& progress) {
    if (progress) progress({"bench", 0, 0, 0, "random histories on the reference"});
    std::vector<BenchRow> rows;
    for (const auto& r : fuzz::bench_reference(2.0))
        rows.push_back({r.name, r.unit, r.value, r.note});
    if (progress) progress({"bench", 0, 0, 0, "the fast path beside the reference"});
    for (const auto& r : fuzz::bench_fault_path(0.25)) rows.push_back(row_of(r));
    return rows;
}

}  // namespace faultline
