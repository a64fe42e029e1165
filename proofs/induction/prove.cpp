// proofs/induction/prove.cpp - dispatch by name of bounds, and the tables that do not depend on
// bounds.
//
// Why: one translation unit per bounds keeps compile time and memory in hand; this one has no
//      templates to instantiate.
#include "proofs/induction/prove.hpp"

#include <algorithm>
#include <stdexcept>

#include "proofs/induction/formula.hpp"
#include "proofs/induction/instances.hpp"

namespace faultline::proofs {

const std::vector<ClaimInfo>& claim_infos() {
    static const std::vector<ClaimInfo> infos = [] {
        std::vector<ClaimInfo> v;
        boost::hana::for_each(claims, [&](auto type) {
            using C = typename decltype(type)::type;
            v.push_back({C::id, C::says, C::source, C::kind, C::applies});
        });
        const auto always = [](const Rules&) { return true; };
        v.push_back({"kernel.no-bug", "No kernel assertion (BUG_ON, WARN_ON) fails.",
                     "linux mm/rmap.c:unlink_anon_vmas@v6.1", ClaimKind::state, always});
        v.push_back(
            {"representation.fits",
             "Every number fits its field and no difference is negative: the bounds lose nothing.",
             "spec/bounds.hpp", ClaimKind::support, always});
        v.push_back(
            {"representation.ranges",
             "Every field is within its declared range and every reference names a row or none.",
             "spec/state.hpp", ClaimKind::support, always});
        boost::hana::for_each(step_claims, [&](auto type) {
            using C = typename decltype(type)::type;
            v.push_back({C::id, C::says, C::source, ClaimKind::state, always});
        });
        return v;
    }();
    return infos;
}

std::vector<Instance> instances(const Bounds& b, bool argument_symmetry) {
    std::vector<Instance> all;
    const int mms = argument_symmetry ? 1 : b.mms;
    const int tasks = argument_symmetry ? 1 : b.tasks;
    const auto add = [&](Instance i) {
        i.label = i.name;
        if (!argument_symmetry)
            i.label += " row=" + std::to_string(i.row) + " child=" + std::to_string(i.child) +
                       " task=" + std::to_string(i.task);
        all.push_back(i);
    };
    const auto each_child = [&](Instance i, bool forks) {
        bool first = true;
        for (int c = 0; c < b.mms; ++c) {
            if (c == i.row) continue;
            i.child = c;
            if (first || (forks && !argument_symmetry)) add(i);
            first = false;
        }
    };
    for (int t = 0; t < tasks; ++t)
        for (int p = 0; p < mms; ++p)
            for (int pc = pc_idle + 1; pc < pc_count; ++pc)
                if (step_exists(b, pc) && (p == 0 || !pc_without_mm(pc))) each_child(
                    {Instance::step, pc, 0, p, 1, t, pc_names[static_cast<std::size_t>(pc)], ""},
                    pc >= pc_fork_vma && pc <= pc_fork_copy);
    for (int op = 0; op < operation_count; ++op)
        with_operation(op, [&](const char* name, const OpShape& shape) {
            const int rows = argument_symmetry ? std::min(1, operation_rows(shape, b))
                                               : operation_rows(shape, b);
            for (int t = 0; t < (shape.task ? tasks : 1); ++t)
                for (int r = 0; r < rows; ++r)
                    each_child({Instance::start, 0, op, r, 1, t, name, ""}, shape.new_mm);
        });
    return all;
}
std::vector<std::string> induction_steps() {
    std::vector<std::string> names;
    for (const Bounds& b : {bounds_b1, bounds_b1f})   // each has areas that the other lacks
        for (const auto& i : instances(b, true))
            if (std::find(names.begin(), names.end(), i.name) == names.end())
                names.push_back(i.name);
    return names;
}
std::vector<std::string> induction_bounds() { return {"b1", "b1f", "b2"}; }

ProveReport prove_induction(const InductionOptions& options, const ProgressFn& progress) {
    if (options.bounds == "b1") return prove_b1(options, progress);
    if (options.bounds == "b1f") return prove_b1f(options, progress);
    if (options.bounds == "b2") return prove_b2(options, progress);
    throw std::invalid_argument("no proof bounds named " + options.bounds);
}

}  // namespace faultline::proofs
