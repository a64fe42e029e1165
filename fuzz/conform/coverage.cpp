// fuzz/conform/coverage.cpp - several seeds summed up, and what came too seldom.
//
// Why: agreement says something about what occurred. What can be answered is taken from the table
//      of residues, which names every refusal that the model knows, so that no list is kept twice;
//      for what a kernel does not show here there is one reason each.
#include <algorithm>

#include "fuzz/conform/conform.hpp"
#include "invariants/residue.hpp"

namespace faultline::fuzz {
namespace {

constexpr std::uint64_t enough = 20;

struct Reason {
    std::string_view operation;   ///< empty: any
    int result;
    std::string_view text;
};
constexpr std::string_view no_shortage = "needs memory to run out, or map_count to reach 65530";
constexpr std::array<Reason, 11> reasons{{
    {"munmap", res_enomem, no_shortage},
    {"fork", res_enomem, no_shortage},
    {"gup", res_enomem, no_shortage},
    {"gup_fast", res_enomem, no_shortage},
    {"", res_oom, no_shortage},
    {"advise", res_eagain, no_shortage},
    {"", res_retry, "the kernel retries by itself"},
    {"", res_raced, "needs a second task"},
    {"", res_spurious, "performed as an access"},
    {"mremap", res_eagain, "needs locked memory at the limit, which one start in four has"},
    {"mremap", res_einval, "drawn only where DONTUNMAP or the target is wrong"},
}};
std::string reason_of(std::string_view operation, int result) {
    for (const Reason& r : reasons)
        if ((r.operation.empty() || r.operation == operation) &&
            r.result == result)
            return std::string(r.text);
    return "not drawn often enough";
}
bool can_happen(std::string_view operation, int result) {
    if (result == res_ok) return true;
    const bool access = operation == "load" || operation == "fetch" || operation == "write";
    if (access) return result == res_segv_maperr || result == res_segv_accerr;
    return std::any_of(residue_table.begin(), residue_table.end(), [&](const ResidueRow& row) {
        return operation == row.operation && result == row.result;
    });
}

}  // namespace

void add_report(ConformReport& sum, const ConformReport& more) {
    if (sum.kernel.empty()) {
        sum = more;
        return;
    }
    sum.seeds += more.seeds;
    sum.operations += more.operations;
    sum.succeeded += more.succeeded;
    sum.looks += more.looks;
    sum.starts += more.starts;
    sum.not_enabled += more.not_enabled;
    sum.seconds += more.seconds;
    for (std::size_t i = 0; i < sum.deviated.size(); ++i) sum.deviated[i] += more.deviated[i];
    for (std::size_t v = 0; v < sum.coverage.size(); ++v)
        for (std::size_t o = 0; o < sum.coverage[v].size(); ++o)
            sum.coverage[v][o] += more.coverage[v][o];
    sum.traces.insert(sum.traces.end(), more.traces.begin(), more.traces.end());
    sum.findings.insert(sum.findings.end(), more.findings.begin(), more.findings.end());
    if (!more.problem.empty()) sum.problem = more.problem;
    sum.exit = worse(sum.exit, more.exit);
}

std::vector<Rare> rare_outcomes(const ConformReport& r) {
    std::vector<Rare> out;
    for (std::size_t v = 0; v < r.coverage.size(); ++v) {
        const auto& row = r.coverage[v];
        if (std::all_of(row.begin(), row.end(), [](std::uint64_t n) { return n == 0; })) {
            out.push_back({verb_names[v], "any", "not offered to a live kernel", 0});
            continue;
        }
        for (int o = 0; o < result_count; ++o) {
            const std::uint64_t n = r.coverage[v][static_cast<std::size_t>(o)];
            if (n >= enough || (n == 0 && !can_happen(verb_names[v], o))) continue;
            out.push_back({verb_names[v],
                           std::string(result_infos[static_cast<std::size_t>(o)].text),
                           reason_of(verb_names[v], o), n});
        }
    }
    return out;
}

}  // namespace faultline::fuzz
