// fuzz/targets/history_bytes.cpp - brings fields into range, unfolds and folds steps.
//
// Why: see the header.
#include "fuzz/targets/history_bytes.hpp"

#include <algorithm>

#include "fuzz/reference/perform.hpp"

namespace faultline::fuzz {
namespace {

constexpr std::size_t first_more = 8;   ///< where further steps of a verb_step record start
constexpr std::uint8_t refused = 0x80;

std::uint8_t below(std::uint8_t x, int n) {
    return static_cast<std::uint8_t>(x < n ? int{x} : x % n);
}
std::uint16_t wide(int x) { return static_cast<std::uint16_t>(x); }

/// What a user's access takes: like the operation of a fault, with a value if it stores.
OpShape shape_of(int row) {
    if (row < operation_count) return operation_shape(row);
    OpShape shape{.by_mm = true, .page = true};
    shape.value = row == user_write;
    return shape;
}
void tidy_pages(Record& r, const OpShape& shape, int pages) {
    const Record was = r;
    r.page = r.end = r.to = r.span = 0;
    if (shape.page || shape.range) r.page = wide(was.page % pages);
    if (shape.range)
        r.end = was.end > r.page && was.end <= pages
                    ? was.end
                    : wide(r.page + 1 + was.end % (pages - r.page));
    if (shape.end) r.end = wide(was.end % (pages + 1));
    if (!shape.move) return;
    r.span = was.span >= 1 && was.span <= pages ? was.span : wide(1 + was.span % pages);
    if (r.has(flag_fixed)) r.to = wide(was.to % (pages - r.span + 1));
}
std::uint8_t tidy_flags(std::uint8_t flags, const OpShape& shape, Style style) {
    int may = 0;
    if (shape.prot) may |= flag_read | flag_write | flag_exec;
    if (shape.access) may |= flag_write | flag_exec;
    if (shape.gup) may |= flag_write;
    if (shape.grows) may |= flag_grows;
    if (shape.move) may |= flag_fixed | flag_maymove | flag_dontunmap;
    if (shape.device) may |= flag_fixed | flag_maymove;   // as fuzz/reference/perform.hpp has it
    if (shape.access && (flags & flag_write) != 0) may &= ~flag_exec;
    const bool begins = shape.task && style == Style::steps;
    return static_cast<std::uint8_t>((flags & may) | (begins ? flag_begin : 0));
}
Record step(int task, bool deny) {
    Record r;
    r.verb = verb_step;
    r.task = static_cast<std::uint8_t>(task);
    r.deny = deny;
    return r;
}

}  // namespace

Record tidy(Record r, const Bounds& limits, Style style) {
    if (r.verb == verb_step && style == Style::steps)
        return step(below(r.task, limits.tasks), r.deny != 0);
    const int row = verb_row(r.verb) >= 0 ? verb_row(r.verb) : r.verb % verb_count;
    const bool user = row >= operation_count;
    const OpShape shape = shape_of(row);
    r.verb = verb_of_row(row);
    r.who = shape.by_mm       ? below(r.who, limits.mms)
            : shape.by_handle ? below(r.who, limits.handles)
            : shape.by_frame  ? below(r.who, limits.frames)
            : shape.by_device ? below(r.who, limits.swap_devices)
                              : std::uint8_t{0};
    r.task = style == Style::steps ? below(r.task, limits.tasks) : std::uint8_t{0};
    r.flags = tidy_flags(r.flags, shape, style);
    if (row == user_write) r.flags = flag_write;
    if (row == user_fetch) r.flags = flag_exec;
    const int codes = shape.op_last - shape.op_first + 1;
    if (shape.op_first == 0) r.op = 0;
    else if (r.op < shape.op_first || r.op > shape.op_last)
        r.op = static_cast<std::uint8_t>(shape.op_first + r.op % codes);
    if (!shape.gup) r.gup = 0;
    else if (r.gup != gup_get && r.gup != gup_pin)
        r.gup = static_cast<std::uint8_t>(1 + r.gup % 2);
    r.value = shape.value ? below(r.value, limits.values + 1) : std::uint8_t{0};
    // In steps it is the step that is refused memory.
    const bool may_refuse = (shape.task || user) && style == Style::calls && r.deny <= 16;
    r.deny = may_refuse ? r.deny : std::uint8_t{0};
    tidy_pages(r, shape, limits.pages);
    return r;
}

BytesHistory history_of_bytes(std::span<const std::uint8_t> bytes,
                              std::span<const std::string_view> bounds, Style style,
                              std::size_t most) {
    BytesHistory history;
    int kernel = static_cast<int>(named_kernels.size()) - 1;
    std::size_t place = 0;
    if (bytes.size() >= record_bytes && bytes[0] == verb_arena) {
        const Record arena = from_bytes(bytes.first<record_bytes>());
        kernel = below(arena.who, static_cast<int>(named_kernels.size()));
        place = below(arena.task, static_cast<int>(bounds.size()));
        bytes = bytes.subspan(record_bytes);
    } else {
        while (kernel > 0 && named_kernels[static_cast<std::size_t>(kernel)].name != "linux_6_12")
            --kernel;
    }
    history.arena.rules = named_kernels[static_cast<std::size_t>(kernel)].rules;
    history.arena.bounds = std::string(bounds[place]);
    history.arena.limits = capacity_of(bounds[place]);
    history.arena.excused = known_broken(history.arena.rules, history.arena.limits);
    auto& out = history.records;
    const int tasks = history.arena.limits.tasks;
    for (; bytes.size() >= record_bytes && out.size() < most; bytes = bytes.subspan(record_bytes)) {
        out.push_back(tidy(from_bytes(bytes.first<record_bytes>()), history.arena.limits, style));
        if (out.back().verb != verb_step) continue;
        for (std::size_t i = first_more; i < record_bytes && out.size() < most; ++i)
            if (bytes[i] != 0)
                out.push_back(step(((bytes[i] & ~refused) + 127) % 128 % tasks,
                                   (bytes[i] & refused) != 0));
    }
    return history;
}

std::string bytes_of_history(const std::vector<Record>& records, const Arena& arena,
                             std::span<const std::string_view> bounds) {
    Record head;
    head.verb = verb_arena;
    for (std::size_t k = 0; k < named_kernels.size(); ++k)
        if (named_kernels[k].rules == arena.rules) head.who = static_cast<std::uint8_t>(k);
    for (std::size_t b = 0; b < bounds.size(); ++b)
        if (bounds[b] == arena.bounds) head.task = static_cast<std::uint8_t>(b);
    std::string out;
    const auto put = [&](const std::array<std::uint8_t, record_bytes>& bytes) {
        out.append(bytes.begin(), bytes.end());
    };
    put(to_bytes(head));
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto bytes = to_bytes(records[i]);
        if (records[i].verb == verb_step)
            for (std::size_t more = first_more; more < record_bytes && i + 1 < records.size() &&
                                                records[i + 1].verb == verb_step;
                 ++more) {
                const Record& next = records[++i];
                bytes[more] =
                    static_cast<std::uint8_t>((next.task + 1) | (next.deny != 0 ? refused : 0));
            }
        put(bytes);
    }
    return out;
}

}  // namespace faultline::fuzz
