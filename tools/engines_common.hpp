// tools/engines_common.hpp - names given on the command line, resolved once for all engines.
//
// Why: an unknown kernel, rule or bounds gets the same one line whoever asked.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "spec/bounds.hpp"
#include "spec/rules.hpp"
#include "tools/engines.hpp"

namespace faultline {

/// A kernel and what was changed in it.
struct ResolvedRules {
    Rules rules;
    std::string shown;   ///< "linux_6_1 with anon_vma_reuse=degree"
};
const NamedRules& kernel_named(const std::string& name);
/// `overrides` are "rule=option". Throws UsageError with one line.
ResolvedRules resolve_rules(const std::string& kernel, const std::vector<std::string>& overrides);
const NamedBounds& bounds_named(const std::string& name);
/// Runs fn<B>() at the bounds of that name; false if there are none, or if they are those of random
/// histories: nothing that needs a template for each of its rows is asked for there.
template <class Fn>
bool at_named_bounds(const std::string& name, Fn&& fn) {
    const auto at = [&]<std::size_t I>() {
        constexpr NamedBounds b = named_bounds[I];
        if constexpr (b.name.starts_with('f')) return false;
        else {
            if (b.name != name) return false;
            fn.template operator()<b.bounds>();
            return true;
        }
    };
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (at.template operator()<I>() || ...);
    }(std::make_index_sequence<named_bounds.size()>{});
}
/// The .fl files of tests/museum, sorted; found from the working directory upwards.
std::vector<std::string> museum_files();
/// The index of questions, found in the same way.
std::string questions_file();
/// Appends one item a row; an index that cannot be read is a problem.
void list_questions(std::vector<ListItem>& out, std::vector<std::string>& problems);
/// A folder for failures, made on demand: build/failures under the project, or the working
/// directory.
std::string failure_path(const std::string& stem);
/// Processor seconds of this process so far.
double process_cpu_seconds();

}  // namespace faultline
