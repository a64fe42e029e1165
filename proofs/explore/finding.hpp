// proofs/explore/finding.hpp - from a number in the store back to a path from the initial state,
// and what a search hands to the front.
//
// Why: the store keeps representatives whose names change from step to step. A path for people
//      keeps its names: it is found again from the initial state, step by step, by asking which
//      transition leads to the next representative.
#pragma once
#include <chrono>
#include <ctime>
#include <stdexcept>

#include "model/reference/view.hpp"
#include "proofs/explore/canon.hpp"
#include "proofs/explore/stepper.hpp"

namespace faultline::explore {

/// Claims by number: 0 and up are the registry's, -1 is none.
inline constexpr int extra_claim = -2, claim_bug = -3, claim_blocked = -4, claim_unfit = -5,
                     claim_stuck = -6;
constexpr int code_of_defect(Defect d) {
    switch (d) {
        case Defect::bug: return claim_bug;
        case Defect::blocked: case Defect::endless: return claim_blocked;
        case Defect::unfit: return claim_unfit;
        case Defect::stuck: return claim_stuck;
        case Defect::none: break;
    }
    return -1;
}
/// One flag a claim of the registry; empty `ids` allows all. Throws for an unknown id.
std::vector<char> claim_mask(const std::vector<std::string>& ids);

class Stopwatch {
  public:
    double wall() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
    }
    double cpu() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }

  private:
    std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
    std::clock_t cpu_ = std::clock();
};

/// A claim that failed: in the state `state` (whole), or in the middle of a transition out of it.
struct Finding {
    std::uint32_t state = 0;
    int claim = -1;
    Taken taken;
    bool whole = true;
};

struct SearchResult {
    std::vector<PathStep> path;    ///< the prefix; with a finding, the whole path to it
    std::vector<StateView> views;  ///< the initial state and the one behind each step
    int claim = -1;
    bool path_broken = false, complete = false;
    std::string extra_id, note;
    Counters counters;
    std::uint64_t states = 0, depth = 0, queue_left = 0, bytes_per_state = 0, peak_bytes = 0;
    double cpu_seconds = 0, wall_seconds = 0;
};

/// One step of a path in place, its result written into it. Throws std::invalid_argument if it is
/// not enabled.
template <class M>
void replay_step(Stepper<M>& stepper, typename M::State& s, PathStep& p) {
    typename M::Out out{};
    bool ok = false;
    if (p.start) {
        ok = p.op >= 0 && p.op < operation_count &&
             stepper.start(s, p.task, p.op, p.row, p.child, args_of<M>(p.args), out);
    } else if (p.task >= 0 && p.task < M::B.tasks) {
        const int pc = s.tasks[static_cast<std::size_t>(p.task)].pc;
        ok = pc == p.pc && stepper.step(s, p.task, pc, p.deny, out);
    }
    if (!ok) throw std::invalid_argument("path step is not enabled: " + path_step_text(p));
    p.result = out.result;
}

template <class M, class Search>
class PathFinder {
  public:
    using State = typename M::State;
    explicit PathFinder(Search& search) : search_(search), stepper_(search.config_) {}

    /// Moves s to a successor with this key and appends how; false if it has none.
    bool to_key(State& s, const std::uint64_t* key, std::vector<PathStep>& path) {
        key_ = key;
        return go(s, path);
    }
    /// Moves s to where the claim fails in the middle of a transition.
    bool to_finding(State& s, int claim, std::vector<PathStep>& path) {
        key_ = nullptr;
        claim_ = claim;
        return go(s, path);
    }

    /// Some step could only be found again after VMA rows were put in order of address.
    bool renumbered() const { return renumbered_; }

    bool done() const { return hit_; }
    void reached(const State& n, const Taken& taken) {
        if (!key_) {
            if (claim_ == claim_unfit && !fits<M::B>(bytes_of<M::B>(n))) take(taken);
            return;
        }
        typename Search::Pending p;
        search_.prepare(canon_, n, p);
        if (std::memcmp(search_.key_of(p), key_, search_.key_words_ * 8) == 0) take(taken);
    }
    bool between(const State& n, const Taken& taken) {
        if (!key_ && claim_ >= extra_claim && search_.check_(n) == claim_) take(taken);
        return true;
    }
    void defect(Defect kind, const Taken& taken) {
        if (!key_ && code_of_defect(kind) == claim_) take(taken);
    }

  private:
    void take(const Taken& taken) {
        if (hit_) return;
        hit_ = true;
        taken_ = taken;
    }
    bool go(State& s, std::vector<PathStep>& path) {
        hit_ = false;
        stepper_.successors(s, *this);
        if (!hit_) {
            renumbered_ = true;
            order_vma_rows(s);
            stepper_.successors(s, *this);
        }
        if (hit_) stepper_.perform(s, taken_, path);
        return hit_;
    }
    /// Rows of VMAs as the representative has them; every other name stays.
    void order_vma_rows(State& s) {
        const State old = s;
        State unused;
        auto r = Relabelling<M::B>::identity();
        r.vma = canon_(bytes_of<M::B>(old), bytes_of<M::B>(unused)).vma;
        relabel<M::B>(bytes_of<M::B>(old), r, bytes_of<M::B>(s));
    }
    Search& search_;
    Stepper<M> stepper_;
    Canonicalizer<M::B> canon_;
    const std::uint64_t* key_ = nullptr;
    int claim_ = -1;
    bool hit_ = false, renumbered_ = false;
    Taken taken_;
};

}  // namespace faultline::explore
