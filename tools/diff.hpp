// tools/diff.hpp - what changed between two states, row by row and field by field.
//
// Why: a person looks for the one counter that moved; forty equal fields hide it.
#pragma once
#include <string>
#include <vector>

#include "spec/view.hpp"

namespace faultline {

struct Change {
    enum class Kind { changed, added, removed };
    Kind kind = Kind::changed;
    std::string object;         ///< "vma P5[0..2)", "frame 3"; names the row after the step
    std::string field;          ///< "chain"; empty when the whole row appeared or vanished
    std::string before, after;  ///< a row that appeared has no `before`
    friend bool operator==(const Change&, const Change&) = default;
};

/// All differences, ordered by table and id. VMAs are matched by the pages they share, because a
/// split or a merge is a change of a range and not two unrelated rows.
std::vector<Change> diff(const StateView& before, const StateView& after);

/// "vma P5[0..2)   chain  - {0,1,2,5}   + {0,1,2,4}", columns aligned over all lines.
std::vector<std::string> diff_lines(const std::vector<Change>& changes);

/// A whole state in lines, for a counterexample to induction, where no trace leads to it.
std::vector<std::string> state_lines(const StateView& state);

/// "P5[0..2)", the name by which diff and drawings call a VMA.
std::string vma_name(int mm, const VmaView& vma);
/// "{0,1,2}"
std::string set_text(const std::vector<int>& ids);

}  // namespace faultline
