// tools/draw_anon_vma.cpp - the anon_vma forest above, the chains as a table of dots below it.
//
// Why: a chain is a set of links from one VMA to many anon_vmas. Drawn as lines it is a tangle; as
//      rows of dots under the tree, two VMAs with the same anon_vma and different chains stand out.
#include <algorithm>
#include <map>
#include <set>

#include "tools/draw.hpp"
#include "tools/svg.hpp"

namespace faultline {
namespace {

constexpr double label_width = 118, node_width = 92, node_gap = 8, node_height = 46;
constexpr double level_height = 64, row_height = 20;

std::string num(int n) { return std::to_string(n); }

struct Place {
    int column = 0, depth = 0;
};

/// Depth first: a child stands right of its parent and one level lower. A parent that is gone, or a
/// cycle a bug made, gives a root.
class Forest {
  public:
    explicit Forest(const std::vector<AnonVmaView>& all) {
        std::set<int> known;
        for (const AnonVmaView& a : all) known.insert(a.id);
        for (const AnonVmaView& a : all)
            if (a.parent != a.id && known.count(a.parent)) children_[a.parent].push_back(a.id);
        for (const AnonVmaView& a : all)
            if (a.parent == a.id || !known.count(a.parent)) visit(a.id, 0);
        for (const AnonVmaView& a : all) visit(a.id, 0);
    }
    std::map<int, Place> places;
    int depth = 0;

  private:
    void visit(int id, int level) {
        if (places.count(id)) return;
        places[id] = {static_cast<int>(places.size()), level};
        depth = std::max(depth, level + 1);
        for (int child : children_[id]) visit(child, level + 1);
    }
    std::map<int, std::vector<int>> children_;
};

double column_x(int column) { return label_width + column * (node_width + node_gap); }
double column_middle(int column) { return column_x(column) + node_width / 2; }

void draw_node(Svg& svg, const AnonVmaView& a, const Place& at, const Highlights& marks) {
    const std::string object = "anon_vma " + num(a.id);
    const double x = column_x(at.column), y = 2 + at.depth * level_height;
    svg.open("", object + "  parent " + num(a.parent) + "  root " + num(a.root) + "  refcount " +
                     num(a.refcount) + "  num_children " + num(a.num_children) +
                     "  num_active_vmas " + num(a.num_active_vmas) + "  age " + num(a.age));
    svg.box(x, y, node_width, node_height, marks.count(object) ? "anon mark" : "anon");
    svg.text(x + 6, y + 13, "strong", "av " + num(a.id) + (a.root == a.id ? "  root" : ""));
    svg.text(x + 6, y + 26, "", fitted("ref " + num(a.refcount), node_width - 8));
    svg.text(x + 6, y + 39, "",
             fitted("ch " + num(a.num_children) + " vma " + num(a.num_active_vmas),
                    node_width - 8));
    svg.close();
}

/// The rows of dots, with a hairline down from each anon_vma.
class Links {
  public:
    Links(Svg& svg, const Forest& forest, double y) : svg_(svg), forest_(forest), y_(y) {}

    void heading(const std::string& text) {
        svg_.text(1, y_ + 13, "faint", text);
        y_ += row_height;
    }
    void vma(int mm, const VmaView& v, const Highlights& marks) {
        const std::string name = vma_name(mm, v);
        svg_.open("", name + "  chain " + set_text(v.chain) + "  anon_vma " + num(v.anon_vma));
        label(name, marks.count("vma " + name) > 0);
        for (int id : v.chain)
            at(id, [&](double x) { svg_.dot(x, y_ + 10, 4.5, "linked"); });
        if (v.anon_vma >= 0)
            at(v.anon_vma, [&](double x) { svg_.dot(x, y_ + 10, 8, "own"); });
        svg_.close();
        y_ += row_height;
    }
    void frame(const FrameView& f, const std::string& mapped_by, const Highlights& marks) {
        const std::string name = "f" + num(f.id) + (mapped_by.empty() ? "" : " " + mapped_by);
        svg_.open("", "frame " + num(f.id) + ", mapped by " + mapped_by +
                          ", its reverse map starts at anon_vma " + num(f.anon_vma));
        label(fitted(name, label_width - 6), marks.count("frame " + num(f.id)) > 0);
        if (f.anon_vma >= 0)
            at(f.anon_vma, [&](double x) { svg_.box(x - 5, y_ + 5, 10, 10, "start", 1); });
        svg_.close();
        y_ += row_height;
    }
    double y() const { return y_; }

  private:
    void label(const std::string& text, bool marked) {
        svg_.text(1, y_ + 13, marked ? "strong marktext" : "strong", text);
    }
    template <class F>
    void at(int id, F draw) {
        const auto place = forest_.places.find(id);
        if (place != forest_.places.end()) {
            draw(column_middle(place->second.column));
        } else {  // a dangling id: say it at the right edge
            svg_.text(column_x(static_cast<int>(forest_.places.size())), y_ + 13, "marktext",
                      "av " + num(id) + " is freed");
        }
    }
    Svg& svg_;
    const Forest& forest_;
    double y_;
};

std::string mappers(const StateView& state, int frame) {
    std::string text;
    for (const MmView& m : state.mms)
        for (const PteView& p : m.ptes)
            if (p.frame == frame && p.kind == "present")
                text += (text.empty() ? "P" : " P") + num(m.id) + ":" + num(p.page);
    return text;
}

}  // namespace

std::string draw_anon_vmas(const StateView& state, const Highlights& marks) {
    const Forest forest(state.anon_vmas);
    Svg svg("The anon_vma tree: " + num(static_cast<int>(state.anon_vmas.size())) +
            " anon_vmas, with the chains of the VMAs");
    if (state.anon_vmas.empty()) svg.text(1, 16, "faint", "no anon_vma");
    const double rows_y = 2 + forest.depth * level_height;
    int rows = 0, frames = 0;
    for (const MmView& m : state.mms) rows += static_cast<int>(m.vmas.size());
    for (const FrameView& f : state.frames) frames += f.anon_vma >= 0;
    Links links(svg, forest, rows_y);
    const double end = rows_y + row_height * (rows + frames + (rows ? 1 : 0) + (frames ? 1 : 0));
    for (const auto& [id, at] : forest.places)
        svg.line(column_middle(at.column), 2 + at.depth * level_height + node_height,
                 column_middle(at.column), end, "hair");
    for (const AnonVmaView& a : state.anon_vmas) {
        const Place at = forest.places.at(a.id);
        const auto parent = forest.places.find(a.parent);
        if (a.parent != a.id && parent != forest.places.end())
            svg.link(column_middle(parent->second.column),
                     2 + parent->second.depth * level_height + node_height,
                     column_middle(at.column), 2 + at.depth * level_height, "link");
    }
    for (const AnonVmaView& a : state.anon_vmas) draw_node(svg, a, forest.places.at(a.id), marks);
    if (rows) links.heading("VMA chains");
    for (const MmView& m : state.mms)
        for (const VmaView& v : m.vmas) links.vma(m.id, v, marks);
    if (frames) links.heading("frame mapping");
    for (const FrameView& f : state.frames)
        if (f.anon_vma >= 0) links.frame(f, mappers(state, f.id), marks);
    return svg.str();
}

}  // namespace faultline
