// tests/x86/oracle.hpp - the rules of paging a second time, as tables, to disagree with the walker.
//
// Why:    a walker tested against itself proves nothing. This is the one place that may restate the
//         rules; it starts from the whole path and from tables of rows, never level by level, and
//         shares no code with the walker but the types of question and answer.
// Source: SDM3A "Access Rights", "Protection Keys", "Page-Fault Exceptions" and the entry-format
//         tables of "4-Level Paging and 5-Level Paging". Bit numbers are written out on purpose.
#pragma once
#include <array>
#include <cstdint>

#include "model/reference/walker.hpp"

namespace faultline::x86::oracle {

/// A path through the tables: entry[h] is the entry found in the table of height h (1 is the PTE).
struct Path {
    std::array<std::uint64_t, 6> entry{};
};

/// The answer: fields are meaningful as far as `outcome` goes.
struct Answer {
    Outcome outcome = Outcome::general_protection;
    unsigned height = 0;     ///< of the entry that stopped the walk or maps the page
    std::uint32_t code = 0;
    std::uint64_t physical = 0;
    bool writable = false, user = false, executable = false, global = false;
    unsigned key = 0;
    std::array<std::uint64_t, 6> address{};  ///< of the entries read
    std::array<std::uint64_t, 6> after{};    ///< the entries once A and D are set
};

/// Rows of "Determination of Access Rights", one for each sentence that allows something.
/// Columns: type R W F; mode u(ser) e(xplicit) i(mplicit) x(e or i); address S(upervisor) U(ser);
/// then R/W, XD, WP, SMEP, SMAP, AC as 0, 1 or - for either. XD is 0 while NXE is 0.
inline constexpr const char* allowed_rows[] = {
    "RxS------",  // data reads from any supervisor-mode address
    "RxU----0-",  // data reads from user-mode addresses: SMAP off
    "ReU----11",  // .. SMAP on, explicit, AC = 1
    "WxS--0---",  // data writes to supervisor-mode addresses: WP = 0
    "WxS1-1---",  // .. WP = 1 needs R/W everywhere
    "WxU--0-0-",  // data writes to user-mode addresses: WP = 0, SMAP off
    "WeU--0-11",  // .. WP = 0, SMAP on, explicit, AC = 1
    "WxU1-1-0-",  // .. WP = 1, SMAP off
    "WeU1-1-11",  // .. WP = 1, SMAP on, explicit, AC = 1
    "FxS-0----",  // fetches from supervisor-mode addresses: XD nowhere
    "FxU-0-0--",  // fetches from user-mode addresses: SMEP off, XD nowhere
    "RuU------",  // user-mode accesses: reads from user-mode addresses
    "WuU1-----",  // .. writes where R/W is 1 everywhere
    "FuU-0----",  // .. fetches where XD is nowhere
};
/// Rows of "Protection Keys" that forbid. Columns: type, mode u or s, WP, AD, WD.
inline constexpr const char* key_forbids_rows[] = {"R--1-", "W--1-", "Wu--1", "Ws1-1"};

constexpr bool digit_matches(char pattern, bool value) {
    return pattern == '-' || (pattern == '1') == value;
}
constexpr bool type_matches(char pattern, unsigned type) { return pattern == "RWF"[type]; }

constexpr bool allowed_by_row(const char* row, unsigned type, unsigned mode, unsigned bits) {
    const bool mode_ok = row[1] == "uei"[mode] || (row[1] == 'x' && mode != 0);
    if (!type_matches(row[0], type) || !mode_ok) return false;
    if ((row[2] == 'U') != ((bits & 1) != 0)) return false;
    for (unsigned i = 0; i < 6; ++i)
        if (!digit_matches(row[3 + i], (bits >> (i + 1)) & 1)) return false;
    return true;
}
/// allowed[type][mode][bits]; bits: 0 user address, 1 R/W, 2 XD, 3 WP, 4 SMEP, 5 SMAP, 6 AC.
using RightsTable = std::array<std::array<std::array<bool, 128>, 3>, 3>;
constexpr RightsTable make_rights_table() {
    RightsTable table{};
    for (unsigned type = 0; type < 3; ++type)
        for (unsigned mode = 0; mode < 3; ++mode)
            for (unsigned bits = 0; bits < 128; ++bits)
                for (const char* row : allowed_rows)
                    if (allowed_by_row(row, type, mode, bits)) table[type][mode][bits] = true;
    return table;
}
inline constexpr RightsTable rights_table = make_rights_table();

/// forbidden[type][bits]; bits: 0 user access, 1 WP, 2 AD, 3 WD.
using KeyTable = std::array<std::array<bool, 16>, 3>;
constexpr KeyTable make_key_table() {
    KeyTable table{};
    for (unsigned type = 0; type < 3; ++type)
        for (unsigned bits = 0; bits < 16; ++bits)
            for (const char* row : key_forbids_rows) {
                const bool mode_ok = row[1] == '-' || (row[1] == 'u') == ((bits & 1) != 0);
                if (type_matches(row[0], type) && mode_ok && digit_matches(row[2], bits & 2) &&
                    digit_matches(row[3], bits & 4) && digit_matches(row[4], bits & 8))
                    table[type][bits] = true;
            }
    return table;
}
inline constexpr KeyTable key_table = make_key_table();

/// Lowest and highest bit of what must be zero in a format, beside the address bits above
/// MAXPHYADDR and XD without NXE. Indexed [height][maps a page].
struct ZeroRange {
    unsigned low, high;
};
inline constexpr ZeroRange zero_ranges[6][2] = {
    {{1, 0}, {1, 0}}, {{1, 0}, {1, 0}},  {{1, 0}, {13, 20}},
    {{1, 0}, {13, 29}}, {{7, 7}, {1, 0}}, {{7, 7}, {1, 0}},
};

/// Mask of an entry's must-be-zero bits, built by counting through the bits.
constexpr std::uint64_t must_be_zero(unsigned height, bool page, const ControlBits& c) {
    std::uint64_t mask = 0;
    for (unsigned n = 0; n < 64; ++n) {
        const ZeroRange range = zero_ranges[height][page];
        const bool in_range = n >= range.low && n <= range.high;
        const bool above_memory = n >= c.cpu.max_phys_bits && n <= 51;
        const bool no_gibibyte = height == 3 && n == 7 && !c.cpu.page_1gib;
        if (in_range || above_memory || no_gibibyte || (n == 63 && !c.nxe))
            mask |= std::uint64_t{1} << n;
    }
    return mask;
}
/// The masks of one processor and one NXE setting, computed once and used for many cases.
struct Masks {
    std::array<std::array<std::uint64_t, 2>, 6> zero{};
    constexpr explicit Masks(const ControlBits& c) {
        for (unsigned h = 1; h <= 5; ++h)
            for (unsigned page = 0; page < 2; ++page) zero[h][page] = must_be_zero(h, page != 0, c);
    }
};

/// Canonical by arithmetic: shifting out the untranslated bits and back loses nothing.
constexpr bool canonical(std::uint64_t linear, unsigned bits) {
    const auto signed_linear = static_cast<std::int64_t>(linear << (64 - bits));
    return static_cast<std::uint64_t>(signed_linear >> (64 - bits)) == linear;
}

/// Height of the entry that would map the page if nothing above went wrong.
constexpr unsigned leaf_height(const Path& p) {
    if (p.entry[3] & 0x80) return 3;
    return (p.entry[2] & 0x80) ? 2 : 1;
}

constexpr Answer answer(const ControlBits& c, const Masks& masks, std::uint64_t linear,
                        Access access, const Path& p) {
    Answer a;
    const unsigned levels = c.la57 ? 5 : 4;
    if (!canonical(linear, levels * 9 + 12)) return a;
    const unsigned type = static_cast<unsigned>(access.type);
    const unsigned mode = static_cast<unsigned>(access.mode);
    const unsigned leaf = leaf_height(p);
    const std::uint32_t base = (type == 1 ? 2u : 0u) + (mode == 0 ? 4u : 0u) +
                               (type == 2 && (c.smep || c.nxe) ? 16u : 0u);
    // Where each entry lies, and the worst thing on the way: the highest one decides.
    std::uint64_t all = ~std::uint64_t{0}, any = 0;
    unsigned bad_height = 0;
    bool bad_is_absent = false;
    for (unsigned h = leaf; h <= levels; ++h) {
        const std::uint64_t e = p.entry[h];
        const std::uint64_t parent = h == levels ? c.cr3 : p.entry[h + 1];
        a.address[h] = parent % (std::uint64_t{1} << 52) / 4096 * 4096 +
                       linear / (std::uint64_t{1} << (9 * h + 3)) % 512 * 8;
        all &= e;
        any |= e;
        const bool absent = e % 2 == 0;
        if (!absent && (e & masks.zero[h][h == leaf]) == 0) continue;
        bad_height = h;  // a later, higher one overrides
        bad_is_absent = absent;
    }
    if (bad_height != 0) {
        a.outcome = Outcome::page_fault;
        a.height = bad_height;
        a.code = base + (bad_is_absent ? 0u : 9u);
        return a;
    }
    a.height = leaf;
    a.user = (all & 4) != 0;
    a.writable = (all & 2) != 0;
    a.executable = !(c.nxe && (any >> 63) != 0);
    a.key = static_cast<unsigned>(p.entry[leaf] >> 59) % 16;
    const std::uint32_t key_register = a.user ? c.pkru : c.pkrs;
    const bool keys_on = a.user ? c.pke : c.pks;
    const unsigned ad_wd = key_register >> (2 * a.key) & 3;
    const bool key_bad = keys_on && key_table[type][(mode == 0) + 2 * c.wp + 4 * ad_wd];
    const unsigned index = a.user + 2 * a.writable + 4 * !a.executable + 8 * c.wp + 16 * c.smep +
                           32 * c.smap + 64 * c.ac;
    if (key_bad || !rights_table[type][mode][index]) {
        a.outcome = Outcome::page_fault;
        a.code = base + 1u + (key_bad ? 32u : 0u);
        return a;
    }
    a.outcome = Outcome::translated;
    const std::uint64_t page_bytes = std::uint64_t{1} << (9 * leaf + 3);
    a.physical = p.entry[leaf] % (std::uint64_t{1} << 52) / page_bytes * page_bytes +
                 linear % page_bytes;
    a.global = c.pge && (p.entry[leaf] & 0x100) != 0;
    for (unsigned h = leaf; h <= levels; ++h)
        a.after[h] = p.entry[h] | 0x20 | (h == leaf && type == 1 ? 0x40 : 0);
    return a;
}

}  // namespace faultline::x86::oracle
