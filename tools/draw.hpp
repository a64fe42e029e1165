// tools/draw.hpp - two pictures of a machine state: address spaces over frames, and anon_vmas.
//
// Why: "this page's anon_vma is not in that VMA's chain" is one glance in a picture and five
//      minutes in a table.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "spec/view.hpp"
#include "tools/diff.hpp"

namespace faultline {

/// Names of rows (as in Change::object) a step added or changed; drawn with a heavier line.
using Highlights = std::set<std::string>;
Highlights highlights(const std::vector<Change>& changes);

/// Pages to show per address space, the same for all pictures of a story.
int arena_pages(const StateView& state);

/// Every process: VMA bars over pages, page-table entries, and lines to the frames they map.
std::string draw_address_spaces(const StateView& state, const Highlights& marks, int pages);

/// The anon_vma forest, and below it which VMA is linked to which anon_vma, and which frame's
/// reverse map starts at which anon_vma.
std::string draw_anon_vmas(const StateView& state, const Highlights& marks);

}  // namespace faultline
