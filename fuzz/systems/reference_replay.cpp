// fuzz/systems/reference_replay.cpp - the reference machine at the bounds of recorded programs.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/replay/bounds.hpp"
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {
template std::unique_ptr<Reference> make_reference_at<bounds_replay>();
}
