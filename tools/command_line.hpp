// tools/command_line.hpp - words to a request, and the request done.
//
// Why: main is three lines, and tests call this with words of their own.
#pragma once
#include <string>
#include <vector>

#include "tools/commands.hpp"

namespace faultline {

/// `words` without the program's name.
int command_line(const std::vector<std::string>& words, const Streams& streams);

}  // namespace faultline
