// tests/x86/compare.hpp - runs walker and oracle on one case, compares, counts.
//
// Why:    a published number of compared cases must be counted where the comparison happens.
#pragma once
#include <array>
#include <cstdint>
#include <sstream>
#include <string>

#include "model/reference/walker.hpp"
#include "tests/x86/oracle.hpp"

namespace faultline::x86::test {

#ifdef FAULTLINE_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// The eight kinds of access: the processor never fetches implicitly.
inline constexpr Access accesses[] = {
    {AccessType::read, AccessMode::user},
    {AccessType::write, AccessMode::user},
    {AccessType::fetch, AccessMode::user},
    {AccessType::read, AccessMode::supervisor},
    {AccessType::write, AccessMode::supervisor},
    {AccessType::fetch, AccessMode::supervisor},
    {AccessType::read, AccessMode::implicit_supervisor},
    {AccessType::write, AccessMode::implicit_supervisor},
};

/// Hands the walker the entries of a path from the top down and notes where it looked.
struct PathReader {
    const oracle::Path* path;
    unsigned top;
    std::array<std::uint64_t, 6>* seen;
    unsigned* reads;
    std::uint64_t operator()(std::uint64_t address) const {
        const unsigned height = top - (*reads)++;
        (*seen)[height] = address;
        return path->entry[height];
    }
};

/// Compares and counts; keeps the first difference as text.
template <class Rules = ManualRules>
class Comparer {
  public:
    std::uint64_t cases = 0, differences = 0;
    std::uint64_t translated = 0, denied = 0, absent = 0, reserved = 0, not_canonical = 0;
    std::string first_difference;
    bool stop_at_difference = false;

    /// True to go on enumerating.
    bool operator()(const ControlBits& c, const oracle::Masks& masks, std::uint64_t linear,
                    Access access, const oracle::Path& path) {
        std::array<std::uint64_t, 6> seen{};
        unsigned reads = 0;
        const unsigned top = c.levels();
        const PathReader reader{&path, top, &seen, &reads};
        const WalkResult walked = walk<Rules>(c, linear, access, reader);
        const oracle::Answer told = oracle::answer(c, masks, linear, access, path);
        ++cases;
        tally(told);
        if (agree(walked, told, path, top, seen, reads)) return true;
        if (differences++ == 0) first_difference = describe(c, linear, access, path, walked, told);
        return !stop_at_difference;
    }

  private:
    void tally(const oracle::Answer& told) {
        if (told.outcome == Outcome::translated) ++translated;
        else if (told.outcome == Outcome::general_protection) ++not_canonical;
        else if ((told.code & fault_code::protection) == 0) ++absent;
        else if ((told.code & fault_code::reserved) != 0) ++reserved;
        else ++denied;
    }
    static bool agree(const WalkResult& w, const oracle::Answer& o, const oracle::Path& path,
                      unsigned top, const std::array<std::uint64_t, 6>& seen, unsigned reads) {
        if (w.outcome != o.outcome) return false;
        if (o.outcome == Outcome::general_protection) return reads == 0;
        if (reads != top - o.height + 1) return false;
        for (unsigned h = o.height; h <= top; ++h)
            if (seen[h] != o.address[h]) return false;
        if (o.outcome == Outcome::page_fault)
            return w.fault.code == o.code && height(w.fault.level) == o.height &&
                   w.translation.update_count == 0;
        const Translation& t = w.translation;
        if (t.physical != o.physical || height(t.leaf) != o.height || t.writable != o.writable ||
            t.user != o.user || t.executable != o.executable || t.global != o.global ||
            t.pkey != o.key)
            return false;
        unsigned next = 0;
        for (unsigned h = top; h >= o.height; --h) {
            if (o.after[h] == path.entry[h]) continue;
            const FlagUpdate wanted{o.address[h], o.after[h], static_cast<Level>(h)};
            if (next == t.update_count || !(t.updates[next++] == wanted)) return false;
        }
        return next == t.update_count;
    }
    static std::string describe(const ControlBits& c, std::uint64_t linear, Access access,
                                const oracle::Path& path, const WalkResult& w,
                                const oracle::Answer& o) {
        std::ostringstream out;
        out << std::hex << "linear " << linear << " type " << static_cast<int>(access.type)
            << " mode " << static_cast<int>(access.mode) << " la57 " << c.la57 << " wp " << c.wp
            << " nxe " << c.nxe << " smep " << c.smep << " smap " << c.smap << " ac " << c.ac
            << " pke " << c.pke << " pks " << c.pks << " pkru " << c.pkru << " pkrs " << c.pkrs
            << " entries";
        for (unsigned h = c.levels(); h >= 1; --h) out << ' ' << path.entry[h];
        out << "; walker " << static_cast<int>(w.outcome) << " code " << w.fault.code
            << " physical " << w.translation.physical << "; oracle " << static_cast<int>(o.outcome)
            << " code " << o.code << " physical " << o.physical;
        return out.str();
    }
};

}  // namespace faultline::x86::test
