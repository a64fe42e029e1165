// fuzz/bench/workload.cpp - samples in turns, medians, and the rows they make.
//
// Why: on a shared machine a slice of time says something about the neighbours; systems take turns,
//      so that ratios compare like with like, and the median forgets the slices that were stolen.
#include "fuzz/bench/workload.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include "fuzz/bench/index_baselines.hpp"
#include "fuzz/bench/measured_fast.hpp"
#include "fuzz/bench/measured_reference.hpp"

namespace faultline::fuzz {
namespace {

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[v.size() / 2];
}
/// Takes samples of everything in `sources` in turns until the time is used up.
template <class Sources>
std::vector<std::vector<double>> sample(const Sources& sources, double seconds) {
    using Clock = std::chrono::steady_clock;
    std::vector<std::vector<double>> samples(sources.size());
    const auto start = Clock::now();
    for (int round = 0; round < 101; ++round) {
        for (std::size_t i = 0; i < sources.size(); ++i)
            if (const std::optional<double> ns = sources[i].second()) samples[i].push_back(*ns);
        const std::chrono::duration<double> spent = Clock::now() - start;
        if (round >= 2 && spent.count() > seconds) break;
    }
    return samples;
}
using Source = std::pair<std::string, std::function<std::optional<double>()>>;
FaultPathRow row_of(const std::vector<Source>& sources, double seconds) {
    FaultPathRow row;
    const auto samples = sample(sources, seconds);
    for (std::size_t i = 0; i < sources.size(); ++i)
        if (!samples[i].empty()) row.columns.push_back({sources[i].first, median(samples[i])});
    return row;
}

}  // namespace

std::vector<FaultPathRow> bench_fault_path(const std::vector<Measurable*>& systems,
                                           double seconds_each) {
    std::vector<FaultPathRow> rows;
    for (const WorkloadInfo& w : workloads)
        for (std::uint64_t n = 10; n <= w.largest; n *= 10) {
            std::vector<Source> sources;
            for (Measurable* s : systems)
                sources.emplace_back(std::string(s->name()),
                                     [=] { return s->measure(w.which, n); });
            if (w.which == Workload::lookup) {
                sources.emplace_back("std::map", [=] { return std_map_lookup(n); });
                sources.emplace_back("absl::btree_map", [=] { return absl_btree_lookup(n); });
            }
            rows.push_back(row_of(sources, seconds_each));
            rows.back().name = w.name;
            rows.back().unit = w.unit;
            rows.back().n = n;
        }
    rows.front().note = "a page's content is one version word: no 4 KiB are zeroed or copied";
    for (const std::uint64_t n : {std::uint64_t{10'000}, std::uint64_t{1'000'000}})
        rows.push_back({"memory a page", "bytes", "struct page and its entry", n,
                        {{"fast", fast_bytes_a_page(n)}}});
    rows.push_back({"memory a VMA", "bytes", "with index, chain, interval tree and anon_vma",
                    10'000, {{"fast", fast_bytes_a_vma()}}});
    return rows;
}
std::vector<FaultPathRow> bench_fault_path(double seconds_each) {
    MeasuredFast fast;
    MeasuredReference reference;
    return bench_fault_path({&fast, &reference}, seconds_each);
}

}  // namespace faultline::fuzz
