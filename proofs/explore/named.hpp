// proofs/explore/named.hpp - the searches compiled, one a named bounds; CMakeLists.txt lists the
// names.
//
// Why: one translation unit for each capacity keeps compile times bounded and lets a new name be
//      one line.
#pragma once
#include <string_view>
#include <vector>

#include "proofs/explore/explore.hpp"
#include "proofs/explore/finding.hpp"

namespace faultline::explore {

struct NamedSearch {
    std::string_view name;
    Bounds capacity;
    SearchResult (*run)(const ExploreConfig&, const ProgressFn&);
};
const std::vector<NamedSearch>& named_searches();
/// A search's numbers as the report shows them.
Exploration finish(std::string_view bounds_name, const ExploreConfig& config,
                   const SearchResult& r);

}  // namespace faultline::explore
