// tools/print.hpp - results as lines of text for a person.
//
// Why: the same words for `prove` alone and inside `check`; each function returns whole lines.
#pragma once
#include <string>
#include <vector>

#include "tools/document.hpp"

namespace faultline {

/// Version, kernel rules, bounds, seed: the first lines of every run.
std::string head_text(const Document& document);
std::string list_text(const std::vector<ListItem>& items, const std::string& kind);
/// `changes`: what each step changed; `states`: the whole state after each step.
std::string run_text(const RunReport& report, bool changes, bool states);
std::string exploration_text(const ExploreReport& report);
std::string proof_text(const ProveReport& report);
std::string museum_text(const std::vector<MuseumRow>& rows);
/// Figures, failure blocks, verdict.
std::string fuzz_text(const FuzzReport& report);
/// A line a mutant; survivors last.
std::string mutants_text(const std::vector<MutantRow>& rows);
/// A table of all recordings and the models they were performed on.
std::string replays_text(const std::vector<ReplayReport>& reports);
std::string bench_text(const std::vector<BenchRow>& rows);
/// The table at the end of `check`.
std::string summary_text(const Document& document);

}  // namespace faultline
