// fuzz/systems/fast.hpp - the fast path as a system under test.
//
// Why:     the engine speaks of addresses, errnos and its own numbers; the hammer of records and
//          pages of an arena. The arena is put where tables of every level begin, so that its few
//          pages walk, make and free all of them. What is shown is everything: the reference's
//          claims are checked on it.
// Differs: ghosts (`want`, `attached`) are no part of the engine: the judge, which makes a state of
//          what is shown (Reference::violation_of), takes them from the reference's own history.
#pragma once
#include <memory>

#include "fuzz/systems/system.hpp"
#include "model/fast/engine.hpp"

namespace faultline::fuzz {

/// The fast path as it is shipped, with 4 or 5 levels of page tables.
std::unique_ptr<System> make_fast(unsigned levels = 4);
/// The mutation build of it, with one planted bug of model/fast/mutants.hpp on; 0 is none.
std::unique_ptr<System> make_fast_mutant(int mutant, unsigned levels = 4);

namespace FL_FAST {

/// The reference's word for an answer of the engine (spec/state.hpp:Result).
int result_of(faultline::FL_FAST::Ret answer);

class FastSystem final : public System {
  public:
    explicit FastSystem(unsigned levels, int mutant = 0) : levels_(levels), mutant_(mutant) {}
    std::string_view name() const override { return "fast"; }
    Capabilities capabilities() const override {
        return {.sees = sees_everything, .can = can_deny | can_gup | can_drain | can_block};
    }
    bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) override;
    Answered apply(const Record& record) override;
    void observe(Observation& out) override;
    std::string self_check() override;
    void point_at(const FramePlace& place) override { place_ = place; }
    faultline::FL_FAST::Engine& engine() { return *engine_; }

  private:
    faultline::FL_FAST::Answer perform(const Record& r);
    std::uint32_t pointed() const;
    void observe_swap(Observation& out) const;
    void observe_process(std::uint32_t id, SeenProcess& out);
    void observe_vma(const faultline::FL_FAST::Vma& v, SeenVma& out) const;
    int page_of(std::uint64_t vpn) const { return static_cast<int>(vpn - base_); }
    void switch_on() const;

    unsigned levels_;
    int mutant_;
    Bounds bounds_{};
    FramePlace place_{};
    std::uint64_t base_ = 0;
    std::unique_ptr<faultline::FL_FAST::Engine> engine_;
};

}  // namespace FL_FAST
}  // namespace faultline::fuzz
