// tools/html_story.cpp - one counterexample: the claim, the steps with what each changed, pictures.
//
// Why: the reader wants the last step and the difference it made first, and every earlier step one
//      click away; without a script, <details> is that click.
#include <algorithm>
#include <vector>

#include "tools/diff.hpp"
#include "tools/draw.hpp"
#include "tools/failure_block.hpp"
#include "tools/html.hpp"
#include "tools/markup.hpp"

namespace faultline::html {
namespace {

std::string change_table(const std::vector<Change>& changes) {
    if (changes.empty()) return "<p class=\"soft changes\">no change</p>";
    std::string out = "<table class=\"changes mono\">";
    for (const Change& c : changes) {
        out += "<tr><td>" + escaped(c.object) + "</td>";
        if (c.kind == Change::Kind::changed)
            out += "<td>" + escaped(c.field) + "</td><td class=\"minus\">− " + escaped(c.before) +
                   "</td><td class=\"plus\">+ " + escaped(c.after) + "</td>";
        else if (c.kind == Change::Kind::added)
            out += "<td colspan=\"3\" class=\"plus\">+ " + escaped(c.after) + "</td>";
        else
            out += "<td colspan=\"3\" class=\"minus\">− " + escaped(c.before) + "</td>";
        out += "</tr>";
    }
    return out + "</table>";
}

std::string figure(const std::string& caption, const std::string& svg) {
    return "<figure tabindex=\"0\"><figcaption>" + escaped(caption) + "</figcaption>" + svg +
           "</figure>";
}

int pages_of(const Story& story) {
    int pages = arena_pages(story.before);
    for (const StoryStep& s : story.steps) pages = std::max(pages, arena_pages(s.after));
    return pages;
}

/// Both pictures before and after; the later one marks what changed.
std::string before_after(const StateView& before, const StateView& after,
                         const std::string& step, int pages) {
    const Highlights marks = highlights(diff(before, after));
    std::string out = "<div class=\"pictures\">";
    out += figure("Address spaces before " + step, draw_address_spaces(before, {}, pages));
    out += figure("… and after it (changed rows outlined)",
                  draw_address_spaces(after, marks, pages));
    out += "</div>";
    if (before.anon_vmas.empty() && after.anon_vmas.empty()) return out;
    out += "<div class=\"pictures\">";
    out += figure("anon_vmas before " + step, draw_anon_vmas(before, {}));
    out += figure("… and after it", draw_anon_vmas(after, marks));
    return out + "</div><p class=\"soft\">A dot links a VMA to an anon_vma (its chain), a ring is "
                 "the anon_vma its new pages get, a square is where a frame's reverse map "
                 "starts.</p>";
}

std::string step_items(const Story& story, int pages, std::size_t& budget) {
    std::string out = "<ol class=\"steps\">";
    const StateView* before = &story.before;
    for (std::size_t i = 0; i < story.steps.size(); ++i) {
        const StoryStep& s = story.steps[i];
        const bool last = i + 1 == story.steps.size();
        const std::vector<Change> changes = diff(*before, s.after);
        out += std::string("<li") + (last ? " class=\"last\"" : "") + "><details" +
               (last ? " open" : "") + "><summary><span class=\"no\">" + std::to_string(i + 1) +
               "</span><code>" + escaped(s.text) + "</code><code class=\"result\">" +
               escaped(s.result) + "</code><span class=\"count\">" +
               counted(changes.size(), "change") + "</span></summary>" + change_table(changes);
        if (!last) {
            const std::string picture =
                figure("after step " + std::to_string(i + 1),
                       draw_address_spaces(s.after, highlights(changes), pages));
            if (picture.size() <= budget) {
                out += picture;
                budget -= picture.size();
            }
        }
        out += "</details></li>";
        before = &s.after;
    }
    return out + "</ol>";
}

std::string fact(const char* name, const std::string& value) {
    if (value.empty()) return "";
    return std::string("<dt>") + name + "</dt><dd>" + value + "</dd>";
}

}  // namespace

std::string story_article(const StoryRef& ref, std::size_t number, std::size_t& budget) {
    const Story& s = *ref.story;
    const int pages = pages_of(s);
    std::string out = "<details class=\"story\" id=\"story-" + std::to_string(number) + "\"" +
                      (ref.expected ? "" : " open") + "><summary>" +
                      (ref.expected ? badge(Exit::holds, "FOUND AS EXPECTED")
                                    : badge(Exit::violated, "VIOLATED")) +
                      " <strong><code>" + escaped(s.claim) + "</code></strong> <span "
                      "class=\"soft\">" +
                      escaped(s.headline) + "; " + escaped(how_found(s)) + "</span></summary>";
    out += "<p class=\"says\">" + escaped(s.says) + "</p><dl class=\"facts\">";
    out += fact("source", escaped(s.source)) + fact("exhibit", escaped(ref.exhibit));
    const std::string replay = s.replay.empty() ? "faultline run " + s.trace_path : s.replay;
    out += fact("replay", s.trace_path.empty() ? "no trace was written"
                                               : "<code>" + escaped(replay) + "</code>");
    out += "</dl>";
    for (const std::string& d : s.differs)
        out += "<p><code>" + escaped(d) + "</code></p>";
    if (!s.from_initial) {
        out += "<p><strong>A counterexample to induction.</strong> All claims hold in its first "
               "state, but nothing shows that this state can be reached: either it cannot, and a "
               "claim is missing, or it can, and this is a bug.</p>"
               "<h4>The state it starts in</h4>" +
               figure("Address spaces", draw_address_spaces(s.before, {}, pages));
        if (!s.before.anon_vmas.empty())
            out += figure("anon_vmas", draw_anon_vmas(s.before, {}));
    }
    out += "<h4>Steps, and what each changed</h4>" + step_items(s, pages, budget);
    if (!s.steps.empty()) {
        const std::size_t n = s.steps.size();
        const StateView& before = n > 1 ? s.steps[n - 2].after : s.before;
        out += "<h4>The last step in pictures</h4>" +
               before_after(before, s.steps[n - 1].after, "step " + std::to_string(n), pages);
    }
    out += "<details class=\"fold\"><summary>As text</summary><pre>" + escaped(failure_block(s)) +
           "</pre></details></details>\n";
    return out;
}

}  // namespace faultline::html
