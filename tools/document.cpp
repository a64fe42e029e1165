// tools/document.cpp - the verdict of a whole document and the order of its stories.
//
// Why: nothing decided is not success, so every empty answer is `unknown` here, once.
#include "tools/document.hpp"

#include <algorithm>

namespace faultline {

Exit exit_of_cell(const Cell& cell) {
    if (!cell.expected_violation) return exit_of(cell.verdict);
    if (cell.verdict == Verdict::violated) return Exit::holds;
    return cell.verdict == Verdict::holds ? Exit::violated : exit_of(cell.verdict);
}

Exit exit_of_row(const MuseumRow& row) {
    return row.found && row.fixed_clean ? Exit::holds : Exit::violated;
}

Exit exit_of_mutant(const MutantRow& row) { return row.killed ? Exit::holds : Exit::violated; }

Exit exit_of_proof(const ProveReport& proof) {
    if (proof.cells.empty()) return Exit::unknown;
    Exit exit = Exit::holds;
    for (const Cell& c : proof.cells) exit = worse(exit, exit_of_cell(c));
    return exit;
}

Exit combined_exit(const Document& d) {
    Exit exit = d.errors.empty() ? Exit::holds : Exit::tool_error;
    // Not the verdict: an exhibit's claim is violated, and that is what its trace announces.
    for (const RunReport& r : d.runs) exit = worse(exit, r.exit);
    for (const ExploreReport& e : d.explorations) {
        exit = worse(exit, exit_of(e.verdict));
        if (!e.stories.empty()) exit = worse(exit, Exit::violated);
    }
    if (d.proof) exit = worse(exit, exit_of_proof(*d.proof));
    for (const MuseumRow& r : d.museum) exit = worse(exit, exit_of_row(r));
    for (const FuzzReport& f : d.fuzz) exit = worse(exit, exit_of(f.verdict));
    for (const MutantRow& m : d.mutants) exit = worse(exit, exit_of_mutant(m));
    if (d.command == "mutants" && d.mutants.empty()) exit = worse(exit, Exit::unknown);
    if (d.command == "fuzz" && d.fuzz.empty()) exit = worse(exit, Exit::unknown);
    for (const ConformReport& c : d.conform) exit = worse(exit, c.exit);
    for (const ReplayReport& r : d.replays) exit = worse(exit, exit_of(r.verdict));
    if (d.command == "replay" && d.replays.empty()) exit = worse(exit, Exit::unknown);
    const bool wants_museum = d.command == "museum" || d.command == "check";
    if (wants_museum && d.museum.empty()) exit = worse(exit, Exit::unknown);
    return exit;
}

std::string exit_name(Exit exit) {
    switch (exit) {
        case Exit::holds: return "holds";
        case Exit::violated: return "violated";
        case Exit::usage: return "usage error";
        case Exit::unknown: return "unknown";
        case Exit::vacuous: return "vacuous";
        case Exit::tool_error: return "tool error";
    }
    return "?";
}

Count count_cells(const std::vector<Cell>& cells) {
    Count n;
    for (const Cell& c : cells) {
        if (c.expected_violation && c.verdict == Verdict::violated) {
            ++n.expected;
            continue;
        }
        if (c.expected_violation && c.verdict == Verdict::holds) {
            ++n.violated;  // the list of expected violations is wrong
            continue;
        }
        switch (c.verdict) {
            case Verdict::holds: ++n.holds; break;
            case Verdict::violated: ++n.violated; break;
            case Verdict::unknown: ++n.unknown; break;
            case Verdict::vacuous: ++n.vacuous; break;
            case Verdict::skipped: ++n.skipped; break;
            case Verdict::not_applicable: ++n.not_applicable; break;
        }
    }
    return n;
}

namespace {
/// The exhibit that announces this story of the proof, if a listed cell does.
const Cell* announcing_cell(const ProveReport& proof, const Story& story) {
    for (const Cell& c : proof.cells)
        if (c.expected_violation && c.verdict == Verdict::violated && c.claim == story.claim &&
            !c.step.empty() && story.headline.find(c.kernel) != std::string::npos &&
            story.found_by.find(c.step) != std::string::npos)
            return &c;
    return nullptr;
}
}  // namespace

std::vector<StoryRef> all_stories(const Document& d) {
    std::vector<StoryRef> out;
    for (const RunReport& r : d.runs)
        for (const Story& s : r.stories) out.push_back({&s, r.exit == Exit::holds, r.trace});
    for (const ExploreReport& e : d.explorations)
        for (const Story& s : e.stories) out.push_back({&s, false, ""});
    if (d.proof)
        for (const Story& s : d.proof->stories) {
            const Cell* cell = announcing_cell(*d.proof, s);
            out.push_back({&s, cell != nullptr, cell ? cell->exhibit : ""});
        }
    for (const FuzzReport& f : d.fuzz)
        for (const Story& s : f.stories) out.push_back({&s, false, ""});
    for (const MuseumRow& r : d.museum)
        for (const Story& s : r.stories) out.push_back({&s, r.found, r.id});
    std::stable_sort(out.begin(), out.end(), [](const StoryRef& a, const StoryRef& b) {
        return a.expected < b.expected;
    });
    return out;
}

}  // namespace faultline
