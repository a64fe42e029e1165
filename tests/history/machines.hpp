// tests/history/machines.hpp - how long the tests' histories are; what each kernel may break.
//
// Why: the sanitized build runs the same tests on fewer operations.
#pragma once
#include <string>

#include "fuzz/reference/history.hpp"
#include "spec/rules.hpp"

namespace faultline::fuzz {

#ifdef FAULTLINE_SANITIZED
inline constexpr int thinner = 12;
#else
inline constexpr int thinner = 1;
#endif

/// 5.10 loses what a device writes to a page that is being copied (exhibit M05), and shares what a
/// handle reads across swap space (M31, M32): those claims, and no others, may be violated there.
inline ClaimSet excused_for(std::string_view kernel) {
    ClaimSet set{};
    if (kernel == "linux_5_10")
        for (const char* id : {"pin.coherent", "cow.private-isolation", "cow.handle-isolation",
                               "pin.write-private"})
            set[static_cast<std::size_t>(claim_index(id))] = true;
    return set;
}
inline std::string told(const HistoryReport& r) {
    static constexpr std::array problems{"none", "claim", "bug", "touched", "stuck"};
    return std::string(problems[static_cast<std::size_t>(r.problem)]) + " " +
           std::string(claim_id(r.violated)) + " after " + std::to_string(r.records.size()) +
           " records";
}

}  // namespace faultline::fuzz
