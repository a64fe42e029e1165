// fuzz/reference/history_b1.cpp - random histories at bounds b1.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/reference/runner.hpp"

namespace faultline::fuzz {
FAULTLINE_HISTORY(bounds_b1)
}
