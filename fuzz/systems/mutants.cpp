// fuzz/systems/mutants.cpp - the mutation build of the fast path, a system a planted bug.
//
// Why: see the header.
#include "fuzz/systems/mutants.hpp"

#include "fuzz/systems/fast.hpp"
#include "model/fast/mutants.hpp"

namespace faultline::fuzz {

std::vector<MutantInfo> fast_mutants() {
    std::vector<MutantInfo> out;
    for (const auto& m : ::faultline::fast_mutants::mutants)
        out.push_back({m.id, std::string(m.name), std::string(m.group), std::string(m.text)});
    return out;
}
std::unique_ptr<System> make_mutant(int id) { return make_fast_mutant(id); }

}  // namespace faultline::fuzz
