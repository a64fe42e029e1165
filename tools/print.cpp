// tools/print.cpp - tables and lines on standard output.
//
// Why: see the header. Columns are padded here and nowhere else.
#include "tools/print.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <sstream>

#include "tools/diff.hpp"
#include "tools/failure_block.hpp"
#include "tools/markup.hpp"

namespace faultline {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Columns two spaces apart; the last is not padded.
std::string table(const Rows& rows, const std::string& lead = "") {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            if (widths.size() <= i) widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string out;
    for (const auto& row : rows) {
        out += lead;
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += row[i];
            if (i + 1 < row.size()) out += std::string(widths[i] - row[i].size() + 2, ' ');
        }
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += "\n";
    }
    return out;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& w : words) text += (text.empty() ? "" : " ") + w;
    return text;
}

std::string blocks(const std::vector<Story>& stories) {
    std::string out;
    for (const Story& s : stories) out += "\n" + failure_block(s);
    return out;
}

std::string count_text(const Count& n) {
    const auto g = [](int x) { return grouped(static_cast<std::uint64_t>(x)); };
    std::string text = g(n.total() - n.not_applicable) + " cells: " + g(n.holds) + " hold";
    if (n.violated) text += ", " + g(n.violated) + " violated";
    if (n.expected) text += ", " + g(n.expected) + " violated as listed";
    if (n.unknown) text += ", " + g(n.unknown) + " unknown";
    if (n.vacuous) text += ", " + g(n.vacuous) + " vacuous";
    if (n.skipped) text += ", " + g(n.skipped) + " skipped";
    if (n.not_applicable) text += "; " + g(n.not_applicable) + " not applicable";
    return text;
}

constexpr std::size_t cell_limit = 60;

/// Every cell that is not as it should be, one a line.
std::string bad_cells(const std::vector<Cell>& cells) {
    Rows rows;
    std::size_t more = 0;
    for (const Cell& c : cells) {
        if (exit_of_cell(c) == Exit::holds) continue;
        if (rows.size() == cell_limit) {
            ++more;
            continue;
        }
        std::string note = c.note;
        if (c.expected_violation && c.verdict == Verdict::holds)
            note = "listed as violated" + (c.exhibit.empty() ? "" : " by " + c.exhibit);
        rows.push_back({upper(std::string(verdict_name(c.verdict))), c.kind, c.claim, c.step,
                        c.kernel + " " + c.bounds, note});
    }
    return table(rows) + (more ? "... and " + grouped(more) + " more\n" : "");
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}
/// How many questions stand how: "wrong, proved" counts as proved.
std::string question_counts(const std::vector<ListItem>& items) {
    std::string out;
    for (const char* status : {"proved", "explored", "run", "waits", "outside"}) {
        const auto count = std::count_if(items.begin(), items.end(), [&](const ListItem& i) {
            return i.kind == "question" && i.extra.ends_with(status);
        });
        out += (out.empty() ? "  " : ", ") + std::to_string(count) + " " + status;
    }
    return out + "\n";
}

std::string verdict_line(Exit exit, const std::string& text) {
    std::string word = upper(exit_name(exit));
    word.resize(std::max<std::size_t>(word.size() + 1, 10), ' ');
    return word + text + "\n";
}

}  // namespace

std::string head_text(const Document& d) {
    const ToolInfo& t = d.tool;
    std::string out = t.name + " " + t.version + "  commit " + t.commit + ", " + t.compiler + ", " +
                      t.build + "\n";
    Rows rows;
    rows.push_back({"kernel", d.kernel.empty() ? "as the trace says" : d.kernel});
    rows.push_back({"rules", d.rules.empty() ? "the kernel's" : "the kernel's, with " +
                                                                    joined(d.rules)});
    rows.push_back({"bounds", d.bounds.empty() ? "as the trace says" : d.bounds});
    rows.push_back({"seed", d.seed == "none" ? "none, nothing here is random" : d.seed});
    return out + table(rows) + "\n";
}

std::string list_text(const std::vector<ListItem>& items, const std::string& kind) {
    std::vector<std::string> kinds;
    for (const ListItem& i : items)
        if (std::find(kinds.begin(), kinds.end(), i.kind) == kinds.end()) kinds.push_back(i.kind);
    std::string out;
    for (const std::string& k : kinds) {
        if (!kind.empty() && k != kind) continue;
        const auto count = std::count_if(items.begin(), items.end(),
                                         [&](const ListItem& i) { return i.kind == k; });
        if (!out.empty()) out += "\n";
        out += k + " (" + std::to_string(count) + ")\n";
        for (const ListItem& i : items) {
            if (i.kind != k) continue;
            out += "  " + i.id + (i.extra.empty() ? "" : "  [" + i.extra + "]") + "\n";
            for (const std::string& line : lines_of(i.text)) out += "      " + line + "\n";
            if (!i.source.empty()) out += "      " + i.source + "\n";
        }
        if (k == "question") out += question_counts(items);
    }
    return out;
}

std::string run_text(const RunReport& r, bool changes, bool states) {
    std::string out;
    std::size_t width = 0;
    for (const StoryStep& s : r.steps) width = std::max(width, s.text.size());
    const StateView* before = &r.before;
    for (std::size_t i = 0; i < r.steps.size(); ++i) {
        const StoryStep& s = r.steps[i];
        std::string number = std::to_string(i + 1);
        number.insert(0, number.size() < 4 ? 4 - number.size() : 0, ' ');
        out += number + "  " + s.text + std::string(width - s.text.size(), ' ') +
               (s.result.empty() ? "" : "  " + s.result) + "\n";
        if (changes)
            for (const std::string& line : diff_lines(diff(*before, s.after)))
                out += "        " + line + "\n";
        if (states)
            for (const std::string& line : state_lines(s.after)) out += "        = " + line + "\n";
        before = &s.after;
    }
    out += blocks(r.stories) + "\n";
    if (!r.error.empty()) out += "faultline: " + r.error + "\n";
    return out + verdict_line(r.exit, r.trace + "  " + r.kernel + ", bounds " + r.bounds);
}

std::string exploration_text(const ExploreReport& e) {
    Rows rows;
    const std::string reduced =
        !e.symmetry                   ? ", no symmetry reduction"
        : e.states_without_symmetry ? " up to symmetry, for " +
                                            grouped(e.states_without_symmetry) + " without"
                                      : " up to symmetry";
    rows.push_back({"states", grouped(e.states) + reduced});
    rows.push_back({"transitions", grouped(e.transitions) + ", depth " + grouped(e.depth)});
    rows.push_back({"complete", e.complete ? "yes, no state within the bounds is left"
                                           : "no, " + grouped(e.queue_left) + " states left"});
    rows.push_back({"claims", grouped(e.claim_checks) + " checks"});
    const double rate = e.wall_seconds > 0 ? static_cast<double>(e.states) / e.wall_seconds : 0;
    rows.push_back({"cost", brief(e.wall_seconds) + " s, " + brief(e.cpu_seconds) + " s of CPU, " +
                                brief(rate) + " states/s, " + bytes_text(e.peak_bytes)});
    rows.push_back({"mode", e.mode == "fingerprint"
                                ? "fingerprint, chance of a missed state below " +
                                      brief(e.collision_bound)
                                : e.mode});
    std::string out = table(rows, "  ");
    std::string never;
    for (const auto& [name, count] : e.outcomes)
        if (count == 0) never += (never.empty() ? "" : ", ") + name;
    if (!never.empty()) out += "  never occurred: " + never + "\n";
    out += blocks(e.stories);
    return out + verdict_line(exit_of(e.verdict), "explore  " + e.kernel + ", bounds " + e.bounds +
                                                      (e.note.empty() ? "" : "  " + e.note));
}

std::string proof_text(const ProveReport& p) {
    std::string out = "  " + count_text(count_cells(p.cells)) + "\n";
    out += "  queries  " + grouped(p.queries) + ", " + grouped(p.queries_cached) +
           " from the cache, " + grouped(p.queries_unchanged) + " unchanged by the step; at most " +
           grouped(p.max_variables) + " variables, " + grouped(p.max_clauses) + " clauses\n";
    out += "  backed   " + grouped(p.certificates) + " checked certificates, " +
           grouped(p.second_opinions) + " second opinions, " + brief(p.cpu_seconds) +
           " s of CPU\n";
    const std::string bad = bad_cells(p.cells);
    if (!bad.empty()) out += "\n" + bad;
    out += blocks(p.stories);
    std::vector<std::string> where;
    for (const Cell& c : p.cells)
        if (const std::string w = c.kernel + " " + c.bounds;
            (c.kind == "step" || c.kind == "init" || p.cells.front().kind == c.kind) &&
            std::find(where.begin(), where.end(), w) == where.end())
            where.push_back(w);
    std::string text = "prove  ";
    for (const std::string& w : where) text += (&w == where.data() ? "" : ", ") + w;
    return out + verdict_line(exit_of_proof(p),
                              where.empty() ? "prove  no cell was decided" : text);
}

std::string museum_text(const std::vector<MuseumRow>& rows) {
    Rows lines;
    Exit exit = rows.empty() ? Exit::unknown : Exit::holds;
    for (const MuseumRow& r : rows) {
        exit = worse(exit, exit_of_row(r));
        const std::string word = !r.found ? "MISSED" : !r.fixed_clean ? "FALSE ALARM" : "found";
        lines.push_back({word, r.engine, r.id, r.claim, r.rule, r.bounds, r.detail});
    }
    return table(lines, "  ") + verdict_line(exit, "museum  " + counted(rows.size(), "row"));
}

std::string fuzz_text(const FuzzReport& f) {
    Rows rows;
    const double rate =
        f.wall_seconds > 0 ? static_cast<double>(f.operations) / f.wall_seconds : 0;
    rows.push_back({"operations", grouped(f.operations) + " on both, " + grouped(f.refused) +
                                      " of them refused; " + grouped(f.passed_over) +
                                      " not enabled or not implemented"});
    rows.push_back({"histories", grouped(f.histories) + ", seed " + std::to_string(f.seed)});
    rows.push_back({"looks", grouped(f.looks) + ", every " + std::to_string(f.stride) +
                                 " operations; all claims " + grouped(f.claim_checks) + " times"});
    if (f.features > 0)
        rows.push_back({"corpus", grouped(f.corpus_read) + " histories read, " +
                                      grouped(f.corpus_added) + " added, " +
                                      grouped(f.corpus_kept) + " kept; " + grouped(f.features) +
                                      " kinds of behaviour"});
    rows.push_back({"cost", brief(f.wall_seconds) + " s, " + brief(f.cpu_seconds) +
                                " s of CPU, " + brief(rate) + " operations/s with " +
                                counted(static_cast<std::size_t>(f.jobs), "job")});
    return table(rows, "  ") + blocks(f.stories) + (f.stories.empty() ? "" : "\n") +
           verdict_line(exit_of(f.verdict), "fuzz  " + f.system + ", " + f.kernel + ", bounds " +
                                                f.bounds + (f.note.empty() ? "" : "  " + f.note));
}

std::string mutants_text(const std::vector<MutantRow>& rows) {
    Rows lines;
    std::size_t killed = 0;
    double slowest = 0;
    for (const bool survivors : {false, true})
        for (const MutantRow& m : rows) {
            if (m.killed == survivors) continue;
            killed += m.killed;
            slowest = std::max(slowest, m.seconds);
            lines.push_back({m.killed ? "killed" : "SURVIVES", m.group, m.name,
                             m.killed ? m.killed_by : m.text, grouped(m.operations) + " operations",
                             brief(m.seconds) + " s"});
        }
    const Exit exit = rows.empty()             ? Exit::unknown
                      : killed == rows.size() ? Exit::holds
                                              : Exit::violated;
    return table(lines, "  ") +
           verdict_line(exit, "mutants  " + grouped(killed) + " of " + grouped(rows.size()) +
                                  " killed, the slowest after " + brief(slowest) + " s");
}

std::string replays_text(const std::vector<ReplayReport>& reports) {
    std::string out = "  verdict   machine    processes    calls   faults   looks   peak pages"
                      "  seconds  program\n";
    int held = 0;
    for (const ReplayReport& r : reports) {
        char line[160];
        std::snprintf(line, sizeof line, "  %-9s %-10s %9d %8llu %8llu %7llu %12llu %8.2f  ",
                      std::string(verdict_name(r.verdict)).c_str(), r.machine.c_str(), r.processes,
                      static_cast<unsigned long long>(r.calls),
                      static_cast<unsigned long long>(r.accesses),
                      static_cast<unsigned long long>(r.looks),
                      static_cast<unsigned long long>(r.peak_pages), r.seconds);
        out += line + r.program.substr(0, 60) + "\n";
        held += r.verdict == Verdict::holds;
    }
    const bool all = held == static_cast<int>(reports.size()) && held > 0;
    return out + (all ? "HOLDS     " : "VIOLATED  ") + "replay  " + std::to_string(held) + " of " +
           std::to_string(reports.size()) + " hold\n";
}
std::string bench_text(const std::vector<BenchRow>& rows) {
    Rows lines;
    for (const BenchRow& b : rows) lines.push_back({b.name, brief(b.value), b.unit, b.note});
    return table(lines, "  ");
}

std::string summary_text(const Document& d) {
    Rows rows;
    if (d.proof)
        rows.push_back({"prove", exit_name(exit_of_proof(*d.proof)),
                        count_text(count_cells(d.proof->cells))});
    for (const ExploreReport& e : d.explorations)
        rows.push_back({"explore", std::string(verdict_name(e.verdict)),
                        e.kernel + " " + e.bounds + ": " + grouped(e.states) + " states, " +
                            (e.complete ? "complete" : "not complete")});
    if (!d.museum.empty()) {
        Exit exit = Exit::holds;
        std::size_t good = 0;
        for (const MuseumRow& r : d.museum) {
            exit = worse(exit, exit_of_row(r));
            good += exit_of_row(r) == Exit::holds;
        }
        rows.push_back({"museum", exit_name(exit), grouped(good) + " of " +
                                                       grouped(d.museum.size()) + " rows found"});
    }
    for (const FuzzReport& f : d.fuzz)
        rows.push_back({"fuzz", std::string(verdict_name(f.verdict)),
                        f.system + ", " + f.kernel + ": " + grouped(f.operations) +
                            " operations beside the reference"});
    if (!d.mutants.empty()) {
        const auto killed = std::count_if(d.mutants.begin(), d.mutants.end(),
                                          [](const MutantRow& m) { return m.killed; });
        const bool all = killed == static_cast<std::ptrdiff_t>(d.mutants.size());
        rows.push_back({"mutants", exit_name(all ? Exit::holds : Exit::violated),
                        grouped(static_cast<std::uint64_t>(killed)) + " of " +
                            grouped(d.mutants.size()) + " killed"});
    }
    for (const std::string& e : d.errors) rows.push_back({"error", "tool error", e});
    return table(rows) + verdict_line(d.exit, d.command);
}

}  // namespace faultline
