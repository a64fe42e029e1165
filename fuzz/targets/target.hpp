// fuzz/targets/target.hpp - what every fuzz target has: the entry point engines call, one way
// to fail.
//
// Why: libFuzzer, AFL++ and the replay program know nothing but this function; a failure must be
//      readable in their log, because the input alone says little.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Deterministic, no input or output; -1 keeps an input out of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace faultline::fuzz {

/// Prints and ends the process as engines expect of a crash.
[[noreturn]] void fail(const std::string& text);

struct LockstepReport;
struct Arena;
/// The failure block of a finding, with its trace; does not return if there is one.
void fail_on_finding(const LockstepReport& report, const Arena& arena, const char* target);

}  // namespace faultline::fuzz
