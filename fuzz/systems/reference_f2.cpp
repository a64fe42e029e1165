// fuzz/systems/reference_f2.cpp - the reference machine at bounds f2.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_f2>();
}
