// fuzz/lockstep/hammer.hpp - many histories on several threads: a corpus that grows, findings that
// are shrunk and sorted.
//
// Why: one history is a test; a night of histories is a search. What was found once is told once,
//      as a short trace; what took long to reach is kept and continued.
#pragma once
#include <functional>
#include <memory>

#include "fuzz/shrink/shrink.hpp"
#include "fuzz/shrink/trace_records.hpp"

namespace faultline::fuzz {

using MakeSystem = std::function<std::unique_ptr<System>()>;

struct HammerConfig {
    Arena arena;
    std::uint64_t seed = 1;
    std::uint64_t operations = 1'000'000;   ///< 0: until the time is used up
    double seconds = 0;                     ///< 0: no limit
    int jobs = 1;
    int length = 2'000, stride = 64;
    std::string corpus;       ///< a directory to grow; empty: none
    bool keep_going = false;  ///< after a finding too: all kinds of failure are collected
    bool shrinks = true;
};
struct Hammered {
    Finding finding;
    std::vector<Record> records;     ///< shrunk
    std::uint64_t found_in = 0;      ///< operations of the history that found it
    std::uint64_t after = 0;         ///< operations of the whole run until then
    double seconds = 0;
    std::uint64_t tries = 0, times = 1;
    std::string bucket;              ///< what it was sorted by
    Trace trace;
};
struct HammerReport {
    std::uint64_t operations = 0, refused = 0, passed_over = 0, histories = 0, looks = 0,
                  claim_checks = 0;
    std::uint64_t features = 0;      ///< kinds of behaviour seen, if a corpus is kept
    std::uint64_t digest = 0;        ///< over all histories, in any order
    std::size_t corpus_read = 0, corpus_kept = 0, corpus_added = 0;
    double seconds = 0;              ///< wall
    std::vector<Hammered> findings;
    std::string problem;             ///< one line: a system that cannot be had, a bad directory
};
struct HammerStatus {
    std::uint64_t operations = 0;
    double seconds = 0;
    std::size_t corpus = 0, features = 0, findings = 0;
};
using HammerProgress = std::function<void(const HammerStatus&)>;

HammerReport hammer(const MakeSystem& make, const HammerConfig& config,
                    const HammerProgress& progress = {});
/// Performs these records once on a new system, looking after each; shrinks what is found.
HammerReport hammer_records(const MakeSystem& make, const HammerConfig& config,
                            const std::vector<Record>& records);

}  // namespace faultline::fuzz
