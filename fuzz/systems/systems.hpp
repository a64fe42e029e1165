// fuzz/systems/systems.hpp - the systems that can be named: `faultline fuzz --system NAME`.
//
// Why: the command line, the tests and the fuzz targets name systems; one table knows them.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

struct NamedSystem {
    std::string_view name, text;
    bool has_bug = false;              ///< `--bug on` plants its deliberate mistake
    std::string_view bounds = "f1";    ///< where it is hammered if nobody says otherwise
    int pages = 0;                     ///< narrower arena, 0: as the bounds have it
    std::unique_ptr<System> (*make)(std::string_view bounds, bool bug) = nullptr;
};
const std::vector<NamedSystem>& named_systems();
/// Null if there is none of that name.
const NamedSystem* system_named(std::string_view name);

}  // namespace faultline::fuzz
