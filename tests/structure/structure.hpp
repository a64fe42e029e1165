// tests/structure/structure.hpp - the rules every source file follows, as functions over text.
//
// Why: rules that are only written down are broken within a week; functions over text can be shown
//      bad examples, so that the test itself is known to bite.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::structure {

struct Include {
    std::size_t line = 0;
    std::string path;     ///< between the quotes or the angle brackets
    bool quoted = false;
};
std::vector<Include> includes(std::string_view text);

/// Arrows against the drawing at the top of structure.cpp, and libraries outside their layer.
std::vector<std::string> bad_includes(const std::string& path, std::string_view text);
/// More than 600 lines, or a line of more than 100 columns.
std::vector<std::string> bad_size(const std::string& path, std::string_view text);
/// A file opens with a comment: its path, " - " and a sentence.
std::vector<std::string> bad_opening(const std::string& path, std::string_view text);

/// All of these, as they apply to this kind of file.
std::vector<std::string> complaints(const std::string& path, std::string_view text);

/// Whether the rules look at this file at all.
bool is_source(const std::string& path);

}  // namespace faultline::structure
