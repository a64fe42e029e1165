// proofs/explore/measure.cpp - a small driver of the explorer: numbers and the story of one search.
//
// Why: tuning bounds and the search itself wants a program without the command line's layers; the
//      command itself is tools/faultline.
//
// explore_measure BOUNDS [key=value ...]   keys: tasks jobs small sym fp deny between max mb
// depth ops prots codes grows exec claims kernel rule.NAME limits.NAME
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <sstream>

#include "proofs/explore/explore.hpp"

using namespace faultline;
using namespace faultline::explore;

namespace {

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> out;
    std::stringstream in(list);
    for (std::string x; std::getline(in, x, ',');) out.push_back(x == "none" ? "" : x);
    return out;
}
bool set_limit(Bounds& b, const std::string& name, int v) {
    const std::map<std::string, int Bounds::*> fields{
        {"mms", &Bounds::mms}, {"vmas", &Bounds::vmas}, {"pages", &Bounds::pages},
        {"frames", &Bounds::frames}, {"anon_vmas", &Bounds::anon_vmas}, {"tasks", &Bounds::tasks},
        {"handles", &Bounds::handles}, {"values", &Bounds::values},
        {"stack_limit", &Bounds::stack_limit}, {"memlock_limit", &Bounds::memlock_limit},
        {"map_count_limit", &Bounds::map_count_limit}, {"batch_size", &Bounds::batch_size},
        {"stack_guard_gap", &Bounds::stack_guard_gap}, {"move_slack", &Bounds::move_slack}};
    const auto it = fields.find(name);
    if (it == fields.end()) return false;
    b.*(it->second) = v;
    return true;
}
bool set_rule(Rules& rules, const std::string& name, const std::string& option) {
    for (const RuleInfo& r : rule_infos)
        if (r.name == name)
            for (std::size_t i = 0; i < r.options.size(); ++i)
                if (r.options[i] == option) {
                    r.set(rules, static_cast<int>(i));
                    return true;
                }
    return false;
}
bool set_number(ExploreConfig& c, const std::string& key, const std::string& value) {
    const long long v = std::atoll(value.c_str());
    const auto u = static_cast<std::uint64_t>(v);
    if (key == "tasks") c.tasks = static_cast<int>(v);
    else if (key == "jobs") c.jobs = static_cast<int>(v);
    else if (key == "small") c.small_steps = v != 0;
    else if (key == "sym") c.symmetry = v != 0;
    else if (key == "fp") c.fingerprint = v != 0;
    else if (key == "deny") c.deny = v != 0;
    else if (key == "between") c.check_between = v != 0;
    else if (key == "max") c.max_states = u;
    else if (key == "mb") c.max_bytes = u << 20;
    else if (key == "depth") c.max_depth = static_cast<int>(v);
    else if (key == "grows") c.grows = v != 0;
    else if (key == "exec") c.exec_access = v != 0;
    else return false;
    return true;
}
bool set_option(ExploreConfig& c, const std::string& key, const std::string& value) {
    if (set_number(c, key, value)) return true;
    if (key == "ops") c.ops = split(value);
    else if (key == "prots") c.prots = split(value);
    else if (key == "claims") c.claims = split(value);
    else if (key == "codes") {
        for (const std::string& x : split(value)) c.op_codes.push_back(std::atoi(x.c_str()));
    } else if (key == "kernel") {
        for (const NamedRules& k : named_kernels)
            if (k.name == value) c.env.rules = k.rules;
    } else if (key.rfind("rule.", 0) == 0) {
        return set_rule(c.env.rules, key.substr(5), value);
    } else if (key.rfind("limits.", 0) == 0) {
        return set_limit(c.env.limits, key.substr(7), std::atoi(value.c_str()));
    } else {
        return false;
    }
    return true;
}
void print(const Exploration& e) {
    const ExploreReport& r = e.report;
    std::printf("%s bounds %s %s: %s%s%s\n", r.kernel.c_str(), r.bounds.c_str(), r.mode.c_str(),
                std::string(verdict_name(r.verdict)).c_str(), r.note.empty() ? "" : ", ",
                r.note.c_str());
    std::printf("states %llu transitions %llu depth %llu queue %llu checks %llu refused %llu "
                "stuck %llu\n",
                (unsigned long long)r.states, (unsigned long long)r.transitions,
                (unsigned long long)r.depth, (unsigned long long)r.queue_left,
                (unsigned long long)r.claim_checks, (unsigned long long)e.refused_starts,
                (unsigned long long)e.stuck_states);
    std::printf("cpu %.2f s wall %.2f s, %.0f states/cpu s, %.0f transitions/cpu s, %llu B/state, "
                "peak %llu MB, collision bound %.1e\n",
                r.cpu_seconds, r.wall_seconds, e.states_per_cpu_second,
                static_cast<double>(r.transitions) / (r.cpu_seconds + 1e-9),
                (unsigned long long)e.bytes_per_state, (unsigned long long)(r.peak_bytes >> 20),
                r.collision_bound);
    for (const Story& s : r.stories) {
        std::printf("VIOLATED %s\n  %s\n", s.claim.c_str(), s.says.c_str());
        for (const StoryStep& x : s.steps)
            std::printf("    %-46s %s\n", x.text.c_str(), x.result.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2) return 2;
    ExploreConfig c = default_config(argv[1]);
    bool outcomes = false;
    for (int i = 2; i < argc; ++i) {
        const std::string arg = argv[i];
        const auto eq = arg.find('=');
        if (arg == "outcomes") outcomes = true;
        else if (eq == std::string::npos || !set_option(c, arg.substr(0, eq), arg.substr(eq + 1))) {
            std::fprintf(stderr, "explore_measure: %s?\n", arg.c_str());
            return 2;
        }
    }
    const Exploration e = explore::explore(argv[1], c, [](const Progress& p) {
        std::fprintf(stderr, "\r%llu states, %.0f/s, %s   ", (unsigned long long)p.done,
                     p.rate_per_second, p.extra.c_str());
    });
    std::fprintf(stderr, "\n");
    print(e);
    for (const OutcomeCount& o : e.outcomes)
        if (outcomes)
            std::printf("  %-20s %-16s %llu\n", o.name.c_str(), o.result.c_str(),
                        (unsigned long long)o.count);
    return static_cast<int>(exit_of(e.report.verdict));
} catch (const std::exception& problem) {
    std::fprintf(stderr, "explore_measure: %s\n", problem.what());
    return 2;
}
