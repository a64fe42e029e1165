// fuzz/systems/reference_b1.cpp - the reference machine at bounds b1.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_b1>();
}
