// fuzz/systems/c_system.hpp - a system written in C (faultline.h) as a System.
//
// Why: the hammer knows one interface. The numbers of the C header are its own and stay, whatever
//      happens to the model's registries; they are translated here.
#pragma once
#include <memory>

#include "fuzz/systems/faultline.h"
#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

/// Throws std::invalid_argument with one line if the table is of another version or incomplete.
std::unique_ptr<System> make_c_system(const fl_system& table);

}  // namespace faultline::fuzz
