// fuzz/shrink/shrink.hpp - makes a failing history short and plain, by what its records mean.
//
// Why: a fuzzer's minimiser removes bytes; a reader wants few operations, few processes, low
//      addresses, ordinary arguments. Every candidate is performed again and kept only if it still
//      fails. Processes and handles are followed by name, so that removing a fork removes its
//      child's operations and leaves the other processes what they were.
// Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002)
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "fuzz/lockstep/lockstep.hpp"

namespace faultline::fuzz {

/// How many of the records it takes to fail, none if they do not.
using FailsAfter = std::function<std::optional<std::size_t>(const std::vector<Record>&)>;

struct Shrunk {
    std::vector<Record> records;
    std::uint64_t tries = 0;
    bool finished = true;    ///< false: the tries were used up before nothing more could go
};
/// `records` must fail; what is returned fails too.
Shrunk shrink(const std::vector<Record>& records, const Arena& arena, const FailsAfter& fails,
              std::uint64_t max_tries = 20'000);

/// Fails if the system differs from the reference in a way alike `wanted`, looking after each
/// operation, or, for a finding that only shows so, at another stride (0: never). Claims are
/// checked only if the finding is about one: they cost most.
FailsAfter fails_in_lockstep(Lockstep& lockstep, const Finding& wanted, int stride = 1);
/// Shrinks a finding of a lockstep run: what differs in answers is first shrunk by answers alone.
/// `stride` is the one it was found at, and becomes the one it is shown at.
Shrunk shrink_finding(Lockstep& lockstep, const std::vector<Record>& records, const Arena& arena,
                      const Finding& finding, int& stride);
/// Fails if the reference, alone, breaks this claim: histories of several tasks, explorer paths.
FailsAfter breaks_claim(Reference& reference, const Arena& arena, int claim);

}  // namespace faultline::fuzz
