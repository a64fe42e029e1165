// tests/x86/codec_fuzzer.cpp - any entries, registers and access: the walker against the oracle, and
// the codecs against themselves.
//
// Why: slices enumerate what somebody thought of. It stands here and not in fuzz/targets because
//      the brute-force oracle is a test's, and fuzz/ may not include tests/.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "spec/x86_64/entry.hpp"
#include "tests/x86/compare.hpp"

namespace faultline::x86::test {
namespace {

/// Numbers from the input, zeros after its end.
struct Input {
    const std::uint8_t* data;
    std::size_t left;
    std::uint64_t word() {
        std::uint64_t value = 0;
        const std::size_t take = left < sizeof value ? left : sizeof value;
        std::memcpy(&value, data, take);
        data += take;
        left -= take;
        return value;
    }
};
[[noreturn]] void fail(const std::string& text) {
    std::cerr << text << "\n";
    std::abort();
}

}  // namespace
}  // namespace faultline::x86::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace faultline::x86;
    using namespace faultline::x86::test;
    if (size < 16) return -1;
    Input in{data, size};
    const std::uint64_t choice = in.word();
    ControlBits c;
    const auto on = [&](unsigned n) { return ((choice >> n) & 1) != 0; };
    c.la57 = on(0);
    c.wp = on(1);
    c.nxe = on(2);
    c.smep = on(3);
    c.smap = on(4);
    c.ac = on(5);
    c.pge = on(6);
    c.pke = on(7);
    c.pks = on(8);
    c.pkru = static_cast<std::uint32_t>(in.word());
    c.pkrs = static_cast<std::uint32_t>(in.word());
    std::uint64_t linear = in.word();
    if (on(9)) linear &= (std::uint64_t{1} << 47) - 1;   // mostly canonical
    const Access access = accesses[(choice >> 16) % std::size(accesses)];
    oracle::Path path;
    for (unsigned h = c.levels(); h >= 1; --h) {
        path.entry[h] = in.word();
        if (on(10 + h)) path.entry[h] |= 7;   // present, writable, user
        if (decode_table(path.entry[h]).present && !(path.entry[h] >> 7 & 1) &&
            encode(decode_table(path.entry[h])) != path.entry[h])
            fail("a table entry does not survive decoding and encoding");
    }
    Comparer<> compare;
    compare(c, oracle::Masks(c), linear, access, path);
    if (compare.differences != 0) fail(compare.first_difference);
    return 0;
}
