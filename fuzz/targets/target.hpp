// fuzz/targets/target.hpp - what every fuzz target has: an input, and a way to fail.
//
// Why: under libFuzzer a failure is a crash, so that any engine sees it; what it was is printed
//      first, as the trace that shows it again.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace faultline::fuzz {

[[noreturn]] inline void fail(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fputs("\n", stderr);
    std::abort();
}
/// For the engine: this input says nothing, do not keep it.
inline constexpr int useless = -1;

}  // namespace faultline::fuzz
