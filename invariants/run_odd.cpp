// invariants/run_odd.cpp - the runner for every second of the named bounds.
//
// Why: each bounds is a machine of its own with every step and claim; two files halve the longest
//      compilation.
#include "invariants/run_questions.hpp"

namespace faultline::running {
namespace {

template <std::size_t... Half>
bool play(Session& session, std::size_t index, std::index_sequence<Half...>) {
    return play_one_of(session, index, std::index_sequence<(2 * Half + 1)...>{});
}

}  // namespace

bool play_odd(Session& session, std::size_t index) {
    return play(session, index, std::make_index_sequence<named_bounds.size() / 2>{});
}

}  // namespace faultline::running
