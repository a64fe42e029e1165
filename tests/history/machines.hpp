// tests/history/machines.hpp - how long the tests' histories are, and how they ended.
//
// Why: the sanitized build runs the same tests on fewer operations.
#pragma once
#include <string>

#include "fuzz/reference/known_broken.hpp"
#include "spec/rules.hpp"

namespace faultline::fuzz {

#ifdef FAULTLINE_SANITIZED
inline constexpr int thinner = 12;
#else
inline constexpr int thinner = 1;
#endif

inline std::string told(const HistoryReport& r) {
    static constexpr std::array problems{"none", "claim", "bug", "touched", "stuck"};
    return std::string(problems[static_cast<std::size_t>(r.problem)]) + " " +
           std::string(claim_id(r.violated)) + " after " + std::to_string(r.records.size()) +
           " records";
}

}  // namespace faultline::fuzz
