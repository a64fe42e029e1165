// tests/x86/codec_fuzzer.cpp - any registers, address and entries: the walker against the oracle,
// and the codecs against themselves.
//
// Why: the slices of slices.hpp are complete in what they vary; a fuzzer varies everything else. It
//      stands here because the oracle does, and fuzz/ must not include tests/.
#include <cstdlib>
#include <cstring>

#include "fuzz/targets/target.hpp"
#include "spec/x86_64/nonpresent.hpp"
#include "tests/x86/compare.hpp"

namespace {
using namespace faultline::x86;

/// Values one after the other; zeros when the bytes are used up.
class Bytes {
  public:
    Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    template <class T>
    T take() {
        T value{};
        const std::size_t n = size_ < sizeof value ? size_ : sizeof value;
        if (n != 0) std::memcpy(&value, data_, n);
        data_ += n;
        size_ -= n;
        return value;
    }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
};

[[noreturn]] void fail(const std::string& text) {
    std::fprintf(stderr, "VIOLATED  codec: %s\n", text.c_str());
    std::abort();
}
std::string hex(std::uint64_t w) {
    std::ostringstream out;
    out << std::hex << "0x" << w;
    return out.str();
}

void compare_walk(Bytes bytes) {
    const auto flags = bytes.take<std::uint32_t>();
    ControlBits c;
    c.la57 = flags & 1, c.wp = flags & 2, c.nxe = flags & 4, c.smep = flags & 8;
    c.smap = flags & 16, c.ac = flags & 32, c.pge = flags & 64, c.pke = flags & 128;
    c.pks = flags & 256, c.cpu.page_1gib = flags & 512;
    c.cpu.max_phys_bits = 36 + (flags >> 10 & 31) % 17;
    const auto& access = test::accesses[flags >> 16 & 7];
    const auto keys = bytes.take<std::uint64_t>();
    c.pkru = static_cast<std::uint32_t>(keys);
    c.pkrs = static_cast<std::uint32_t>(keys >> 32);
    c.cr3 = bytes.take<std::uint64_t>();
    const auto linear = bytes.take<std::uint64_t>();
    oracle::Path path;
    for (unsigned h = 1; h <= 5; ++h) path.entry[h] = bytes.take<std::uint64_t>();
    test::Comparer<> compare;
    compare(c, oracle::Masks(c), linear, access, path);
    if (compare.differences != 0) fail("walker and oracle differ: " + compare.first_difference);
}

/// What decoding and encoding must keep of one word, read as each kind of entry.
void check_word(std::uint64_t w) {
    if ((w & bit(entry_bit::page_size)) == 0 && encode(decode_table(w)) != w)
        fail("a table entry changes: " + hex(w));
    for (const Level level : {Level::pte, Level::pde, Level::pdpte}) {
        const bool sound = maps_page(w, level) && (w & large_leaf_reserved(level)) == 0;
        if (sound && encode(decode_leaf(w, level), level) != w) fail("a leaf changes: " + hex(w));
    }
    for (const Release release : {Release::v5_10, Release::v6_1, Release::v6_12, Release::v6_18}) {
        const Kernel kernel{.release = release};
        unsigned kinds = 0;
        for (unsigned k = 0; k < kind_count; ++k)
            kinds += is_kind(w, static_cast<Kind>(k), kernel);
        const Kind kind = classify(w, kernel);
        if (kinds != 1 || !is_kind(w, kind, kernel))
            fail("no kind or two: " + hex(w) + " as " + std::string(kind_name(kind)));
    }
    if (!pte_present(w) && encode(decode_swap(w)) != (w & ~(swap_zero_bits | swap_stray_bits)))
        fail("a swap entry changes: " + hex(w));
    if (pte_present(w) && make_pte(pte_pfn(w), pte_flags(w)) != w)
        fail("an entry loses its frame: " + hex(w));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 36) return -1;
    compare_walk(Bytes(data, size));
    for (Bytes words(data + 28, size - 28); size >= 36; size -= 8)
        check_word(words.take<std::uint64_t>());
    return 0;
}
