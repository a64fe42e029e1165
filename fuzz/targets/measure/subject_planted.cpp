// fuzz/targets/measure/subject_planted.cpp - a fault_path target with a bug in it, to be found.
//
// Why: how long a fuzzer takes to a known bug is the only honest comparison of its settings. The
//      bug is a rule changed, in $FAULTLINE_PLANT: "claims RULE=OPTION" changes it for the judge,
//      whose claims must notice; "system RULE=OPTION" for the system alone, which must differ.
//      Only the program that measures links this; a real target reads no environment.
#include <cstdlib>
#include <string>

#include "fuzz/systems/reference.hpp"
#include "fuzz/targets/subject.hpp"
#include "fuzz/targets/target.hpp"
#include "spec/trace.hpp"

namespace faultline::fuzz {
namespace {

/// The rules with what is planted for `whom`.
Rules with_plant(Rules rules, const std::string& whom) {
    const char* text = std::getenv("FAULTLINE_PLANT");
    const std::string plant = text != nullptr ? text : "";
    const auto space = plant.find(' '), equals = plant.find('=');
    if (space == std::string::npos || equals == std::string::npos)
        fail("FAULTLINE_PLANT must be \"claims RULE=OPTION\" or \"system RULE=OPTION\"");
    if (plant.substr(0, space) != whom) return rules;
    std::string problem;
    if (!apply_rule(plant.substr(space + 1, equals - space - 1), plant.substr(equals + 1), rules,
                    problem))
        fail("FAULTLINE_PLANT: " + problem);
    return rules;
}

class Planted final : public System {
  public:
    explicit Planted(std::string_view bounds) : machine_(make_reference(bounds)) {}
    std::string_view name() const override { return "planted"; }
    Capabilities capabilities() const override { return machine_->capabilities(); }
    bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) override {
        return machine_->reset(bounds, with_plant(rules, "system"), problem);
    }
    Answered apply(const Record& r) override { return machine_->apply(r); }
    void observe(Observation& out) override { machine_->observe(out); }

  private:
    std::unique_ptr<Reference> machine_;
};

}  // namespace

std::unique_ptr<System> make_subject(std::string_view bounds) {
    return std::make_unique<Planted>(bounds);
}
Rules judged_rules(const Rules& asked) { return with_plant(asked, "claims"); }

}  // namespace faultline::fuzz
