// tools/draw.cpp - address spaces side by side, their page-table entries, and the frames below.
//
// Why: processes in one row and frames in the next make the mapping a two-row graph, so lines never
//      cross an address space; what two processes share is where two lines meet.
#include "tools/draw.hpp"

#include <algorithm>
#include <map>

#include "tools/svg.hpp"

namespace faultline {
namespace {

constexpr double mm_gap = 22, top = 4, head_height = 30, bar_height = 46, entry_height = 34;
constexpr double link_height = 64, frame_height = 62, frame_gap = 10, frame_width = 130;

std::string num(int n) { return std::to_string(n); }

std::string with_mark(std::string classes, const std::string& object, const Highlights& marks) {
    if (marks.count(object)) classes += " mark";
    return classes;
}

/// Where things stand; computed once per picture.
struct Layout {
    double page_width = 88;
    std::vector<double> mm_x;  ///< left edge of each mm
    double bars_y = 0, entries_y = 0, frames_y = 0, frames_x = 0, width = 0;
};

Layout layout_of(const StateView& state, int pages) {
    Layout at;
    const auto mms = static_cast<double>(std::max<std::size_t>(state.mms.size(), 1));
    at.page_width = std::clamp(1000.0 / (mms * pages), 38.0, 88.0);
    double x = 1;
    for (std::size_t i = 0; i < state.mms.size(); ++i) {
        at.mm_x.push_back(x);
        x += at.page_width * pages + mm_gap;
    }
    const auto frames = static_cast<double>(state.frames.size());
    const double frames_wide = frames * (frame_width + frame_gap) - frame_gap;
    at.width = std::max(x - mm_gap, frames_wide + 1);
    at.frames_x = std::max(1.0, (at.width - frames_wide) / 2);
    at.bars_y = top + head_height;
    at.entries_y = at.bars_y + bar_height + 3;
    at.frames_y = at.entries_y + entry_height + link_height;
    return at;
}

void draw_vma(Svg& svg, const Layout& at, double x0, int mm, const VmaView& v,
              const Highlights& marks) {
    const std::string name = vma_name(mm, v);
    const std::string anon = v.anon_vma < 0 ? "no anon_vma" : "av " + num(v.anon_vma);
    const double x = x0 + at.page_width * v.lo + 1, width = at.page_width * (v.hi - v.lo) - 2;
    svg.open("", name + "  " + v.flags + "  pgoff " + num(v.pgoff) + "  " + anon + "  chain " +
                     set_text(v.chain));
    svg.box(x, at.bars_y, width, bar_height, with_mark("vma", "vma " + name, marks));
    svg.text(x + 5, at.bars_y + 13, "strong", fitted(v.flags, width - 8));
    svg.text(x + 5, at.bars_y + 26, "", fitted("pgoff " + num(v.pgoff) + " " + anon, width - 8));
    svg.text(x + 5, at.bars_y + 39, "", fitted(set_text(v.chain), width - 8));
    svg.close();
}

void draw_entry(Svg& svg, const Layout& at, double x0, int mm, const PteView& p,
                const Highlights& marks) {
    const std::string object = "pte P" + num(mm) + ":" + num(p.page);
    const double x = x0 + at.page_width * p.page + 1, width = at.page_width - 2;
    const std::string target = p.kind == "present" ? "→ f" + num(p.frame)
                               : p.slot >= 0       ? "→ s" + num(p.slot)
                                                   : p.kind;
    const std::string bits = p.bits.empty() ? "" : " " + p.bits;
    svg.open("", object + "  " + p.kind + (p.frame < 0 ? "" : " frame " + num(p.frame)) +
                     (p.bits.empty() ? "" : "  bits " + p.bits) + "  should read " + num(p.want));
    svg.box(x, at.entries_y, width, entry_height, with_mark("pte " + p.kind, object, marks));
    svg.text(x + 5, at.entries_y + 13, "", fitted(target + bits, width - 6));
    svg.text(x + 5, at.entries_y + 27, "faint", fitted("want " + num(p.want), width - 6));
    svg.close();
}

void draw_mm(Svg& svg, const Layout& at, double x, const MmView& m, int pages,
             const Highlights& marks) {
    svg.open("", "mm P" + num(m.id) + "  " + m.state + "  rss_anon " + num(m.rss_anon) +
                     "  map_count " + num(m.map_count) + "  brk " + num(m.brk));
    svg.text(x + 1, top + 10, with_mark("title", "mm P" + num(m.id), marks),
             fitted("P" + num(m.id) + " " + m.state, at.page_width * pages));
    svg.text(x + 1, top + 23, "faint",
             fitted("rss " + num(m.rss_anon) + " map_count " + num(m.map_count),
                    at.page_width * pages));
    svg.close();
    for (int page = 0; page < pages; ++page) {
        const double px = x + at.page_width * page + 1;
        svg.box(px, at.bars_y, at.page_width - 2, bar_height, "hole");
        svg.box(px, at.entries_y, at.page_width - 2, entry_height, "hole");
    }
    for (const VmaView& v : m.vmas) draw_vma(svg, at, x, m.id, v, marks);
    for (const PteView& p : m.ptes) draw_entry(svg, at, x, m.id, p, marks);
}

void draw_frame(Svg& svg, double x, double y, const FrameView& f, const StateView& state,
                const Highlights& marks) {
    const std::string object = "frame " + num(f.id);
    const std::string anon = f.anon_vma < 0 ? "no anon_vma" : "av " + num(f.anon_vma) + " index " +
                                                                  num(f.index);
    svg.open("", object + "  refcount " + num(f.refcount) + "  mapcount " + num(f.mapcount) + "  " +
                     f.flags + "  " + anon + "  value " + num(f.value));
    svg.box(x, y, frame_width, frame_height, with_mark("frame", object, marks));
    svg.text(x + 6, y + 13, "strong", "f" + num(f.id) + "  value " + num(f.value));
    svg.text(x + 6, y + 27, "", fitted("ref " + num(f.refcount) + " map " + num(f.mapcount),
                                       frame_width - 8));
    svg.text(x + 6, y + 41, "", fitted(anon, frame_width - 8));
    svg.text(x + 6, y + 55, "faint",
             fitted((f.slot < 0 ? "" : "s" + num(f.slot) + " ") + f.flags, frame_width - 8));
    svg.close();
    double below = y + frame_height + 12;
    for (const HandleView& h : state.handles) {
        if (h.frame != f.id) continue;
        const std::string text = "h" + num(h.id) + " " + h.kind + (h.write ? " write" : " read") +
                                 (h.mm < 0 ? "" : " P" + num(h.mm) + ":" + num(h.page));
        svg.text(x + 6, below, with_mark("handle", "handle " + num(h.id), marks), text);
        below += 13;
    }
}

}  // namespace

Highlights highlights(const std::vector<Change>& changes) {
    Highlights marks;
    for (const Change& c : changes)
        if (c.kind != Change::Kind::removed) marks.insert(c.object);
    return marks;
}

int arena_pages(const StateView& state) {
    int pages = 1;
    for (const MmView& m : state.mms) {
        for (const VmaView& v : m.vmas) pages = std::max(pages, v.hi);
        for (const PteView& p : m.ptes) pages = std::max(pages, p.page + 1);
    }
    return std::min(pages, 512);
}

std::string draw_address_spaces(const StateView& state, const Highlights& marks, int pages) {
    pages = std::max(pages, 1);
    const Layout at = layout_of(state, pages);
    Svg svg("Address spaces: " + num(static_cast<int>(state.mms.size())) + " processes, " +
            num(static_cast<int>(state.frames.size())) + " frames in use");
    if (state.mms.empty()) svg.text(1, 16, "faint", "no process");
    std::map<int, double> frame_x;
    for (std::size_t i = 0; i < state.frames.size(); ++i)
        frame_x[state.frames[i].id] =
            at.frames_x + static_cast<double>(i) * (frame_width + frame_gap);
    for (std::size_t i = 0; i < state.mms.size(); ++i) {
        const MmView& m = state.mms[i];
        for (const PteView& p : m.ptes) {  // lines first: boxes cover their ends
            const auto to = frame_x.find(p.frame);
            if (p.kind != "present" || to == frame_x.end()) continue;
            const std::string object = "pte P" + num(m.id) + ":" + num(p.page);
            svg.link(at.mm_x[i] + at.page_width * (p.page + 0.5), at.entries_y + entry_height,
                     to->second + frame_width / 2, at.frames_y, with_mark("link", object, marks));
        }
        draw_mm(svg, at, at.mm_x[i], m, pages, marks);
    }
    for (const FrameView& f : state.frames)
        draw_frame(svg, frame_x[f.id], at.frames_y, f, state, marks);
    double y = at.frames_y + frame_height + 14;
    for (const HandleView& h : state.handles) (void)h, y = at.frames_y + frame_height + 40;
    for (const TaskView& t : state.tasks) {
        svg.text(1, y += 13, with_mark("task", "task T" + num(t.id), marks),
                 "T" + num(t.id) + "  next " + t.step + "  " + t.fields);
    }
    return svg.str();
}

}  // namespace faultline
