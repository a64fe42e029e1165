// tools/faultline.cpp - the program `faultline`.
//
// Why: main and nothing else, so that tests can call the command line as a function.
#include <iostream>

#include "tools/engines.hpp"

int main() {
    try {
        faultline::list_all();
    } catch (const std::exception& e) {
        std::cerr << "faultline: " << e.what() << "\n";
    }
    return static_cast<int>(faultline::Exit::tool_error);
}
