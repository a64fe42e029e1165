// fuzz/bench/measured_fast.hpp - the fast path does a workload.
#pragma once
#include "fuzz/bench/workload.hpp"

namespace faultline::fuzz {

class MeasuredFast final : public Measurable {
  public:
    std::string_view name() const override { return "fast"; }
    std::optional<double> measure(Workload which, std::uint64_t n) override;
};
/// Bytes of the engine's structures a page (struct page and its entry) and a VMA with its places in
/// index, chain and interval tree.
double fast_bytes_a_page(std::uint64_t n);
double fast_bytes_a_vma();

}  // namespace faultline::fuzz
