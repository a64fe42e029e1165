// fuzz/targets/history_bytes.hpp - a fuzzer's bytes as a history, and a history as bytes.
//
// Why:  a fuzzer changes bytes blindly; most of what it makes names no process, no page and no
//       operation. Here every field is brought into its range, and what a verb does not use is
//       cleared, so that a change of a byte is a change of the history. Tidy records are left as
//       they are: seeds, findings and the hammer's corpus mean the same everywhere.
// Form: records of sixteen bytes (fuzz/reference/record.hpp). A first record with verb_arena says
//       where the history takes place; without it, in the first arena of the list. A verb_step
//       record may carry eight more steps, one in each byte from `page` on: 0 is none, else the
//       task plus 1, with 0x80 the allocator refuses.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/lockstep/lockstep.hpp"

namespace faultline::fuzz {

/// The verb of the record that chooses: `who` the kernel, `task` the bounds.
inline constexpr std::uint8_t verb_arena = 0xfe;

/// Whether calls run to their end, or begin and are run step by step.
enum class Style { calls, steps };

/// The record a fuzzer meant: every field in its range. Idempotent.
Record tidy(Record record, const Bounds& limits, Style style);

struct BytesHistory {
    Arena arena;
    std::vector<Record> records;   ///< tidy; steps one by one
};
/// Reads at most `most` records from any bytes.
BytesHistory history_of_bytes(std::span<const std::uint8_t> bytes,
                              std::span<const std::string_view> bounds, Style style,
                              std::size_t most);
/// Bytes that read as this history. The arena must be a named kernel at bounds of the list.
std::string bytes_of_history(const std::vector<Record>& records, const Arena& arena,
                             std::span<const std::string_view> bounds);

}  // namespace faultline::fuzz
