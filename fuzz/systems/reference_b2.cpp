// fuzz/systems/reference_b2.cpp - the reference machine at bounds b2.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_b2>();
}
