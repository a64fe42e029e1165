// fuzz/systems/reference.hpp - the reference as a system under test, and as the judge of others.
//
// Why: the judge draws histories from its own state, answers, shows itself, and can say which claim
//      a state breaks: its own, or the one another system showed. Behind virtual calls, so that the
//      hammer is compiled once and not once per bounds.
#pragma once
#include <memory>

#include "fuzz/reference/history.hpp"
#include "fuzz/reference/swarm.hpp"
#include "fuzz/systems/bijection.hpp"
#include "fuzz/systems/system.hpp"
#include "spec/view.hpp"

namespace faultline::fuzz {

class Reference : public System {
  public:
    std::string_view name() const final { return "reference"; }
    Capabilities capabilities() const final {
        return {.sees = sees_everything,
                .can = can_deny | can_gup | can_interleave | can_drain | can_block};
    }
    virtual const Env& env() const = 0;
    /// What the last call of `apply` answered, with its steps.
    virtual const Outcome& last() const = 0;

    // Drawing: from a seed, with a mixture, in the state as it is.
    virtual Random& random() = 0;
    virtual void use(const Swarm& mixture, bool interleaved) = 0;
    /// An operation to begin now by `task`; false if none fitted.
    virtual bool draw(int task, Record& record) = 0;

    /// The first claim violated in its own state, -1 if none.
    virtual int violation(const ClaimSet& excused) = 0;
    static constexpr int cannot_say = -2;
    /// The same of a state that another system showed, ghosts and all it did not show taken from
    /// here; `cannot_say` if it has more objects than these bounds have rows.
    virtual int violation_of(const Observation& seen, const Bijection& frames,
                             const Bijection& anon_vmas, const ClaimSet& excused) = 0;

    virtual void save() = 0;      ///< remembers the state
    virtual void restore() = 0;   ///< back to what was remembered
    virtual StateView view() const = 0;
    virtual int pc(int task) const = 0;           ///< where a task stands
    virtual bool forking(int task) const = 0;     ///< it is in a fork, which names a process
    /// Whether a user's access is served without a fault.
    virtual bool serves(int mm, int page, bool write, bool exec) const = 0;
    /// Where the frame of a row can be found.
    virtual FramePlace place_of(int frame) const = 0;
    /// The row of the frame at a place, -1 if there is none.
    virtual int frame_at(const FramePlace& place) const = 0;
};

/// Bounds with a reference machine: those of named_bounds, and "f1.tasks".
std::unique_ptr<Reference> make_reference(std::string_view bounds);
bool has_reference(std::string_view bounds);
Bounds capacity_of(std::string_view bounds);

}  // namespace faultline::fuzz
