// fuzz/targets/seeds.cpp - traces as bytes; paths through page tables; dictionaries.
//
// Why: see the header.
#include "fuzz/targets/seeds.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"
#include "spec/trace_words.hpp"

namespace faultline::fuzz {
namespace {

bool scheduled(const std::vector<Record>& records) {
    return std::any_of(records.begin(), records.end(), [](const Record& r) {
        return r.verb == verb_step || r.has(flag_begin);
    });
}
struct Told {
    Arena arena;
    std::vector<Record> records;
};
/// A trace as records under the rules of its kernel, without the changes that make an exhibit.
std::optional<Told> told(const std::string& text) {
    Trace trace;
    TraceError error;
    if (!parse_trace(text, "seed", trace, error)) return std::nullopt;
    trace.rules.clear();
    if (!has_reference(trace.bounds)) return std::nullopt;
    Told out;
    std::string problem;
    auto records = records_of_trace(trace, out.arena, problem);
    if (!records || records->empty()) return std::nullopt;
    out.records = std::move(*records);
    out.arena.limits = capacity_of(out.arena.bounds);   // limits are not in the bytes
    return out;
}
void tidy_all(std::vector<Record>& records, const Bounds& limits, Style style) {
    for (Record& r : records) r = tidy(r, limits, style);
}
/// The same history with each call begun and run step by step. What was begun, and its steps, stay
/// as they are; a call that waits for a lock stays in flight.
std::vector<Record> step_by_step(const std::vector<Record>& calls, const Arena& arena) {
    const std::unique_ptr<Reference> machine = make_reference(arena.bounds);
    std::string problem;
    machine->reset(arena.limits, arena.rules, problem);
    std::vector<Record> out;
    for (const Record& call : calls) {
        const bool whole = call.verb != verb_step && !call.has(flag_begin);
        out.push_back(tidy(call, arena.limits, Style::steps));
        const Answered begun = machine->apply(out.back());
        for (int allocating = 0; whole && !begun.blocked && machine->pc(call.task) != pc_idle;) {
            Record step;
            step.verb = verb_step;
            step.task = call.task;
            step.deny = step_allocates(machine->pc(call.task)) && ++allocating == call.deny;
            if (machine->apply(step).blocked) break;
            out.push_back(step);
        }
    }
    return out;
}

/// One entry of a libFuzzer dictionary.
std::string quoted(const std::string& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        if (b >= 0x20 && b < 0x7f && c != '"' && c != '\\') {
            out += c;
            continue;
        }
        out += "\\x";
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out + "\"\n";
}
std::string history_dictionary(Style style) {
    std::string out = "# fuzz/targets: made by make_seeds; one record each\n";
    const auto add = [&](Record r) { out += quoted(bytes_of({tidy(r, bounds_f1, style)})); };
    for (int row = 0; row < verb_count; ++row) {
        Record r;
        r.verb = verb_of_row(row);
        r.end = 2;
        r.span = 3;
        r.gup = gup_pin;
        r.value = 1;
        r.flags = flag_read | flag_write | flag_maymove;
        const OpShape shape = row < operation_count ? operation_shape(row) : OpShape{};
        for (int op = shape.op_first; op <= shape.op_last; ++op) {
            r.op = static_cast<std::uint8_t>(op);
            add(r);
        }
    }
    if (style == Style::steps)
        for (std::uint8_t task = 0; task < 4; ++task) {
            Record r;
            r.verb = verb_step;
            r.task = task;
            out += quoted(bytes_of({r}));
        }
    return out;
}
std::string trace_dictionary() {
    std::string out = "# fuzz/targets: made by make_seeds; the words of the trace format\n";
    const auto add = [&](std::string_view word) { out += quoted(std::string(word)); };
    for (const std::string_view word :
         {"faultline trace 1\n", "title ", "kernel ", "rule ", "fixed ", "bounds ", "claim ",
          "engines ", "explore ", "prefix=", "ops=", "expect ", "expect violated ", "not ", "P0 ",
          "P1 ", "H0 ", "T0 ", "T1 ", " -> ", " -> ?", " -> 0", " -> @a", "@a[1]", " begin",
          " deny", " run", "size ", "maymove", "dontunmap", "noreplace ", "growsdown",
          "private anon", "0+2", "none", "rw", "rwx", "blocked", "# "})
        add(word);
    for (const auto& v : trace_words::verbs) add(v.word);
    for (const auto& b : named_bounds) add(b.name);
    for (const auto& k : named_kernels) add(k.name);
    for (const auto& r : result_infos) add(r.text);
    for (const char* pc : pc_names) add(pc);
    return out;
}
template <class T>
void put(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        out += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

Files fault_path_seeds(const Files& traces) {
    Files out;
    for (const auto& [name, text] : traces) {
        auto t = told(text);
        const auto place = t ? std::find(fault_path_places.begin(), fault_path_places.end(),
                                         t->arena.bounds)
                             : fault_path_places.end();
        if (place == fault_path_places.end() || scheduled(t->records)) continue;
        tidy_all(t->records, t->arena.limits, Style::calls);
        out[name] = bytes_of_history(t->records, t->arena, fault_path_places);
    }
    return out;
}
Files schedule_seeds(const Files& traces) {
    Files out;
    for (const auto& [name, text] : traces) {
        auto t = told(text);
        if (!t) continue;
        if (!scheduled(t->records)) {
            t->arena.bounds = schedule_places.back();
            t->arena.limits = capacity_of(t->arena.bounds);
        }
        t->records = step_by_step(t->records, t->arena);
        if (std::find(schedule_places.begin(), schedule_places.end(), t->arena.bounds) ==
            schedule_places.end())
            continue;
        out[name] = bytes_of_history(t->records, t->arena, schedule_places);
    }
    return out;
}
Files codec_seeds() {
    Files out;
    // Flags as the target reads them: LA57, WP NXE PGE, MAXPHYADDR 46, 1 GiB pages, the access.
    for (unsigned levels = 4; levels <= 5; ++levels)
        for (unsigned leaf = 1; leaf <= 3; ++leaf)
            for (unsigned access = 0; access < 3; ++access) {
                std::string bytes;
                put<std::uint32_t>(bytes, (levels == 5) | 2u | 4u | 64u | 512u | 10u << 10 |
                                              access << 16);
                put<std::uint64_t>(bytes, 0);
                put<std::uint64_t>(bytes, 0x1000u * (levels + 1));
                put<std::uint64_t>(bytes, 0x00005a5a5a5a5a5a);
                for (unsigned h = 1; h <= 5; ++h)
                    put<std::uint64_t>(bytes, h < leaf ? 0
                                              : h > leaf ? 0x1000u * h | 0x67u
                                                         : 0xc0000067u | (h > 1 ? 0x80u : 0u));
                out["walk" + std::to_string(levels) + std::to_string(leaf) +
                    std::to_string(access)] = bytes;
            }
    std::string bytes(28, '\0');
    constexpr std::array<std::uint64_t, 5> entries{0x8000000012345867, 0x800fffffedcba966,
                                                   0x0ffffffffffffe02, 0x000ffffffffff120,
                                                   0x00000000126010e7};
    for (const std::uint64_t w : entries) put<std::uint64_t>(bytes, w);
    out["entries"] = bytes;
    return out;
}
Files dictionaries() {
    return {{"fault_path_fuzzer.dict", history_dictionary(Style::calls)},
            {"system_c_fuzzer.dict", history_dictionary(Style::calls)},
            {"schedule_fuzzer.dict", history_dictionary(Style::steps)},
            {"trace_parser_fuzzer.dict", trace_dictionary()}};
}

}  // namespace faultline::fuzz
