// fuzz/systems/null.hpp - a system that says yes to everything.
//
// Why: the canary of the hammer: a judge that lets it pass judges nothing.
#pragma once
#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

class NullSystem final : public System {
  public:
    std::string_view name() const override { return "null"; }
    Capabilities capabilities() const override {
        return {.sees = sees_results | sees_pages | sees_contents, .can = can_gup};
    }
    bool reset(const Bounds&, const Rules&, std::string&) override { return true; }
    Answered apply(const Record&) override {
        Answered yes;
        yes.result = res_ok;
        return yes;
    }
    void observe(Observation& out) override { out = {}; }
};

}  // namespace faultline::fuzz
