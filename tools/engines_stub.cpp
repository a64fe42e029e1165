// tools/engines_stub.cpp - stands in for tools/engines.cpp while that does not exist.
//
// Why: the command line links and can be tried before the engines are there. Every answer says so
//      and is a tool error; no answer can be taken for a verdict.
#include "tools/engines.hpp"

namespace faultline {
namespace {
[[noreturn]] void not_linked() { throw ToolError("tool_error: engine not linked"); }
}  // namespace

std::vector<ListItem> list_all(std::vector<std::string>&) { not_linked(); }
RunReport run_trace(const RunOptions&) { not_linked(); }
ExploreReport explore_states(const ExploreOptions&, const ProgressFn&) { not_linked(); }
ProveReport prove(const ProveOptions&, const ProgressFn&) { not_linked(); }
std::vector<MuseumRow> museum(const MuseumOptions&, const ProgressFn&) { not_linked(); }
std::vector<BenchRow> bench(const ProgressFn&) { not_linked(); }

}  // namespace faultline
