// fuzz/reference/bench.cpp - rates of random histories: best of several slices, taken in turns.
//
// Why: on a shared machine a slow slice says something about the neighbours, the best one about the
//      code; slices of all cases alternate, so that ratios compare like with like.
#include "fuzz/reference/bench.hpp"

#include <algorithm>
#include <chrono>

#include "fuzz/reference/history.hpp"

namespace faultline::fuzz {
namespace {

constexpr int slices = 5;

struct Case {
    std::string_view name, bounds, note;
    int stride;
    bool interleaved;
    double operations = 0, checks = 0, steps = 0;   ///< per second, best slice
};

void run_slice(Case& c, double seconds, std::uint64_t seed) {
    using Clock = std::chrono::steady_clock;
    HistoryConfig config;
    config.stride = c.stride;
    config.interleaved = c.interleaved;
    config.operations = 10'000;
    const auto start = Clock::now();
    std::uint64_t enabled = 0, checks = 0, steps = 0;
    double spent = 0;
    while (spent < seconds) {
        config.seed = seed++;
        const HistoryReport report = run_history(c.bounds, config);
        enabled += report.enabled;
        checks += report.checks;
        steps += report.steps;
        spent = std::chrono::duration<double>(Clock::now() - start).count();
    }
    c.operations = std::max(c.operations, static_cast<double>(enabled) / spent);
    c.checks = std::max(c.checks, static_cast<double>(checks) / spent);
    c.steps = std::max(c.steps, static_cast<double>(steps) / spent);
}

}  // namespace

std::vector<BenchResult> bench_reference(double seconds_each) {
    std::array cases{
        Case{"f1, all claims every 64 operations", "f1", "12 processes, 48 frames", 64, false},
        Case{"f1, no claims", "f1", "12 processes, 48 frames", 0, false},
        Case{"f1, all claims after each operation", "f1", "12 processes, 48 frames", 1, false},
        Case{"b2, all claims after each operation", "b2", "3 processes, 4 frames", 1, false},
        Case{"b2, no claims", "b2", "3 processes, 4 frames", 0, false},
        Case{"f1, 4 tasks, all claims every 64 steps", "f1.tasks", "interleaved", 64, true},
        Case{"b2, 2 tasks, all claims after each step", "b2", "interleaved", 1, true},
    };
    for (int slice = 0; slice < slices; ++slice)
        for (Case& c : cases)   // the same histories for every case at the same bounds
            run_slice(c, seconds_each / slices, 1 + 1'000'000u * static_cast<unsigned>(slice));
    std::vector<BenchResult> out;
    for (const Case& c : cases)
        out.push_back({std::string(c.name), "operations/s", c.operations, std::string(c.note)});
    const auto ratio = [&](const char* name, const Case& with, const Case& without) {
        out.push_back({name, "x", without.operations / with.operations,
                       "time with claims over time without"});
    };
    ratio("f1, cost of claims every 64", cases[0], cases[1]);
    ratio("f1, cost of claims after each", cases[2], cases[1]);
    ratio("b2, cost of claims after each", cases[3], cases[4]);
    const auto check_time = [&](const char* name, const Case& with, const Case& without) {
        const double each = 1e9 / with.operations - 1e9 / without.operations;
        out.push_back({name, "ns", each, "one check of all claims, by difference"});
    };
    check_time("f1, one check", cases[2], cases[1]);
    check_time("b2, one check", cases[3], cases[4]);
    return out;
}

}  // namespace faultline::fuzz
