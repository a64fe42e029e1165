// proofs/solver/sat_solver.hpp - what deciding needs of a SAT solver, and CaDiCaL behind it.
//
// Why: an interface of six calls is what a test can fake; a lying solver must be caught by the
//      certificate, and that is tested by putting a liar here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace faultline::proofs {

enum class SatAnswer { satisfiable, unsatisfiable, unknown };

class SatSolver {
public:
    virtual ~SatSolver() = default;
    virtual void add(std::span<const int> clause) = 0;
    /// Adds clauses that are each ended by 0.
    void add_all(std::span<const int> clauses) {
        for (std::size_t from = 0, i = 0; i < clauses.size(); ++i) {
            if (clauses[i] != 0) continue;
            add(clauses.subspan(from, i - from));
            from = i + 1;
        }
    }
    /// The variable will be assumed or used in later clauses: it must not be eliminated.
    virtual void freeze(int variable) = 0;
    virtual SatAnswer solve(std::span<const int> assumptions, std::uint64_t conflict_limit) = 0;
    /// Value of a variable in the last model.
    virtual bool value(int variable) = 0;
    /// Adds a clause that the last answer implies, and states it in the proof.
    virtual void lemma(std::span<const int> clause) = 0;
    /// The proof so far, binary DRAT; empty if none is kept.
    virtual std::vector<unsigned char> proof() = 0;
};

using SolverFactory = std::function<std::unique_ptr<SatSolver>(bool keep_proof)>;

std::unique_ptr<SatSolver> make_cadical(bool keep_proof);

}  // namespace faultline::proofs
