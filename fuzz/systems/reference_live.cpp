// fuzz/systems/reference_live.cpp - the reference machine at the bounds of the live kernel.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_live>();
}
