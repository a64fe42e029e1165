// proofs/explore/stepper.hpp - the transitions out of one state: whole calls, or atomic steps of
// several tasks.
//
// Why: the search and the rebuilding of a path must enumerate exactly the same transitions; both
//      hand a sink to this one function. A start that is refused leaves the state as it was, so
//      nothing is copied for it.
#pragma once
#include "proofs/explore/moves.hpp"
#include "proofs/explore/pack.hpp"

namespace faultline::explore {

/// What can go wrong besides a claim.
enum class Defect { none, bug, blocked, endless, unfit, stuck };

/// Which transition: a move, or a step of a task; for a whole call the step whose allocation was
/// refused, and how many steps it took.
struct Taken {
    int move = -1, task = -1;
    int deny_at = -1;
    int steps = 0;
};

/// Counts of one thread; added up at the end.
struct Counters {
    std::uint64_t transitions = 0, refused = 0, stuck = 0, claim_checks = 0;
    std::array<std::array<std::uint64_t, result_count>, pc_count> steps{};
    std::array<std::array<std::uint64_t, result_count>, operation_count> calls{};

    void add(const Counters& o) {
        transitions += o.transitions;
        refused += o.refused;
        stuck += o.stuck;
        claim_checks += o.claim_checks;
        for (std::size_t i = 0; i < steps.size(); ++i)
            for (std::size_t r = 0; r < steps[i].size(); ++r) steps[i][r] += o.steps[i][r];
        for (std::size_t i = 0; i < calls.size(); ++i)
            for (std::size_t r = 0; r < calls[i].size(); ++r) calls[i][r] += o.calls[i][r];
    }
};

/// Sink: reached(state, taken), between(state, taken) -> go on?, defect(kind, taken), done() ->
/// stop?
template <class M>
class Stepper {
  public:
    using State = typename M::State;
    using Out = typename M::Out;
    static constexpr int endless_steps = 256;

    explicit Stepper(const ExploreConfig& config)
        : config_(config),
          moves_(list_moves(config)),
          whole_(config.tasks == 1 && !config.small_steps) {
        for (const Move& m : moves_) args_.push_back(args_of<M>(m.args));
    }
    const std::vector<Move>& moves() const { return moves_; }
    Counters& counters() { return counters_; }

    template <class Sink>
    void successors(const State& s, Sink& sink) {
        int idle = whole_ ? 0 : -1;
        if (!whole_) idle = task_steps(s, sink);
        starts(s, idle, sink);
    }

    /// Runs one atomic step in place; false if it is not enabled.
    bool step(State& s, int task, int pc, bool deny, Out& out) {
        typename M::Step k{config_.env, s, s.tasks[static_cast<std::size_t>(task)], out, deny};
        return run_step(k, pc);
    }
    /// Begins an operation in place; false, and nothing changed, if it is not enabled.
    bool start(State& s, int task, int op, int row, int child, const Args<M>& args, Out& out) {
        typename M::Step k{config_.env, s, s.tasks[static_cast<std::size_t>(task < 0 ? 0 : task)],
                           out, false};
        return start_table<M>()[static_cast<std::size_t>(op)](k, row, child, args);
    }

    /// Performs the transition `taken` in place and writes it down step by step.
    void perform(State& s, const Taken& taken, std::vector<PathStep>& path) {
        Out out{};
        if (taken.move < 0) return write_step(s, taken.task, taken.deny_at >= 0, path, out);
        const Move& m = moves_[static_cast<std::size_t>(taken.move)];
        PathStep p;
        p.start = true;
        p.op = m.op;
        p.row = m.row;
        p.child = m.child;
        p.args = m.args;
        p.task = m.task ? taken.task : -1;
        const Args<M>& args = args_[static_cast<std::size_t>(taken.move)];
        start(s, taken.task, m.op, m.row, m.child, args, out);
        p.result = out.result;
        path.push_back(p);
        for (int i = 0; i < taken.steps; ++i) {
            Out step_out{};
            write_step(s, taken.task, taken.deny_at == i, path, step_out);
        }
    }

  private:
    const ExploreConfig& config_;
    std::vector<Move> moves_;
    std::vector<Args<M>> args_;
    Counters counters_;
    bool whole_;

    void write_step(State& s, int task, bool deny, std::vector<PathStep>& path, Out& out) {
        PathStep p;
        p.task = task;
        p.pc = s.tasks[static_cast<std::size_t>(task)].pc;
        p.deny = deny;
        step(s, task, p.pc, deny, out);
        p.result = out.result;
        path.push_back(p);
    }
    static std::size_t pc_of(const State& s, int task) {
        return s.tasks[static_cast<std::size_t>(task)].pc;
    }

    /// One step of each task in flight; returns the first idle task or -1.
    template <class Sink>
    int task_steps(const State& s, Sink& sink) {
        int idle = -1, busy = 0, able = 0, outside = 0;
        for (int t = 0; t < config_.tasks && !sink.done(); ++t) {
            const std::size_t pc = pc_of(s, t);
            if (pc == pc_idle) {
                if (idle < 0) idle = t;
                continue;
            }
            ++busy;
            State n = s;
            Out out{};
            if (!step(n, t, static_cast<int>(pc), false, out)) {
                outside += wants_handle(s, static_cast<int>(pc));
                continue;
            }
            ++able;
            if (config_.deny && step_allocates(static_cast<int>(pc))) {
                State d = s;
                Out denied{};
                if (step(d, t, static_cast<int>(pc), true, denied) &&
                    !(same_state<M::B>(d, n) && denied.result == out.result))
                    emit_step(d, denied, pc, {-1, t, 0, 1}, sink);
            }
            emit_step(n, out, pc, {-1, t, -1, 1}, sink);
        }
        if (busy > 0 && able == 0 && outside == 0) {
            ++counters_.stuck;
            sink.defect(Defect::stuck, {});
        }
        return idle;
    }
    /// Waits until a caller gives a handle back, which no task in flight has to do.
    bool wants_handle(const State& s, int pc) const {
        bool free = false;
        for (const auto& h : s.handles) free = free || h.kind == gup_none;
        return (pc == pc_gup_follow || pc == pc_gup_check) && !free;
    }
    template <class Sink>
    void emit_step(const State& n, const Out& out, std::size_t pc, const Taken& taken, Sink& sink) {
        ++counters_.transitions;
        ++counters_.steps[pc][out.result];
        if (out.bug) return sink.defect(Defect::bug, taken);
        sink.reached(n, taken);
    }

    /// Every operation and event; operations with steps need an idle task.
    template <class Sink>
    void starts(const State& s, int idle, Sink& sink) {
        State n = s;
        // Same bytes as an earlier row: as good a child.
        std::array<bool, static_cast<std::size_t>(M::B.mms)> twin{};
        for (std::size_t a = 0; config_.symmetry && a < twin.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                twin[a] = twin[a] || std::memcmp(&s.mms[a], &s.mms[b], sizeof s.mms[a]) == 0;
        for (std::size_t i = 0; i < moves_.size(); ++i) {
            const Move& m = moves_[i];
            if ((m.task && idle < 0) || sink.done()) continue;
            if (twin[static_cast<std::size_t>(m.child)]) continue;
            Out out{};
            if (!start(n, idle, m.op, m.row, m.child, args_[i], out)) {
                ++counters_.refused;
                continue;
            }
            const Taken taken{static_cast<int>(i), idle, -1, 0};
            if (out.bug) sink.defect(Defect::bug, taken);
            else if (whole_ && pc_of(n, idle) != pc_idle) run(n, out.result, taken, sink);
            else finish_call(n, out.result, taken, sink);
            n = s;
        }
    }
    template <class Sink>
    void finish_call(const State& n, int answer, const Taken& taken, Sink& sink) {
        ++counters_.transitions;
        const int op = moves_[static_cast<std::size_t>(taken.move)].op;
        ++counters_.calls[static_cast<std::size_t>(op)][static_cast<std::size_t>(answer)];
        sink.reached(n, taken);
    }
    /// A sequential call to its end, branching where one allocation may be refused. Its answer is
    /// the first one given: a fork that failed goes on to tear down the child.
    template <class Sink>
    void run(State& n, int answer, Taken taken, Sink& sink) {
        const int t = taken.task;
        for (std::size_t pc = pc_of(n, t); pc != pc_idle; pc = pc_of(n, t)) {
            if (sink.done()) return;
            if (taken.steps > endless_steps) return sink.defect(Defect::endless, taken);
            const bool forks =
                config_.deny && taken.deny_at < 0 && step_allocates(static_cast<int>(pc));
            State before;
            if (forks) before = n;
            Out out{}, denied{};
            if (!step(n, t, static_cast<int>(pc), false, out))
                return sink.defect(Defect::blocked, taken);
            if (forks && step(before, t, static_cast<int>(pc), true, denied) &&
                !(same_state<M::B>(before, n) && denied.result == out.result)) {
                Taken other = taken;
                other.deny_at = taken.steps;
                if (after_step(before, denied, pc, other, sink))
                    run(before, answer == res_pending ? denied.result : answer, other, sink);
            }
            if (answer == res_pending) answer = out.result;
            if (!after_step(n, out, pc, taken, sink)) return;
        }
        finish_call(n, answer, taken, sink);
    }
    template <class Sink>
    bool after_step(const State& n, const Out& out, std::size_t pc, Taken& taken, Sink& sink) {
        ++taken.steps;
        ++counters_.steps[pc][out.result];
        if (out.bug) {
            sink.defect(Defect::bug, taken);
            return false;
        }
        return pc_of(n, taken.task) == pc_idle || sink.between(n, taken);
    }
};

}  // namespace faultline::explore
