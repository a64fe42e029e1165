// tools/engines_enabled.cpp - the `enabled` cells: every declared outcome occurs in a state the
// explorer reached.
//
// Why: a proof about an outcome that never happens proves nothing, and a state that merely
//      satisfies the claims need not be reachable; so each declared answer of each operation, and
//      each step, must be met by exploration.
#include "tools/engines_enabled.hpp"

#include <map>
#include <set>

#include "invariants/residue.hpp"
#include "proofs/explore/explore.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

/// name -> result -> how often, over all explorations.
using Outcomes = std::map<std::string, std::map<std::string, std::uint64_t>>;

void explore_into(Outcomes& seen, const Rules& rules, std::string_view bounds, int tasks,
                  std::uint64_t max_states, const ProgressFn& progress,
                  std::vector<std::string> operations_allowed = {}) {
    auto c = explore::default_config(bounds);
    c.env.rules = rules;
    c.tasks = tasks;
    c.max_states = max_states;
    c.check_between = false;
    c.claims = {"pte.kinds-disjoint"};   // the states themselves are checked elsewhere
    if (bounds != "e3") c.ops.clear();   // with swap every operation is too much: see below
    if (!operations_allowed.empty()) {
        c.ops = std::move(operations_allowed);
        c.prots = {"rw", "r"};
        if (bounds == "e4") c.op_codes.clear();   // files and seals of every kind
    }
    for (const auto& o : explore::explore(bounds, c, progress).outcomes)
        seen[o.name][o.result] += o.count;
}
Cell cell(const std::string& what, const std::string& step, const std::string& kernel,
          std::uint64_t count) {
    Cell c;
    c.kind = "enabled";
    c.claim = what;
    c.step = step;
    c.kernel = kernel;
    c.bounds = "b1";
    c.verdict = count > 0 ? Verdict::holds : Verdict::vacuous;
    c.certificate = "explored";
    c.note = count > 0 ? std::to_string(count) + " times" : "not met by exploration";
    return c;
}

}  // namespace

std::vector<Cell> enabled_cells(const std::string& kernel, const Rules& rules,
                                const ProgressFn& progress) {
    Outcomes seen;
    // Whole calls, every argument, every refusal
    explore_into(seen, rules, "b1", 1, 150'000, progress);
    explore_into(seen, rules, "e2", 2, 1'000'000, progress);  // atomic steps of two tasks
    // The same with swap space, to the end; then swapoff
    explore_into(seen, rules, "e3", 2, 8'000'000, progress);
    explore_into(seen, rules, "e3", 2, 1'000'000, progress,
                 {"mmap", "munmap", "fault", "fork", "exit", "reclaim", "swapon", "swapoff",
                  "unuse", "swapoff_end"});
    explore_into(seen, rules, "b1f", 1, 150'000, progress);   // whole calls with files
    explore_into(seen, rules, "e4", 2, 1'000'000, progress);  // atomic steps with files
    explore_into(seen, rules, "e4", 1, 300'000, progress,
                 {"open", "mmap", "munmap", "mprotect", "fault", "drain", "seal", "drop_page"});
    // An answer of a call that was interleaved is given by one of its steps
    for (const auto& [name, results] : Outcomes(seen)) {
        const auto starts = [&](const char* with) { return name.rfind(with, 0) == 0; };
        const char* operation = starts("fault.") || starts("swap.") ? "fault"
                                : starts("reclaim.")                ? "reclaim"
                                : starts("file.")                   ? "fault"
                                                                    : "";
        if (name == "swap.unuse") operation = "unuse";
        if (*operation == 0) continue;
        for (const auto& [result, count] : results) seen[operation][result] += count;
    }
    std::vector<Cell> cells;
    for (int pc = pc_idle + 1; pc < pc_count; ++pc) {
        const char* name = pc_names[static_cast<std::size_t>(pc)];
        std::uint64_t n = 0;
        for (const auto& [result, count] : seen[name]) n += count;
        cells.push_back(cell("step occurs", name, kernel, n));
    }
    std::set<std::pair<std::string, std::string>> declared;
    boost::hana::for_each(operations, [&](auto type) {
        declared.insert({decltype(type)::type::name, result_infos[res_ok].text});
    });
    declared.erase({"fault", result_infos[res_ok].text});
    declared.erase({"reclaim", result_infos[res_ok].text});
    declared.insert({"reclaim", result_infos[res_reclaimed].text});
    declared.insert({"reclaim", result_infos[res_kept].text});
    for (int r = res_zero_mapped; r <= res_segv_accerr; ++r)
        declared.insert({"fault", result_infos[static_cast<std::size_t>(r)].text});
    for (const auto& row : residue_table)
        declared.insert({row.operation, result_infos[static_cast<std::size_t>(row.result)].text});
    // Nobody else asks a fault to come back with mmap_lock
    if (rules.fault_lock != FaultLock::vma_lock)
        declared.erase({"fault", result_infos[res_retry].text});
    for (const auto& [operation, result] : declared)
        cells.push_back(cell("answers " + result, operation, kernel, seen[operation][result]));
    return cells;
}

}  // namespace faultline
