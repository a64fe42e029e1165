// tests/constexpr/notes_numbers_test.cpp - numbers that the source notes quote, taken apart by the
// compiler.
//
// Why: a number copied from a trace of a real machine is a claim about flags and layouts; here it
//      is one that stops compiling when it is wrong. tests/traces/questions/index.json names each.
#include <gtest/gtest.h>

#include "spec/kernel_bits.hpp"
#include "spec/x86_64/entry.hpp"
#include "spec/x86_64/fault_code.hpp"

namespace faultline {
namespace {

// C1: a user's write to anonymous memory, byte 104 of its page.
static_assert(597 == (kernel::fault_flag::defaults | kernel::fault_flag::user |
                      kernel::fault_flag::write));
static_assert(x86::fault_code::decode(6) == "W|U");
static_assert(94283249184872 - 94283249184768 == 104 && 94283249184768 % 4096 == 0);
// C2: a write by the kernel, so without USER in either word; byte 20 of its page.
static_assert(533 == (kernel::fault_flag::defaults | kernel::fault_flag::write));
static_assert(x86::fault_code::decode(2) == "W");
static_assert(94425197883412 - 94425197883392 == 20 && 94425197883392 % 4096 == 0);
// C4, C5: what handle_mm_fault answered.
static_assert(256 == kernel::vm_fault::nopage && 512 == kernel::vm_fault::locked);
static_assert(1032 == (kernel::vm_fault::retry | kernel::vm_fault::write));
// C17: 29 pages stay of 874; the call's flags are FIXED_NOREPLACE and PRIVATE.
static_assert((94617915023360 - 94617914904576) / 4096 == 29);
static_assert(3461120 / 4096 == 845 && 29 + 845 == 874 && 3461120 % 4096 == 0);
static_assert(1048578 == (kernel::map::fixed_noreplace | kernel::map::privately));
// C18: struct page is 64 bytes, the array starts at 0xffffea0000000000.
constexpr std::uint64_t frame_of(std::uint64_t page) { return (page - 0xffffea0000000000u) / 64; }
static_assert(0xffffea0000997380 % 64 == 0 && frame_of(0xffffea0000997380) == 0x265ce);
static_assert(0xffffea0004a5c0c0 % 64 == 0 && frame_of(0xffffea0004a5c0c0) == 0x129703);
static_assert(0xffffea000447bd80 % 64 == 0 && frame_of(0xffffea000447bd80) == 0x111ef6);
// C22: what a PUD entry covers.
static_assert(std::uint64_t{1} << x86::span_bits(x86::Level::pdpte) == 512ull * 512 * 4096);
// W48: ARM's BADMAP and BADACCESS lie in the bits of the hstate index.
static_assert((0x010000 & kernel::vm_fault::hindex_mask) != 0);
static_assert((0x020000 & kernel::vm_fault::hindex_mask) != 0);

TEST(NotesNumbers, ReadAsTheKernelNamesThem) {
    EXPECT_EQ(kernel::decode_fault_flags(597).str(), "DEFAULT|USER|WRITE");
    EXPECT_EQ(kernel::decode_fault_flags(533).str(), "DEFAULT|WRITE");
    EXPECT_EQ(kernel::decode_vm_fault(256).str(), "NOPAGE");
    EXPECT_EQ(kernel::decode_vm_fault(512).str(), "LOCKED");
    EXPECT_EQ(kernel::decode_vm_fault(1032).str(), "RETRY|WRITE");
}

}  // namespace
}  // namespace faultline
