// fuzz/conform/export_c.hpp - a trace as one C file that needs a C library and a kernel, no more.
//
// Why: who receives a counterexample wants to run it, on the kernel at hand, without this project.
#pragma once
#include <string>
#include <string_view>

#include "spec/trace.hpp"

namespace faultline::fuzz {

/// The text; `name` is the trace's file name. On failure a line in `problem`.
/// Calls that a program cannot stop in the middle are performed whole, and the file says so.
std::string export_c(const Trace& trace, const std::string& name, std::string& problem);

/// The part that is the same in every file: processes that take turns, guarded accesses, pins.
extern const std::string_view export_c_before, export_c_after;

}  // namespace faultline::fuzz
