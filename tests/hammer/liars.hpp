// tests/hammer/liars.hpp - systems with one planted difference, for the hammer to find.
//
// Why: a judge is believed after it has caught the liars.
#pragma once
#include <functional>

#include "fuzz/systems/reference.hpp"

namespace faultline::fuzz {

/// The reference, but what it answers and shows passes through two functions.
class Liar final : public System {
  public:
    using Answers = std::function<void(const Record&, Answered&)>;
    using Shows = std::function<void(Observation&)>;
    explicit Liar(std::string_view bounds, Answers answers, Shows shows = {})
        : truth_(make_reference(bounds)), answers_(std::move(answers)), shows_(std::move(shows)) {}

    std::string_view name() const override { return "liar"; }
    Capabilities capabilities() const override { return truth_->capabilities(); }
    bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) override {
        return truth_->reset(bounds, rules, problem);
    }
    Answered apply(const Record& record) override {
        Answered a = truth_->apply(record);
        if (answers_) answers_(record, a);
        return a;
    }
    void observe(Observation& out) override {
        truth_->observe(out);
        if (shows_) shows_(out);
    }

  private:
    std::unique_ptr<Reference> truth_;
    Answers answers_;
    Shows shows_;
};

}  // namespace faultline::fuzz
