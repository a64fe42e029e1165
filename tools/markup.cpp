// tools/markup.cpp - escaping and numbers as text.
//
// Why: see the header; the C locale is never asked, so output is the same everywhere.
#include "tools/markup.hpp"

#include <cmath>
#include <cstdio>
#include <iterator>

namespace faultline {

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: {
                const auto u = static_cast<unsigned char>(c);
                const bool allowed = u >= 0x20 || c == '\n' || c == '\t';
                if (allowed) out += c;
                else out += "\xEF\xBF\xBD";
            }
        }
    }
    return out;
}

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t i = digits.size(); i > 3;) {
        i -= 3;
        digits.insert(i, ",");
    }
    return digits;
}

std::string brief(double value) {
    if (!std::isfinite(value)) return "?";
    if (std::fabs(value) >= 1000 && std::fabs(value) < 1e15)
        return (value < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(std::fabs(value) + 0.5));
    char text[40];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return brief(value) + " " + units[unit];
}

std::string counted(std::uint64_t n, std::string_view noun) {
    return grouped(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

}  // namespace faultline
