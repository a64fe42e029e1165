// tests/trace/corpus.hpp - the trace files of the tree.
//
// Why: a trace nobody runs is worth nothing; the tests take whatever the folders hold.
#pragma once
#include <string>
#include <vector>

namespace faultline::corpus {

/// tests/traces and tests/museum, sorted; without the folder known_wrong.
std::vector<std::string> good_traces();
/// tests/traces/known_wrong: what Linux does and the model does not, yet.
std::vector<std::string> wrong_traces();
std::string read(const std::string& path);
/// The path below tests/, fit for a test's name.
std::string short_name(const std::string& path);

}  // namespace faultline::corpus
