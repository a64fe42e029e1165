// fuzz/reference/history_f1.cpp - random histories at bounds f1.
//
// Why: one file a capacity, so that each is compiled once and apart.
#include "fuzz/reference/runner.hpp"

namespace faultline::fuzz {
FAULTLINE_HISTORY(bounds_f1)
}
