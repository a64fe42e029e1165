// fuzz/reference/history.cpp - finds the history loop that a name of bounds stands for.
//
// Why: callers name bounds at run time, the loops are compiled for each.
#include "fuzz/reference/history.hpp"

#include <stdexcept>
#include <string>

namespace faultline::fuzz {

template <Bounds B>
HistoryReport run_at(const HistoryConfig&);
template <Bounds B>
HistoryReport replay_at(const HistoryConfig&, const std::vector<Record>&);

namespace {

struct Instance {
    Bounds bounds;
    HistoryReport (*run)(const HistoryConfig&);
    HistoryReport (*replay)(const HistoryConfig&, const std::vector<Record>&);
};
template <Bounds B>
constexpr Instance instance{B, run_at<B>, replay_at<B>};
/// In the order of history_bounds.
constexpr std::array<Instance, history_bounds.size()> instances{
    instance<bounds_b1>, instance<bounds_b2>, instance<bounds_m1>, instance<bounds_f1>,
    instance<bounds_f1_tasks>};

const Instance& instance_named(std::string_view name) {
    for (std::size_t i = 0; i < instances.size(); ++i)
        if (history_bounds[i] == name) return instances[i];
    throw std::invalid_argument("no histories at bounds '" + std::string(name) + "'");
}

}  // namespace

Bounds bounds_named(std::string_view name) { return instance_named(name).bounds; }
HistoryReport run_history(std::string_view bounds, const HistoryConfig& config) {
    return instance_named(bounds).run(config);
}
HistoryReport replay_history(std::string_view bounds, const HistoryConfig& config,
                             const std::vector<Record>& records) {
    return instance_named(bounds).replay(config, records);
}

}  // namespace faultline::fuzz
