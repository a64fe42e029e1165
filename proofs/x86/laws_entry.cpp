// proofs/x86/laws_entry.cpp - laws of present entries: nothing is lost, nothing overlaps.
#include "proofs/x86/law.hpp"
#include "spec/x86_64/entry.hpp"

namespace faultline::x86 {
namespace {

constexpr const char* formats = "SDM3A \"4-Level Paging and 5-Level Paging\", entry formats";

template <class In>
auto any_table_entry(In& in, unsigned frame_width) {
    return TableEntry<typename In::W>{in.truth("p"),        in.truth("rw"),
                                      in.truth("us"),       in.truth("pwt"),
                                      in.truth("pcd"),      in.truth("a"),
                                      in.truth("bit6"),     in.word("frame", frame_width),
                                      in.word("low", 4),    in.word("high", 11),
                                      in.truth("xd")};
}
template <class In>
auto any_leaf(In& in, unsigned frame_width) {
    return LeafEntry<typename In::W>{
        in.truth("p"),   in.truth("rw"),  in.truth("us"),  in.truth("pwt"), in.truth("pcd"),
        in.truth("a"),   in.truth("d"),   in.truth("pat"), in.truth("g"),
        in.word("frame", frame_width),    in.word("low", 3), in.word("high", 7),
        in.word("pkey", 4), in.truth("xd")};
}
template <class W>
Truth<W> equal(const TableEntry<W>& a, const TableEntry<W>& b) {
    return same_truth(a.present, b.present) && same_truth(a.writable, b.writable) &&
           same_truth(a.user, b.user) && same_truth(a.write_through, b.write_through) &&
           same_truth(a.cache_disable, b.cache_disable) && same_truth(a.accessed, b.accessed) &&
           same_truth(a.ignored_6, b.ignored_6) && a.frame == b.frame &&
           a.software_low == b.software_low && a.software_high == b.software_high &&
           same_truth(a.no_execute, b.no_execute);
}
template <class W>
Truth<W> equal(const LeafEntry<W>& a, const LeafEntry<W>& b) {
    return same_truth(a.present, b.present) && same_truth(a.writable, b.writable) &&
           same_truth(a.user, b.user) && same_truth(a.write_through, b.write_through) &&
           same_truth(a.cache_disable, b.cache_disable) && same_truth(a.accessed, b.accessed) &&
           same_truth(a.dirty, b.dirty) && same_truth(a.pat, b.pat) &&
           same_truth(a.global, b.global) && a.frame == b.frame &&
           a.software_low == b.software_low && a.software_high == b.software_high &&
           a.pkey == b.pkey && same_truth(a.no_execute, b.no_execute);
}
/// Whether `frame` is a multiple of the page size of `level`.
template <class W>
Truth<W> aligned(const W& frame, Level level) {
    return (frame & W((std::uint64_t{1} << (span_bits(level) - 12)) - 1)) == W(0);
}
const char* size_name(Level level) {
    return level == Level::pte ? "4k" : level == Level::pde ? "2m" : "1g";
}

void add_table_laws(Laws& laws) {
    laws.push_back({"entry.table.word", "a table entry survives decoding and encoding", formats,
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return implies(!has(w, 7), encode(decode_table(w)) == w);
                    }),
                    "even with PS set",
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return encode(decode_table(w)) == w;
                    }),
                    ""});
    laws.push_back({"entry.table.fields", "every field of a table entry survives encoding", formats,
                    statement([](auto& in) {
                        const auto e = any_table_entry(in, 40);
                        return equal(decode_table(encode(e)), e);
                    }),
                    "even a frame number of 41 bits",
                    statement([](auto& in) {
                        const auto e = any_table_entry(in, 41);
                        return equal(decode_table(encode(e)), e);
                    }),
                    ""});
}

void add_leaf_laws(Laws& laws, Level level) {
    const std::string suffix = std::string(".") + size_name(level);
    const std::uint64_t zero = large_leaf_reserved(level);
    laws.push_back({"entry.leaf.word" + suffix,
                    "a leaf with PS as its level demands and no reserved bit survives decoding",
                    formats, statement([level, zero](auto& in) {
                        const auto w = in.word("w");
                        const auto legal = maps_page(w, level) && !has_any(w, zero);
                        return implies(legal, encode(decode_leaf(w, level), level) == w);
                    }),
                    "even when bit 13 is set and the next larger format is used",
                    statement([level](auto& in) {
                        const auto w = in.word("w");
                        const Level other = level == Level::pdpte ? Level::pde : Level::pdpte;
                        return implies(maps_page(w, level),
                                       encode(decode_leaf(w, level), other) == w);
                    }),
                    ""});
    laws.push_back({"entry.leaf.fields" + suffix, "every field of a leaf survives encoding",
                    formats, statement([level](auto& in) {
                        const auto e = any_leaf(in, 40);
                        return implies(aligned(e.frame, level),
                                       equal(decode_leaf(encode(e, level), level), e));
                    }),
                    level == Level::pte ? "even a frame number of 41 bits"
                                        : "even a frame that is not aligned to the page",
                    statement([level](auto& in) {
                        const auto e = any_leaf(in, level == Level::pte ? 41 : 40);
                        return equal(decode_leaf(encode(e, level), level), e);
                    }),
                    ""});
    laws.push_back({"entry.leaf.aligned" + suffix,
                    "a decoded leaf's frame is aligned to its page and below 2^40", formats,
                    statement([level](auto& in) {
                        const auto e = decode_leaf(in.word("w"), level);
                        return aligned(e.frame, level) && fits(e.frame, 40);
                    }),
                    "below 2^39",
                    statement([level](auto& in) {
                        const auto e = decode_leaf(in.word("w"), level);
                        return aligned(e.frame, level) && fits(e.frame, 39);
                    }),
                    ""});
    laws.push_back({"entry.leaf.maps" + suffix,
                    "an encoded leaf maps a page at its level and a table entry does not", formats,
                    statement([level](auto& in) {
                        const auto leaf = encode(any_leaf(in, 40), level);
                        const auto table = encode(any_table_entry(in, 40));
                        using W = typename std::decay_t<decltype(in)>::W;
                        return maps_page(leaf, level) &&
                               (Truth<W>(level == Level::pte) || !maps_page(table, level));
                    }),
                    "a PML4E maps a page too",
                    statement([level](auto& in) {
                        return maps_page(encode(any_leaf(in, 40), level), Level::pml4e);
                    }),
                    ""});
}

void add_reserved_laws(Laws& laws, Level level, unsigned phys_bits) {
    const std::string suffix =
        std::string(".") + size_name(level) + ".m" + std::to_string(phys_bits);
    const auto reserved = [level, phys_bits](unsigned frame_width) {
        return statement([level, phys_bits, frame_width](auto& in) {
            const Cpu cpu{phys_bits, true};
            const auto leaf = encode(any_leaf(in, frame_width), level);
            const auto table = encode(any_table_entry(in, frame_width));
            return !has_any(leaf, reserved_bits(level, true, cpu, true)) &&
                   !has_any(table, reserved_bits(level, false, cpu, true));
        });
    };
    laws.push_back({"entry.reserved" + suffix,
                    "an encoded entry whose frame lies below MAXPHYADDR has no reserved bit set",
                    formats, reserved(phys_bits - 12), "a frame one bit wider is fine too",
                    reserved(phys_bits - 11), ""});
}

}  // namespace

void add_entry_laws(Laws& laws) {
    add_table_laws(laws);
    for (Level level : {Level::pte, Level::pde, Level::pdpte}) {
        add_leaf_laws(laws, level);
        for (unsigned phys_bits : {36u, 39u, 46u, 51u}) add_reserved_laws(laws, level, phys_bits);
    }
}

}  // namespace faultline::x86
