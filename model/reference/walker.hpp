// model/reference/walker.hpp - the page walk: a linear address to a physical one, or to a fault.
//
// Why:    every other part of the model asks "may this access go through, and to which frame"; here
//         the manual's answer is written step by step, to be read beside the manual.
// Source: SDM3A "4-Level Paging and 5-Level Paging", "Access Rights", "Page-Fault Exceptions",
//         "Accessed and Dirty Flags", "Global Pages". Section titles, as numbers move.
// Differs: no translation caches (every walk reads memory); no shadow stacks, LAM, LASS, HLAT, EPT;
//         a walk that faults sets no flag, while the manual's "Interrupt 14" has a protection
//         violation set A in the page-directory entry and leaves A in the PTE model specific.
#pragma once
#include <array>
#include <cstdint>

#include "spec/x86_64/address.hpp"
#include "spec/x86_64/fault_code.hpp"

namespace faultline::x86 {

/// The registers a walk depends on.
struct ControlBits {
    bool la57 = false;   ///< CR4.LA57: 5 levels, 57-bit addresses
    bool wp = true;      ///< CR0.WP: supervisor writes respect R/W
    bool nxe = true;     ///< IA32_EFER.NXE: bit 63 of entries is XD, else reserved
    bool smep = false;   ///< CR4.SMEP
    bool smap = false;   ///< CR4.SMAP
    bool ac = false;     ///< EFLAGS.AC: explicit supervisor accesses are exempt from SMAP
    bool pge = true;     ///< CR4.PGE: G means global
    bool pke = false;    ///< CR4.PKE: PKRU governs user-mode addresses
    bool pks = false;    ///< CR4.PKS: IA32_PKRS governs supervisor-mode addresses
    std::uint32_t pkru = 0;  ///< bit 2i: AD of key i, bit 2i+1: WD
    std::uint32_t pkrs = 0;  ///< the same for supervisor-mode addresses
    std::uint64_t cr3 = 0;   ///< bits 51..12: physical address of the topmost table
    Cpu cpu;
    constexpr unsigned levels() const { return la57 ? 5 : 4; }
};

enum class AccessType : unsigned { read, write, fetch };
/// Who accesses: code at CPL 3, code below CPL 3, or the processor itself reading a descriptor
/// table and the like, whatever the CPL. SDM3A "Access Rights", explicit and implicit.
enum class AccessMode : unsigned { user, supervisor, implicit_supervisor };
struct Access {
    AccessType type = AccessType::read;
    AccessMode mode = AccessMode::user;
};

/// An accessed or dirty flag the walk must set. SDM3A "Accessed and Dirty Flags".
struct FlagUpdate {
    std::uint64_t entry_address = 0;  ///< physical address of the 8-byte entry
    std::uint64_t value = 0;          ///< the entry with the flags set
    Level level = Level::pte;
    friend constexpr bool operator==(const FlagUpdate&, const FlagUpdate&) = default;
};

struct Translation {
    std::uint64_t physical = 0;
    Level leaf = Level::pte;      ///< level of the entry that maps the page; its size is span_bits
    bool writable = false;        ///< R/W of every entry used
    bool user = false;            ///< U/S of every entry used: a user-mode address
    bool executable = false;      ///< XD of no entry used (or NXE off)
    bool global = false;
    unsigned pkey = 0;
    std::array<FlagUpdate, 5> updates{};  ///< from the top down
    unsigned update_count = 0;
};
struct Fault {
    std::uint32_t code = 0;  ///< fault_code bits
    Level level = Level::pte;  ///< entry that stopped the walk; the leaf for a rights violation
};
enum class Outcome { translated, page_fault, general_protection };
struct WalkResult {
    Outcome outcome = Outcome::general_protection;
    Translation translation;  ///< when translated
    Fault fault;              ///< when page_fault
};

/// The rules as the manual has them. A negative control derives from it and gets one wrong.
struct ManualRules {
    static constexpr bool write_respects_wp = true;
    static constexpr bool rights_of_all_levels = true;
    static constexpr bool smap_checks_implicit = true;
    static constexpr bool reserved_checked = true;
    static constexpr bool pk_by_address_mode = true;
    static constexpr bool dirty_only_on_write = true;
};

/// What the entries of one walk allow together. SDM3A "Determination of Access Rights".
struct Rights {
    bool writable = true;
    bool user = true;  ///< user-mode address: U/S is 1 in every entry
    bool executable = true;
};

/// Whether protection keys forbid a data access. Fetches are never subject to keys.
/// SDM3A "Protection Keys".
template <class Rules = ManualRules>
constexpr bool pkey_forbids(const ControlBits& c, Access a, bool user_address, unsigned key) {
    if (a.type == AccessType::fetch) return false;
    const bool by_pkru = Rules::pk_by_address_mode ? user_address : a.mode == AccessMode::user;
    if (by_pkru ? !c.pke : !c.pks) return false;
    const std::uint32_t reg = by_pkru ? c.pkru : c.pkrs;
    const bool access_disable = (reg >> (2 * key)) & 1;
    const bool write_disable = (reg >> (2 * key + 1)) & 1;
    if (access_disable) return true;
    // A write by the supervisor is exempt from WD while CR0.WP is 0.
    return a.type == AccessType::write && write_disable && (a.mode == AccessMode::user || c.wp);
}

/// Whether U/S, R/W, XD, SMEP and SMAP permit the access. SDM3A "Determination of Access Rights".
template <class Rules = ManualRules>
constexpr bool rights_permit(const ControlBits& c, Access a, const Rights& r) {
    if (a.mode == AccessMode::user) {
        // For user-mode accesses: only user-mode addresses.
        if (!r.user) return false;
        if (a.type == AccessType::write) return r.writable;
        return a.type == AccessType::read || r.executable;
    }
    // For supervisor-mode accesses, instruction fetches: XD, and SMEP for user-mode addresses.
    if (a.type == AccessType::fetch) return r.executable && !(r.user && c.smep);
    // Data: SMAP forbids user-mode addresses unless the access is explicit and EFLAGS.AC is 1.
    if (r.user && c.smap) {
        const bool exempt = c.ac && (a.mode == AccessMode::supervisor ||
                                     !Rules::smap_checks_implicit);
        if (!exempt) return false;
    }
    if (a.type == AccessType::read) return true;
    return r.writable || !(Rules::write_respects_wp && c.wp);
}

/// Error code bits that depend on the access alone. SDM3A "Page-Fault Exceptions": W/R, U/S, and
/// I/D, which is set for a fetch only when SMEP or NXE is on.
constexpr std::uint32_t access_code(const ControlBits& c, Access a) {
    namespace fc = fault_code;
    return (a.type == AccessType::write ? fc::write : 0u) |
           (a.mode == AccessMode::user ? fc::user : 0u) |
           (a.type == AccessType::fetch && (c.smep || c.nxe) ? fc::fetch : 0u);
}

constexpr WalkResult page_fault(std::uint32_t code, Level level) {
    WalkResult r;
    r.outcome = Outcome::page_fault;
    r.fault = {code, level};
    return r;
}

/// One entry as the walk saw it.
struct VisitedEntry {
    std::uint64_t address = 0, value = 0;
    Level level = Level::pte;
};

/// SDM3A "Accessed and Dirty Flags": A in every entry used, D in the leaf on a write.
template <class Rules>
constexpr void add_flag_updates(Translation& t, const std::array<VisitedEntry, 5>& path,
                                unsigned count, AccessType type) {
    const bool writes = type == AccessType::write || !Rules::dirty_only_on_write;
    for (unsigned i = 0; i < count; ++i) {
        const VisitedEntry& e = path[i];
        std::uint64_t wanted = e.value | bit(entry_bit::accessed);
        if (i + 1 == count && writes) wanted |= bit(entry_bit::dirty);
        if (wanted != e.value) t.updates[t.update_count++] = {e.address, wanted, e.level};
    }
}

/// Walks `linear` for `access`. `read(physical_address)` returns the 8-byte entry there.
template <class Rules = ManualRules, class Reader>
constexpr WalkResult walk(const ControlBits& c, std::uint64_t linear, Access access,
                          const Reader& read) {
    // Step 1. SDM1 "Canonical Addressing": a non-canonical address raises #GP (or #SS), and no walk
    // takes place.
    if (!is_canonical(linear, linear_bits(c.levels()))) return {};

    const std::uint32_t code = access_code(c, access);
    std::array<VisitedEntry, 5> path{};
    unsigned used = 0;
    Rights rights;
    // Step 2. SDM3A "Linear-Address Translation with 4-Level Paging and 5-Level Paging": the first
    // table is at CR3; each index is 9 bits of the address; bits 2:0 of the entry's address are 0.
    std::uint64_t table = c.cr3 & frame_mask;
    for (unsigned h = c.levels(); h >= 1; --h) {
        const Level level = static_cast<Level>(h);
        const std::uint64_t address = table | (table_index(linear, level) << 3);
        const std::uint64_t entry = read(address);
        // Step 3. "If the P flag is 0 .. the entry is used neither to reference another
        // paging-structure entry nor to map a page": a fault with P clear; nothing else is checked.
        if (!has(entry, entry_bit::present)) return page_fault(code, level);
        const bool leaf = maps_page(entry, level);
        // Step 4. Reserved bits of a present entry: P and RSVD are set in the error code.
        if (Rules::reserved_checked && has_any(entry, reserved_bits(level, leaf, c.cpu, c.nxe)))
            return page_fault(code | fault_code::protection | fault_code::reserved, level);
        // Step 5. "Determination of Access Rights": the rights of a page are those that every
        // entry used grants.
        if (leaf || Rules::rights_of_all_levels) {
            rights.writable = rights.writable && has(entry, entry_bit::writable);
            rights.user = rights.user && has(entry, entry_bit::user);
            rights.executable = rights.executable && !(c.nxe && has(entry, entry_bit::no_execute));
        }
        path[used++] = {address, entry, level};
        if (!leaf) {
            table = entry & frame_mask;
            continue;
        }
        // Step 6. Is the access permitted? "Page-Fault Exceptions": P is set; PK is set whenever
        // keys forbid the access, whether or not something else does too.
        const LeafEntry<std::uint64_t> page = decode_leaf(entry, level);
        const unsigned key = static_cast<unsigned>(page.pkey);
        const bool key_forbids = pkey_forbids<Rules>(c, access, rights.user, key);
        if (key_forbids || !rights_permit<Rules>(c, access, rights))
            return page_fault(code | fault_code::protection | (key_forbids ? fault_code::pkey : 0u),
                              level);
        // Step 7. The physical address: the leaf's frame and the rest of the linear address.
        WalkResult result;
        result.outcome = Outcome::translated;
        Translation& t = result.translation;
        t.physical = (page.frame << entry_bit::frame_low) | page_offset(linear, level);
        t.leaf = level;
        t.writable = rights.writable;
        t.user = rights.user;
        t.executable = rights.executable;
        // Step 8. "Global Pages": the G flag of the leaf counts while CR4.PGE is 1.
        t.global = c.pge && page.global;
        t.pkey = key;
        // Step 9. "Accessed and Dirty Flags".
        add_flag_updates<Rules>(t, path, used, access.type);
        return result;
    }
    return {};  // not reached: every PTE maps a page
}

}  // namespace faultline::x86
