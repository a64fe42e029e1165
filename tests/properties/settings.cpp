// tests/properties/settings.cpp - reads "seed=7 max_success=1000 noshrink=1".
//
// Why: see the header.
#include "tests/properties/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace faultline::properties {
namespace {

template <class T>
bool number(std::string_view word, T least, T most, T& out) {
    const char* const end = word.data() + word.size();
    T value{};
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || stop != end || value < least || value > most) return false;
    out = value;
    return true;
}
bool set(std::string_view name, std::string_view value, Settings& s, std::string& problem) {
    int flag = s.noshrink;
    bool known = true, good = true;
    if (name == "seed") good = number(value, std::uint64_t{0}, ~std::uint64_t{0}, s.seed);
    else if (name == "max_success") good = number(value, 1, 100'000'000, s.max_success);
    else if (name == "max_size") good = number(value, 1, 10'000, s.max_size);
    else if (name == "max_discard_ratio") good = number(value, 1, 1'000, s.max_discard_ratio);
    else if (name == "noshrink") good = number(value, 0, 1, flag);
    else known = false;
    s.noshrink = flag != 0;
    if (!known)
        problem = "expected seed, max_success, max_size, max_discard_ratio or noshrink, found '" +
                  std::string(name) + "'";
    else if (!good)
        problem = std::string(name) + ": expected a number in its range, found '" +
                  std::string(value) + "'";
    return known && good;
}

}  // namespace

bool read_settings(std::string_view text, Settings& settings, std::string& problem) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) {
            problem = "expected NAME=VALUE, found '" + std::string(word) + "'";
            return false;
        }
        if (!set(word.substr(0, equals), word.substr(equals + 1), settings, problem)) return false;
    }
    return true;
}
Settings settings_of_environment() {
    Settings settings;
    const char* text = std::getenv("RC_PARAMS");
    std::string problem;
    if (text != nullptr && !read_settings(text, settings, problem))
        throw std::invalid_argument("RC_PARAMS: " + problem);
    return settings;
}

}  // namespace faultline::properties
