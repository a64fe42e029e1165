// fuzz/conform/lines.hpp - options and reports as lines of text, to cross a serial line.
//
// Why: the program inside a virtual machine has no library for it, and needs none.
#pragma once
#include <string>
#include <string_view>

#include "fuzz/conform/conform.hpp"

namespace faultline::fuzz {

/// One line a field; traces are texts here, not files.
std::string options_to_lines(const ConformOptions& options);
bool options_from_lines(std::string_view text, ConformOptions& options);
std::string report_to_lines(const ConformReport& report);
bool report_from_lines(std::string_view text, ConformReport& report);

}  // namespace faultline::fuzz
