// tools/svg.cpp - writes SVG elements into a string.
//
// Why: coordinates are rounded to tenths and printed without a locale, so equal states give equal
//      bytes.
#include "tools/svg.hpp"

#include <algorithm>
#include <cmath>

#include "tools/markup.hpp"

namespace faultline {
namespace {

constexpr double column_width = 6.1;  ///< of the 10 px fixed font
constexpr double margin = 2;
constexpr double scale = 1.12;        ///< shown a little larger than drawn, for the small font

std::string n(double value) {
    const long tenths = std::lround(value * 10);
    const long whole = tenths / 10, rest = std::labs(tenths % 10);
    const std::string sign = tenths < 0 && whole == 0 ? "-" : "";
    return sign + std::to_string(whole) + (rest ? "." + std::to_string(rest) : "");
}
std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + std::string(value) + "\"";
}
std::string classes_of(std::string_view classes) {
    return classes.empty() ? "" : attribute("class", escaped(classes));
}
std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(),
        [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

}  // namespace

void Svg::reach(double x, double y) {
    width_ = std::max(width_, x);
    height_ = std::max(height_, y);
}

void Svg::box(double x, double y, double width, double height, std::string_view classes,
              double radius) {
    reach(x + width, y + height);
    body_ += "<rect" + attribute("x", n(x)) + attribute("y", n(y)) + attribute("width", n(width)) +
             attribute("height", n(height)) + attribute("rx", n(radius)) + classes_of(classes) +
             "/>";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
    reach(std::max(x1, x2), std::max(y1, y2));
    body_ += "<path" + attribute("d", "M" + n(x1) + " " + n(y1) + "L" + n(x2) + " " + n(y2)) +
             classes_of(classes) + "/>";
}

void Svg::link(double x1, double y1, double x2, double y2, std::string_view classes) {
    reach(std::max(x1, x2), std::max(y1, y2));
    const double bend = (y1 + y2) / 2;
    body_ += "<path" +
             attribute("d", "M" + n(x1) + " " + n(y1) + "C" + n(x1) + " " + n(bend) + " " + n(x2) +
                                " " + n(bend) + " " + n(x2) + " " + n(y2)) +
             classes_of(classes) + "/>";
}

void Svg::dot(double x, double y, double radius, std::string_view classes) {
    reach(x + radius, y + radius);
    body_ += "<circle" + attribute("cx", n(x)) + attribute("cy", n(y)) + attribute("r", n(radius)) +
             classes_of(classes) + "/>";
}

void Svg::text(double x, double y, std::string_view classes, std::string_view text, Anchor anchor) {
    const double length = column_width * static_cast<double>(code_points(text));
    reach(anchor == Anchor::start ? x + length : anchor == Anchor::middle ? x + length / 2 : x, y);
    body_ += "<text" + attribute("x", n(x)) + attribute("y", n(y)) + classes_of(classes);
    if (anchor == Anchor::middle) body_ += attribute("text-anchor", "middle");
    if (anchor == Anchor::end) body_ += attribute("text-anchor", "end");
    body_ += ">" + escaped(text) + "</text>";
}

void Svg::open(std::string_view classes, std::string_view title) {
    body_ += "<g" + classes_of(classes) + ">";
    if (!title.empty()) body_ += "<title>" + escaped(title) + "</title>";
}

void Svg::close() { body_ += "</g>"; }

std::string Svg::str() const {
    const double wide = std::ceil(width_ + margin), high = std::ceil(height_ + margin);
    return "<svg class=\"pic\" role=\"img\"" + attribute("aria-label", escaped(words_)) +
           attribute("width", n(wide * scale)) + attribute("height", n(high * scale)) +
           attribute("viewBox", "0 0 " + n(wide) + " " + n(high)) + ">" + body_ + "</svg>";
}

std::string fitted(std::string_view text, double width) {
    const auto room = static_cast<std::size_t>(std::max(0.0, width / column_width));
    if (code_points(text) <= room) return std::string(text);
    if (room < 2) return "";
    std::size_t end = 0, seen = 0;
    while (end < text.size()) {
        const bool starts = (static_cast<unsigned char>(text[end]) >> 6) != 2;
        if (starts && seen++ == room - 1) break;
        ++end;
    }
    return std::string(text.substr(0, end)) + "…";
}

}  // namespace faultline
