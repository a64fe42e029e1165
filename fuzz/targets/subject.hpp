// fuzz/targets/subject.hpp - the system that the fault_path target judges, and its rules.
//
// Why: the target must not know: which system is linked is one line of the build, and the programs
//      that measure how fast a planted bug is found (fuzz/targets/README.md) link one that has it.
#pragma once
#include <memory>
#include <string_view>

#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

/// `bounds`: the capacity it must have.
std::unique_ptr<System> make_subject(std::string_view bounds);
/// The rules the judge goes by where a history asks for these.
Rules judged_rules(const Rules& asked);

}  // namespace faultline::fuzz
