// spec/verdict.hpp - the five answers an engine may give, and the exit codes of the command line.
//
// Why: a time-out, a premise nobody can satisfy and a cell nobody looked at are not "passed"; an
//      enumeration keeps them apart everywhere, and only `holds` passes.
#pragma once
#include <string_view>

namespace faultline {

enum class Verdict { holds, violated, unknown, vacuous, skipped, not_applicable };

constexpr std::string_view verdict_name(Verdict v) {
    switch (v) {
        case Verdict::holds: return "holds";
        case Verdict::violated: return "violated";
        case Verdict::unknown: return "unknown";
        case Verdict::vacuous: return "vacuous";
        case Verdict::skipped: return "skipped";
        case Verdict::not_applicable: return "not applicable";
    }
    return "?";
}

/// Exit codes of `faultline`; of mixed answers the first in the order 5, 1, 4, 3 decides.
enum class Exit : int {
    holds = 0,
    violated = 1,
    usage = 2,
    unknown = 3,
    vacuous = 4,
    tool_error = 5
};

constexpr Exit worse(Exit a, Exit b) {
    constexpr Exit order[] = {Exit::usage, Exit::tool_error, Exit::violated, Exit::vacuous,
                              Exit::unknown};
    for (Exit e : order)
        if (a == e || b == e) return e;
    return Exit::holds;
}

constexpr Exit exit_of(Verdict v) {
    switch (v) {
        case Verdict::holds: case Verdict::not_applicable: return Exit::holds;
        case Verdict::violated: return Exit::violated;
        case Verdict::vacuous: return Exit::vacuous;
        case Verdict::unknown: case Verdict::skipped: return Exit::unknown;
    }
    return Exit::tool_error;
}

}  // namespace faultline
