// fuzz/targets/places.hpp - the bounds each history target can take, by the number in its bytes.
//
// Why: the targets and the tool that makes their seeds must count the same way.
#pragma once
#include <array>
#include <string_view>

namespace faultline::fuzz {

inline constexpr std::array<std::string_view, 3> fault_path_places{"f1", "b2", "m1"};
inline constexpr std::array<std::string_view, 1> system_c_places{"f1"};
inline constexpr std::array<std::string_view, 3> schedule_places{"b1", "e2", "f1.tasks"};

}  // namespace faultline::fuzz
