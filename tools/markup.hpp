// tools/markup.hpp - escaping, shared by HTML, SVG and JUnit.
//
// Why: text of a trace or a rule comes from a file somebody sent; it must never become markup.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace faultline {

/// Text for an element or a quoted attribute. Control characters XML forbids become U+FFFD.
std::string escaped(std::string_view text);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t n);
/// Three significant digits: "0.0123", "12.3", "1,234".
std::string brief(double value);
/// "1.4 GiB"
std::string bytes_text(std::uint64_t bytes);
/// "3 claims", "1 claim"
std::string counted(std::uint64_t n, std::string_view noun);

}  // namespace faultline
