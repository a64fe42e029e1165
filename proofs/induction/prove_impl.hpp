// proofs/induction/prove_impl.hpp - one bounds' obligations: built, decided in parallel, replayed,
// summed into cells.
//
// Why: see prove.hpp. Each worker builds in its own Z3 context; results are joined in the order of
//      the instances, so that a report does not depend on timing.
#pragma once
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "model/reference/rmap.hpp"
#include "model/reference/view.hpp"
#include "proofs/induction/bmc.hpp"
#include "proofs/induction/expected.hpp"
#include "proofs/induction/instances.hpp"
#include "proofs/induction/path_instance.hpp"

namespace faultline::proofs {

inline bool wanted(const std::vector<std::string>& names, const std::string& name) {
    if (names.empty()) return true;
    for (const auto& n : names)
        if (n == name) return true;
    return false;
}

/// What one claim got over the instances of one step.
struct Tallied {
    bool refuted = false, unknown = false, vacuous = false, any = false;
    bool certified = true, unchanged = true, second = true;
    std::string second_text, note;
};
inline Verdict verdict_of(const Tallied& t) {
    if (t.refuted) return Verdict::violated;
    if (t.vacuous) return Verdict::vacuous;
    if (t.unknown) return Verdict::unknown;
    return Verdict::holds;
}

template <Bounds B>
class Prover {
public:
    Prover(const InductionOptions& options, const ProgressFn& progress)
        : options_(options), progress_(progress), env_{options.rules, B} {}

    ProveReport run() {
        if (wanted(options_.kinds, "init")) init();
        if (wanted(options_.kinds, "step")) steps();
        if (wanted(options_.kinds, "bites")) bites();
        if (wanted(options_.kinds, "refine")) refine();
        if (options_.bmc_depth > 0 && wanted(options_.kinds, "bmc")) bmc();
        return report_;
    }

private:
    struct Result {
        std::vector<Decision> decisions;
        std::vector<GoalResult> goals;
        std::vector<int> claims;         ///< claim of each goal
        bool vacuous = false;
        std::vector<Story> stories;
        std::string error;
    };

    Cell cell(const char* kind, int claim, const std::string& step) const {
        Cell c;
        c.kind = kind;
        c.claim = claim_infos()[static_cast<std::size_t>(claim)].id;
        c.step = step;
        c.kernel = options_.kernel;
        c.bounds = options_.bounds;
        return c;
    }
    bool applies(int claim) const {
        return present_[static_cast<std::size_t>(claim)] &&
               claim_infos()[static_cast<std::size_t>(claim)].applies(options_.rules);
    }
    /// Wanted on the command line, and of a kind that induction is for.
    bool asked(int claim) const {
        const auto& info = claim_infos()[static_cast<std::size_t>(claim)];
        return info.kind != ClaimKind::bounded && wanted(options_.claims, info.id) &&
               !dropped(claim);
    }
    /// Left out of premises and goals: what the others need it for comes to light.
    bool dropped(int claim) const {
        return !options_.drop.empty() &&
               wanted(options_.drop, claim_infos()[static_cast<std::size_t>(claim)].id);
    }
    bool premise(int claim) const {
        return !claim_excused(options_.kernel, claim_infos()[static_cast<std::size_t>(claim)].id);
    }

    void init() {
        const auto held = Replay<B>::held(env_, initial_state<Con<B>>());
        for (int c = 0; c < claim_count; ++c) {
            if (!asked(c)) continue;
            Cell out = cell("init", c, "");
            out.verdict = !applies(c) ? Verdict::not_applicable
                          : held[static_cast<std::size_t>(c)] ? Verdict::holds
                                                              : Verdict::violated;
            out.certificate = "evaluated";
            report_.cells.push_back(out);
        }
    }

    /// Builds the obligations of an instance and decides them: one for the claims the kernel keeps,
    /// and, if it is known to break some, one for those, which alone may assume them.
    Result decide_instance(const Instance& i) {
        Result r;
        Builder builder;
        StepFormula<B> f;
        f.build(env_, i);
        decide_goals(i, builder, f, true, r);
        bool excused = false;
        for (int c = 0; c < claim_count; ++c) excused = excused || !premise(c);
        if (excused) decide_goals(i, builder, f, false, r);
        return r;
    }
    void decide_goals(const Instance& i, Builder& builder, const StepFormula<B>& f, bool kept,
                      Result& r) {
        Obligation o;
        o.name = i.label;
        o.z = builder.z();
        for (const auto& c : f.pre)
            if ((premise(c.claim) || !kept) && !dropped(c.claim))
                o.premises.push_back(builder.ast(c.term));
        o.premises.push_back(builder.ast(f.enabled));
        std::vector<int> goal_claims;
        for (const auto& c : f.post) {
            const auto& info = claim_infos()[static_cast<std::size_t>(c.claim)];
            if (premise(c.claim) != kept || !asked(c.claim)) continue;
            o.goals.push_back({info.id, builder.ast(c.term)});
            goal_claims.push_back(c.claim);
        }
        const Decision d = decide(o, options_.decide);
        r.vacuous = r.vacuous || d.premises_satisfiable != Answer::holds;
        std::set<int> shown;
        for (std::size_t g = 0; g < o.goals.size(); ++g) {
            r.claims.push_back(goal_claims[g]);
            r.goals.push_back(d.goals[g]);
            if (d.goals[g].answer == Answer::refuted && shown.insert(goal_claims[g]).second)
                explain(o, g, goal_claims[g], i, kept, r);
        }
        r.decisions.push_back(d);
    }
    /// Replays the solver's model in the concrete domain; a model that does not replay is a tool
    /// error.
    void explain(const Obligation& o, std::size_t goal, int claim, const Instance& i, bool kept,
                 Result& r) {
        const auto values = counterexample(o, goal, options_.decide);
        if (!values) return;
        Replay<B> replay;
        replay.run(env_, i, *values);
        for (int c = 0; c < claim_count; ++c)
            if (!replay.held_before[static_cast<std::size_t>(c)] && (premise(c) || !kept) &&
                applies(c) && !dropped(c))
                r.error = "a model does not satisfy its premise " +
                          std::string(claim_infos()[static_cast<std::size_t>(c)].id);
        if (!replay.enabled) r.error = "a model's step is not enabled concretely";
        if (claim < claim_count && replay.held_after[static_cast<std::size_t>(claim)])
            r.error = "a model does not violate the claim concretely";
        if (claim == no_bug_claim && !replay.bug) r.error = "a model does not hit the assertion";
        if (claim >= first_step_claim &&
            replay.step_held[static_cast<std::size_t>(claim - first_step_claim)])
            r.error = "a model's step does not violate the claim concretely";
        const auto& info = claim_infos()[static_cast<std::size_t>(claim)];
        Story story;
        story.claim = info.id;
        story.says = info.says;
        story.source = info.source;
        story.headline = options_.kernel + ", bounds " + options_.bounds;
        story.found_by = "prove step " + i.label;
        story.before = view_of<Con<B>>(replay.before);
        story.steps.push_back({i.label, std::string("-> ") + result_infos[static_cast<std::size_t>(
                                                                              replay.result)].text,
                               view_of<Con<B>>(replay.after)});
        story.from_initial = false;
        r.stories.push_back(story);
    }

    void steps() {
        std::vector<Instance> todo;
        for (const auto& i : instances(B, options_.argument_symmetry))
            if (wanted(options_.steps, i.name)) todo.push_back(i);
        std::vector<Result> results(todo.size());
        in_parallel(todo.size(), [&](std::size_t n) {
            results[n] = decide_instance(todo[n]);
            return todo[n].label;
        });
        for (std::size_t n = 0; n < todo.size();) {
            std::size_t end = n;
            while (end < todo.size() && todo[end].name == todo[n].name &&
                   todo[end].kind == todo[n].kind)
                ++end;
            sum_up(todo[n].name, results, n, end);
            n = end;
        }
    }
    void sum_up(const std::string& step, std::vector<Result>& results, std::size_t from,
                std::size_t to) {
        std::vector<Tallied> tally(static_cast<std::size_t>(all_claims));
        bool vacuous = false;
        for (std::size_t n = from; n < to; ++n) {
            Result& r = results[n];
            if (!r.error.empty()) throw std::runtime_error(step + ": " + r.error);
            for (const auto& d : r.decisions) account(d);
            vacuous = vacuous || r.vacuous;
            for (std::size_t g = 0; g < r.claims.size(); ++g)
                add(tally[static_cast<std::size_t>(r.claims[g])], r.goals[g]);
            for (auto& s : r.stories) report_.stories.push_back(std::move(s));
        }
        for (int c = 0; c < all_claims; ++c) {
            const auto& info = claim_infos()[static_cast<std::size_t>(c)];
            if (!asked(c)) continue;
            Cell out = cell("step", c, step);
            const Tallied& t = tally[static_cast<std::size_t>(c)];
            out.verdict = !applies(c) ? Verdict::not_applicable : verdict_of(t);
            if (vacuous && applies(c)) out.verdict = Verdict::vacuous;
            out.expected_violation = expected_at(options_.kernel, info.id, step);
            if (out.expected_violation) out.exhibit = exhibit_for(options_.kernel, info.id);
            out.certificate = !t.any || t.unchanged ? "unchanged"
                              : t.certified         ? "drat-checked"
                                                    : "";
            out.second_solver = t.second_text;
            out.note = t.note;
            report_.cells.push_back(out);
        }
    }
    static void add(Tallied& t, const GoalResult& g) {
        t.any = true;
        t.refuted = t.refuted || g.answer == Answer::refuted;
        t.unknown = t.unknown || g.answer == Answer::unknown;
        const bool free = g.unchanged || g.constant;
        t.unchanged = t.unchanged && free;
        t.certified = t.certified && (g.certified || free);
        if (!g.second.empty()) t.second_text = g.second;
        if (!g.note.empty()) t.note = g.note;
    }
    void account(const Decision& d) {
        report_.queries += d.queries;
        report_.queries_cached += d.cached;
        for (const auto& g : d.goals) {
            report_.queries_unchanged += g.unchanged || g.constant ? 1 : 0;
            report_.certificates += g.certified ? 1 : 0;
            report_.second_opinions += g.second.empty() ? 0 : 1;
        }
        report_.max_variables = std::max<std::uint64_t>(report_.max_variables, d.variables);
        report_.max_clauses = std::max<std::uint64_t>(report_.max_clauses, d.clauses);
        report_.cpu_seconds += d.seconds;
    }

    /// For each claim a state that satisfies all and one that violates it while the others hold;
    /// for a derived claim the proof that there is none.
    void bites() {
        std::vector<int> todo;
        for (int c = 0; c < all_claims; ++c)
            if (asked(c) && (c < claim_count || c >= first_step_claim)) todo.push_back(c);
        std::vector<Cell> cells(todo.size());
        in_parallel(todo.size(), [&](std::size_t n) {
            cells[n] = todo[n] < claim_count ? bite(todo[n]) : bite_step(todo[n]);
            return cells[n].claim;
        });
        for (auto& c : cells) report_.cells.push_back(std::move(c));
    }
    Cell bite(int claim) {
        const auto& info = claim_infos()[static_cast<std::size_t>(claim)];
        Cell out = cell("bites", claim, "");
        if (!applies(claim)) {
            out.verdict = Verdict::not_applicable;
            return out;
        }
        Builder builder;
        typename Sym<B>::State s{};
        make_all_fresh(s, "s");
        Obligation o;
        o.name = std::string("bites ") + info.id;
        o.z = builder.z();
        Term all = true;
        for (const auto& c : claim_terms<B>(env_, s)) {
            if (c.claim == claim) all = both(all, c.term);
            else if (!dropped(c.claim)) o.premises.push_back(builder.ast(c.term));
        }
        o.goals.push_back({info.id, builder.ast(all)});
        const Decision d = decide(o, options_.decide);
        const Answer a = d.goals[0].answer;
        const bool derived = info.kind == ClaimKind::derived;
        if (d.premises_satisfiable != Answer::holds) out.verdict = Verdict::vacuous;
        else if (a == Answer::unknown) out.verdict = Verdict::unknown;
        else if (derived) out.verdict = a == Answer::holds ? Verdict::holds : Verdict::violated;
        else out.verdict = a == Answer::refuted ? Verdict::holds : Verdict::vacuous;
        if (derived) out.note = "derived: implied by the others";
        else if (a == Answer::refuted) {
            const auto values = counterexample(o, 0, options_.decide);
            if (values) {
                typename Con<B>::State bad{};
                read_all(bad, *values, "s");
                const auto held = Replay<B>::held(env_, bad);
                for (int c = 0; c < claim_count; ++c)
                    if (held[static_cast<std::size_t>(c)] == (c == claim) && applies(c) &&
                        !dropped(c))
                        throw std::runtime_error(o.name + ": the state does not replay");
            }
        }
        return out;
    }

    /// The same for a claim about a step: of any task before and after, and any answer.
    Cell bite_step(int claim) {
        const auto& info = claim_infos()[static_cast<std::size_t>(claim)];
        Cell out = cell("bites", claim, "");
        Builder builder;
        typename Sym<B>::Task was{}, is{};
        typename Sym<B>::Out answer{};
        make_all_fresh(was, "was");
        make_all_fresh(is, "is");
        make_fresh(answer.result, "result");
        make_fresh(answer.fault, "fault");
        Obligation o;
        o.name = std::string("bites ") + info.id;
        o.z = builder.z();
        Term all = true;
        for (const auto& c : step_claim_terms<B>(env_, was, is, answer)) {
            if (c.claim == claim) all = both(all, c.term);
            else o.premises.push_back(builder.ast(c.term));
        }
        o.goals.push_back({info.id, builder.ast(all)});
        // Satisfied by some step, too: nothing that is always false would be noticed otherwise.
        o.goals.push_back({info.id, builder.ast(negate(all))});
        const Decision d = decide(o, options_.decide);
        const bool unknown = d.goals[0].answer == Answer::unknown ||
                             d.goals[1].answer == Answer::unknown;
        const bool both_ways = d.goals[0].answer == Answer::refuted &&
                               d.goals[1].answer == Answer::refuted;
        out.verdict = both_ways ? Verdict::holds : unknown ? Verdict::unknown : Verdict::vacuous;
        return out;
    }

    /// Under the claims, the walk along anon_vma chains finds exactly the entries of anonymous
    /// pages that brute force finds; as a canary, no longer when rmap.complete may be false.
    void refine() {
        for (const bool canary : {false, true}) {
            Builder builder;
            typename Sym<B>::State s{};
            make_all_fresh(s, "s");
            Obligation o;
            o.name = canary ? "refine rmap canary" : "refine rmap";
            o.z = builder.z();
            for (const auto& c : claim_terms<B>(env_, s)) {
                const std::string_view id = claim_infos()[static_cast<std::size_t>(c.claim)].id;
                if (!(canary && id == "rmap.complete")) o.premises.push_back(builder.ast(c.term));
            }
            for (int f = 0; f < B.frames; ++f)
                for (int p = 0; p < B.mms; ++p)
                    for (int n = 0; n < B.pages; ++n) {
                        SymBool same = chain_walk_finds<Sym<B>>(s, f, p, n) ==
                                       brute_force_finds<Sym<B>>(s, f, p, n);
                        if constexpr (Sym<B>::has_files)   // a page of a file is in no chain
                            same = same || is_file_page(s.frames[static_cast<std::size_t>(f)]);
                        o.goals.push_back({o.name, builder.ast(same.term())});
                    }
            const Decision d = decide(o, options_.decide);
            account(d);
            Tallied t;
            for (const auto& g : d.goals) add(t, g);
            Cell c;
            c.kind = "refine";
            c.claim = canary ? "rmap.chain-walk-exact without rmap.complete (canary)"
                             : "rmap.chain-walk-exact";
            c.kernel = options_.kernel;
            c.bounds = options_.bounds;
            c.verdict = d.premises_satisfiable != Answer::holds ? Verdict::vacuous : verdict_of(t);
            if (canary)   // refuted is what it must be
                c.verdict = c.verdict == Verdict::violated ? Verdict::holds : Verdict::vacuous;
            else c.certificate = t.unchanged ? "unchanged" : t.certified ? "drat-checked" : "";
            c.second_solver = canary ? "" : t.second_text;
            c.note = canary ? "must be refuted, and is" : t.note;
            report_.cells.push_back(c);
        }
    }

    /// Depth by depth from the initial state, up to the first depth where a claim fails or is open.
    void bmc() {
        Builder builder;
        const auto from = behind_prefix();
        Unrolling<B> u(env_, from, options_.argument_symmetry);
        std::string ended;
        for (int depth = 1; depth <= options_.bmc_depth; ++depth) {
            const std::string step = "depth " + std::to_string(depth);
            std::vector<Tallied> tally(static_cast<std::size_t>(all_claims));
            bool vacuous = false;
            if (ended.empty()) {
                u.step();
                vacuous = decide_depth(builder, u, step, tally);
            }
            std::string why;
            for (int c = 0; c < all_claims; ++c) {
                if (!asked(c)) continue;
                const Tallied& t = tally[static_cast<std::size_t>(c)];
                Cell out = cell("bmc", c, step);
                out.verdict = !applies(c)      ? Verdict::not_applicable
                              : !ended.empty() ? Verdict::skipped
                              : vacuous        ? Verdict::vacuous
                                               : verdict_of(t);
                out.certificate = !t.any || t.unchanged ? "constant"
                                  : t.certified         ? "drat-checked"
                                                        : "";
                out.second_solver = t.second_text;
                out.note = ended.empty() ? t.note : ended;
                if (applies(c) && out.verdict != Verdict::holds && why.empty())
                    why = "the search ended at " + step;
                report_.cells.push_back(out);
            }
            if (ended.empty()) ended = why;
            if (progress_)
                progress_({"bmc " + options_.kernel + " " + options_.bounds,
                           static_cast<std::uint64_t>(depth),
                           static_cast<std::uint64_t>(options_.bmc_depth - depth), 0,
                           std::to_string(u.width()) + " instances"});
        }
    }
    /// The initial state, or what the prefix makes of it.
    typename Con<B>::State behind_prefix() const {
        auto s = initial_state<Con<B>>();
        for (const explore::PathStep& p : options_.bmc_prefix) {
            typename Con<B>::Out out{};
            if (!perform<Con<B>>(env_, s, p, out))
                throw std::invalid_argument("the prefix does not run to its end");
        }
        return s;
    }
    /// Decides one depth; true if no state is that many steps away.
    bool decide_depth(Builder& builder, const Unrolling<B>& u, const std::string& step,
                      std::vector<Tallied>& tally) {
        Obligation o;
        o.name = "bmc " + step;
        o.z = builder.z();
        for (const Term& t : u.transitions()) o.premises.push_back(builder.ast(t));
        std::vector<int> goal_claims;
        for (const auto& c : u.goals()) {
            if (!asked(c.claim)) continue;
            o.goals.push_back({claim_infos()[static_cast<std::size_t>(c.claim)].id,
                               builder.ast(c.term)});
            goal_claims.push_back(c.claim);
        }
        const Decision d = decide(o, options_.decide);
        account(d);
        std::set<int> shown;
        for (std::size_t g = 0; g < o.goals.size(); ++g) {
            const int claim = goal_claims[g];
            add(tally[static_cast<std::size_t>(claim)], d.goals[g]);
            if (d.goals[g].answer != Answer::refuted || !shown.insert(claim).second) continue;
            const auto values = counterexample(o, g, options_.decide);
            if (values) report_.stories.push_back(tell(u.replay(*values), claim, step));
        }
        return d.premises_satisfiable == Answer::refuted;
    }
    /// The story of a history that really violates the claim; anything else is a tool error.
    Story tell(const History<B>& h, int claim, const std::string& step) const {
        const auto& info = claim_infos()[static_cast<std::size_t>(claim)];
        std::string error = h.error;
        if (error.empty() && claim < claim_count &&
            Replay<B>::held(env_, h.moves.back().after)[static_cast<std::size_t>(claim)])
            error = "a history does not violate the claim concretely";
        if (error.empty() && claim == no_bug_claim && !h.bug)
            error = "a history does not hit the assertion";
        if (error.empty() && claim >= first_step_claim &&
            h.step_held[static_cast<std::size_t>(claim - first_step_claim)])
            error = "a history's last step does not violate the claim concretely";
        if (!error.empty()) throw std::runtime_error("bmc " + step + ": " + error);
        Story story;
        story.claim = info.id;
        story.says = info.says;
        story.source = info.source;
        story.headline = options_.kernel + ", bounds " + options_.bounds;
        story.found_by = "prove bmc " + step;
        if (!options_.bmc_prefix.empty()) story.found_by += " after a prefix";
        story.before = view_of<Con<B>>(h.from);
        for (const auto& m : h.moves)
            story.steps.push_back(
                {m.text,
                 std::string("-> ") + result_infos[static_cast<std::size_t>(m.result)].text,
                 view_of<Con<B>>(m.after)});
        story.shortest = true;
        story.from_initial = true;
        return story;
    }

    template <class Fn>
    void in_parallel(std::size_t count, Fn work) {
        std::atomic<std::size_t> next{0}, done{0};
        std::mutex mutex;
        std::string failure;
        const auto worker = [&] {
            for (std::size_t n = next++; n < count; n = next++) {
                try {
                    const std::string what = work(n);
                    std::lock_guard lock(mutex);
                    ++done;
                    if (progress_)
                        progress_({"prove " + options_.kernel + " " + options_.bounds, done.load(),
                                   count - done.load(), 0, what});
                } catch (const std::exception& e) {
                    std::lock_guard lock(mutex);
                    if (failure.empty()) failure = e.what();
                }
            }
        };
        std::vector<std::thread> threads;
        for (int j = 1; j < options_.jobs; ++j) threads.emplace_back(worker);
        worker();
        for (auto& t : threads) t.join();
        if (!failure.empty()) throw std::runtime_error(failure);
    }

    /// Claims that say anything at these bounds; those about an area that is not there do not
    /// apply (spec/decisions/0013-optional-areas.md).
    static std::vector<bool> present(const Env& env) {
        std::vector<bool> out(static_cast<std::size_t>(all_claims), false);
        for (std::size_t c = static_cast<std::size_t>(claim_count); c < out.size(); ++c)
            out[c] = true;
        Builder builder;   // of a symbolic state, which passes over nothing
        typename Sym<B>::State s{};
        make_all_fresh(s, "s");
        each_claim<Sym<B>>(env, s, [&](int index, auto, const SymBool&) {
            out[static_cast<std::size_t>(index)] = true;
        });
        return out;
    }

    const InductionOptions& options_;
    const ProgressFn& progress_;
    Env env_;
    std::vector<bool> present_ = present(env_);
    ProveReport report_;
};

}  // namespace faultline::proofs
