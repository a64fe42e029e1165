// proofs/solver/cnf.cpp - runs Z3's clausal tactics and reads the clauses off the resulting goal.
//
// Why: see cnf.hpp. A selector that vanished means its clause became trivially true, that is, its
//      goal became false; it stays a free variable, so the query for that goal answers "refuted"
//      whenever the premises can hold.
#include "proofs/solver/cnf.hpp"

#include <string>

namespace faultline::proofs {
namespace {

TacticRef tactic(Z3_context z, const char* name) {
    return {z, Z3_mk_tactic(z, name), "making a tactic"};
}
TacticRef then(Z3_context z, const TacticRef& a, const TacticRef& b) {
    return {z, Z3_tactic_and_then(z, a.get(), b.get()), "composing tactics"};
}

ApplyRef make_clausal(Z3_context z, const GoalRef& goal) {
    const TacticRef simplify = tactic(z, "simplify");
    const TacticRef blast = tactic(z, "bit-blast");
    const TacticRef clauses = tactic(z, "tseitin-cnf");
    const TacticRef all = then(z, simplify, then(z, blast, then(z, simplify, clauses)));
    return {z, Z3_tactic_apply(z, all.get(), goal.get()), "bit-blasting"};
}

/// Reads clauses from a clausal goal, numbering constants in the order they occur.
class Reader {
public:
    Reader(Z3_context z, Encoding& out) : z_(z), out_(out) { out_.constants.assign(1, nullptr); }

    /// Variable of a constant, made on first sight.
    int variable(Z3_ast constant) {
        const unsigned id = Z3_get_ast_id(z_, constant);
        if (id >= variable_of_.size()) variable_of_.resize(id * std::size_t{2} + 64, 0);
        int& v = variable_of_[id];
        if (v == 0) {
            v = ++out_.cnf.variables;
            out_.constants.push_back(constant);
        }
        return v;
    }

    void clause(Z3_ast formula) {
        clause_.clear();
        satisfied_ = false;
        if (kind_of(z_, formula) == Z3_OP_OR) {
            const Z3_app app = Z3_to_app(z_, formula);
            const unsigned n = Z3_get_app_num_args(z_, app);
            for (unsigned i = 0; i < n; ++i) literal(Z3_get_app_arg(z_, app, i));
        } else {
            literal(formula);
        }
        if (satisfied_) return;
        if (clause_.empty()) out_.cnf.contradictory = true;
        out_.cnf.add(clause_);
    }

private:
    void literal(Z3_ast term) {
        bool positive = true;
        Z3_decl_kind k = kind_of(z_, term);
        while (k == Z3_OP_NOT) {
            positive = !positive;
            term = Z3_get_app_arg(z_, Z3_to_app(z_, term), 0);
            k = kind_of(z_, term);
        }
        if (k == Z3_OP_TRUE || k == Z3_OP_FALSE) {
            if ((k == Z3_OP_TRUE) == positive) satisfied_ = true;
            return;
        }
        if (k != Z3_OP_UNINTERPRETED || Z3_get_app_num_args(z_, Z3_to_app(z_, term)) != 0) {
            throw std::runtime_error(std::string("not a literal after tseitin-cnf: ") +
                                     Z3_ast_to_string(z_, term));
        }
        const int v = variable(term);
        clause_.push_back(positive ? v : -v);
    }

    Z3_context z_;
    Encoding& out_;
    std::vector<int> variable_of_;    // by Z3 term id
    std::vector<int> clause_;
    bool satisfied_ = false;
};

}  // namespace

void Cnf::add(std::span<const int> clause) {
    literals.insert(literals.end(), clause.begin(), clause.end());
    literals.push_back(0);
    ++clauses;
}

Encoding encode(Z3_context z, const std::vector<Z3_ast>& premises, const std::vector<Z3_ast>& goals,
                bool models) {
    const GoalRef goal(z, Z3_mk_goal(z, models, false, false), "making a goal");
    for (Z3_ast p : premises) Z3_goal_assert(z, goal.get(), p);
    const Z3_sort boolean = Z3_mk_bool_sort(z);
    std::vector<TermRef> selectors;
    for (Z3_ast g : goals) {
        selectors.emplace_back(z, Z3_mk_fresh_const(z, "faultline.selector", boolean),
                               "making a selector");
        const TermRef off(z, Z3_mk_not(z, selectors.back().get()), "negating");
        const TermRef wrong(z, Z3_mk_not(z, g), "negating");
        Z3_ast both[] = {off.get(), wrong.get()};
        const TermRef clause(z, Z3_mk_or(z, 2, both), "making a clause");
        Z3_goal_assert(z, goal.get(), clause.get());
    }
    require_z3(z, "asserting an obligation");
    Encoding out;
    const ApplyRef applied = make_clausal(z, goal);
    if (Z3_apply_result_get_num_subgoals(z, applied.get()) != 1) {
        throw std::runtime_error("bit-blasting split a goal");
    }
    out.clausal = GoalRef(z, Z3_apply_result_get_subgoal(z, applied.get(), 0), "reading a subgoal");
    Reader reader(z, out);
    // Selectors come first, so that they are 1..n; they are named constants and survive every
    // tactic used.
    for (const TermRef& s : selectors) out.selectors.push_back(reader.variable(s.get()));
    if (Z3_goal_inconsistent(z, out.clausal.get())) {
        out.cnf.contradictory = true;
    } else {
        const unsigned n = Z3_goal_size(z, out.clausal.get());
        for (unsigned i = 0; i < n; ++i) reader.clause(Z3_goal_formula(z, out.clausal.get(), i));
    }
    require_z3(z, "reading clauses");
    for (std::size_t k = 0; k < selectors.size(); ++k) out.constants[k + 1] = nullptr;
    return out;
}

}  // namespace faultline::proofs
