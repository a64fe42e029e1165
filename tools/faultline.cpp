// tools/faultline.cpp - the program `faultline`.
//
// Why: main and nothing else, so that tests can call the command line as a function.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/command_line.hpp"

int main(int argc, char** argv) {
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
    return faultline::command_line(words, {std::cout, std::cerr, isatty(STDERR_FILENO) == 1});
}
