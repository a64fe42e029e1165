// fuzz/systems/mutants.cpp - empty as long as there is no fast path.
//
// Why: see the header.
#include "fuzz/systems/mutants.hpp"

#include <stdexcept>

namespace faultline::fuzz {

std::vector<MutantInfo> fast_mutants() { return {}; }
std::unique_ptr<System> make_mutant(int) { throw std::invalid_argument("there is no fast path"); }

}  // namespace faultline::fuzz
