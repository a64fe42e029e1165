// fuzz/systems/mutants.hpp - the planted bugs of the fast path, each as a system.
//
// Why: the hammer's score is how many it finds; the table is the fast path's own
//      (model/fast/mutants.hpp), this is its door for whoever hammers.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

struct MutantInfo {
    int id = 0;                        ///< 1 and up
    std::string name, group, text;
    std::string bounds;                ///< where it is hammered: what it breaks is there
};
std::vector<MutantInfo> fast_mutants();
/// The fast path with this mutant switched on.
std::unique_ptr<System> make_mutant(int id);

}  // namespace faultline::fuzz
