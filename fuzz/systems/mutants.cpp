// fuzz/systems/mutants.cpp - the table of the fast path's mutation build, as systems.
//
// Why: see the header. A library of its own, so that the hammer and the fuzz targets do not carry
//      the mutation build along.
#include "fuzz/systems/mutants.hpp"

#include "fuzz/systems/fast.hpp"
#include "model/fast/mutants.hpp"

namespace faultline::fuzz {

std::vector<MutantInfo> fast_mutants() {
    std::vector<MutantInfo> out;
    for (const auto& m : ::faultline::fast_mutants::mutants)
        out.push_back({m.id, std::string(m.name), std::string(m.group), std::string(m.text),
                       m.group == "swap" ? "f2" : "f1"});
    return out;
}
std::unique_ptr<System> make_mutant(int id) { return make_fast_mutant(id); }

}  // namespace faultline::fuzz
