// proofs/solver/query_cache.hpp - verdicts remembered between runs, by digest of the query.
//
// Why: most obligations of a run are those of the run before. Only `holds` is remembered, with what
//      backed it; a refuted or undecided goal is always looked at again.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <z3.h>

#include "proofs/solver/sha256.hpp"

namespace faultline::proofs {

/// SHA-256 digests of a set of premises and of goals, from their structure: operators, sorts,
/// parameters, names and numerals; not from Z3's ids or printer. The digest of the premises does
/// not depend on their order.
struct QueryDigests {
    Digest premises;
    std::vector<Digest> goals;
};
QueryDigests digest_query(Z3_context z, const std::vector<Z3_ast>& premises,
                          const std::vector<Z3_ast>& goals);

/// What backed a remembered `holds`.
struct Remembered {
    bool certified = false;
    std::string second;    ///< as in GoalResult
};

/// One file per set of premises: `<dir>/<digest of the premises>.verdicts`. Text, one line per
/// goal, closed by a digest of all lines before; anything else is corrupt, and the whole file is
/// then ignored.
class QueryCache {
public:
    /// Reads the file if there is one; `complaint()` says if it was ignored.
    QueryCache(const std::string& dir, const Digest& premises);

    const Remembered* find(const Digest& goal) const;
    bool premises_satisfiable() const { return premises_satisfiable_; }
    const std::string& complaint() const { return complaint_; }

    void remember_premises();
    void remember(const Digest& goal, Remembered how);
    /// Writes the file anew, atomically, if anything was added.
    void save();

private:
    bool parse(const std::string& text);
    std::string body() const;

    std::string path_, complaint_;
    Digest premises_;
    bool premises_satisfiable_ = false, changed_ = false;
    std::map<Digest, Remembered> goals_;
};

}  // namespace faultline::proofs
