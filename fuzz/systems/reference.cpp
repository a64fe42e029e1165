// fuzz/systems/reference.cpp - finds the reference machine that a name of bounds stands for.
//
// Why: callers name bounds at run time, the machines are compiled for each.
#include "fuzz/systems/reference.hpp"

#include <stdexcept>

#include "fuzz/replay/bounds.hpp"

namespace faultline::fuzz {

template <Bounds B>
std::unique_ptr<Reference> make_reference_at();

namespace {

struct Instance {
    std::string_view name;
    Bounds bounds;
    std::unique_ptr<Reference> (*make)();
};
constexpr std::array<Instance, 10> instances{{{"b1", bounds_b1, make_reference_at<bounds_b1>},
                                             {"b2", bounds_b2, make_reference_at<bounds_b2>},
                                             {"e1", bounds_e1, make_reference_at<bounds_e1>},
                                             {"e2", bounds_e2, make_reference_at<bounds_e2>},
                                             {"m1", bounds_m1, make_reference_at<bounds_m1>},
                                             {"f1", bounds_f1, make_reference_at<bounds_f1>},
                                             {"f2", bounds_f2, make_reference_at<bounds_f2>},
                                             {"live", bounds_live, make_reference_at<bounds_live>},
                                             {"replay", bounds_replay,
                                              make_reference_at<bounds_replay>},
                                             {"f1.tasks", bounds_f1_tasks,
                                              make_reference_at<bounds_f1_tasks>}}};
const Instance* instance_named(std::string_view name) {
    for (const Instance& i : instances)
        if (i.name == name) return &i;
    return nullptr;
}
const Instance& known(std::string_view name) {
    if (const Instance* i = instance_named(name)) return *i;
    throw std::invalid_argument("no reference at bounds '" + std::string(name) + "'");
}

}  // namespace

std::unique_ptr<Reference> make_reference(std::string_view bounds) { return known(bounds).make(); }
bool has_reference(std::string_view bounds) { return instance_named(bounds) != nullptr; }
Bounds capacity_of(std::string_view bounds) { return known(bounds).bounds; }

}  // namespace faultline::fuzz
