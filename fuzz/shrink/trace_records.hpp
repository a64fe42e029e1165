// fuzz/shrink/trace_records.hpp - a history as a trace, and a trace as a history.
//
// Why: fuzzers and generators speak in records whose names are rows; people, the museum and every
//      other engine speak in traces, whose names are given in order of creation and never again.
//      Both ways run the reference beside, because only it knows which row a fork took.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "fuzz/lockstep/lockstep.hpp"
#include "spec/trace.hpp"

namespace faultline::fuzz {

/// The named kernel with the fewest rules changed, and the changes.
struct RulesInWords {
    std::string kernel;
    Pairs changes;
    std::string text() const;   ///< "linux_6_1 with anon_vma_reuse=degree"
};
RulesInWords in_words(const Rules& rules);

/// The trace of a history, with the reference's answers. Records that are not enabled are left out.
Trace trace_of(const std::vector<Record>& records, const Arena& arena, const std::string& title);

/// The records of a trace; none, and one line in `problem`, if it asks for what no record can say.
/// Expectations and comments are passed over. The arena is that of the trace's header.
std::optional<std::vector<Record>> records_of_trace(const Trace& trace, Arena& arena,
                                                    std::string& problem);
/// The arena a trace's header asks for; false, with one line, if there is none such.
bool arena_of(const Trace& trace, Arena& arena, std::string& problem);

/// A corpus file: records, one after the other.
std::string bytes_of(const std::vector<Record>& records);

}  // namespace faultline::fuzz
