// fuzz/reference/history.hpp - random histories of enabled operations on the reference.
//
// Why: induction covers small machines completely; a history covers dozens of processes deeply, and
//      checks what the proofs rest on. One seed is one history, on every machine.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz/reference/perform.hpp"
#include "invariants/registry.hpp"

namespace faultline::fuzz {

/// Claims a rule set is known to break, so that a history may go on past them.
using ClaimSet = std::array<bool, static_cast<std::size_t>(claim_count)>;
/// Index of a claim by its id, -1 if there is none.
constexpr int claim_index(std::string_view id) {
    int index = 0, found = -1;
    boost::hana::for_each(claims, [&](auto type) {
        if (id == decltype(type)::type::id) found = index;
        ++index;
    });
    return found;
}
inline std::string_view claim_id(int which) {
    std::string_view id;
    int index = 0;
    boost::hana::for_each(claims, [&](auto type) {
        if (index++ == which) id = decltype(type)::type::id;
    });
    return id;
}

struct HistoryConfig {
    Rules rules = linux_6_12;
    std::uint64_t seed = 1;
    std::uint64_t operations = 10'000;  ///< attempts in all
    int length = 2'000;     ///< attempts until the machine starts anew, with another mixture
    int stride = 1;         ///< attempts (interleaved: steps) between two checks; 0 never
    bool interleaved = false;     ///< several tasks, a step at a time
    bool plain = false;           ///< the plain mixture for every start
    bool watch_disabled = false;  ///< compare states where a step was not enabled
    ClaimSet excused{};           ///< claims that may be violated
};

/// Why a history ended before its operations were used up.
enum class Problem {
    none,
    claim,      ///< a claim is violated
    bug,        ///< a kernel assertion failed, or a call did not end
    touched,    ///< a step that was not enabled changed the state
    stuck,      ///< the only task could not go on, or tasks wait for each other for ever
};

struct HistoryReport {
    std::uint64_t attempts = 0;   ///< operations drawn and tried
    std::uint64_t enabled = 0;    ///< started and ran to their end
    std::uint64_t succeeded = 0;  ///< of those, answered without an error or a signal
    std::uint64_t steps = 0;      ///< small steps, starts included
    std::uint64_t disabled_steps = 0;
    std::uint64_t checks = 0;     ///< states whose claims were checked
    std::uint64_t starts = 0;     ///< machines started
    std::uint64_t digest = 0;     ///< of every answer: equal for equal seeds
    std::array<std::uint64_t, verb_count> tried{}, ended{};
    std::array<std::array<std::uint64_t, result_count>, verb_count> results{};
    Problem problem = Problem::none;
    int violated = -1;            ///< index of the claim
    std::vector<Record> records;  ///< since the machine started, when there is a problem
};

/// Bounds that histories can run at: the named ones, and "f1.tasks", f1 with four tasks.
inline constexpr Bounds bounds_f1_tasks = [] {
    Bounds b = bounds_f1;
    b.tasks = 4;
    return b;
}();
static_assert(bounds_problem(bounds_f1_tasks).empty());
inline constexpr std::array<std::string_view, 5> history_bounds{"b1", "b2", "m1", "f1", "f1.tasks"};
/// The bounds of a name in `history_bounds`; throws std::invalid_argument for any other.
Bounds bounds_named(std::string_view name);

/// Runs random histories. Throws std::invalid_argument if there are no bounds of that name.
HistoryReport run_history(std::string_view bounds, const HistoryConfig& config);
/// Performs records from the initial state; config.operations, length and seed play no part.
HistoryReport replay_history(std::string_view bounds, const HistoryConfig& config,
                             const std::vector<Record>& records);

}  // namespace faultline::fuzz
