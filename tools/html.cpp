// tools/html.cpp - the page: what was decided within which bounds, then the sections.
//
// Why: someone who reads only the first screen must not come away with more than was shown, so the
//      bounds and the kernels stand in the headline and not in a footnote.
#include "tools/html.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "tools/markup.hpp"

namespace faultline {
namespace {

constexpr std::size_t story_limit = 40;             ///< stories shown in full
constexpr std::size_t picture_budget = 3'000'000;   ///< bytes for pictures of earlier steps

std::string joined(const std::vector<std::string>& words, const std::string& between = ", ") {
    std::string text;
    for (const std::string& w : words) text += (text.empty() ? "" : between) + w;
    return text;
}

std::vector<std::string> distinct(std::vector<std::string> words) {
    std::vector<std::string> out;
    for (std::string& w : words)
        if (!w.empty() && std::find(out.begin(), out.end(), w) == out.end())
            out.push_back(std::move(w));
    return out;
}

/// Cells that speak about the model on a kernel; laws of the codecs hold for words.
bool about_model(const Cell& c) {
    return c.kind == "init" || c.kind == "step" || c.kind == "bites";
}

std::vector<std::string> kernels_of(const Document& d) {
    std::vector<std::string> all;
    if (d.proof)
        for (const Cell& c : d.proof->cells)
            if (about_model(c)) all.push_back(c.kernel);
    for (const ExploreReport& e : d.explorations) all.push_back(e.kernel);
    for (const RunReport& r : d.runs) all.push_back(r.kernel);
    if (all.empty()) all.push_back(d.kernel);
    return distinct(all);
}

/// Kernels on which something is violated that was not expected.
std::vector<std::string> violated_kernels(const Document& d) {
    std::vector<std::string> all;
    if (d.proof)
        for (const Cell& c : d.proof->cells)
            if (exit_of_cell(c) == Exit::violated) all.push_back(c.kernel);
    for (const ExploreReport& e : d.explorations)
        if (exit_of(e.verdict) == Exit::violated) all.push_back(e.kernel);
    for (const RunReport& r : d.runs)
        if (r.exit == Exit::violated) all.push_back(r.kernel);
    return distinct(all);
}

std::vector<std::string> violated_claims(const Document& d) {
    std::vector<std::string> all;
    if (d.proof)
        for (const Cell& c : d.proof->cells)
            if (exit_of_cell(c) == Exit::violated) all.push_back(c.claim);
    for (const StoryRef& s : all_stories(d))
        if (!s.expected) all.push_back(s.story->claim);
    return distinct(all);
}

std::string bounds_in_words(const Document& d, const std::string& name) {
    for (const ListItem& i : d.items)
        if (i.kind == "bounds" && i.id == name && !i.text.empty())
            return name + " (" + i.text + (i.extra.empty() ? "" : ": " + i.extra) + ")";
    return name;
}

/// A kernel that carries a bug has cells that must be violated; a headline must not hide them.
std::string known_to_break(const Document& d) {
    int n = 0;
    if (d.proof)
        for (const Cell& c : d.proof->cells)
            if (c.expected_violation && c.verdict == Verdict::violated) ++n;
    if (n == 0) return "";
    return ", but for " + counted(static_cast<std::size_t>(n), "cell") + " known to break";
}

std::string headline(const Document& d) {
    const std::string on = " on " + joined(kernels_of(d));
    switch (d.exit) {
        case Exit::holds:
            return "Every claim holds" + on + known_to_break(d) + ", within the bounds below";
        case Exit::violated: {
            const auto claims = violated_claims(d);
            for (const FuzzReport& f : d.fuzz)
                if (claims.empty() && f.verdict == Verdict::violated)
                    return "A system differs from the reference: " + f.system;
            for (const MutantRow& m : d.mutants)
                if (claims.empty() && !m.killed) return "A planted bug was not found: " + m.name;
            if (claims.empty()) return "Not every exhibit of the museum was found";
            const bool many = claims.size() > 3;
            return counted(claims.size(), "claim") + (claims.size() == 1 ? " is" : " are") +
                   " violated on " +
                   joined(violated_kernels(d)) + (many ? "" : ": " + joined(claims));
        }
        case Exit::unknown: return "Not everything was decided" + on;
        case Exit::vacuous: return "Some claims cannot fail" + on + ", so they say nothing";
        case Exit::usage:
        case Exit::tool_error: return "This run is incomplete: an engine failed";
    }
    return "";
}

/// One sentence an engine, each with its bounds.
std::string scope(const Document& d) {
    std::string out;
    if (d.proof) {
        std::vector<std::string> bounds;
        for (const Cell& c : d.proof->cells)
            if (about_model(c)) bounds.push_back(c.bounds);
        if (bounds.empty())
            for (const Cell& c : d.proof->cells) bounds.push_back(c.bounds);
        bounds = distinct(bounds);
        for (std::string& b : bounds) b = bounds_in_words(d, b);
        const Count n = count_cells(d.proof->cells);
        const int asked = n.total() - n.not_applicable;
        out += "<p class=\"lede\"><strong>Proved</strong> by induction, for interleavings of any "
               "length, within bounds " + escaped(joined(bounds)) + ": " +
               grouped(static_cast<std::uint64_t>(n.holds)) + " of " +
               grouped(static_cast<std::uint64_t>(asked)) + " obligations hold" +
               (n.expected ? ", " + grouped(static_cast<std::uint64_t>(n.expected)) +
                                 " are violated as listed for kernels known to carry a bug"
                           : "") +
               ".</p>";
    }
    for (const ExploreReport& e : d.explorations)
        out += "<p class=\"lede\"><strong>Explored</strong> " + escaped(e.kernel) +
               " within bounds " + escaped(bounds_in_words(d, e.bounds)) + ": " +
               grouped(e.states) + " states" +
               (e.complete ? ", all that can be reached" : ", not all that can be reached") +
               (e.symmetry ? ", up to symmetry" : "") + ".</p>";
    return out + "<p class=\"soft\">Nothing is said about larger machines, or about what the model "
                 "leaves out (spec/ABSTRACTIONS.md).</p>";
}

std::string tile(const std::string& value, const std::string& words) {
    return "<div class=\"tile\"><b>" + value + "</b><span>" + words + "</span></div>";
}

std::string tiles(const Document& d) {
    std::string out = "<div class=\"tiles\">";
    if (d.proof) {
        std::set<std::string> claims, steps;
        for (const Cell& c : d.proof->cells) {
            if (c.kind == "step" || c.kind == "init") claims.insert(c.claim);
            if (c.kind == "step") steps.insert(c.step);
        }
        out += tile(std::to_string(claims.size()) + " × " + std::to_string(steps.size()),
                    "claims × steps proved over");
        out += tile(grouped(d.proof->certificates), "checked certificates");
        out += tile(grouped(d.proof->second_opinions), "decided by a second solver");
    }
    std::uint64_t states = 0;
    for (const ExploreReport& e : d.explorations) states += e.states;
    if (!d.explorations.empty()) out += tile(grouped(states), "states explored");
    if (!d.museum.empty()) {
        std::set<std::string> all, bad;
        for (const MuseumRow& r : d.museum) {
            all.insert(r.id);
            if (exit_of_row(r) != Exit::holds) bad.insert(r.id);
        }
        out += tile(std::to_string(all.size() - bad.size()) + " of " + std::to_string(all.size()),
                    "old bugs found by every engine listed");
    }
    const auto stories = all_stories(d);
    const auto news = std::count_if(stories.begin(), stories.end(),
                                    [](const StoryRef& s) { return !s.expected; });
    out += tile(std::to_string(news), news == 1 ? "unexpected counterexample"
                                                : "unexpected counterexamples");
    return out + "</div>";
}

std::string header(const Document& d) {
    std::string css = exit_name(d.exit);
    std::replace(css.begin(), css.end(), ' ', '-');
    std::string out = "<header><p class=\"eyebrow\">Faultline " + escaped(d.command) +
                      " report: a checked reference model of Linux x86-64 virtual memory</p>"
                      "<div class=\"banner " + css + "\"><h1>" + escaped(headline(d)) + "</h1>" +
                      scope(d) + "</div>";
    for (const std::string& e : d.errors)
        out += "<p>" + html::badge(Exit::tool_error, "tool error") + " " + escaped(e) + "</p>";
    out += tiles(d);
    out += "<p class=\"meta\">" + escaped(d.tool.name + " " + d.tool.version) + ", commit <code>" +
           escaped(d.tool.commit) + "</code>, " + escaped(d.tool.compiler) + ", " +
           escaped(d.tool.build) + " build; <code>faultline " +
           escaped(joined({d.command, joined(d.arguments, " ")}, " ")) + "</code>; rules " +
           escaped(d.rules.empty() ? "of the kernel, none overridden" : joined(d.rules)) +
           "; seed " + escaped(d.seed) + "; exit code " +
           std::to_string(static_cast<int>(d.exit)) + "</p></header>\n";
    return out;
}

std::string navigation(const Document& d, bool failures, bool expected) {
    std::string out = "<nav aria-label=\"Sections\">";
    const auto add = [&](bool there, const char* id, const char* words) {
        if (there) out += std::string("<a href=\"#") + id + "\">" + words + "</a>";
    };
    add(failures, "failures", "Counterexamples");
    add(!d.runs.empty(), "run", "Run");
    add(d.proof.has_value(), "proof", "Proof");
    add(!d.explorations.empty(), "exploration", "Exploration");
    add(!d.museum.empty(), "museum", "Museum");
    add(expected, "found", "Stories of the museum");
    add(!d.fuzz.empty() || !d.mutants.empty(), "hammer", "Hammer");
    add(!d.bench.empty(), "speed", "Speed");
    add(!d.items.empty(), "claims", "Claims in words");
    return out + "</nav>\n";
}

std::string run_section(const Document& d, std::size_t& budget) {
    std::string out;
    for (const RunReport& r : d.runs) {
        if (!r.stories.empty()) continue;  // shown above as counterexamples
        Story story;
        story.headline = r.kernel + ", bounds " + r.bounds;
        story.found_by = "run";
        story.before = r.before;
        story.steps = r.steps;
        story.trace_path = r.trace;
        out += "<h3>" + html::badge(r.exit, exit_name(r.exit)) + " <code>" + escaped(r.trace) +
               "</code></h3>" + (r.error.empty() ? "" : "<p>" + escaped(r.error) + "</p>") +
               html::story_article({&story, true, ""}, 0, budget);
    }
    return out.empty() ? "" : "<section id=\"run\"><h2>Run</h2>" + out + "</section>\n";
}

std::string stories_section(const std::vector<StoryRef>& all, bool expected, const char* id,
                            const char* title, std::size_t& budget) {
    std::string out;
    std::size_t shown = 0, left = 0, number = 0;
    for (const StoryRef& s : all) {
        ++number;
        if (s.expected != expected) continue;
        if (shown < story_limit) {
            ++shown;
            out += html::story_article(s, number, budget);
        } else {
            ++left;
        }
    }
    if (out.empty()) return "";
    if (left) out += "<p>" + grouped(left) + " more are in the JSON report.</p>";
    return std::string("<section id=\"") + id + "\"><h2>" + title + "</h2>" + out + "</section>\n";
}

std::string claims_section(const Document& d) {
    std::string rows;
    for (const ListItem& i : d.items) {
        if (i.kind != "claim") continue;
        rows += "<tr id=\"" + html::anchor(i.id) + "\"><td><code>" + escaped(i.id) +
                "</code><br><span class=\"soft\">" + escaped(i.extra) + "</span></td><td>" +
                escaped(i.text) + "</td><td class=\"soft\">" + escaped(i.source) + "</td></tr>\n";
    }
    if (rows.empty()) return "";
    return "<section id=\"claims\"><h2>Claims in words</h2><div class=\"scroll\"><table "
           "class=\"plain\"><tr><th>claim</th><th>says</th><th>source</th></tr>" +
           rows + "</table></div></section>\n";
}

}  // namespace

namespace html {

std::string badge(Exit exit, const std::string& words) {
    std::string css = exit_name(exit);
    std::replace(css.begin(), css.end(), ' ', '-');
    return "<span class=\"badge " + css + "\">" + escaped(words) + "</span>";
}

std::string anchor(const std::string& id) {
    std::string out = "c-";
    for (const char c : id) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        out += plain ? c : '_';
    }
    return out;
}

}  // namespace html

std::string to_html(const Document& d) {
    const std::vector<StoryRef> stories = all_stories(d);
    std::size_t budget = picture_budget;
    const std::string failures =
        stories_section(stories, false, "failures", "Counterexamples", budget);
    const std::string run = run_section(d, budget);
    const std::string found =
        stories_section(stories, true, "found", "What the old bugs do, step by step", budget);
    std::string out =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\">"
        "<meta name=\"generator\" content=\"faultline\">"
        "<title>" + escaped("Faultline: " + headline(d)) + "</title><style>" +
        html::style_sheet() + "</style></head><body>\n";
    out += header(d) + navigation(d, !failures.empty(), !found.empty()) + "<main>\n" + failures +
           run + html::matrix_section(d) + html::exploration_section(d) +
           html::museum_section(d) + found + html::hammer_section(d) +
           html::bench_section(d) + claims_section(d);
    return out + "</main></body></html>\n";
}

}  // namespace faultline
