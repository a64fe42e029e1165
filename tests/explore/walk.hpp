// tests/explore/walk.hpp - random reachable states and random relabellings, for the laws of the
// explorer.
#pragma once
#include <random>

#include "proofs/explore/canon.hpp"
#include "proofs/explore/finding.hpp"

namespace faultline::explore {

/// Takes one successor of each state at random.
template <class M>
class RandomWalk {
  public:
    using State = typename M::State;
    RandomWalk(const ExploreConfig& config, unsigned seed) : stepper_(config), random_(seed) {}

    /// Calls fn(state) for `count` states along walks of `length` transitions; for a twentieth
    /// under the sanitizers, where nothing is optimized.
    template <class Fn>
    void states(int count, int length, Fn fn) {
        State s = initial_state<M>();
#ifdef FAULTLINE_SANITIZED
        count /= 20;
#endif
        for (int i = 0; i < count; ++i) {
            fn(s);
            s = i % length == length - 1 ? initial_state<M>() : next(s);
        }
    }
    State next(const State& s) {
        seen_ = {};
        chosen_ = {s, s};
        stepper_.successors(s, *this);
        return chosen_[seen_[1] != 0 && random_() % 4 != 0 ? 1 : 0];
    }
    std::mt19937& random() { return random_; }

    bool done() const { return false; }
    bool between(const State&, const Taken&) { return true; }
    void defect(Defect, const Taken&) {}
    void reached(const State& n, const Taken& taken) {
        // Calls that end an address space would end most walks early: take them less often.
        if (taken.move >= 0 && dull(taken.move) && random_() % 8 != 0) return;
        const std::size_t kind = taken.move < 0 ? 1 : 0;   // steps of tasks in flight are few
        if (random_() % ++seen_[kind] == 0) chosen_[kind] = n;
    }

  private:
    Stepper<M> stepper_;
    std::mt19937 random_;
    std::array<unsigned, 2> seen_{};
    std::array<State, 2> chosen_{};
    bool dull(int move) const {
        const Move& m = stepper_.moves()[static_cast<std::size_t>(move)];
        for (const char* name : {"exit", "munmap", "mmap", "mprotect", "advise", "mremap"})
            if (op_names()[static_cast<std::size_t>(m.op)] == name) return true;
        return false;
    }
};

template <class Array>
void shuffle_rows(Array& rows, std::size_t first, std::mt19937& random) {
    std::shuffle(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(), random);
}
template <Bounds B>
Relabelling<B> random_relabelling(const StateRow<Concrete, B>& s, std::mt19937& random) {
    Relabelling<B> r = Relabelling<B>::identity();
    for (int code = 1; code < sort_codes; ++code) {
        auto& map = r.to[static_cast<std::size_t>(code)];
        const int rows = rows_of<B>(static_cast<SortCode>(code));
        std::shuffle(map.begin() + 1, map.begin() + 1 + rows, random);
    }
    shuffle_rows(r.handle, 0, random);
    shuffle_rows(r.task, 0, random);
    for (auto& rows : r.vma) shuffle_rows(rows, 0, random);
    each_pair<B>(bytes_of<B>(s), [&](int original, int copy) {
        r.vma[static_cast<std::size_t>(copy)] = r.vma[static_cast<std::size_t>(original)];
    });
    return r;
}
template <Bounds B>
StateRow<Concrete, B> relabelled(const StateRow<Concrete, B>& s, const Relabelling<B>& r) {
    StateRow<Concrete, B> out;
    relabel<B>(bytes_of<B>(s), r, bytes_of<B>(out));
    return out;
}

/// The representatives of all successors, sorted, without repetitions.
template <class M>
class SuccessorSet {
  public:
    static constexpr Bounds B = M::B;
    using State = typename M::State;
    using Keys = std::vector<PackedState<B>>;
    explicit SuccessorSet(const ExploreConfig& config) : stepper_(config) {}
    Keys of(const State& s) {
        keys_.clear();
        defects_ = 0;
        stepper_.successors(s, *this);
        std::sort(keys_.begin(), keys_.end());
        keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
        return keys_;
    }
    int defects() const { return defects_; }

    bool done() const { return false; }
    bool between(const State&, const Taken&) { return true; }
    void defect(Defect, const Taken&) { ++defects_; }
    void reached(const State& n, const Taken&) {
        State c;
        canon_(bytes_of<B>(n), bytes_of<B>(c));
        keys_.push_back(pack<B>(c));
    }

  private:
    Stepper<M> stepper_;
    Canonicalizer<B> canon_;
    Keys keys_;
    int defects_ = 0;
};

}  // namespace faultline::explore
