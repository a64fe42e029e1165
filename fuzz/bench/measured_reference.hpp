// fuzz/bench/measured_reference.hpp - the reference does a workload, as far as its tables go.
#pragma once
#include "fuzz/bench/workload.hpp"

namespace faultline::fuzz {

class MeasuredReference final : public Measurable {
  public:
    std::string_view name() const override { return "reference"; }
    std::optional<double> measure(Workload which, std::uint64_t n) override;
};

}  // namespace faultline::fuzz
