// proofs/solver/z3_terms.hpp - counted handles and walks over Z3 terms, for the C API.
//
// Why: the C API counts references by hand; a handle per kind of object makes leaks and early
//      releases impossible to write by accident. Walks are iterative because terms of a step are
//      deep.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <z3.h>

namespace faultline::proofs {

/// Throws if the last call on this context failed; `doing` says what was attempted.
inline void require_z3(Z3_context z, const char* doing) {
    const Z3_error_code e = Z3_get_error_code(z);
    if (e != Z3_OK) {
        throw std::runtime_error(std::string("Z3 failed while ") + doing + ": " +
                                 Z3_get_error_msg(z, e));
    }
}

template <typename T, void (*Inc)(Z3_context, T), void (*Dec)(Z3_context, T)>
class Counted {
public:
    Counted() = default;
    Counted(Z3_context z, T object, const char* doing) : z_(z), object_(object) {
        require_z3(z, doing);
        if (object_ == nullptr) throw std::runtime_error(std::string("Z3: nothing from ") + doing);
        Inc(z_, object_);
    }
    Counted(Counted&& o) noexcept : z_(o.z_), object_(std::exchange(o.object_, nullptr)) {}
    Counted& operator=(Counted&& o) noexcept {
        std::swap(z_, o.z_);
        std::swap(object_, o.object_);
        return *this;
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() {
        if (object_ != nullptr) Dec(z_, object_);
    }
    T get() const { return object_; }

private:
    Z3_context z_ = nullptr;
    T object_ = nullptr;
};

using TermRef = Counted<Z3_ast, Z3_inc_ref, Z3_dec_ref>;
using GoalRef = Counted<Z3_goal, Z3_goal_inc_ref, Z3_goal_dec_ref>;
using TacticRef = Counted<Z3_tactic, Z3_tactic_inc_ref, Z3_tactic_dec_ref>;
using ApplyRef = Counted<Z3_apply_result, Z3_apply_result_inc_ref, Z3_apply_result_dec_ref>;
using ModelRef = Counted<Z3_model, Z3_model_inc_ref, Z3_model_dec_ref>;
using SolverRef = Counted<Z3_solver, Z3_solver_inc_ref, Z3_solver_dec_ref>;
using ParamsRef = Counted<Z3_params, Z3_params_inc_ref, Z3_params_dec_ref>;

/// Kind of the operator of an application; Z3_OP_INTERNAL for a term that is none.
Z3_decl_kind kind_of(Z3_context z, Z3_ast term);
bool is_true(Z3_context z, Z3_ast term);
bool is_false(Z3_context z, Z3_ast term);

/// Name of a constant, or of any declaration.
std::string name_of(Z3_context z, Z3_func_decl decl);

/// Every distinct subterm of the roots once, children before parents.
std::vector<Z3_ast> postorder(Z3_context z, const std::vector<Z3_ast>& roots);

/// The conjuncts of a term: nested conjunctions opened, `true` left out, everything else as it is.
std::vector<Z3_ast> conjuncts(Z3_context z, const std::vector<Z3_ast>& terms);

}  // namespace faultline::proofs
