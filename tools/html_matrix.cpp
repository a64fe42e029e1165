// tools/html_matrix.cpp - the proof matrix: claims down, steps across, one table per kernel.
//
// Why: a cell is one obligation; the eye finds the column of a broken step or the row of a broken
//      claim. Signs differ without colour, and each cell's title says it in words.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "tools/html.hpp"
#include "tools/markup.hpp"

namespace faultline::html {
namespace {

struct Sign {
    char css;
    const char* glyph;
    const char* words;
};
constexpr Sign sign_holds{'h', "✓", "holds"}, sign_same{'u', "=", "holds: the step changes nothing "
                                                                  "the claim reads"},
    sign_violated{'v', "✗", "violated"}, sign_expected{'e', "✗", "violated, as listed for this "
                                                                 "kernel"},
    sign_unknown{'q', "?", "unknown"}, sign_vacuous{'z', "∅", "vacuous"},
    sign_skipped{'s', "–", "skipped"}, sign_none{'n', "·", "not applicable"};

const Sign& sign_of(const Cell& c) {
    if (c.expected_violation && c.verdict == Verdict::violated) return sign_expected;
    if (c.expected_violation && c.verdict == Verdict::holds) return sign_violated;
    switch (c.verdict) {
        case Verdict::holds:
            return c.certificate == "unchanged" || c.certificate == "constant" ? sign_same
                                                                               : sign_holds;
        case Verdict::violated: return sign_violated;
        case Verdict::unknown: return sign_unknown;
        case Verdict::vacuous: return sign_vacuous;
        case Verdict::skipped: return sign_skipped;
        case Verdict::not_applicable: return sign_none;
    }
    return sign_unknown;
}

std::string area_of(const std::string& id) { return id.substr(0, id.find('.')); }

std::string title_of(const Cell& c) {
    std::string text = c.claim + (c.step.empty() ? "" : " × " + c.step) +
                       (c.kind == "step" ? "" : " (" + c.kind + ")") + ": " +
                       std::string(verdict_name(c.verdict));
    if (c.expected_violation)
        text += c.verdict == Verdict::violated ? ", as listed" : ", but listed as violated";
    for (const std::string& more : {c.exhibit, c.certificate, c.second_solver, c.note})
        if (!more.empty()) text += "; " + more;
    return text;
}

/// A column: "init" and "bites" first, then steps in the order they were met.
using Column = std::pair<std::string, std::string>;  // kind, step

struct Matrix {
    std::string name;                      ///< kernel and bounds
    std::vector<Column> columns;
    std::vector<std::string> claims;
    std::map<std::pair<std::string, Column>, std::vector<const Cell*>> cells;
    std::vector<Cell> all;                 ///< for counting
    std::vector<const Cell*> others;       ///< enabled, refine, law, ...
};

template <class T>
void add_once(std::vector<T>& to, const T& x) {
    if (std::find(to.begin(), to.end(), x) == to.end()) to.push_back(x);
}

bool in_matrix(const Cell& c) { return c.kind == "init" || c.kind == "bites" || c.kind == "step"; }

std::vector<Matrix> matrices(const Document& d) {
    std::vector<Matrix> out;
    const auto of = [&](const Cell& c) -> Matrix& {
        const std::string name = c.kernel + ", bounds " + c.bounds;
        for (Matrix& m : out)
            if (m.name == name) return m;
        out.emplace_back().name = name;
        return out.back();
    };
    for (const char* kind : {"init", "bites"})
        for (const Cell& c : d.proof->cells)
            if (c.kind == kind) add_once(of(c).columns, Column{kind, ""});
    for (const Cell& c : d.proof->cells) {
        Matrix& m = of(c);
        m.all.push_back(c);
        if (!in_matrix(c)) {
            m.others.push_back(&c);
            continue;
        }
        const Column column{c.kind, c.kind == "step" ? c.step : ""};
        if (c.kind == "step") add_once(m.columns, column);
        add_once(m.claims, c.claim);
        m.cells[{c.claim, column}].push_back(&c);
    }
    for (Matrix& m : out)  // by area, areas in order of appearance
        std::stable_sort(m.claims.begin(), m.claims.end(),
                         [](const std::string& a, const std::string& b) {
                             return area_of(a) < area_of(b);
                         });
    return out;
}

std::string count_words(const Count& n) {
    std::string text = grouped(static_cast<std::uint64_t>(n.holds)) + " hold";
    const auto add = [&](int count, const char* words) {
        if (count) text += ", " + grouped(static_cast<std::uint64_t>(count)) + " " + words;
    };
    add(n.violated, "violated");
    add(n.expected, "violated as listed");
    add(n.unknown, "unknown");
    add(n.vacuous, "vacuous");
    add(n.skipped, "skipped");
    add(n.not_applicable, "not applicable");
    return text;
}

/// The row of a claim starts with its id; its title is the sentence.
std::string row_head(const std::string& claim, const std::map<std::string, std::string>& says) {
    const auto at = says.find(claim);
    const std::string title = at == says.end() ? "" : " title=\"" + escaped(at->second) + "\"";
    const std::string text = "<code>" + escaped(claim) + "</code>";
    return "<th scope=\"row\"" + title + ">" +
           (at == says.end() ? text : "<a href=\"#" + anchor(claim) + "\">" + text + "</a>") +
           "</th>";
}

std::string cell_markup(const std::vector<const Cell*>* cells, bool new_group) {
    const std::string group = new_group ? " g" : "";
    if (!cells) return "<td" + (new_group ? std::string(" class=\"g\"") : "") + "></td>";
    const Cell* worst = cells->front();
    std::string title;
    for (const Cell* c : *cells) {
        if (worse(exit_of_cell(*c), exit_of_cell(*worst)) != exit_of_cell(*worst)) worst = c;
        title += (title.empty() ? "" : "\n") + title_of(*c);
    }
    const Sign& sign = sign_of(*worst);
    return std::string("<td class=\"") + sign.css + group + "\" title=\"" + escaped(title) + "\">" +
           sign.glyph + "</td>";
}

std::string table(const Matrix& m, const std::map<std::string, std::string>& says) {
    std::string out = "<div class=\"scroll matrix-box\" tabindex=\"0\"><table class=\"matrix\">"
                      "<thead><tr><th scope=\"col\">claim</th>";
    std::vector<bool> starts;
    std::string operation;
    for (const auto& [kind, step] : m.columns) {
        const std::string now = kind == "step" ? area_of(step) : "";
        starts.push_back(now != operation);
        operation = now;
        out += std::string("<th scope=\"col\"") + (starts.back() ? " class=\"g\"" : "") +
               "><span>" + escaped(kind == "step" ? step : kind) + "</span></th>";
    }
    out += "</tr></thead>";
    std::string area;
    for (const std::string& claim : m.claims) {
        if (area_of(claim) != area) {
            out += area.empty() ? "<tbody>" : "</tbody><tbody>";
            area = area_of(claim);
            out += "<tr class=\"area\"><th colspan=\"" + std::to_string(m.columns.size() + 1) +
                   "\" scope=\"rowgroup\">" + escaped(area) + "</th></tr>";
        }
        out += "<tr>" + row_head(claim, says);
        for (std::size_t i = 0; i < m.columns.size(); ++i) {
            const auto at = m.cells.find({claim, m.columns[i]});
            out += cell_markup(at == m.cells.end() ? nullptr : &at->second, starts[i]);
        }
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>";
}

std::string other_table(const std::vector<const Cell*>& cells) {
    std::string out;
    for (const char* kind : {"enabled", "refine", "law"}) {
        std::string rows;
        std::size_t count = 0, bad = 0;
        for (const Cell* c : cells) {
            if (c->kind != kind) continue;
            ++count;
            bad += exit_of_cell(*c) != Exit::holds;
            rows += "<tr><td><code>" + escaped(c->claim) + "</code></td><td><code>" +
                    escaped(c->step) + "</code></td><td>" +
                    badge(exit_of_cell(*c), std::string(verdict_name(c->verdict))) +
                    "</td><td>" + escaped(c->certificate) + "</td><td>" + escaped(c->note) +
                    "</td></tr>\n";
        }
        if (!count) continue;
        const std::string what = std::string(kind) == "enabled"
                                     ? "enabled: every declared outcome occurs in a reached state"
                                 : std::string(kind) == "refine"
                                     ? "refine: two descriptions of one thing agree"
                                     : "law: bit-exact facts, for all 64-bit values";
        out += std::string("<details class=\"fold\"") + (bad ? " open" : "") + "><summary>" + what +
               " (" + std::to_string(count) + ", " + (bad ? std::to_string(bad) + " not" : "all") +
               " holding)</summary><div class=\"scroll\"><table class=\"plain\"><tr><th>name</th>"
               "<th>step</th><th>verdict</th><th>certificate</th><th>note</th></tr>" +
               rows + "</table></div></details>";
    }
    return out;
}

std::string legend() {
    std::string out = "<div class=\"legend\">";
    for (const Sign* s : {&sign_holds, &sign_same, &sign_violated, &sign_expected, &sign_unknown,
                          &sign_vacuous, &sign_skipped, &sign_none})
        out += std::string("<span><i class=\"") + s->css + "\">" + s->glyph + "</i>" + s->words +
               "</span>";
    return out + "</div>";
}

}  // namespace

std::string matrix_section(const Document& d) {
    if (!d.proof) return "";
    std::map<std::string, std::string> says;
    for (const ListItem& i : d.items)
        if (i.kind == "claim") says[i.id] = i.text;
    const ProveReport& p = *d.proof;
    std::string out =
        "<section id=\"proof\"><h2>Proof: every claim against every step</h2><p>A <em>step</em> "
        "cell says: in every state within the bounds in which all claims hold, and not only in the "
        "reachable ones, this claim still holds after this step. <em>init</em>: the empty machine "
        "satisfies the claim. <em>bites</em>: the claim can fail at all, shown by a state that "
        "violates it alone.</p><p class=\"soft\">" +
        grouped(p.queries) + " solver queries (" + grouped(p.queries_cached) +
        " from the cache), " +
        counted(p.queries_unchanged, "cell") + " decided because the step changes nothing, " +
        counted(p.certificates, "checked certificate") + ", " +
        counted(p.second_opinions, "second opinion") + "; largest formula " +
        grouped(p.max_variables) + " variables and " + grouped(p.max_clauses) + " clauses; " +
        brief(p.cpu_seconds) + " s of CPU.</p>" + legend();
    if (p.cells.empty()) out += "<p>No cell was decided.</p>";
    bool first = true;
    for (const Matrix& m : matrices(d)) {
        const Count n = count_cells(m.all);
        const bool open = first || n.violated || n.unknown || n.vacuous;
        first = false;
        out += std::string("<details class=\"fold\"") + (open ? " open" : "") + "><summary>" +
               escaped(m.name) + ": " + count_words(n) +
               "</summary>" + (m.claims.empty() ? "" : table(m, says)) + other_table(m.others) +
               "</details>";
    }
    return out + "</section>\n";
}

}  // namespace faultline::html
