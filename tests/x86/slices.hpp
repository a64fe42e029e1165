// tests/x86/slices.hpp - which cases are compared: five slices, each complete in what it varies.
//
// Why:    the full product of all bits of all levels is out of reach; each slice is the full
//         product of the bits that can act on each other, and says so.
// Source: the idea of enumerating every legal combination is kvm-unit-tests x86/access.c; the bits
//         and the rules are the manual's.
#pragma once
#include <cstdint>

#include "tests/x86/compare.hpp"

namespace faultline::x86::test {

/// A page of some size under 4 or 5 levels, all rights granted, A and D set.
struct Shape {
    bool la57;
    unsigned leaf;  ///< height of the entry that maps the page: 1, 2, 3
};
inline constexpr Shape shapes[] = {{false, 1}, {false, 2}, {false, 3},
                                   {true, 1},  {true, 2},  {true, 3}};

inline constexpr std::uint64_t linear_of_slices = 0x00005a5a5a5a5a5a;
constexpr std::uint64_t table_address(unsigned height) { return 0x1000u * (height + 1); }

constexpr oracle::Path open_path(const Shape& s) {
    oracle::Path p;
    for (unsigned h = 5; h > s.leaf; --h) p.entry[h] = table_address(h - 1) | 0x67;
    p.entry[s.leaf] = 0xc0000067u | (s.leaf > 1 ? 0x80u : 0u);
    return p;
}
constexpr ControlBits base_control(bool la57) {
    ControlBits c;
    c.la57 = la57;
    c.cr3 = table_address(la57 ? 5 : 4);
    c.cpu.max_phys_bits = 46;
    return c;
}
inline constexpr std::uint64_t reserved_high = std::uint64_t{1} << 51;

/// Bits of `n` spread over an entry: the given positions, lowest first.
template <unsigned N>
constexpr std::uint64_t spread(unsigned n, const unsigned (&positions)[N]) {
    std::uint64_t w = 0;
    for (unsigned i = 0; i < N; ++i)
        if (n >> i & 1) w |= std::uint64_t{1} << positions[i];
    return w;
}

/// Slice 1, rights: every leaf {RW US A D G NX} x every PDE {RW US A NX} x every PDPTE {RW US NX} x
/// {WP SMEP SMAP AC NXE PKE PKS} x PKRU {AD WD} x PKRS {AD WD} x 8 accesses; 4 levels, 4 KiB.
/// `stride` takes every n-th path.
template <class Compare>
bool slice_rights(Compare& compare, unsigned stride) {
    constexpr unsigned leaf_bits[] = {1, 2, 5, 6, 8, 63};
    constexpr unsigned pde_bits[] = {1, 2, 5, 63}, pdpte_bits[] = {1, 2, 63};
    constexpr unsigned key = 5;
    for (unsigned env = 0; env < 128; ++env) {
        ControlBits c = base_control(false);
        c.wp = env & 1, c.smep = env & 2, c.smap = env & 4, c.ac = env & 8;
        c.nxe = env & 16, c.pke = env & 32, c.pks = env & 64;
        const oracle::Masks masks(c);
        for (unsigned n = env % stride; n < 64 * 16 * 8; n += stride) {
            oracle::Path p = open_path({false, 1});
            p.entry[1] = 0xc0000001u | std::uint64_t{key} << 59 | spread(n % 64, leaf_bits);
            p.entry[2] = table_address(1) | 1 | spread(n / 64 % 16, pde_bits);
            p.entry[3] = table_address(2) | 0x21 | spread(n / 1024, pdpte_bits);
            for (unsigned keys = 0; keys < 16; ++keys) {
                c.pkru = (keys & 3) << (2 * key);
                c.pkrs = (keys >> 2) << (2 * key);
                for (const Access& a : accesses)
                    if (!compare(c, masks, linear_of_slices, a, p)) return false;
            }
        }
    }
    return true;
}

/// Slice 2, levels: {RW US NX} of every entry of the path x {WP SMEP SMAP AC NXE} x 8 accesses, for
/// each of the six shapes: rights are what all levels grant together.
template <class Compare>
bool slice_levels(Compare& compare, unsigned stride) {
    constexpr unsigned bits[] = {1, 2, 63};
    for (const Shape& s : shapes) {
        const unsigned top = s.la57 ? 5 : 4, used = top - s.leaf + 1;
        for (unsigned env = 0; env < 32; ++env) {
            ControlBits c = base_control(s.la57);
            c.wp = env & 1, c.smep = env & 2, c.smap = env & 4, c.ac = env & 8, c.nxe = env & 16;
            const oracle::Masks masks(c);
            for (unsigned n = env % stride; n < 1u << (3 * used); n += stride) {
                oracle::Path p = open_path(s);
                for (unsigned i = 0; i < used; ++i) {
                    std::uint64_t& e = p.entry[s.leaf + i];
                    e = (e & ~std::uint64_t{6}) | spread(n >> (3 * i) & 7, bits);
                }
                for (const Access& a : accesses)
                    if (!compare(c, masks, linear_of_slices, a, p)) return false;
            }
        }
    }
    return true;
}

/// Slice 3, trouble: each entry of the path is sound, absent, reserved, absent and reserved, or has
/// PS, A or NX flipped, in every combination, for each shape x {WP SMEP SMAP AC NXE} x 8 accesses:
/// the highest trouble decides.
template <class Compare>
bool slice_trouble(Compare& compare, unsigned stride) {
    constexpr unsigned kinds = 7;
    for (const Shape& s : shapes) {
        const unsigned top = s.la57 ? 5 : 4;
        unsigned combinations = 1;
        for (unsigned h = 1; h <= top; ++h) combinations *= kinds;
        for (unsigned env = 0; env < 32; ++env) {
            ControlBits c = base_control(s.la57);
            c.nxe = env & 1, c.smep = env & 2, c.wp = env & 4, c.smap = env & 8, c.ac = env & 16;
            const oracle::Masks masks(c);
            for (unsigned n = env % stride; n < combinations; n += stride) {
                oracle::Path p = open_path(s);
                for (unsigned h = 1, rest = n; h <= top; ++h, rest /= kinds) {
                    constexpr std::uint64_t flips[kinds] = {
                        0, 1, reserved_high, 1 | reserved_high, 0x80, 0x20, std::uint64_t{1} << 63};
                    p.entry[h] ^= flips[rest % kinds];
                }
                for (const Access& a : accesses)
                    if (!compare(c, masks, linear_of_slices, a, p)) return false;
            }
        }
    }
    return true;
}

/// Slice 4, bits: every single bit and every pair of bits of every entry flipped, for each shape x
/// MAXPHYADDR {36 40 46 52} x {NXE, 1 GiB pages} x 8 accesses: ignored, reserved and address bits.
template <class Compare>
bool slice_bits(Compare& compare, unsigned stride) {
    unsigned turn = 0;
    for (const Shape& s : shapes) {
        const unsigned top = s.la57 ? 5 : 4;
        for (unsigned cpu = 0; cpu < 16; ++cpu) {
            ControlBits c = base_control(s.la57);
            constexpr unsigned widths[] = {36, 40, 46, 52};
            c.cpu.max_phys_bits = widths[cpu % 4];
            c.cpu.page_1gib = cpu & 4;
            c.nxe = cpu & 8;
            const oracle::Masks masks(c);
            for (unsigned h = s.leaf; h <= top; ++h)
                for (unsigned i = 0; i < 64; ++i)
                    for (unsigned j = 0; j <= i; ++j) {
                        if (turn++ % stride != 0) continue;
                        oracle::Path p = open_path(s);
                        p.entry[h] ^= std::uint64_t{1} << i;
                        if (j != i) p.entry[h] ^= std::uint64_t{1} << j;
                        for (const Access& a : accesses)
                            if (!compare(c, masks, linear_of_slices, a, p)) return false;
                    }
        }
    }
    return true;
}

/// SplitMix64 (public domain, Vigna): a fixed sequence from a seed.
struct SplitMix64 {
    std::uint64_t state;
    constexpr std::uint64_t operator()() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
};

/// Slice 5, addresses: random linear addresses around the canonical edges, random frames, CR3, keys
/// and registers; entries mostly sound so that most walks reach a page.
template <class Compare>
bool slice_addresses(Compare& compare, std::uint64_t seed, std::uint64_t count) {
    SplitMix64 random{seed};
    ControlBits with_nxe, without_nxe;
    without_nxe.nxe = false;
    const oracle::Masks masks[] = {oracle::Masks(without_nxe), oracle::Masks(with_nxe)};
    for (std::uint64_t n = 0; n < count; ++n) {
        const std::uint64_t r = random(), e = random();
        ControlBits c;
        c.la57 = r & 1, c.wp = r & 2, c.nxe = r & 4, c.smep = r & 8, c.smap = r & 16;
        c.ac = r & 32, c.pge = r & 64, c.pke = r & 128, c.pks = r & 256;
        c.cr3 = random();
        c.pkru = static_cast<std::uint32_t>(random() & random());
        c.pkrs = static_cast<std::uint32_t>(random() & random());
        const unsigned shift = static_cast<unsigned>(e % 24);
        const auto linear =
            static_cast<std::uint64_t>(static_cast<std::int64_t>(random()) >> shift);
        oracle::Path p;
        const unsigned leaf = 1 + static_cast<unsigned>(e >> 8) % 3;
        for (unsigned h = 1; h <= 5; ++h) {
            std::uint64_t w = random() | 1 | (random() & 6);
            if (e >> 16 & 3) w &= ~(std::uint64_t{1} << 63);
            w &= ~std::uint64_t{0x80};
            if (h == leaf && h > 1) w = (w | 0x80) & ~large_leaf_reserved(static_cast<Level>(h));
            p.entry[h] = w;
        }
        const Access a = accesses[e >> 20 & 7];
        if (!compare(c, masks[c.nxe], linear, a, p)) return false;
    }
    return true;
}

}  // namespace faultline::x86::test
