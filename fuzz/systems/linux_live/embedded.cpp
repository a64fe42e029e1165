// fuzz/systems/linux_live/embedded.cpp - two files of the build, as bytes.
//
// Why: the assembler includes a file as it is; a table of numbers would take the compiler seconds.
#include "fuzz/systems/linux_live/embedded.hpp"

#define FAULTLINE_BYTES(name, path)                       \
    asm(".section .rodata\n\t.balign 16\n" name "_begin:\n\t.incbin \"" path "\"\n" name "_end:\n" \
        "\t.byte 0\n\t.previous")

FAULTLINE_BYTES("faultline_helper", FAULTLINE_HELPER_FILE);
extern "C" {
extern const unsigned char faultline_helper_begin[], faultline_helper_end[];
}
#ifdef FAULTLINE_BPF_FILE
FAULTLINE_BYTES("faultline_bpf", FAULTLINE_BPF_FILE);
extern "C" {
extern const unsigned char faultline_bpf_begin[], faultline_bpf_end[];
}
#endif

namespace faultline::live {

std::span<const unsigned char> embedded_helper() {
    return {faultline_helper_begin, faultline_helper_end};
}
std::span<const unsigned char> embedded_bpf() {
#ifdef FAULTLINE_BPF_FILE
    return {faultline_bpf_begin, faultline_bpf_end};
#else
    return {};
#endif
}

}  // namespace faultline::live
