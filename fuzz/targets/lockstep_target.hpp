// fuzz/targets/lockstep_target.hpp - bytes as a history in lockstep, for the targets that judge a
// system.
//
// Why: two targets differ in the system only. The first byte chooses the kernel; the rest are
//      records of sixteen bytes, so that inserting one moves no other.
#pragma once
#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/targets/target.hpp"

namespace faultline::fuzz {

inline std::string told(const LockstepReport& report, const Arena& arena) {
    std::string text = "VIOLATED  " + report.finding->id + "\n";
    for (const Difference& d : report.finding->differences) text += "  " + d.text() + "\n";
    return text + write_trace(trace_of(report.records, arena, report.finding->id));
}

class LockstepTarget {
  public:
    LockstepTarget(std::unique_ptr<System> system, int pages) : system_(std::move(system)) {
        for (const NamedRules& kernel : named_kernels) {
            Arena arena;
            arena.rules = kernel.rules;
            arena.excused = known_broken(kernel.rules);
            if (pages > 0) arena.limits.pages = pages;
            locksteps_.push_back(std::make_unique<Lockstep>(*system_, arena));
            arenas_.push_back(arena);
        }
    }
    int operator()(const std::uint8_t* data, std::size_t size) {
        if (size < 1 + record_bytes) return useless;
        const std::size_t kernel = data[0] % arenas_.size();
        const auto records = records_of({data + 1, size - 1});
        const LockstepReport report = locksteps_[kernel]->replay(records, stride);
        if (!report.problem.empty()) fail(report.problem);
        if (report.finding) fail(told(report, arenas_[kernel]));
        return report.operations == 0 ? useless : 0;
    }

  private:
    /// Claims cost most; at the end of an input there is a look in any case.
    static constexpr int stride = 16;
    std::unique_ptr<System> system_;
    std::vector<Arena> arenas_;
    std::vector<std::unique_ptr<Lockstep>> locksteps_;
};

}  // namespace faultline::fuzz
