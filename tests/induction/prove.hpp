// tests/induction/prove.hpp - short ways to ask the prover and to read its cells.
//
// Why: a test names a kernel, steps and what was changed, and compares sets of violated cells.
#pragma once
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "proofs/induction/prove.hpp"

namespace faultline::proofs {

inline InductionOptions options_for(std::string_view kernel, std::vector<std::string> steps = {}) {
    InductionOptions o;
    for (const auto& k : named_kernels)
        if (k.name == kernel) o.rules = k.rules;
    o.kernel = kernel;
    o.bounds = "b1";
    o.kinds = {"step"};
    o.steps = std::move(steps);
    o.jobs = 2;
    return o;
}
inline void set_rule(InductionOptions& o, std::string_view rule, std::string_view option) {
    for (const auto& info : rule_infos)
        for (std::size_t v = 0; v < info.options.size(); ++v)
            if (info.name == rule && info.options[v] == option) {
                info.set(o.rules, static_cast<int>(v));
                return;
            }
    throw std::invalid_argument("no such rule or option");
}
inline ProveReport prove(const InductionOptions& o) { return prove_induction(o, {}); }

/// "claim at step" of every cell with this verdict.
using CellNames = std::set<std::string>;
inline CellNames with(const ProveReport& r, Verdict v) {
    CellNames out;
    for (const Cell& c : r.cells)
        if (c.verdict == v) out.insert(c.claim + " at " + c.step);
    return out;
}
inline CellNames violated(const InductionOptions& o) { return with(prove(o), Verdict::violated); }
inline std::string told(const CellNames& names) {
    std::string out;
    for (const auto& n : names) out += n + "\n";
    return out;
}

}  // namespace faultline::proofs
