// proofs/solver/z3_terms.cpp - iterative walks over Z3 terms.
//
// Why: see z3_terms.hpp. Visited sets are vectors indexed by Z3's term ids, which are small and
//      dense.
#include "proofs/solver/z3_terms.hpp"

#include <algorithm>

namespace faultline::proofs {
namespace {

class IdSet {
public:
    /// True the first time an id is seen.
    bool insert(unsigned id) {
        const std::size_t need = std::size_t{id} + 1;
        if (need > seen_.size()) seen_.resize(std::max(need, seen_.size() * 2), false);
        if (seen_[id]) return false;
        seen_[id] = true;
        return true;
    }

private:
    std::vector<bool> seen_;
};

bool is_application(Z3_context z, Z3_ast term) {
    const Z3_ast_kind k = Z3_get_ast_kind(z, term);
    return k == Z3_APP_AST || k == Z3_NUMERAL_AST;
}

}  // namespace

Z3_decl_kind kind_of(Z3_context z, Z3_ast term) {
    if (!is_application(z, term)) return Z3_OP_INTERNAL;
    return Z3_get_decl_kind(z, Z3_get_app_decl(z, Z3_to_app(z, term)));
}
bool is_true(Z3_context z, Z3_ast term) { return kind_of(z, term) == Z3_OP_TRUE; }
bool is_false(Z3_context z, Z3_ast term) { return kind_of(z, term) == Z3_OP_FALSE; }

std::string name_of(Z3_context z, Z3_func_decl decl) {
    const Z3_symbol s = Z3_get_decl_name(z, decl);
    if (Z3_get_symbol_kind(z, s) == Z3_INT_SYMBOL) {
        return "k!" + std::to_string(Z3_get_symbol_int(z, s));
    }
    return Z3_get_symbol_string(z, s);
}

std::vector<Z3_ast> postorder(Z3_context z, const std::vector<Z3_ast>& roots) {
    struct Frame {
        Z3_ast term;
        Z3_app app;
        unsigned next, count;
    };
    std::vector<Z3_ast> order;
    std::vector<Frame> stack;
    IdSet seen;
    auto enter = [&](Z3_ast t) {
        if (!seen.insert(Z3_get_ast_id(z, t))) return;
        if (!is_application(z, t)) throw std::runtime_error("a term with quantifiers or binders");
        const Z3_app app = Z3_to_app(z, t);
        stack.push_back({t, app, 0, Z3_get_app_num_args(z, app)});
    };
    for (Z3_ast root : roots) {
        enter(root);
        while (!stack.empty()) {
            Frame& top = stack.back();
            if (top.next == top.count) {
                order.push_back(top.term);
                stack.pop_back();
            } else {
                enter(Z3_get_app_arg(z, top.app, top.next++));
            }
        }
    }
    return order;
}

std::vector<Z3_ast> conjuncts(Z3_context z, const std::vector<Z3_ast>& terms) {
    std::vector<Z3_ast> out;
    std::vector<Z3_ast> open(terms.rbegin(), terms.rend());
    IdSet seen;
    while (!open.empty()) {
        const Z3_ast t = open.back();
        open.pop_back();
        if (!seen.insert(Z3_get_ast_id(z, t))) continue;
        const Z3_decl_kind k = kind_of(z, t);
        if (k == Z3_OP_AND) {
            const Z3_app app = Z3_to_app(z, t);
            for (unsigned i = Z3_get_app_num_args(z, app); i-- > 0;) {
                open.push_back(Z3_get_app_arg(z, app, i));
            }
        } else if (k != Z3_OP_TRUE) {
            out.push_back(t);
        }
    }
    return out;
}

}  // namespace faultline::proofs
