// proofs/x86/term.cpp - building, evaluating and printing terms.
//
// Why:    folding here keeps formulas small; it is checked by evaluating every countermodel.
#include "proofs/x86/term.hpp"

#include <unordered_map>
#include <vector>

namespace faultline::x86 {
namespace {

Term node(Op op, std::uint64_t value, Term a = {}, Term b = {}, Term c = {}) {
    return std::make_shared<const Node>(
        Node{op, value, {}, std::move(a), std::move(b), std::move(c)});
}
bool is_constant(const Term& t) {
    return t->op == Op::word_constant || t->op == Op::truth_constant;
}
bool is_value(const Term& t, std::uint64_t value) { return is_constant(t) && t->value == value; }

/// What an operation yields on numbers; `n` is the node, for shift counts and constants.
std::uint64_t apply(const Node& n, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    switch (n.op) {
        case Op::word_constant: case Op::truth_constant: return n.value;
        case Op::word_variable: return 0;
        case Op::word_and: case Op::truth_and: return a & b;
        case Op::word_or: case Op::truth_or: return a | b;
        case Op::word_xor: return a ^ b;
        case Op::word_not: return ~a;
        case Op::word_add: return a + b;
        case Op::word_sub: return a - b;
        case Op::word_shl: return n.value >= 64 ? 0 : a << n.value;
        case Op::word_lshr: return n.value >= 64 ? 0 : a >> n.value;
        case Op::word_ite: return a != 0 ? b : c;
        case Op::truth_eq: return a == b;
        case Op::truth_not: return a == 0;
    }
    return 0;
}

/// Nodes of a term, operands before users, each once. Iterative: terms can be deep.
std::vector<const Node*> in_order(const Term& term) {
    std::vector<const Node*> order;
    std::unordered_map<const Node*, bool> done;
    std::vector<std::pair<const Node*, bool>> stack{{term.get(), false}};
    while (!stack.empty()) {
        const auto [n, expanded] = stack.back();
        stack.pop_back();
        if (expanded) {
            order.push_back(n);
            continue;
        }
        if (!done.emplace(n, true).second) continue;
        stack.push_back({n, true});
        for (const Term* t : {&n->a, &n->b, &n->c})
            if (*t && !done.contains(t->get())) stack.push_back({t->get(), false});
    }
    return order;
}

std::string hexadecimal(std::uint64_t value) {
    std::string text = "#x";
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15];
    return text;
}
const char* smt_name(Op op) {
    switch (op) {
        case Op::word_and: return "bvand";
        case Op::word_or: return "bvor";
        case Op::word_xor: return "bvxor";
        case Op::word_not: return "bvnot";
        case Op::word_add: return "bvadd";
        case Op::word_sub: return "bvsub";
        case Op::word_shl: return "bvshl";
        case Op::word_lshr: return "bvlshr";
        case Op::word_ite: return "ite";
        case Op::truth_eq: return "=";
        case Op::truth_and: return "and";
        case Op::truth_or: return "or";
        case Op::truth_not: return "not";
        default: return "?";
    }
}

}  // namespace

Term word_constant(std::uint64_t value) { return node(Op::word_constant, value); }
Term truth_constant(bool value) { return node(Op::truth_constant, value ? 1 : 0); }
Term word_variable(const std::string& name) {
    return std::make_shared<const Node>(Node{Op::word_variable, 0, name, {}, {}, {}});
}

Term make_word(Op op, const Term& a, const Term& b) {
    const Term made = node(op, 0, a, b);
    if (is_constant(a) && (!b || is_constant(b)))
        return word_constant(apply(*made, a->value, b ? b->value : 0, 0));
    if (!b) return a->op == Op::word_not ? a->a : made;
    constexpr std::uint64_t ones = ~std::uint64_t{0};
    if (op == Op::word_and) {
        if (is_value(a, 0) || is_value(b, ones)) return a;
        if (is_value(b, 0) || is_value(a, ones)) return b;
    } else if (is_value(b, 0)) {
        return a;  // | ^ + - with 0
    } else if (op != Op::word_sub && is_value(a, 0)) {
        return b;
    }
    return made;
}
Term make_shift(Op op, const Term& a, unsigned count) {
    if (count == 0) return a;
    const Term made = node(op, count, a);
    return is_constant(a) ? word_constant(apply(*made, a->value, 0, 0)) : made;
}
Term make_ite(const Term& condition, const Term& a, const Term& b) {
    if (is_constant(condition)) return condition->value != 0 ? a : b;
    if (a == b || (is_constant(a) && is_constant(b) && a->value == b->value)) return a;
    return node(Op::word_ite, 0, condition, a, b);
}
Term make_eq(const Term& a, const Term& b) {
    if (a == b) return truth_constant(true);
    if (is_constant(a) && is_constant(b)) return truth_constant(a->value == b->value);
    return node(Op::truth_eq, 0, a, b);
}
Term make_truth(Op op, const Term& a, const Term& b) {
    if (op == Op::truth_not) {
        if (is_constant(a)) return truth_constant(a->value == 0);
        return a->op == Op::truth_not ? a->a : node(op, 0, a);
    }
    const std::uint64_t neutral = op == Op::truth_and ? 1 : 0;
    if (is_constant(a)) return a->value == neutral ? b : a;
    if (is_constant(b)) return b->value == neutral ? a : b;
    return a == b ? a : node(op, 0, a, b);
}

std::uint64_t evaluate(const Term& term, const Assignment& model) {
    std::unordered_map<const Node*, std::uint64_t> values;
    const auto value_of = [&values](const Term& t) { return t ? values.at(t.get()) : 0; };
    for (const Node* n : in_order(term)) {
        if (n->op == Op::word_variable) {
            const auto found = model.find(n->name);
            values[n] = found == model.end() ? 0 : found->second;
        } else {
            const std::uint64_t a = value_of(n->a), b = value_of(n->b), c = value_of(n->c);
            values[n] = apply(*n, a, b, c);
        }
    }
    return values.at(term.get());
}

std::string smtlib(const Term& claim, const std::string& comment) {
    std::string declared, defined;
    std::unordered_map<const Node*, std::string> names;
    std::map<std::string, bool> variables;
    for (const Node* n : in_order(claim)) {
        if (n->op == Op::word_variable) {
            names[n] = n->name;
            if (variables.emplace(n->name, true).second)
                declared += "(declare-const " + n->name + " (_ BitVec 64))\n";
            continue;
        }
        if (n->op == Op::word_constant || n->op == Op::truth_constant) {
            const bool word = n->op == Op::word_constant;
            names[n] = word ? hexadecimal(n->value) : n->value != 0 ? "true" : "false";
            continue;
        }
        const std::string name = "t" + std::to_string(names.size());
        std::string line = "(define-fun " + name + " () " +
                           (is_word(n->op) ? "(_ BitVec 64)" : "Bool") + " (" + smt_name(n->op);
        for (const Term* t : {&n->a, &n->b, &n->c})
            if (*t) line += " " + names.at(t->get());
        if (n->op == Op::word_shl || n->op == Op::word_lshr) line += " " + hexadecimal(n->value);
        defined += line + "))\n";
        names[n] = name;
    }
    return "; " + comment + "\n(set-logic QF_BV)\n" + declared + defined + "(assert (not " +
           names.at(claim.get()) + "))\n(check-sat)\n";
}

std::size_t node_count(const Term& term) { return in_order(term).size(); }

}  // namespace faultline::x86
