// tests/properties/property.hpp - a law over random histories: draw, judge, shrink, keep the trace.
//
// Why: rapidcheck chooses the cases and shrinks them; what a case is, and what is kept of one that
//      fails, is ours: a history of records, and a trace that outlives changes of the generators.
//      rapidcheck is named in property.cpp alone, so that a law costs no more than its templates.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/reference/record.hpp"
#include "spec/rules.hpp"

namespace faultline::properties {

#ifdef FAULTLINE_SANITIZED
inline constexpr int thinner = 12;   ///< the sanitized build takes fewer cases
#else
inline constexpr int thinner = 1;
#endif

struct Case {
    std::string bounds;                  ///< has_reference(bounds)
    std::size_t kernel = 2;              ///< of named_kernels
    std::vector<fuzz::Record> records;   ///< shrunk by leaving some out
    std::uint64_t pick = 0;              ///< what the law chooses is drawn from this
    const Rules& rules() const { return named_kernels[kernel].rules; }
};
struct Judged {
    enum class Verdict { holds, breaks, no_case };
    Verdict verdict = Verdict::holds;
    std::string text;                    ///< why it breaks
    std::vector<fuzz::Record> tail;      ///< what the law performed after the history
    std::string trace;                   ///< what to keep, if it is not the history
};
inline Judged holds() { return {}; }
inline Judged no_case() { return {Judged::Verdict::no_case, "", {}, ""}; }
inline Judged breaks(std::string text, std::vector<fuzz::Record> tail = {}) {
    return {Judged::Verdict::breaks, std::move(text), std::move(tail), ""};
}

using Draw = std::function<Case(std::uint64_t seed, int size)>;
using Law = std::function<Judged(const Case&)>;

struct Checked {
    bool holds = false;
    int cases = 0;        ///< judged and found to hold
    int no_case = 0;      ///< where the side condition was not met
    std::string text;     ///< of a failure: the law's words, the trace, where it was kept
    Case smallest;
    std::string file;     ///< the trace of a failure
};
/// Checks a law. A failure is written to failures/NAME.fl in the working directory.
Checked check(const std::string& name, int cases, const Draw& draw, const Law& law);
/// What gtest prints of it; empty if the law holds.
std::string told(const Checked& checked);

}  // namespace faultline::properties
