// fuzz/targets/subject_reference.cpp - the reference is judged, by itself.
//
// Why: it has to keep its claims and its determinism on any bytes too; whoever has another system
//      links another subject.
#include "fuzz/systems/reference.hpp"
#include "fuzz/targets/subject.hpp"

namespace faultline::fuzz {

std::unique_ptr<System> make_subject(std::string_view bounds) { return make_reference(bounds); }
Rules judged_rules(const Rules& asked) { return asked; }

}  // namespace faultline::fuzz
