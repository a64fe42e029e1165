// tools/engines.cpp - what can be listed: claims, steps, operations, rules, kernels, bounds,
// systems, mutants, exhibits, questions.
//
// Why: the list is made from the same registries that the engines fold over.
#include "tools/engines.hpp"

#include "fuzz/systems/mutants.hpp"
#include "fuzz/systems/systems.hpp"
#include "proofs/induction/formula.hpp"
#include "spec/trace.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

std::string kind_text(ClaimKind kind) {
    switch (kind) {
        case ClaimKind::state: return "state";
        case ClaimKind::support: return "support";
        case ClaimKind::derived: return "derived";
        case ClaimKind::bounded: return "bounded";
    }
    return "";
}
std::string bounds_text(const Bounds& b) {
    const auto n = [](const char* what, int v) { return std::to_string(v) + " " + what; };
    return n("processes", b.mms) + ", " + n("VMAs each", b.vmas) + ", " + n("pages", b.pages) +
           ", " + n("frames", b.frames) + ", " + n("anon_vmas", b.anon_vmas) + ", " +
           n("tasks", b.tasks) + ", " + n("handles", b.handles) + ", " + n("values", b.values);
}
void list_rules(std::vector<ListItem>& out) {
    for (const auto& r : rule_infos) {
        std::string options;
        for (const auto& o : r.options)
            if (!o.empty()) options += (options.empty() ? "" : " | ") + std::string(o);
        out.push_back(
            {"rule", std::string(r.name), std::string(r.question), "spec/rules.hpp", options});
    }
}
void list_exhibits(std::vector<ListItem>& out, std::vector<std::string>& problems) {
    std::vector<std::string> files;
    try {
        files = museum_files();
    } catch (const std::exception& e) {
        problems.push_back(e.what());
    }
    for (const auto& file : files) {
        Trace trace;
        TraceError error;
        if (!load_trace(file, trace, error)) {
            problems.push_back(error.text());
            continue;
        }
        std::string rules;
        for (const auto& [rule, option] : trace.rules)
            rules += (rules.empty() ? "" : ", ") + rule + "=" + option;
        out.push_back({"exhibit", trace.exhibit, trace.title,
                       trace.commits.empty() ? "" : trace.commits.front(),
                       trace.claim + " breaks with " + rules});
    }
}

}  // namespace

std::vector<ListItem> list_all(std::vector<std::string>& problems) {
    std::vector<ListItem> out;
    for (const auto& c : proofs::claim_infos())
        out.push_back({"claim", c.id, c.says, c.source, kind_text(c.kind)});
    for (int pc = pc_idle + 1; pc < pc_count; ++pc)
        out.push_back({"step", pc_names[static_cast<std::size_t>(pc)], "",
                       "model/reference/steps.hpp", step_allocates(pc) ? "allocates" : ""});
    for (int op = 0; op < operation_count; ++op)
        proofs::with_operation(op, [&](const char* name, const OpShape& shape) {
            out.push_back({"operation", name, "", "model/reference/steps.hpp",
                           shape.task ? "begins a task" : "one atomic event"});
        });
    list_rules(out);
    for (const auto& k : named_kernels)
        out.push_back({"kernel", std::string(k.name), std::string(k.text), "spec/rules.hpp", ""});
    for (const auto& b : named_bounds)
        out.push_back({"bounds", std::string(b.name), std::string(b.purpose), "spec/bounds.hpp",
                       bounds_text(b.bounds)});
    for (const auto& s : fuzz::named_systems())
        out.push_back({"system", std::string(s.name), std::string(s.text), "fuzz/systems",
                       s.name == "null" ? "must be rejected"
                       : s.has_bug      ? "--bug on plants its mistake"
                                        : ""});
    for (const auto& m : fuzz::fast_mutants())
        out.push_back({"mutant", m.name, m.text, "model/fast/mutants.hpp", m.group});
    list_exhibits(out, problems);
    list_questions(out, problems);
    return out;
}

}  // namespace faultline
