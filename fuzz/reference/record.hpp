// fuzz/reference/record.hpp - one action of a history as a record of sixteen bytes.
//
// Why: histories are kept, compared, shrunk and written as traces; a corpus is a string of records,
//      so that any sequence of bytes is a history. Names are rows of the model's tables.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace faultline::fuzz {

/// A record's verb: an index into `operations` (model/reference/steps.hpp), or one of these.
enum RecordVerb : std::uint8_t {
    verb_load = 0x40,   ///< a user's read: faults until the entry serves
    verb_fetch = 0x41,  ///< a user's instruction fetch
    verb_write = 0x42,  ///< a user's store: faults until the entry serves, then stores `value`
    verb_step = 0x80,   ///< the next step of the task; it is refused memory if `deny` is not 0
};
enum RecordFlag : std::uint8_t {
    flag_read = 1, flag_write = 2, flag_exec = 4, flag_grows = 8, flag_fixed = 16,
    flag_maymove = 32, flag_dontunmap = 64,
    flag_begin = 128,   ///< the operation is only started: verb_step records run it
};
struct Record {
    std::uint8_t verb = 0, who = 0, task = 0, flags = 0;
    std::uint8_t op = 0;      ///< OpCode of a shared step list
    std::uint8_t gup = 0;     ///< GupKind
    std::uint8_t value = 0;   ///< what is stored
    std::uint8_t deny = 0;    ///< the allocator refuses in the nth allocating step; 0 never
    std::uint16_t page = 0, end = 0, to = 0, span = 0;
    constexpr bool has(RecordFlag f) const { return (flags & f) != 0; }
    friend constexpr bool operator==(const Record&, const Record&) = default;
};
inline constexpr std::size_t record_bytes = 16;
static_assert(sizeof(Record) == record_bytes);

constexpr std::array<std::uint8_t, record_bytes> to_bytes(const Record& r) {
    const auto low = [](std::uint16_t x) { return static_cast<std::uint8_t>(x & 0xff); };
    const auto high = [](std::uint16_t x) { return static_cast<std::uint8_t>(x >> 8); };
    return {r.verb, r.who, r.task, r.flags, r.op, r.gup, r.value, r.deny,
            low(r.page), high(r.page), low(r.end), high(r.end),
            low(r.to), high(r.to), low(r.span), high(r.span)};
}
constexpr Record from_bytes(std::span<const std::uint8_t, record_bytes> b) {
    const auto wide = [&](std::size_t i) {
        return static_cast<std::uint16_t>(b[i] | (b[i + 1] << 8));
    };
    return {b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], wide(8), wide(10), wide(12), wide(14)};
}
/// The bit of a record's verb in a set of verbs.
constexpr std::uint64_t verb_bit(std::uint8_t verb) {
    if (verb < 61) return std::uint64_t{1} << verb;
    if (verb >= verb_load && verb <= verb_write) return std::uint64_t{1} << (61 + verb - verb_load);
    return 0;
}
/// Every whole record of a corpus file; bytes left over are ignored.
inline std::vector<Record> records_of(std::span<const std::uint8_t> bytes) {
    std::vector<Record> out;
    out.reserve(bytes.size() / record_bytes);
    for (std::size_t at = 0; at + record_bytes <= bytes.size(); at += record_bytes)
        out.push_back(from_bytes(bytes.subspan(at).first<record_bytes>()));
    return out;
}

}  // namespace faultline::fuzz
