// proofs/explore/explore.hpp - breadth-first search through every state of a small machine: what
// one may ask for.
//
// Why: "what can happen at all" needs no proof, only patience: all states reachable within named
//      bounds, each claim checked in each, and the shortest path to a violation. Templates stay
//      in explore_impl.hpp.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/reference/machine.hpp"
#include "proofs/explore/path.hpp"
#include "spec/results.hpp"

namespace faultline::explore {

struct ExploreConfig {
    Env env;                       ///< rules, and limits within the capacity (default_config)
    int tasks = 1;                 ///< operations in flight
    int jobs = 1;                  ///< threads that search
    bool small_steps = false;      ///< with one task: every atomic step is a transition and a state
    bool symmetry = true;          ///< one state of each orbit
    bool fingerprint = false;      ///< 64 bits a state: less memory, a collision may hide states
    bool deny = true;              ///< the allocator may refuse (a call: at any one allocation)
    bool check_between = true;     ///< whole calls: check claims after each of their steps too
    std::uint64_t max_states = 0;  ///< 0: no limit
    std::uint64_t max_bytes = std::uint64_t{4} << 30;
    int max_depth = 0;             ///< transitions from the start, 0: no limit
    // The alphabet. Empty lists allow everything.
    std::vector<std::string> ops;     ///< operation names
    std::vector<int> op_codes;        ///< OpCode values, for operations that share steps
    std::vector<std::string> prots;   ///< of mmap and mprotect: "rw", "r", "rwx", "" ...
    bool grows = true;                ///< MAP_GROWSDOWN
    bool read_access = true;          ///< loads, as the fault operation; GUP reads as asked
    bool exec_access = true;          ///< instruction fetches
    std::vector<std::string> claims;  ///< claim ids; the kernel's own assertions are always checked
    std::vector<PathStep> prefix;     ///< steps already taken; the search starts behind them
    std::string kernel;               ///< name for the report, "" to look the rules up
};

/// How often a step or an operation answered what.
struct OutcomeCount {
    std::string name;       ///< "fork.vma", "mmap"
    std::string result;     ///< "pending", "0", "ENOMEM"
    std::uint64_t count = 0;
};

struct Exploration {
    ExploreReport report;
    std::optional<std::vector<PathStep>> counterexample;   ///< prefix included
    int claim_index = -1;        ///< in the registry, -1 for none or for a pseudo-claim
    std::string claim;           ///< a claim's id, or kernel.no-bug, call.completes, state.fits,
                                 ///< task.progress
    std::vector<OutcomeCount> outcomes;
    std::uint64_t refused_starts = 0;   ///< operations tried that were not enabled
    std::uint64_t stuck_states = 0;     ///< tasks in flight that wait for each other for ever
    std::uint64_t bytes_per_state = 0;  ///< stored, without the hash table
    double states_per_cpu_second = 0;
};

/// Limits equal to the capacity, linux_6_12, everything on.
ExploreConfig default_config(std::string_view bounds_name);
/// The bounds that explore() is instantiated for.
std::vector<std::string> explorable_bounds();
/// Throws std::invalid_argument when the bounds, an operation or a claim is unknown or a limit
/// exceeds capacity.
Exploration explore(std::string_view bounds_name, const ExploreConfig& config,
                    const ProgressFn& progress = {});

}  // namespace faultline::explore
