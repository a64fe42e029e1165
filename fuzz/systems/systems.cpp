// fuzz/systems/systems.cpp - the table of systems.
//
// Why: see the header. A system of your own is one line here.
#include "fuzz/systems/systems.hpp"

#include "fuzz/examples/cowfork.h"
#include "fuzz/systems/c_system.hpp"
#include "fuzz/systems/fast.hpp"
#include "fuzz/systems/null.hpp"
#include "fuzz/systems/reference.hpp"

namespace faultline::fuzz {

const std::vector<NamedSystem>& named_systems() {
    static const std::vector<NamedSystem> systems{
        {"reference", "the reference itself: its own claims, and the speed of the hammer", false,
         "f1", 0, [](std::string_view bounds, bool) -> std::unique_ptr<System> {
             return make_reference(bounds);
         }},
        {"fast", "the fast path, 4 levels of page tables (model/fast)", false, "f1", 0,
         [](std::string_view, bool) { return make_fast(4); }},
        {"fast-la57", "the fast path, 5 levels of page tables", false, "f1", 0,
         [](std::string_view, bool) { return make_fast(5); }},
        {"fast-swap", "the fast path with swap space", false, "f2", 0,
         [](std::string_view, bool) { return make_fast(4); }},
        {"null", "says yes to everything; must be rejected", false, "f1", 0,
         [](std::string_view, bool) -> std::unique_ptr<System> {
             return std::make_unique<NullSystem>();
         }},
        // So few pages that no process ever has as many VMAs as it may: it does not count them.
        {"example-c", "copy-on-write fork of a teaching kernel, in C (fuzz/examples/cowfork.c)",
         true, "f1", 10, [](std::string_view, bool bug) {
             return make_c_system(*cowfork_system(bug));
         }},
    };
    return systems;
}
const NamedSystem* system_named(std::string_view name) {
    for (const NamedSystem& s : named_systems())
        if (s.name == name) return &s;
    return nullptr;
}

}  // namespace faultline::fuzz
