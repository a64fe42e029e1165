// fuzz/targets/seeds.hpp - seed corpora and dictionaries, made from the traces of the tree.
//
// Why: a fuzzer that starts from fifty histories somebody thought about is hours ahead of one that
//      starts from nothing. What is committed is small and is what this makes, byte by byte: a test
//      compares.
#pragma once
#include <map>
#include <string>

namespace faultline::fuzz {

/// File name -> content.
using Files = std::map<std::string, std::string>;

/// Seeds of the fault_path target: traces that run calls only.
/// `traces`: name -> text; those that need what records cannot say are left out.
Files fault_path_seeds(const Files& traces);
/// Seeds of the schedule target: scheduled traces as they are, the others step by step.
Files schedule_seeds(const Files& traces);
/// Seeds of the codec target: sound paths of every shape, and entries Linux makes.
Files codec_seeds();
/// Dictionaries, NAME_fuzzer.dict: records that do something, and the words of traces.
Files dictionaries();

}  // namespace faultline::fuzz
