// tests/readme/readme_test.cpp - runs every marked block of README.md and compares what it prints.
//
// Why: see blocks.hpp. A README without a single executed block fails: then nothing was tested.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/readme/blocks.hpp"

namespace faultline::readme {
namespace {

constexpr std::chrono::seconds limit{120};  ///< for all blocks together

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Blocks, AreFoundByTheirMark) {
    const auto blocks = executed_blocks("text\n```sh\nrm -rf /\n```\n```sh executed\na\nb\n```\n\n"
                                        "```text output\nx\n...\ny\n```\n"
                                        "```sh executed exits=1\nc\n```\n"
                                        "words\n```text output\nnot of the block before\n```\n");
    ASSERT_EQ(blocks.size(), 2u);
    EXPECT_EQ(blocks[0].commands, "a\nb\n");
    EXPECT_EQ(blocks[0].exits, 0);
    EXPECT_EQ(blocks[0].output, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(blocks[1].exits, 1);
    EXPECT_TRUE(blocks[1].output.empty());
}

TEST(Blocks, PromisedLinesMustComeInOrder) {
    const Block block{1, "", 0, {"x", "y"}};
    EXPECT_EQ(missing_line(block, "x\nz\ny\n"), "");
    EXPECT_EQ(missing_line(block, "y\nx\n"), "y");
    EXPECT_EQ(missing_line(block, ""), "x");
}

TEST(Readme, DoesWhatItSays) {
    const std::string root = FAULTLINE_SOURCE_DIR;
    const std::string path = root + "/README.md";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no README.md yet";
    const auto blocks = executed_blocks(read(path));
    ASSERT_FALSE(blocks.empty()) << "no block of README.md is marked: ```sh executed";
    const auto scratch = std::filesystem::temp_directory_path() /
                         ("faultline_readme_" + std::to_string(getpid()));
    std::filesystem::create_directories(scratch);
    const std::string script = (scratch / "block.sh").string(), log = (scratch / "log").string();
    setenv("FAULTLINE_BUILD", FAULTLINE_BUILDS, 1);
    const auto start = std::chrono::steady_clock::now();
    for (const Block& block : blocks) {
        std::ofstream(script) << block.commands;
        const std::string command = "cd '" + root + "' && timeout " +
                                    std::to_string(limit.count()) + " bash -eu '" + script +
                                    "' >'" + log + "' 2>&1";
        const int status = std::system(command.c_str());
        const std::string where = "README.md:" + std::to_string(block.line) + "\n";
        EXPECT_TRUE(WIFEXITED(status)) << where;
        EXPECT_EQ(WEXITSTATUS(status), block.exits) << where << read(log);
        EXPECT_EQ(missing_line(block, read(log)), "") << where << read(log);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, limit) << "the marked blocks are too slow";
    std::filesystem::remove_all(scratch);
}

}  // namespace
}  // namespace faultline::readme
