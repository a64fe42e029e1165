// proofs/solver/decide.cpp - decides the goals of an obligation, and certifies the answers.
//
// Why: the cheap things come first: goals that are constants or premises cost nothing, equal goals
//      are decided once, remembered goals are not encoded. What is left becomes one set of clauses
//      with a selector per goal, and one incremental solver answers selector by selector.
//      Certificate: the formula that the checker sees is those clauses plus "some selector of a
//      goal that is said to hold". The solver's own lemmas, with the unit `-selector` stated after
//      each answer, must refute it. So one proof covers all goals of the obligation, and a goal
//      that was never settled makes it fail. When all goals were asked about at once, the clause is
//      that query's own: `any`, where `any => some selector` was added. Such a definition is
//      satisfied by `any` = false, so adding it for a fresh `any` takes nothing from the result.
#include <algorithm>
#include <ctime>
#include <unordered_map>
#include <unordered_set>

#include "proofs/solver/cnf.hpp"
#include "proofs/solver/decide_with.hpp"
#include "proofs/solver/drat_checker.hpp"
#include "proofs/solver/query_cache.hpp"
#include "proofs/solver/second_solver.hpp"

namespace faultline::proofs {
namespace {

double cpu_now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Adds the CPU seconds of its lifetime to a counter.
class Stopwatch {
public:
    explicit Stopwatch(double& total) : total_(total), start_(cpu_now()) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() { total_ += cpu_now() - start_; }

private:
    double& total_;
    double start_;
};

/// A distinct goal that needs a solver, and what is known about it.
struct Job {
    Z3_ast term = nullptr;
    Digest digest{};
    int selector = 0;
    GoalResult result;
};

class Decider {
public:
    Decider(const Obligation& ob, const DecideOptions& opt, const SolverFactory& solvers)
        : ob_(ob), opt_(opt), solvers_(solvers), premises_(conjuncts(ob.z, ob.premises)) {}

    Decision run();

private:
    void sort_goals();
    bool follows_from_text(Z3_ast goal) const;
    void recall();
    void encode_jobs();
    void search();
    void one_by_one(SatSolver& s, std::vector<Job*> jobs);
    void all_at_once(SatSolver& s, std::vector<Job*> jobs);
    void certify(SatSolver& s);
    void certify_alone(Job& job);
    void second_opinion();
    void second_opinion_on(const std::vector<Job*>& jobs);
    void store();
    void hand_back();

    std::unique_ptr<SatSolver> fresh_solver(bool keep_proof);
    SatAnswer ask(SatSolver& s, std::span<const int> assumptions) {
        ++d_.queries;
        return s.solve(assumptions, opt_.conflict_limit);
    }
    bool backed_enough(const Remembered& r) const {
        return (r.certified || !opt_.certify) && (r.second == "cvc5 unsat" || !opt_.second_solver);
    }
    std::vector<Job*> open_jobs(Answer a);

    const Obligation& ob_;
    const DecideOptions& opt_;
    const SolverFactory& solvers_;
    std::vector<Z3_ast> premises_;
    std::unordered_set<Z3_ast> premise_set_;
    std::vector<Job> jobs_;
    std::vector<std::ptrdiff_t> job_of_goal_;    // -1: needs none
    std::vector<int> guards_;                    // clauses added while searching, also certified
    std::vector<int> some_goal_fails_;           // the clause that the certificate refutes
    std::optional<QueryCache> cache_;
    Encoding encoding_;
    Decision d_;
};

bool Decider::follows_from_text(Z3_ast goal) const {
    const std::vector<Z3_ast> parts = conjuncts(ob_.z, {goal});
    return std::all_of(parts.begin(), parts.end(),
                       [&](Z3_ast p) { return premise_set_.count(p) != 0; });
}

// Constants, premises and duplicates are found by comparing terms: Z3 keeps one copy of equal
// terms.
void Decider::sort_goals() {
    premise_set_.insert(premises_.begin(), premises_.end());
    std::unordered_map<Z3_ast, std::ptrdiff_t> known;
    d_.goals.resize(ob_.goals.size());
    job_of_goal_.assign(ob_.goals.size(), -1);
    for (std::size_t i = 0; i < ob_.goals.size(); ++i) {
        const Z3_ast term = ob_.goals[i].term;
        GoalResult& r = d_.goals[i];
        r.constant = is_true(ob_.z, term) || is_false(ob_.z, term);
        if (is_true(ob_.z, term)) {
            r.answer = Answer::holds;
            continue;
        }
        if (follows_from_text(term)) {
            r.answer = Answer::holds;
            r.unchanged = true;
            continue;
        }
        const auto [at, added] = known.try_emplace(term, static_cast<std::ptrdiff_t>(jobs_.size()));
        if (added) {
            jobs_.emplace_back();
            jobs_.back().term = term;
        }
        job_of_goal_[i] = at->second;
    }
    d_.distinct = jobs_.size();
}

void Decider::recall() {
    if (opt_.cache_dir.empty()) return;
    std::vector<Z3_ast> terms;
    for (const Job& j : jobs_) terms.push_back(j.term);
    const QueryDigests digests = digest_query(ob_.z, premises_, terms);
    cache_.emplace(opt_.cache_dir, digests.premises);
    if (!cache_->complaint().empty()) d_.notes.push_back(cache_->complaint());
    if (cache_->premises_satisfiable()) d_.premises_satisfiable = Answer::holds;
    for (std::size_t k = 0; k < jobs_.size(); ++k) {
        Job& j = jobs_[k];
        j.digest = digests.goals[k];
        const Remembered* r = cache_->find(j.digest);
        // A verdict is of use only if the premises are known to be satisfiable too.
        if (r == nullptr || !backed_enough(*r) || !cache_->premises_satisfiable()) continue;
        j.result.answer = Answer::holds;
        j.result.cached = true;
        j.result.certified = r->certified;
        j.result.second = r->second;
        ++d_.cached;
    }
}

std::vector<Job*> Decider::open_jobs(Answer a) {
    std::vector<Job*> out;
    for (Job& j : jobs_) {
        if (!j.result.cached && j.result.answer == a) out.push_back(&j);
    }
    return out;
}

void Decider::encode_jobs() {
    const Stopwatch watch(d_.encode_seconds);
    std::vector<Z3_ast> terms;
    const std::vector<Job*> open = open_jobs(Answer::unknown);
    for (const Job* j : open) terms.push_back(j->term);
    encoding_ = encode(ob_.z, premises_, terms, false);
    for (std::size_t k = 0; k < open.size(); ++k) open[k]->selector = encoding_.selectors[k];
    d_.variables = static_cast<std::size_t>(encoding_.cnf.variables);
    d_.clauses = encoding_.cnf.clauses;
}

std::unique_ptr<SatSolver> Decider::fresh_solver(bool keep_proof) {
    std::unique_ptr<SatSolver> s = solvers_(keep_proof);
    s->add_all(encoding_.cnf.literals);
    for (int v : encoding_.selectors) s->freeze(v);
    return s;
}

void Decider::search() {
    if (encoding_.cnf.contradictory) {
        d_.premises_satisfiable = Answer::refuted;
        return;
    }
    double unused = 0;
    std::unique_ptr<SatSolver> s;
    {
        const Stopwatch watch(d_.solve_seconds);
        s = fresh_solver(opt_.certify);
        if (d_.premises_satisfiable != Answer::holds) {
            const SatAnswer a = ask(*s, {});
            d_.premises_satisfiable = a == SatAnswer::satisfiable     ? Answer::holds
                                      : a == SatAnswer::unsatisfiable ? Answer::refuted
                                                                      : Answer::unknown;
        }
        if (d_.premises_satisfiable == Answer::refuted) return;
        if (opt_.all_at_once) {
            all_at_once(*s, open_jobs(Answer::unknown));
        } else {
            one_by_one(*s, open_jobs(Answer::unknown));
        }
    }
    const Stopwatch watch(opt_.certify ? d_.certify_seconds : unused);
    if (opt_.certify) certify(*s);
}

void Decider::one_by_one(SatSolver& s, std::vector<Job*> jobs) {
    for (Job* j : jobs) {
        const int assume[] = {j->selector};
        switch (ask(s, assume)) {
            case SatAnswer::satisfiable: j->result.answer = Answer::refuted; break;
            case SatAnswer::unsatisfiable: {
                j->result.answer = Answer::holds;
                const int settled[] = {-j->selector};
                s.lemma(settled);
                some_goal_fails_.push_back(j->selector);
                break;
            }
            case SatAnswer::unknown: j->result.note = "conflict limit reached"; break;
        }
    }
}

// Asks whether any goal fails; a model names at least one that does, and the rest is asked again.
// If a limit is hit, what is left is asked one by one.
void Decider::all_at_once(SatSolver& s, std::vector<Job*> jobs) {
    while (!jobs.empty()) {
        const int any = ++encoding_.cnf.variables;
        std::vector<int> guard{-any};
        for (const Job* j : jobs) guard.push_back(j->selector);
        s.freeze(any);
        s.add(guard);
        guards_.insert(guards_.end(), guard.begin(), guard.end());
        guards_.push_back(0);
        const int assume[] = {any};
        const SatAnswer a = ask(s, assume);
        if (a == SatAnswer::unknown) return one_by_one(s, std::move(jobs));
        if (a == SatAnswer::unsatisfiable) {
            const int settled[] = {-any};
            s.lemma(settled);
            some_goal_fails_ = {any};
            for (Job* j : jobs) j->result.answer = Answer::holds;
            return;
        }
        std::vector<Job*> rest;
        for (Job* j : jobs) {
            if (s.value(j->selector)) {
                j->result.answer = Answer::refuted;
            } else {
                rest.push_back(j);
            }
        }
        if (rest.size() == jobs.size()) return one_by_one(s, std::move(jobs));
        jobs = std::move(rest);
    }
}

void Decider::certify(SatSolver& s) {
    const std::vector<Job*> held = open_jobs(Answer::holds);
    if (held.empty()) return;
    std::vector<int> formula = encoding_.cnf.literals;
    formula.insert(formula.end(), guards_.begin(), guards_.end());
    formula.insert(formula.end(), some_goal_fails_.begin(), some_goal_fails_.end());
    formula.push_back(0);
    const std::vector<unsigned char> proof = s.proof();
    const DratReport report = check_drat(formula, proof);
    d_.lemmas += report.lemmas;
    d_.lemmas_checked += report.checked;
    d_.proof_bytes += proof.size();
    if (report.accepted) {
        for (Job* j : held) j->result.certified = true;
        return;
    }
    d_.notes.push_back("the common certificate was rejected (" + report.why +
                       "); goals were certified one by one");
    for (Job* j : held) certify_alone(*j);
}

void Decider::certify_alone(Job& job) {
    const std::unique_ptr<SatSolver> s = fresh_solver(true);
    const int wrong[] = {job.selector};
    s->add(wrong);
    const SatAnswer a = ask(*s, {});
    DratReport report;
    if (a == SatAnswer::unsatisfiable) {
        std::vector<int> formula = encoding_.cnf.literals;
        formula.insert(formula.end(), {job.selector, 0});
        const std::vector<unsigned char> proof = s->proof();
        report = check_drat(formula, proof);
        d_.proof_bytes += proof.size();
    } else {
        report.why = "the solver did not repeat its answer";
    }
    d_.lemmas += report.lemmas;
    d_.lemmas_checked += report.checked;
    job.result.certified = report.accepted;
    if (report.accepted) return;
    job.result.answer = Answer::unknown;
    job.result.note = "certificate rejected: " + report.why;
}

void Decider::second_opinion_on(const std::vector<Job*>& jobs) {
    std::vector<Z3_ast> terms;
    for (const Job* j : jobs) terms.push_back(j->term);
    SecondOpinion o;
    try {
        o = ask_second(smtlib_query(ob_.z, ob_.name, premises_, terms), opt_);
    } catch (const std::runtime_error& e) {
        o.text = std::string("cvc5 not asked: ") + e.what();
    }
    d_.second_seconds += o.seconds;
    if (o.answer == Answer::refuted && jobs.size() > 1) {
        for (Job* j : jobs) second_opinion_on({j});
        return;
    }
    for (Job* j : jobs) {
        j->result.second = o.text;
        if (o.answer != Answer::refuted) continue;
        j->result.answer = Answer::unknown;
        j->result.note = "the solvers disagree: CaDiCaL says unsatisfiable, " + o.text;
    }
}

void Decider::second_opinion() {
    if (!opt_.second_solver) return;
    const std::vector<Job*> held = open_jobs(Answer::holds);
    if (!held.empty()) second_opinion_on(held);
}

void Decider::store() {
    if (!cache_ || d_.premises_satisfiable != Answer::holds) return;
    cache_->remember_premises();
    for (const Job& j : jobs_) {
        if (j.result.cached || j.result.answer != Answer::holds) continue;
        cache_->remember(j.digest, {j.result.certified, j.result.second});
    }
    cache_->save();
}

// A goal of a vacuous obligation is not reported as holding, whatever the logic books say.
void Decider::hand_back() {
    for (std::size_t i = 0; i < d_.goals.size(); ++i) {
        GoalResult& r = d_.goals[i];
        if (job_of_goal_[i] >= 0) {
            const bool constant = r.constant;
            r = jobs_[static_cast<std::size_t>(job_of_goal_[i])].result;
            r.constant = constant;
        }
        if (d_.premises_satisfiable != Answer::refuted) continue;
        r.answer = Answer::unknown;
        r.certified = false;
        r.note = "vacuous: the premises are contradictory";
    }
}

Decision Decider::run() {
    {
        const Stopwatch watch(d_.seconds);
        sort_goals();
        recall();
        const bool known = d_.premises_satisfiable == Answer::holds;
        if (!known || !open_jobs(Answer::unknown).empty()) {
            encode_jobs();
            search();
        }
        second_opinion();
        store();
        hand_back();
    }
    d_.seconds += d_.second_seconds;
    return std::move(d_);
}

}  // namespace

Decision decide_with(const Obligation& obligation, const DecideOptions& options,
                     const SolverFactory& solvers) {
    return Decider(obligation, options, solvers).run();
}

Decision decide(const Obligation& obligation, const DecideOptions& options) {
    return decide_with(obligation, options, make_cadical);
}

}  // namespace faultline::proofs
