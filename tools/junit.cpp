// tools/junit.cpp - writes the XML by hand: four elements and escaping.
//
// Why: JUnit knows passed, failed, error and skipped. Violated and vacuous are failures, unknown is
//      an error (nobody knows), skipped is skipped; not applicable cells are left out.
#include "tools/junit.hpp"

#include <cstddef>

#include "tools/failure_block.hpp"
#include "tools/markup.hpp"

namespace faultline {
namespace {

struct Suite {
    std::string name, cases;
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;

    void add(const std::string& group, const std::string& test, Exit exit, bool skip,
             const std::string& message, const std::string& text = "") {
        ++tests;
        cases += "    <testcase classname=\"" + escaped(group) + "\" name=\"" + escaped(test) +
                 "\" time=\"0\"";
        if (skip) {
            ++skipped;
            cases += "><skipped message=\"" + escaped(message) + "\"/></testcase>\n";
        } else if (exit == Exit::holds) {
            cases += "/>\n";
        } else {
            const bool failure = exit == Exit::violated || exit == Exit::vacuous;
            ++(failure ? failures : errors);
            const std::string element = failure ? "failure" : "error";
            cases += "><" + element + " type=\"" + exit_name(exit) + "\" message=\"" +
                     escaped(message) + "\">" + escaped(text) + "</" + element + "></testcase>\n";
        }
    }
    std::string xml() const {
        return "  <testsuite name=\"" + escaped(name) + "\" tests=\"" + std::to_string(tests) +
               "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
               std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) +
               "\" time=\"0\">\n" + cases + "  </testsuite>\n";
    }
};

std::string blocks(const std::vector<Story>& stories) {
    std::string text;
    for (const Story& s : stories) text += "\n" + failure_block(s);
    return text;
}

std::string block_for(const Cell& cell, const std::vector<Story>& stories) {
    for (const Story& s : stories)
        if (s.claim == cell.claim && s.found_by.find(cell.step) != std::string::npos)
            return "\n" + failure_block(s);
    return "";
}

std::string cell_message(const Cell& c) {
    std::string text(verdict_name(c.verdict));
    if (c.expected_violation) text += c.verdict == Verdict::holds ? ", but listed as violated" : "";
    if (!c.note.empty()) text += ": " + c.note;
    return text;
}

void add_all(Suite& suite, const Document& d) {
    if (d.proof)
        for (const Cell& c : d.proof->cells) {
            if (c.verdict == Verdict::not_applicable) continue;
            suite.add("prove." + c.kernel + "." + c.bounds + "." + c.kind,
                      c.claim + (c.step.empty() ? "" : " / " + c.step), exit_of_cell(c),
                      c.verdict == Verdict::skipped, cell_message(c),
                      block_for(c, d.proof->stories));
        }
    for (const ExploreReport& e : d.explorations)
        suite.add("explore", e.kernel + " " + e.bounds, exit_of(e.verdict),
                  e.verdict == Verdict::skipped, e.note, blocks(e.stories));
    for (const MuseumRow& r : d.museum)
        suite.add("museum." + r.engine, r.id, exit_of_row(r), false, r.detail, blocks(r.stories));
    for (const FuzzReport& f : d.fuzz)
        suite.add("fuzz." + f.system, f.kernel + " " + f.bounds, exit_of(f.verdict),
                  f.verdict == Verdict::skipped, f.note, blocks(f.stories));
    for (const MutantRow& m : d.mutants)
        suite.add("mutants." + m.group, m.name, exit_of_mutant(m), false,
                  m.killed ? "" : "survives: " + m.text);
    for (const RunReport& r : d.runs)
        suite.add("run", r.trace, r.exit, false, r.error, blocks(r.stories));
    for (const std::string& e : d.errors) suite.add("tool", e, Exit::tool_error, false, e);
}

}  // namespace

std::string to_junit(const Document& d) {
    Suite suite{"faultline " + d.command, "", 0, 0, 0, 0};
    add_all(suite, d);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suite.xml() +
           "</testsuites>\n";
}

}  // namespace faultline
