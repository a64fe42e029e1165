// fuzz/reference/history_b2.cpp - random histories at bounds b2.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/reference/runner.hpp"

namespace faultline::fuzz {
FAULTLINE_HISTORY(bounds_b2)
}
