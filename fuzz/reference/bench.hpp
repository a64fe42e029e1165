// fuzz/reference/bench.hpp - how fast the reference performs random histories.
//
// Why: whether a fuzzer or a property test is worth running is a matter of operations a second; the
//      numbers are measured side by side in one run, or they do not compare.
#pragma once
#include <string>
#include <vector>

namespace faultline::fuzz {

struct BenchResult {
    std::string name, unit;
    double value = 0;
    std::string note;
};
/// Rates of histories with and without claims; about `seconds_each` seconds for each of them.
std::vector<BenchResult> bench_reference(double seconds_each);

}  // namespace faultline::fuzz
