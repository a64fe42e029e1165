// fuzz/conform/conform_text.cpp - a conformance report for people.
//
// Why: the same text here and inside a virtual machine.
#include <cstdio>

#include "fuzz/conform/conform.hpp"

namespace faultline::fuzz {
namespace {

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}
std::string number(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}
std::string percent(std::uint64_t part, std::uint64_t whole) {
    char text[32];
    const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    std::snprintf(text, sizeof text, "%.3f %%", 100 * share);
    return text;
}
std::string headline(const ConformReport& r) {
    std::string text = "Linux " + r.kernel + ", " + r.rules;
    for (std::size_t i = 0; i < r.changes.size(); ++i)
        text += (i == 0 ? " with " : " ") + r.changes[i];
    return text + (r.assumed ? " (assumed)" : "") + ", tier " + r.tier;
}
std::string finding_text(const ConformReport& r, const Disagreement& d) {
    std::string out = "VIOLATED  linux.agrees                           " + headline(r) + "\n";
    out += "  says    The kernel answers, and then holds, what the reference says.\n";
    out += "  source  the kernel itself\n";
    for (std::size_t i = 0; i < d.trace.size(); ++i)
        out += (i == 0 ? "  trace " : "        ") + padded(std::to_string(i + 1), 4) + d.trace[i] +
               "\n";
    for (std::size_t i = 0; i < d.differences.size(); ++i)
        out += (i == 0 ? "  differs " : "          ") + d.differences[i].text() + "\n";
    out += "  reference\n" + d.reference + "  kernel\n" + d.kernel;
    out += "  found by " + d.found_by + ", " + std::to_string(d.operations) +
           " operations, shrunk to " + std::to_string(d.trace.size()) + " in " +
           std::to_string(d.tries) + " tries\n";
    return out;
}
/// Rows: operations; in each the outcomes that occurred.
std::string coverage_text(const ConformReport& r) {
    std::string out = "  operation   outcomes\n";
    for (std::size_t v = 0; v < r.coverage.size(); ++v) {
        std::string line;
        for (std::size_t o = 0; o < r.coverage[v].size(); ++o)
            if (r.coverage[v][o] != 0)
                line += (line.empty() ? "" : ", ") + std::string(result_infos[o].text) + " " +
                        number(r.coverage[v][o]);
        if (!line.empty()) out += "  " + padded(verb_names[v], 12) + line + "\n";
    }
    return out;
}

/// After several seeds: what could have been seen and was not often enough.
std::string rare_text(const ConformReport& r) {
    std::string out;
    const std::vector<Rare> rare = rare_outcomes(r);
    for (std::size_t i = 0; i < rare.size(); ++i)
        out += (i == 0 ? "  rare        " : "              ") +
               padded(rare[i].operation + " " + rare[i].outcome, 26) +
               padded(number(rare[i].count), 4) +
               rare[i].reason + "\n";
    return out;
}

}  // namespace

std::string conform_text(const ConformReport& r) {
    std::string out;
    for (const TraceVerdict& t : r.traces)
        out += "  " + padded(t.verdict, 9) + t.path + (t.detail.empty() ? "" : "  " + t.detail) +
               "\n";
    for (const Disagreement& d : r.findings) out += finding_text(r, d);
    if (!r.problem.empty()) out += "  problem     " + r.problem + "\n";
    if (r.operations != 0) out += coverage_text(r);
    if (r.seeds > 1) out += rare_text(r) + "  seeds       " + std::to_string(r.seeds) + "\n";
    out += "  compared    " + number(r.operations) + " operations, " + number(r.looks) +
           " looks, " + percent(r.succeeded, r.operations) + " not refused\n";
    out += "  rate        " +
           number(static_cast<std::uint64_t>(static_cast<double>(r.operations) /
                                             (r.seconds > 0 ? r.seconds : 1))) +
           " a second, " + number(r.starts) + " starts\n";
    if (!r.shortfall.empty()) out += "  tier        " + r.tier + ": " + r.shortfall + "\n";
    std::uint64_t accepted = 0;
    for (std::size_t i = 0; i < deviations.size(); ++i) {
        if (r.deviated[i] == 0) continue;
        if (deviations[i].compared) accepted += r.deviated[i];
        out += "  " + padded(std::string(deviations[i].id), 18) + number(r.deviated[i]) +
               (deviations[i].compared ? " accepted: " : " not performed: ") +
               std::string(deviations[i].says) + "\n";
    }
    out += "  accepted    " + number(accepted) + " of " + number(r.operations) + " (" +
           percent(accepted, r.operations) + "), tests/conformance/deviations.md\n";
    const char* word = r.exit == Exit::holds      ? "HOLDS    "
                       : r.exit == Exit::violated ? "VIOLATED "
                       : r.exit == Exit::unknown  ? "UNKNOWN  "
                                                  : "FAILED   ";
    return out + word + " conform  " + headline(r) + "\n";
}

}  // namespace faultline::fuzz
