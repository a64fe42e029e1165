// tests/tools/fake_document.hpp - a made-up result as the engines would hand it over.
//
// Why: the writers are tested, and the page is looked at, without waiting for a proof. The story is
//      the anon_vma degree bug of 2022, step by step.
#pragma once
#include "tools/document.hpp"

namespace faultline::fake {

/// CVE-2022-42703: thirteen steps to a page its reverse map no longer finds.
Story degree_story();
/// One step from a state nobody has reached.
Story induction_story();
std::vector<ListItem> items();
std::vector<Cell> cells();
ExploreReport exploration();
std::vector<MuseumRow> museum();
/// The reference, which holds, and an example with its bug, which does not.
FuzzReport hammered(const std::string& system);
std::vector<MutantRow> mutants();
std::vector<BenchRow> bench();
/// All of the above in one, as `check` makes it.
Document document();

}  // namespace faultline::fake
