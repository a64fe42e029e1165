// tests/readme/blocks.hpp - the commands in a Markdown text that promise to work.
//
// Why: a README that lies on its first command loses its reader. The convention:
//
//   ```sh executed            run with bash -eu from the repository root, must exit 0
//   ```sh executed exits=1    ... must exit 1
//   ```text output            directly after: these lines occur in the output, in this order; a
//                             line "..." stands for any lines
//
//      Only cheap commands are marked: all together take less than two minutes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::readme {

struct Block {
    std::size_t line = 0;              ///< of the opening fence
    std::string commands;
    int exits = 0;
    std::vector<std::string> output;   ///< lines promised, "..." taken out
};
std::vector<Block> executed_blocks(std::string_view markdown);

/// The first promised line that does not occur in its place, empty when all do.
std::string missing_line(const Block& block, std::string_view output);

}  // namespace faultline::readme
