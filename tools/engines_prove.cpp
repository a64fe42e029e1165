// tools/engines_prove.cpp - the engine behind `faultline prove`: induction, the laws of x86, the
// refinement.
//
// Why: kernels are proved one after the other, each bounds' templates are elsewhere; here cells are
//      only collected.
#include <iterator>
#include <stdexcept>

#include "proofs/induction/prove.hpp"
#include "proofs/x86/laws.hpp"
#include "proofs/x86/refine.hpp"
#include "tools/engines_common.hpp"
#include "tools/engines_enabled.hpp"
#include "tools/engines_explore.hpp"

namespace faultline {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}
void add(ProveReport& sum, ProveReport one) {
    append(sum.cells, std::move(one.cells));
    append(sum.stories, std::move(one.stories));
    sum.queries += one.queries;
    sum.queries_cached += one.queries_cached;
    sum.queries_unchanged += one.queries_unchanged;
    sum.max_variables = std::max(sum.max_variables, one.max_variables);
    sum.max_clauses = std::max(sum.max_clauses, one.max_clauses);
    sum.certificates += one.certificates;
    sum.second_opinions += one.second_opinions;
}
bool asks(const std::vector<std::string>& kinds, const char* kind) {
    if (kinds.empty()) return true;
    for (const auto& k : kinds)
        if (k == kind) return true;
    return false;
}
void check_names(const ProveOptions& options) {
    for (const auto& step : options.steps) {
        bool known = false;
        for (const auto& s : proofs::induction_steps()) known = known || s == step;
        if (!known) throw UsageError("unknown step '" + step + "' (see: faultline list steps)");
    }
    bool known = false;
    for (const auto& b : proofs::induction_bounds()) known = known || b == options.bounds;
    if (!known) {
        bounds_named(options.bounds);
        throw UsageError("proofs are not instantiated for bounds " + options.bounds);
    }
}
std::vector<explore::PathStep> prefix_of(const ProveOptions& options, const Rules& rules) {
    TraceError error;
    Trace prefix;
    if (options.bmc_depth == 0) throw UsageError("--prefix is where --bmc starts, and needs it");
    if (!load_trace(options.prefix_trace, prefix, error)) throw UsageError(error.text());
    return path_of_trace(options.bounds, rules, prefix);
}
/// What does not depend on kernel or bounds: the codecs for all 64-bit values, radix tables against
/// the flat map.
void prove_x86(const ProveOptions& options, ProveReport& report) {
    if (!options.steps.empty() || !options.claims.empty()) return;
    std::vector<Cell> cells;
    const std::string second = options.second_solver ? proofs::DecideOptions{}.second_program : "";
    if (asks(options.kinds, "law")) {
        x86::X86LawOptions laws;
        laws.second_solver = second;
        laws.certify = options.certify;
        append(cells, x86::prove_x86_laws(laws));
    }
    if (asks(options.kinds, "refine")) {
        x86::RefineOptions refine;
        refine.large = false;
        refine.second_solver = second;
        refine.certify = options.certify;
        append(cells, x86::prove_radix_refinement(refine));
    }
    for (const Cell& c : cells) {
        ++report.queries;
        report.certificates += c.certificate == "drat-checked";
        report.second_opinions += !c.second_solver.empty();
    }
    append(report.cells, std::move(cells));
}

}  // namespace

ProveReport prove(const ProveOptions& options, const ProgressFn& progress) {
    check_names(options);
    const double before = process_cpu_seconds();
    ProveReport report;
    for (const auto& kernel : named_kernels) {
        if (options.kernel != "all" && options.kernel != kernel.name) continue;
        const auto rules = resolve_rules(std::string(kernel.name), options.rules);
        proofs::InductionOptions o;
        o.rules = rules.rules;
        o.kernel = rules.shown;
        o.bounds = options.bounds;
        o.argument_symmetry = options.argument_symmetry;
        o.jobs = options.jobs;
        o.steps = options.steps;
        o.claims = options.claims;
        o.kinds = options.kinds;
        o.bmc_depth = options.bmc_depth;
        if (!options.prefix_trace.empty()) o.bmc_prefix = prefix_of(options, rules.rules);
        o.decide.certify = options.certify;
        o.decide.second_solver = options.second_solver;
        o.decide.cache_dir = options.cache_dir;
        if (options.rlimit != 0) o.decide.conflict_limit = options.rlimit;
        try {
            add(report, proofs::prove_induction(o, progress));
            const bool whole = options.steps.empty() && options.claims.empty();
            if (whole && asks(options.kinds, "enabled"))
                append(report.cells, enabled_cells(o.kernel, o.rules, progress));
        } catch (const std::runtime_error& e) {
            throw ToolError(e.what());
        }
    }
    if (report.cells.empty()) kernel_named(options.kernel);
    prove_x86(options, report);
    report.cpu_seconds = process_cpu_seconds() - before;
    return report;
}

}  // namespace faultline
