// fuzz/systems/linux_live/embedded.hpp - the helper program and the BPF object, carried inside.
//
// Why: one file to copy into a virtual machine, and nothing to look for at run time.
#pragma once
#include <span>

namespace faultline::live {

std::span<const unsigned char> embedded_helper();
/// Empty where the build had no clang with the bpf target, no bpftool, or no type information.
std::span<const unsigned char> embedded_bpf();

}  // namespace faultline::live
