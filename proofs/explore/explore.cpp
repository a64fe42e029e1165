// proofs/explore/explore.cpp - named bounds, and what a search found as a report.
#include "proofs/explore/explore.hpp"

#include <algorithm>
#include <stdexcept>

#include "invariants/registry.hpp"
#include "proofs/explore/finding.hpp"
#include "proofs/explore/named.hpp"

namespace faultline::explore {

namespace {

struct ClaimText {
    std::string id, says, source;
};
const std::vector<ClaimText>& claim_texts() {
    static const std::vector<ClaimText> texts = [] {
        std::vector<ClaimText> v;
        boost::hana::for_each(claims, [&](auto t) {
            using Claim = typename decltype(t)::type;
            v.push_back({Claim::id, Claim::says, Claim::source});
        });
        return v;
    }();
    return texts;
}
ClaimText text_of(int claim, const std::string& extra_id) {
    if (claim >= 0) return claim_texts()[static_cast<std::size_t>(claim)];
    if (claim == claim_bug)
        return {"kernel.no-bug", "No assertion of the kernel (BUG_ON, WARN_ON) fails.", ""};
    if (claim == claim_blocked)
        return {"call.completes", "A call that runs alone runs to its end.", ""};
    if (claim == claim_stuck)
        return {"task.progress", "Tasks in flight never wait for each other for ever.",
                "linux mm/rmap.c (lock ordering in mm)@v6.1"};
    if (claim == claim_unfit)
        return {"state.fits", "Every field of the state stays within its declared maximum.", ""};
    return {extra_id, "", ""};
}

void check_limits(std::string_view name, const Bounds& limits, const Bounds& cap, int tasks) {
    const auto need = [&](bool ok, const char* what) {
        if (!ok)
            throw std::invalid_argument(std::string(what) + " exceeds what bounds " +
                                        std::string(name) + " can hold");
    };
    need(limits.mms <= cap.mms, "mms");
    need(limits.vmas <= cap.vmas, "vmas");
    need(limits.pages <= cap.pages, "pages");
    need(limits.frames <= cap.frames, "frames");
    need(limits.anon_vmas <= cap.anon_vmas, "anon_vmas");
    need(limits.handles <= cap.handles, "handles");
    need(limits.values <= cap.values, "values");
    need(limits.pin_bias <= cap.pin_bias, "pin_bias");
    need(tasks >= 1 && tasks <= cap.tasks, "tasks");
}

std::string kernel_name(const ExploreConfig& c) {
    if (!c.kernel.empty()) return c.kernel;
    const NamedRules* best = nullptr;
    std::string diff;
    int least = 99;
    for (const NamedRules& k : named_kernels) {
        int n = 0;
        std::string text;
        for (const RuleInfo& r : rule_infos)
            if (const int v = r.get(c.env.rules); v != r.get(k.rules)) {
                text += (n++ == 0 ? " with " : ", ") + std::string(r.name) + "=" +
                        std::string(r.options[static_cast<std::size_t>(v)]);
            }
        if (n > least || (n == least && k.name != "linux_6_12")) continue;
        least = n;
        best = &k;
        diff = text;
    }
    return std::string(best->name) + diff;
}

void add_outcomes(Exploration& e, const Counters& c) {
    const auto add = [&](const std::string& name, const auto& row) {
        for (std::size_t r = 0; r < row.size(); ++r) {
            if (row[r] == 0) continue;
            e.outcomes.push_back({name, result_infos[r].text, row[r]});
            e.report.outcomes.emplace_back(name + "/" + result_infos[r].text, row[r]);
        }
    };
    for (std::size_t i = 0; i < c.calls.size(); ++i) add(op_names()[i], c.calls[i]);
    for (std::size_t i = 0; i < c.steps.size(); ++i) add(pc_names[i], c.steps[i]);
}

Story make_story(const SearchResult& r, const Exploration& e) {
    const ClaimText text = text_of(r.claim, r.extra_id);
    Story story;
    story.claim = text.id;
    story.says = text.says;
    story.source = text.source;
    story.headline = e.report.kernel + ", bounds " + e.report.bounds;
    story.found_by = "explore";
    story.shortest = true;
    if (!r.views.empty()) story.before = r.views.front();
    for (std::size_t i = 0; i < r.path.size(); ++i) {
        StoryStep step{path_step_text(r.path[i]), path_step_result(r.path[i]), {}};
        if (i + 1 < r.views.size()) step.after = r.views[i + 1];
        story.steps.push_back(step);
    }
    return story;
}

}  // namespace

std::vector<char> claim_mask(const std::vector<std::string>& ids) {
    std::vector<char> mask(claim_texts().size(), ids.empty() ? 1 : 0);
    for (const std::string& id : ids) {
        const auto it = std::find_if(claim_texts().begin(), claim_texts().end(),
                                     [&](const ClaimText& c) { return c.id == id; });
        if (it == claim_texts().end())
            throw std::invalid_argument("no claim is called '" + id + "'");
        mask[static_cast<std::size_t>(it - claim_texts().begin())] = 1;
    }
    return mask;
}

Exploration finish(std::string_view bounds_name, const ExploreConfig& config,
                   const SearchResult& r) {
    Exploration e;
    e.report.kernel = kernel_name(config);
    e.report.bounds = std::string(bounds_name);
    e.report.mode = config.fingerprint ? "fingerprint" : "exact";
    e.report.symmetry = config.symmetry;
    e.report.complete = r.complete;
    e.report.states = r.states;
    if (!config.symmetry) e.report.states_without_symmetry = r.states;
    e.report.transitions = r.counters.transitions;
    e.report.queue_left = r.queue_left;
    e.report.depth = r.depth;
    e.report.peak_bytes = r.peak_bytes;
    e.report.claim_checks = r.counters.claim_checks;
    e.report.cpu_seconds = r.cpu_seconds;
    e.report.wall_seconds = r.wall_seconds;
    const double n = static_cast<double>(r.states);
    if (config.fingerprint) e.report.collision_bound = n * n / 36893488147419103232.0;   // 2^65
    e.report.note = r.note;
    e.report.verdict = r.claim != -1 ? Verdict::violated
                       : r.complete  ? Verdict::holds
                                     : Verdict::unknown;
    add_outcomes(e, r.counters);
    e.refused_starts = r.counters.refused;
    e.stuck_states = r.counters.stuck;
    e.bytes_per_state = r.bytes_per_state;
    e.states_per_cpu_second = n / std::max(r.cpu_seconds, 1e-6);
    if (r.claim == -1) return e;
    e.claim_index = r.claim >= 0 ? r.claim : -1;
    e.claim = text_of(r.claim, r.extra_id).id;
    if (!r.path_broken) e.counterexample = r.path;
    e.report.stories.push_back(make_story(r, e));
    return e;
}

namespace {
/// The bounds that are explored to their end have an alphabet of their own: each flag of a VMA
/// doubles the states. Without it the same bounds are searched as far as memory goes (option
/// --ops).
void restrict_alphabet(std::string_view bounds_name, ExploreConfig& c) {
    if (bounds_name != "e1" && bounds_name != "e2" && bounds_name != "e3" &&
        bounds_name != "e4")
        return;
    c.op_codes = {op_mprotect, op_mmap};
    c.prots = {"rw", "r"};
    c.grows = false;
    c.exec_access = false;
    if (bounds_name == "e1") {
        c.ops = {"mmap", "munmap", "mprotect", "fault", "fork", "exit",
                 "gup",  "store",  "unpin",    "dma",   "drain"};
        c.check_between = false;
    } else if (bounds_name == "e3") {
        c.ops = {"mmap", "munmap", "fault", "fork", "exit", "store", "drain",
                 "reclaim", "free_swap", "swapon"};   // with swapoff too many states
        c.prots = {"rw"};
        c.op_codes = {op_mmap};
        c.tasks = 2;
    } else if (bounds_name == "e4") {
        c.ops = {"open", "mmap", "munmap", "fault", "fork", "exit", "store", "drain", "truncate"};
        c.prots = {"rw"};
        c.op_codes = {op_mmap, op_open_tmpfs};
        c.tasks = 2;
    } else {
        c.ops = {"mmap", "munmap", "mprotect", "fault", "fork",
                 "exit", "store",  "dontneed", "drain"};
        c.tasks = 2;
    }
}
}  // namespace
ExploreConfig default_config(std::string_view bounds_name) {
    for (const NamedBounds& b : named_bounds)
        if (b.name == bounds_name) {
            ExploreConfig c;
            c.env.limits = b.bounds;
            restrict_alphabet(bounds_name, c);
            return c;
        }
    throw std::invalid_argument("no bounds are called '" + std::string(bounds_name) + "'");
}
std::vector<std::string> explorable_bounds() {
    std::vector<std::string> names;
    for (const NamedSearch& n : named_searches()) names.emplace_back(n.name);
    return names;
}
Exploration explore(std::string_view bounds_name, const ExploreConfig& config,
                    const ProgressFn& progress) {
    for (const NamedSearch& n : named_searches())
        if (n.name == bounds_name) {
            check_limits(bounds_name, config.env.limits, n.capacity, config.tasks);
            return finish(bounds_name, config, n.run(config, progress));
        }
    throw std::invalid_argument("bounds '" + std::string(bounds_name) + "' are not explorable");
}

}  // namespace faultline::explore
