// tools/html_sections.cpp - exploration figures, the museum and the measurements.
//
// Why: a number stands next to what it depends on: symmetry, collision bound, why it stopped.
#include <algorithm>
#include <map>
#include <vector>

#include "tools/html.hpp"
#include "tools/markup.hpp"

namespace faultline::html {
namespace {

std::string number_cell(const std::string& text) { return "<td class=\"num\">" + text + "</td>"; }

std::string outcome_table(const ExploreReport& e) {
    if (e.outcomes.empty()) return "";
    std::uint64_t most = 1, never = 0;
    for (const auto& [name, count] : e.outcomes) {
        most = std::max(most, count);
        never += count == 0;
    }
    std::string out = "<details class=\"fold\"><summary>How often each outcome occurred, " +
                      escaped(e.kernel) + " " + escaped(e.bounds) + " (" +
                      std::to_string(e.outcomes.size()) + " outcomes" +
                      (never ? ", " + std::to_string(never) + " never" : "") +
                      ")</summary><div class=\"scroll\"><table class=\"plain\">";
    for (const auto& [name, count] : e.outcomes) {
        const auto width = static_cast<int>(240.0 * static_cast<double>(count) /
                                            static_cast<double>(most));
        out += "<tr><td><code>" + escaped(name) + "</code></td>" + number_cell(grouped(count)) +
               "<td>" +
               (count ? "<span class=\"bar\" style=\"width:" + std::to_string(std::max(width, 1)) +
                            "px\"></span>"
                      : badge(Exit::unknown, "never occurred")) +
               "</td></tr>";
    }
    return out + "</table></div></details>";
}

std::string engine_cell(const MuseumRow* row) {
    if (!row) return "<td class=\"soft\">not listed</td>";
    const bool good = exit_of_row(*row) == Exit::holds;
    std::string words = good ? "✓ found" : !row->found ? "✗ missed" : "✗ false alarm";
    std::string out = "<td>" + badge(good ? Exit::holds : Exit::violated, words) + "<br><span "
                      "class=\"soft\">" + escaped(row->detail) + "</span>";
    if (row->found && !row->fixed_clean) out += "<br>the fixed rule is reported too";
    return out + "</td>";
}

}  // namespace

std::string exploration_section(const Document& d) {
    if (d.explorations.empty()) return "";
    std::string out =
        "<section id=\"exploration\"><h2>Exploration: every reachable state</h2><p>From the empty "
        "machine, breadth first, every step of every task in every order; every claim checked in "
        "every state. <em>Complete</em> means that no state within the bounds was left."
        "</p><div class=\"scroll\"><table class=\"plain\"><tr><th>kernel</th><th>bounds</th>"
        "<th>verdict</th><th class=\"num\">states</th><th class=\"num\">up to symmetry of</th>"
        "<th class=\"num\">transitions</th><th class=\"num\">depth</th><th class=\"num\">left</th>"
        "<th class=\"num\">claim checks</th><th class=\"num\">states/s</th>"
        "<th class=\"num\">memory</th><th>mode</th></tr>";
    for (const ExploreReport& e : d.explorations) {
        const double rate =
            e.wall_seconds > 0 ? static_cast<double>(e.states) / e.wall_seconds : 0;
        const std::string mode =
            e.mode + (e.mode == "fingerprint"
                          ? ", collision chance below " + brief(e.collision_bound)
                          : "");
        out += "<tr><td>" + escaped(e.kernel) + "</td><td>" + escaped(e.bounds) + "</td><td>" +
               badge(exit_of(e.verdict), std::string(verdict_name(e.verdict))) + " " +
               (e.complete ? "complete" : "not complete") +
               (e.note.empty() ? "" : "<br><span class=\"soft\">" + escaped(e.note) + "</span>") +
               "</td>" + number_cell(grouped(e.states)) +
               number_cell(!e.symmetry                  ? "no reduction"
                           : e.states_without_symmetry ? grouped(e.states_without_symmetry)
                                                        : "not counted") +
               number_cell(grouped(e.transitions)) + number_cell(grouped(e.depth)) +
               number_cell(grouped(e.queue_left)) + number_cell(grouped(e.claim_checks)) +
               number_cell(rate > 0 ? brief(rate) : "?") + number_cell(bytes_text(e.peak_bytes)) +
               "<td>" + escaped(mode) + "</td></tr>\n";
    }
    out += "</table></div>";
    for (const ExploreReport& e : d.explorations) out += outcome_table(e);
    return out + "</section>\n";
}

std::string museum_section(const Document& d) {
    if (d.museum.empty()) return "";
    std::vector<std::string> engines, ids;
    std::map<std::pair<std::string, std::string>, const MuseumRow*> rows;
    for (const MuseumRow& r : d.museum) {
        if (std::find(engines.begin(), engines.end(), r.engine) == engines.end())
            engines.push_back(r.engine);
        if (std::find(ids.begin(), ids.end(), r.id) == ids.end()) ids.push_back(r.id);
        rows[{r.id, r.engine}] = &r;
    }
    std::string out =
        "<section id=\"museum\"><h2>Museum: real bugs, found again</h2><p>Each exhibit is a kernel "
        "with one rule set back to its old form. An engine has <em>found</em> it when the claim "
        "named breaks under the old rule and nothing breaks under the fixed one at the same "
        "bounds.</p><div class=\"scroll\"><table class=\"plain\"><tr><th>exhibit</th>"
        "<th>breaks</th><th>rule</th><th>bounds</th>";
    for (const std::string& e : engines) out += "<th>" + escaped(e) + "</th>";
    out += "</tr>";
    for (const std::string& id : ids) {
        const MuseumRow* any = nullptr;
        for (const std::string& e : engines)
            if (const auto at = rows.find({id, e}); at != rows.end() && !any) any = at->second;
        out += "<tr><td><strong>" + escaped(id) + "</strong><br>" + escaped(any->title) +
               "</td><td><code>" + escaped(any->claim) + "</code></td><td><code>" +
               escaped(any->rule) + "</code></td><td>" + escaped(any->bounds) + "</td>";
        for (const std::string& e : engines) {
            const auto at = rows.find({id, e});
            out += engine_cell(at == rows.end() ? nullptr : at->second);
        }
        out += "</tr>\n";
    }
    return out + "</table></div></section>\n";
}

std::string hammer_section(const Document& d) {
    if (d.fuzz.empty() && d.mutants.empty()) return "";
    std::string out = "<section id=\"hammer\"><h2>Hammer: systems beside the reference</h2>";
    if (!d.fuzz.empty())
        out += "<p>Random histories, performed on both; every answer is compared at once, all that "
               "both show and all claims at a stride.</p><div class=\"scroll\">"
               "<table class=\"plain\"><tr><th>system</th><th>kernel</th><th>bounds</th>"
               "<th>verdict</th><th class=\"num\">operations</th><th class=\"num\">looks</th>"
               "<th class=\"num\">seed</th><th class=\"num\">operations/s</th></tr>";
    for (const FuzzReport& f : d.fuzz) {
        const double rate =
            f.wall_seconds > 0 ? static_cast<double>(f.operations) / f.wall_seconds : 0;
        out += "<tr><td>" + escaped(f.system) + "</td><td>" + escaped(f.kernel) + "</td><td>" +
               escaped(f.bounds) + "</td><td>" +
               badge(exit_of(f.verdict), std::string(verdict_name(f.verdict))) + "</td>" +
               number_cell(grouped(f.operations)) + number_cell(grouped(f.looks)) +
               number_cell(std::to_string(f.seed)) + number_cell(rate > 0 ? brief(rate) : "?") +
               "</tr>\n";
    }
    if (!d.fuzz.empty()) out += "</table></div>";
    if (!d.mutants.empty())
        out += "<h3>Mutants: bugs planted in the fast path</h3><div class=\"scroll\">"
               "<table class=\"plain\"><tr><th>group</th><th>mutant</th><th>what it does</th>"
               "<th>killed by</th><th class=\"num\">operations</th><th class=\"num\">seconds</th>"
               "<th>shortest history</th></tr>";
    for (const MutantRow& m : d.mutants) {
        std::string lines;
        for (const std::string& line : m.trace) lines += escaped(line) + "\n";
        out += "<tr><td>" + escaped(m.group) + "</td><td><code>" + escaped(m.name) +
               "</code></td><td>" + escaped(m.text) + "</td><td>" +
               (m.killed ? escaped(m.killed_by) : badge(Exit::violated, "survives")) + "</td>" +
               number_cell(grouped(m.operations)) + number_cell(brief(m.seconds)) +
               "<td><pre>" + lines + "</pre></td></tr>\n";
    }
    if (!d.mutants.empty()) out += "</table></div>";
    return out + "</section>\n";
}

std::string bench_section(const Document& d) {
    if (d.bench.empty()) return "";
    std::string out = "<section id=\"speed\"><h2>Speed on this machine</h2><div class=\"scroll\">"
                      "<table class=\"plain\"><tr><th>what</th><th class=\"num\">value</th>"
                      "<th>unit</th><th>note</th></tr>";
    for (const BenchRow& b : d.bench)
        out += "<tr><td>" + escaped(b.name) + "</td>" + number_cell(brief(b.value)) + "<td>" +
               escaped(b.unit) + "</td><td class=\"soft\">" + escaped(b.note) + "</td></tr>";
    return out + "</table></div></section>\n";
}

}  // namespace faultline::html
