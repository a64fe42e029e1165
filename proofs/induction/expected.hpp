// proofs/induction/expected.hpp - cells that must be violated, because the rule set really carries
// the bug.
//
// Why: a proof that 5.10 keeps pins coherent would be wrong; each entry names the exhibit that
//      shows the bug. Claims listed here are no premises of that rule set's other cells.
#pragma once
#include <array>
#include <string_view>

#include "spec/rules.hpp"

namespace faultline::proofs {

struct ExpectedViolation {
    std::string_view kernel, claim, step, exhibit;
};
inline constexpr std::array expected_violations{
    ExpectedViolation{"linux_5_10", "pin.coherent", "fault.install", "M05"},
    ExpectedViolation{"linux_5_10", "cow.private-isolation", "fault.install", "M05"},
    ExpectedViolation{"linux_5_10", "cow.private-isolation", "swap.map_alone", "M14"},
    ExpectedViolation{"linux_5_10", "pin.coherent", "swap.map_alone", "M14"},
    ExpectedViolation{"linux_5_10", "cow.handle-isolation", "swap.map", "M31"},
    ExpectedViolation{"linux_5_10", "pin.write-private", "fork.check", "M32"},
    ExpectedViolation{"linux_5_10", "kernel.no-bug", "swap.lookup", "M15"},
    ExpectedViolation{"linux_5_10", "kernel.no-bug", "swap.pin", "M15"},
    ExpectedViolation{"linux_5_10", "kernel.no-bug", "swap.read_alone", "M15"},
    ExpectedViolation{"linux_5_10", "kernel.no-bug", "swap.add", "M15"},
};
constexpr bool expected_at(std::string_view kernel, std::string_view claim, std::string_view step) {
    for (const auto& e : expected_violations)
        if (e.kernel == kernel && e.claim == claim && e.step == step) return true;
    return false;
}
constexpr bool claim_excused(std::string_view kernel, std::string_view claim) {
    for (const auto& e : expected_violations)
        if (e.kernel == kernel && e.claim == claim) return true;
    return false;
}
constexpr std::string_view exhibit_for(std::string_view kernel, std::string_view claim) {
    for (const auto& e : expected_violations)
        if (e.kernel == kernel && e.claim == claim) return e.exhibit;
    return "";
}

}  // namespace faultline::proofs
