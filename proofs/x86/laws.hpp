// proofs/x86/laws.hpp - proves every law of the x86-64 codecs for all 64-bit values.
#pragma once
#include <vector>

#include "proofs/x86/decide.hpp"
#include "proofs/x86/law.hpp"
#include "spec/results.hpp"

namespace faultline::x86 {

struct X86LawOptions : DecideOptions {
    std::string only;  ///< laws whose name contains this; empty: all
};
/// For each law a cell of kind "law" (holds, violated, unknown) and one of kind "bites": holds when
/// the broken neighbour was refuted and its countermodel, run through the same text on numbers,
/// fails there too; vacuous when the neighbour holds as well.
std::vector<Cell> prove_x86_laws(const X86LawOptions& options);

/// Runs every law on `runs` inputs made of random and edge values; returns the names that failed.
std::vector<std::string> run_x86_laws(std::uint64_t seed, unsigned runs);

}  // namespace faultline::x86
