// fuzz/bench/workload.hpp - what is measured of a fault path, and the door a measured system comes
// through.
//
// Why: the fast path, the reference and a live kernel do the same work in the same run, side by
//      side; a system that cannot do a workload at a size leaves its column empty. More columns are
//      more classes.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::fuzz {

enum class Workload {
    write_fault,        ///< first write to each of n pages
    zero_read,          ///< first read of each of n pages
    zero_then_write,    ///< first write to each of n pages that were read before
    fork,               ///< fork of a process with n pages, a page
    copy_after_fork,    ///< writes of the child to n pages the parent still maps
    reuse_after_fork,   ///< writes of the child once the parent is gone
    exit,               ///< exit of a process with n pages of its own, a page
    map_churn,          ///< mmap anywhere and munmap, among n VMAs
    protect_churn,      ///< mprotect that splits in three and one that merges again, among n VMAs
    rmap_walk,          ///< reverse-map walk of a page that n processes share, a sharer
    lookup,             ///< find_vma of a random address among n VMAs
    load_hit,           ///< user loads of n pages that are mapped
    swap_out,           ///< reclaim of n dirty pages of one process, with the write to the device
    swap_in,            ///< read faults on n pages that are swapped out
};
struct WorkloadInfo {
    Workload which;
    std::string_view name, unit;
    std::uint64_t largest;   ///< n grows by powers of ten up to this
};
inline constexpr std::array<WorkloadInfo, 14> workloads{{
    {Workload::write_fault, "anonymous write fault", "ns/page", 1'000'000},
    {Workload::zero_read, "zero-page read fault", "ns/page", 1'000'000},
    {Workload::zero_then_write, "write fault over the zero page", "ns/page", 1'000'000},
    {Workload::fork, "fork", "ns/page", 1'000'000},
    {Workload::copy_after_fork, "copy after fork", "ns/page", 100'000},
    {Workload::reuse_after_fork, "reuse after fork", "ns/page", 100'000},
    {Workload::exit, "exit", "ns/page", 1'000'000},
    {Workload::map_churn, "mmap and munmap among n VMAs", "ns/pair", 10'000},
    {Workload::protect_churn, "mprotect split and merge among n VMAs", "ns/pair", 10'000},
    {Workload::rmap_walk, "reverse-map walk over n sharers", "ns/sharer", 1'000},
    {Workload::lookup, "find_vma among n VMAs", "ns", 10'000},
    {Workload::load_hit, "load of a mapped page", "ns/page", 1'000'000},
    {Workload::swap_out, "swap out", "ns/page", 1'000'000},
    {Workload::swap_in, "swap in", "ns/page", 1'000'000},
}};

class Measurable {
  public:
    virtual ~Measurable() = default;
    virtual std::string_view name() const = 0;
    /// Nanoseconds a unit of the workload took at size n, once; none if it cannot be done.
    virtual std::optional<double> measure(Workload which, std::uint64_t n) = 0;
};

/// One line: what was measured, and each system's median, in the order of the columns.
struct FaultPathRow {
    std::string name, unit, note;
    std::uint64_t n = 0;
    struct Column {
        std::string system;
        double median = 0;
    };
    std::vector<Column> columns;
};
/// Every workload at 10, 100, ... on every system; medians of samples taken in turns. Then the
/// baselines of the VMA index, and memory a page and a VMA.
std::vector<FaultPathRow> bench_fault_path(const std::vector<Measurable*>& systems,
                                           double seconds_each);
/// The same with the systems that always are there: the fast path and the reference.
std::vector<FaultPathRow> bench_fault_path(double seconds_each);

}  // namespace faultline::fuzz
