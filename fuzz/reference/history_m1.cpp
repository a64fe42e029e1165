// fuzz/reference/history_m1.cpp - random histories at bounds m1.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/reference/runner.hpp"

namespace faultline::fuzz {
FAULTLINE_HISTORY(bounds_m1)
}
