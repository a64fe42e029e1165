// tests/properties/settings.hpp - how many cases, from which seed: RC_PARAMS, read and checked.
//
// Why: rapidcheck passes over a word it does not know, so that a typo runs the defaults in silence.
//      Here the text is read first, and rapidcheck is handed values; it reads no environment.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace faultline::properties {

struct Settings {
    std::uint64_t seed = 20'26'11;   ///< the same cases every time unless told otherwise
    int max_success = 0;             ///< cases a property; 0: what the property says
    int max_size = 100;              ///< longest history drawn, in percent of the property's
    int max_discard_ratio = 20;
    bool noshrink = false;
};
/// Words "name=value" between spaces. False, with one line, for anything else.
bool read_settings(std::string_view text, Settings& settings, std::string& problem);
/// Those of $RC_PARAMS. Throws std::invalid_argument with the line if it cannot be read.
Settings settings_of_environment();

}  // namespace faultline::properties
