// proofs/solver/counterexample.cpp - models of premises and a negated goal, as values of constants.
//
// Why: the same clauses and the same SAT solver as in `decide` find the model, so the two cannot
//      disagree; Z3 turns bits back into words. The model is then evaluated on the original terms,
//      and one that does not fit is an error of a tool and never an answer. If the conversion
//      fails, Z3's own solver is asked instead.
#include <stdexcept>

#include "proofs/solver/cnf.hpp"
#include "proofs/solver/obligation.hpp"
#include "proofs/solver/sat_solver.hpp"

namespace faultline::proofs {
namespace {

using Values = std::map<std::string, std::uint64_t>;

bool evaluates_to_true(Z3_context z, Z3_model model, Z3_ast term) {
    Z3_ast value = nullptr;
    if (!Z3_model_eval(z, model, term, true, &value)) return false;
    const TermRef keep(z, value, "evaluating");
    return is_true(z, value);
}

bool fits(Z3_context z, const ModelRef& model, const std::vector<Z3_ast>& terms) {
    for (Z3_ast t : terms) {
        if (!evaluates_to_true(z, model.get(), t)) return false;
    }
    return true;
}

Values read_values(Z3_context z, const ModelRef& model, const std::vector<Z3_ast>& terms) {
    Values out;
    for (Z3_ast t : postorder(z, terms)) {
        if (kind_of(z, t) != Z3_OP_UNINTERPRETED) continue;
        Z3_ast value = nullptr;
        if (!Z3_model_eval(z, model.get(), t, true, &value)) continue;
        const TermRef keep(z, value, "evaluating a constant");
        const std::string name = name_of(z, Z3_get_app_decl(z, Z3_to_app(z, t)));
        if (Z3_get_sort_kind(z, Z3_get_sort(z, t)) == Z3_BOOL_SORT) {
            out[name] = is_true(z, value) ? 1 : 0;
            continue;
        }
        uint64_t number = 0;
        if (!Z3_get_numeral_uint64(z, value, &number)) {
            throw std::runtime_error("a constant wider than 64 bits: " + name);
        }
        out[name] = number;
    }
    return out;
}

/// A model from CaDiCaL, converted. No object: there is none, or, if not `decided`, a limit hit.
ModelRef by_cadical(Z3_context z, const std::vector<Z3_ast>& terms, const DecideOptions& options,
                    bool& decided) {
    const Encoding e = encode(z, terms, {}, true);
    decided = true;
    if (e.cnf.contradictory) return {};
    const std::unique_ptr<SatSolver> s = make_cadical(false);
    s->add_all(e.cnf.literals);
    const SatAnswer a = s->solve({}, options.conflict_limit);
    decided = a != SatAnswer::unknown;
    if (a != SatAnswer::satisfiable) return {};
    const ModelRef bits(z, Z3_mk_model(z), "making a model");
    const TermRef yes(z, Z3_mk_true(z), "making true"), no(z, Z3_mk_false(z), "making false");
    for (std::size_t v = 1; v < e.constants.size(); ++v) {
        const Z3_func_decl f = Z3_get_app_decl(z, Z3_to_app(z, e.constants[v]));
        Z3_add_const_interp(z, bits.get(), f, s->value(static_cast<int>(v)) ? yes.get() : no.get());
    }
    return {z, Z3_goal_convert_model(z, e.clausal.get(), bits.get()), "converting a model"};
}

ModelRef by_z3(Z3_context z, const std::vector<Z3_ast>& terms, const DecideOptions& options) {
    const SolverRef s(z, Z3_mk_solver_for_logic(z, Z3_mk_string_symbol(z, "QF_BV")),
                      "making a solver");
    const ParamsRef p(z, Z3_mk_params(z), "making parameters");
    Z3_params_set_uint(z, p.get(), Z3_mk_string_symbol(z, "rlimit"), options.z3_rlimit);
    Z3_solver_set_params(z, s.get(), p.get());
    for (Z3_ast t : terms) Z3_solver_assert(z, s.get(), t);
    const Z3_lbool a = Z3_solver_check(z, s.get());
    require_z3(z, "searching a model");
    if (a != Z3_L_TRUE) return {};
    return {z, Z3_solver_get_model(z, s.get()), "reading a model"};
}

std::optional<Values> model_of(Z3_context z, const std::vector<Z3_ast>& terms,
                               const DecideOptions& options) {
    bool decided = false;
    ModelRef model = by_cadical(z, terms, options, decided);
    if (decided && model.get() == nullptr) return std::nullopt;
    if (!decided || !fits(z, model, terms)) {
        model = by_z3(z, terms, options);
        if (model.get() == nullptr) {
            if (!decided) return std::nullopt;
            throw std::runtime_error("a model does not satisfy its own query, and Z3 finds none");
        }
        if (!fits(z, model, terms)) throw std::runtime_error("Z3's model does not fit its query");
    }
    return read_values(z, model, terms);
}

}  // namespace

std::optional<Values> counterexample(const Obligation& obligation, std::size_t goal,
                                     const DecideOptions& options) {
    const Z3_context z = obligation.z;
    const TermRef wrong(z, Z3_mk_not(z, obligation.goals.at(goal).term), "negating a goal");
    std::vector<Z3_ast> terms = obligation.premises;
    terms.push_back(wrong.get());
    return model_of(z, terms, options);
}

std::optional<Values> witness(const Obligation& obligation, const DecideOptions& options) {
    return model_of(obligation.z, obligation.premises, options);
}

}  // namespace faultline::proofs
