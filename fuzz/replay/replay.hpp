// fuzz/replay/replay.hpp - performs a recording on the model and compares what both then have.
//
// Why:     random histories say that the rules agree; programs say that the rules are the ones that
//          programs meet.
// Differs: a private file mapping is private memory whose pages, until they are written, are the
//          model's zero page: VMAs, anonymous pages and their reverse map are compared, pages of
//          the file are not. Shared memory is passed over and counted. Where a mapping lies is
//          taken from the recording, and so is what execve makes. A heap grows by map and unmap.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fuzz/replay/machine.hpp"
#include "spec/results.hpp"

namespace faultline::fuzz {

struct ReplayConfig {
    std::uint64_t stride = 512;   ///< claims after so many events, and after each look
};
struct ReplayOutcome {
    std::string machine, rules;
    Verdict verdict = Verdict::unknown;
    std::uint64_t events = 0, calls = 0, accesses = 0, looks = 0, areas = 0, checks = 0;
    std::uint64_t peak_pages = 0;      ///< anonymous pages of all processes at once
    int processes = 0;
    double seconds = 0;
    std::map<std::string, std::uint64_t> deeds;         ///< performed
    std::map<std::string, std::uint64_t> passed_over;   ///< not modelled, by what it was
    std::vector<std::string> difference;   ///< lines: where, what led there, what differs
    std::string problem;                   ///< why it could not go on
};

ReplayOutcome replay(const Recording& recording, ReplayMachine& machine, const Layout* layout,
                     const ReplayConfig& config, const ProgressFn& progress);
std::string replay_text(const Recording& recording, const ReplayOutcome& outcome);
/// The rules of the kernel of a recording: "6.18.44" is linux_6_18.
std::string rules_of_release(const std::string& release);

}  // namespace faultline::fuzz
