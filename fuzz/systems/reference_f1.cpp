// fuzz/systems/reference_f1.cpp - the reference machine at bounds f1.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_f1>();
}
