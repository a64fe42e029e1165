// tests/readme/blocks.cpp - finds fenced blocks and compares lines.
//
// Why: see blocks.hpp; trailing spaces are ignored, everything else counts.
#include "tests/readme/blocks.hpp"

#include <algorithm>
#include <sstream>

namespace faultline::readme {
namespace {

std::string trimmed(std::string line) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
    return line;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) out.push_back(trimmed(line));
    return out;
}

}  // namespace

std::vector<Block> executed_blocks(std::string_view markdown) {
    std::vector<Block> out;
    const auto lines = lines_of(markdown);
    bool follows = false;  // an executed block ended, and only empty lines came since
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].rfind("```", 0) != 0) {
            follows = follows && lines[i].empty();
            continue;
        }
        std::istringstream words(lines[i].substr(3));
        std::string language, mark, exits;
        words >> language >> mark >> exits;
        Block block{i + 1, "", 0, {}};
        std::vector<std::string> body;
        for (++i; i < lines.size() && lines[i] != "```"; ++i) body.push_back(lines[i]);
        if (language == "text" && mark == "output" && follows) {
            std::erase(body, "...");
            out.back().output = body;
        }
        follows = language == "sh" && mark == "executed";
        if (!follows) continue;
        for (const std::string& line : body) block.commands += line + "\n";
        if (exits.rfind("exits=", 0) == 0) block.exits = std::stoi(exits.substr(6));
        out.push_back(std::move(block));
    }
    return out;
}

std::string missing_line(const Block& block, std::string_view output) {
    const auto lines = lines_of(output);
    auto from = lines.begin();
    for (const std::string& promised : block.output) {
        const auto at = std::find(from, lines.end(), promised);
        if (at == lines.end()) return promised;
        from = at + 1;
    }
    return "";
}

}  // namespace faultline::readme
