// fuzz/replay/bounds.hpp - the size of the reference when it performs a recorded program.
//
// Why: its own place, for nothing else is compiled at it: a shell's pipeline has a few dozen VMAs
//      and some thousand pages, far more than a random history needs.
#pragma once
#include "spec/bounds.hpp"

namespace faultline::fuzz {

inline constexpr Bounds bounds_replay{.mms = 8, .vmas = 96, .pages = 14'000, .frames = 2'600,
                                      .anon_vmas = 80, .tasks = 1, .handles = 1, .values = 1,
                                      .stack_guard_gap = 256, .stack_limit = 2048,
                                      .memlock_limit = 14'000, .map_count_limit = 96,
                                      .move_slack = 3, .target_slack = 2, .pin_bias = 1024,
                                      .batch_size = 31};
static_assert(bounds_problem(bounds_replay).empty());

}  // namespace faultline::fuzz
