// tools/svg.hpp - a small SVG writer: boxes, lines, text, groups with a tooltip.
//
// Why: the pictures are regular (bars, boxes, a tree), so no layout engine and no foreign code is
//      needed. Colours are classes of the page's style sheet, so one picture serves light and dark.
#pragma once
#include <string>
#include <string_view>

namespace faultline {

class Svg {
  public:
    /// `words` name the picture for readers who do not see it.
    explicit Svg(std::string words) : words_(std::move(words)) {}

    void box(double x, double y, double width, double height, std::string_view classes,
             double radius = 4);
    void line(double x1, double y1, double x2, double y2, std::string_view classes);
    /// A line that leaves and arrives vertically.
    void link(double x1, double y1, double x2, double y2, std::string_view classes);
    void dot(double x, double y, double radius, std::string_view classes);
    enum class Anchor { start, middle, end };
    void text(double x, double y, std::string_view classes, std::string_view text,
              Anchor anchor = Anchor::start);
    /// Everything until `close` shows `title` as its tooltip.
    void open(std::string_view classes, std::string_view title);
    void close();
    /// The element; `width` and `height` are what was drawn plus a margin.
    std::string str() const;

  private:
    void reach(double x, double y);
    std::string words_, body_;
    double width_ = 0, height_ = 0;
};

/// The longest prefix of `text` that fits `width` in the pictures' fixed font, "…" where cut.
std::string fitted(std::string_view text, double width);

}  // namespace faultline
