// tests/x86/codec_test.cpp - entries, codes and numbers as one meets them on a real machine.
//
// Why:    laws say that a codec is consistent; only examples say that it is the right codec.
#include <gtest/gtest.h>

#include "model/reference/walker.hpp"
#include "spec/x86_64/nonpresent.hpp"

namespace faultline::x86 {
namespace {

TEST(Codec, AnOrdinaryAnonymousPage) {
    // _PAGE_PRESENT|RW|USER|ACCESSED|DIRTY|SOFT_DIRTY|NX, frame 0x12345
    const auto e = decode_leaf(std::uint64_t{0x8000000012345867}, Level::pte);
    EXPECT_TRUE(e.present && e.writable && e.user && e.accessed && e.dirty && e.no_execute);
    EXPECT_FALSE(e.pat || e.global || e.write_through);
    EXPECT_EQ(e.frame, 0x12345u);
    EXPECT_EQ(e.software_low, 4u) << "soft-dirty is SOFTW3, bit 11";
    EXPECT_EQ(classify(0x8000000012345867, {}), Kind::present);
}

TEST(Codec, ProtNoneKeepsItsFrameInverted) {
    const std::uint64_t mapped = 0x8000000012345867;
    const std::uint64_t flags = (pte_flags(mapped) & ~std::uint64_t{1}) | bit(soft_bit::prot_none);
    const std::uint64_t protected_entry = pte_with_flags(mapped, flags);
    EXPECT_EQ(protected_entry, 0x800fffffedcba966u);
    EXPECT_EQ(pte_pfn(protected_entry), 0x12345u);
    EXPECT_EQ(classify(protected_entry, {}), Kind::prot_none);
    EXPECT_EQ(pte_with_flags(protected_entry, pte_flags(mapped)), mapped);
}

TEST(Codec, SwapTypePlainOffsetInverted) {
    const SwapEntry<std::uint64_t> e{3, 0x1000, false, false, true};
    const std::uint64_t w = encode(e);
    EXPECT_EQ(w >> 59, 3u);
    EXPECT_EQ(w & 0x1ff, 8u) << "exclusive is bit 3";
    EXPECT_EQ(~w << 5 >> 14, 0x1000u);
    EXPECT_EQ(classify(w, {}), Kind::swap);
    EXPECT_FALSE(pte_write(w));
    EXPECT_TRUE(pte_write(w | bit(swap_bit::soft_dirty)));
}

TEST(Codec, TypeNumbersByVersion) {
    using enum Release;
    const auto type = [](Release r, Kind kind, bool device = true) {
        return swap_types(Kernel{.release = r, .device_private = device}).type_of(kind);
    };
    EXPECT_EQ(type(v5_10, Kind::hwpoison), 27u);
    EXPECT_EQ(type(v5_10, Kind::migration_write), 29u);
    EXPECT_EQ(type(v5_10, Kind::device_private_read), 31u);
    EXPECT_EQ(type(v5_10, Kind::pte_marker), 32u) << "none";
    EXPECT_EQ(type(v6_1, Kind::hwpoison), 22u);
    EXPECT_EQ(type(v6_1, Kind::migration_read_exclusive), 24u);
    EXPECT_EQ(type(v6_1, Kind::pte_marker), 30u);
    EXPECT_EQ(type(v6_1, Kind::swapin_error), 31u);
    EXPECT_EQ(type(v6_12, Kind::pte_marker), 31u);
    EXPECT_EQ(type(v6_18, Kind::device_exclusive), 30u);
    EXPECT_EQ(type(v6_1, Kind::hwpoison, false), 26u) << "Debian has no device memory";
    EXPECT_EQ(type(v6_12, Kind::hwpoison, false), 27u);
}

TEST(Codec, SoftwareBitsByVersion) {
    EXPECT_EQ(soft_bit::devmap(Kernel{.release = Release::v6_1}), 58u);
    EXPECT_EQ(soft_bit::devmap(Kernel{.release = Release::v6_12}), 57u);
    EXPECT_EQ(soft_bit::devmap(Kernel{.release = Release::v6_18}), soft_bit::absent);
    EXPECT_EQ(soft_bit::saved_dirty(Kernel{.release = Release::v6_12}), 58u);
    EXPECT_EQ(pte_wrprotect(std::uint64_t{0x67}, Kernel{.release = Release::v6_1}), 0x65u);
    EXPECT_EQ(pte_wrprotect(std::uint64_t{0x67}, Kernel{.release = Release::v6_12}),
              bit(58) | 0x25u);
}

TEST(Codec, NumbersReadAsNames) {
    EXPECT_EQ(kernel::decode_fault_flags(597).str(), "DEFAULT|USER|WRITE");
    EXPECT_EQ(kernel::decode_vm_fault(1032).str(), "RETRY|WRITE");
    EXPECT_EQ(fault_code::decode(0x15).str(), "P|U|I");
    EXPECT_EQ(kernel::decode(0x100073, kernel::vm::names).str(),
              "READ|WRITE|MAYREAD|MAYWRITE|MAYEXEC|ACCOUNT");
    EXPECT_EQ(kernel::errno_name(-14), "EFAULT");
}

/// The walker at compile time: one table of each level, a 4 KiB page.
constexpr WalkResult walk_example(Access access, std::uint64_t leaf) {
    const auto reader = [leaf](std::uint64_t address) {
        return address >= 0x4000 ? leaf : ((address & ~std::uint64_t{0xfff}) + 0x1000) | 0x27;
    };
    ControlBits control;
    control.cr3 = 0x1000;
    return walk(control, 0x7fff12345678, access, reader);
}
constexpr Access user_write{AccessType::write, AccessMode::user};
constexpr Access user_fetch{AccessType::fetch, AccessMode::user};
static_assert(walk_example(user_write, 0xabc007).translation.physical == 0xabc678);
static_assert(walk_example(user_write, 0xabc007).translation.updates[0].value == 0xabc067);
static_assert(walk_example(user_write, 0xabc005).fault.code == 0x7);
static_assert(walk_example(user_write, 0).fault.code == 0x6);
static_assert(walk_example(user_fetch, 0x8000000000abc007).fault.code == 0x15);

}  // namespace
}  // namespace faultline::x86
