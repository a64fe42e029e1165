// tools/document.hpp - everything one call of `faultline` found: what JSON, JUnit and HTML show.
//
// Why: three writers and five commands meet in one struct; the verdict of the whole is decided in
//      one place.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "spec/results.hpp"
#include "tools/engines.hpp"

namespace faultline {

/// Which build speaks; filled in by tools/version.cpp.
struct ToolInfo {
    std::string name, version, commit, compiler, build;
};
ToolInfo tool_info();

struct Document {
    static constexpr int schema_version = 1;
    ToolInfo tool;
    std::string command;                 ///< "prove"
    std::vector<std::string> arguments;  ///< as typed after the command
    std::string kernel, bounds;          ///< as asked for
    std::vector<std::string> rules;      ///< overrides
    std::string seed = "none";           ///< "none": nothing in this run is random
    Exit exit = Exit::holds;
    std::vector<std::string> errors;     ///< engines that failed, with why
    std::vector<ListItem> items;
    std::vector<RunReport> runs;
    std::vector<ExploreReport> explorations;
    std::optional<ProveReport> proof;
    std::vector<MuseumRow> museum;
    std::vector<FuzzReport> fuzz;
    std::vector<MutantRow> mutants;
    std::vector<BenchRow> bench;
    std::vector<ConformReport> conform;
    std::vector<ReplayReport> replays;
};

/// An expected violation that was found is as good as a proof; one that was not found is a failure.
Exit exit_of_cell(const Cell& cell);
Exit exit_of_row(const MuseumRow& row);
Exit exit_of_mutant(const MutantRow& row);
Exit exit_of_proof(const ProveReport& proof);
/// The exit code of everything in the document; of mixed answers the order of spec/verdict.hpp.
Exit combined_exit(const Document& document);
/// "holds", "violated", ...; "tool error" and "usage error" for the codes that are no verdict.
std::string exit_name(Exit exit);

/// Claims counted once over all their cells, the worst deciding.
struct Count {
    int holds = 0, violated = 0, expected = 0, unknown = 0, vacuous = 0, skipped = 0;
    int not_applicable = 0;
    int total() const {
        return holds + violated + expected + unknown + vacuous + skipped + not_applicable;
    }
};
Count count_cells(const std::vector<Cell>& cells);

/// A story and whether it is news: the museum's and a listed violation are not.
struct StoryRef {
    const Story* story = nullptr;
    bool expected = false;
    std::string exhibit;
};
/// All stories of the document, unexpected ones first.
std::vector<StoryRef> all_stories(const Document& document);

}  // namespace faultline
