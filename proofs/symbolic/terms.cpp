// proofs/symbolic/terms.cpp - term construction over Z3's C API, folding what is constant.
//
// Why: see terms.hpp. Every reference is kept until the Builder dies, so terms can be copied
//      freely.
#include "proofs/symbolic/terms.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace faultline::proofs {
namespace {

thread_local Builder* current_builder = nullptr;

void on_error(Z3_context c, Z3_error_code e) {
    throw std::runtime_error(std::string("z3: ") + Z3_get_error_msg(c, e));
}
Builder& b() { return Builder::current(); }

}  // namespace

Word::Word(int v) : value(v), max(v), width(bits_for(v)) {}

Builder::Builder() : outer_(current_builder) {
    Z3_config config = Z3_mk_config();
    z_ = Z3_mk_context_rc(config);
    Z3_del_config(config);
    Z3_set_error_handler(z_, on_error);
    true_ = keep(Z3_mk_true(z_));
    false_ = keep(Z3_mk_false(z_));
    current_builder = this;
}
Builder::~Builder() {
    current_builder = outer_;
    // A context that dies with references left looks for roots once a layer of its terms: measured
    // a third of a proof's time.
    for (auto a = kept_.rbegin(); a != kept_.rend(); ++a) Z3_dec_ref(z_, *a);
    Z3_del_context(z_);
}
Builder& Builder::current() {
    if (current_builder == nullptr) throw std::logic_error("a term outside any Builder");
    return *current_builder;
}
Z3_ast Builder::keep(Z3_ast a) {
    Z3_inc_ref(z_, a);
    kept_.push_back(a);
    return a;
}
Z3_ast Builder::ast(Term t) { return t.known == 2 ? t.ast : t.known == 1 ? true_ : false_; }
Z3_ast Builder::ast(Word w, int width) {
    if (w.constant()) {
        const auto mask = width >= 63 ? ~0ULL : (1ULL << width) - 1;
        return keep(Z3_mk_unsigned_int64(z_, static_cast<std::uint64_t>(w.value) & mask,
                                         Z3_mk_bv_sort(z_, static_cast<unsigned>(width))));
    }
    if (w.width == width) return w.ast;
    if (w.width < width)
        return keep(Z3_mk_zero_ext(z_, static_cast<unsigned>(width - w.width), w.ast));
    return keep(Z3_mk_extract(z_, static_cast<unsigned>(width - 1), 0, w.ast));
}
Term Builder::fresh_bool(const std::string& name) {
    return Term(keep(
        Z3_mk_const(z_, Z3_mk_string_symbol(z_, name.c_str()), Z3_mk_bool_sort(z_))));
}
Word Builder::fresh_word(const std::string& name, int width) {
    Z3_ast a = Z3_mk_const(z_, Z3_mk_string_symbol(z_, name.c_str()),
                           Z3_mk_bv_sort(z_, static_cast<unsigned>(width)));
    return Word(keep(a), width, (std::int64_t{1} << width) - 1);
}
void Builder::push(Term guard) {
    guards_.push_back(guard);
    paths_.push_back(paths_.empty() ? guard : both(paths_.back(), guard));
}
void Builder::pop() {
    guards_.pop_back();
    paths_.pop_back();
}
Term Builder::path(int depth) const {
    if (depth == 0) return paths_.empty() ? Term(true) : paths_.back();
    Term t = true;
    for (auto i = static_cast<std::size_t>(depth); i < guards_.size(); ++i) t = both(t, guards_[i]);
    return t;
}
void Builder::require(Term c) { enabled_ = both(enabled_, either(negate(path(0)), c)); }
void Builder::must(const char* what, Term c) {
    const Term term = either(negate(path(0)), c);
    if (!term.is_true()) conditions_.push_back({what, term});
}
void Builder::restart() {
    guards_.clear();
    paths_.clear();
    conditions_.clear();
    enabled_ = true;
}

Term negate(Term a) {
    if (a.constant()) return Term(a.known == 0);
    return Term(b().keep(Z3_mk_not(b().z(), a.ast)));
}
Term both(Term x, Term y) {
    if (x.is_false() || y.is_false()) return false;
    if (x.is_true()) return y;
    if (y.is_true() || x.ast == y.ast) return x;
    Z3_ast args[2] = {x.ast, y.ast};
    return Term(b().keep(Z3_mk_and(b().z(), 2, args)));
}
Term either(Term x, Term y) {
    if (x.is_true() || y.is_true()) return true;
    if (x.is_false()) return y;
    if (y.is_false() || x.ast == y.ast) return x;
    Z3_ast args[2] = {x.ast, y.ast};
    return Term(b().keep(Z3_mk_or(b().z(), 2, args)));
}
Term same(Term x, Term y) {
    if (x.constant()) return x.is_true() ? y : negate(y);
    if (y.constant()) return y.is_true() ? x : negate(x);
    if (x.ast == y.ast) return true;
    return Term(b().keep(Z3_mk_iff(b().z(), x.ast, y.ast)));
}
Term merge(Term c, Term x, Term y) {
    if (c.constant()) return c.is_true() ? x : y;
    if (x.constant() && y.constant()) {
        if (x.known == y.known) return x;
        return x.is_true() ? c : negate(c);
    }
    if (!x.constant() && !y.constant() && x.ast == y.ast) return x;
    if (x.is_true()) return either(c, y);
    if (x.is_false()) return both(negate(c), y);
    if (y.is_true()) return either(negate(c), x);
    if (y.is_false()) return both(c, x);
    return Term(b().keep(Z3_mk_ite(b().z(), c.ast, x.ast, y.ast)));
}
Term equal(Word x, Word y) {
    if (x.constant() && y.constant()) return x.value == y.value;
    if (x.constant()) std::swap(x, y);
    if (y.constant() && (y.value < 0 || bits_for(y.value) > x.width)) return false;
    if (!y.constant() && x.ast == y.ast) return true;
    const int width = y.constant() ? x.width : std::max(x.width, y.width);
    return Term(b().keep(Z3_mk_eq(b().z(), b().ast(x, width), b().ast(y, width))));
}
Term at_most(Word x, Word y) {
    if (x.constant() && y.constant()) return x.value <= y.value;
    if (y.constant() && x.max <= y.value) return true;
    if (y.constant() && y.value < 0) return false;
    if (x.constant() && x.value <= 0) return true;
    if (x.constant() && x.value > y.max) return false;
    if (!x.constant() && !y.constant() && x.ast == y.ast) return true;
    const int width = std::max(x.constant() ? bits_for(x.value) : x.width,
                               y.constant() ? bits_for(y.value) : y.width);
    return Term(b().keep(Z3_mk_bvule(b().z(), b().ast(x, width), b().ast(y, width))));
}
Word plus(Word x, Word y) {
    if (x.constant() && y.constant()) return Word(static_cast<int>(x.value + y.value));
    if (x.constant() && x.value == 0) return y;
    if (y.constant() && y.value == 0) return x;
    const std::int64_t max = x.max + y.max;
    const int width = bits_for(max);
    return Word(b().keep(Z3_mk_bvadd(b().z(), b().ast(x, width), b().ast(y, width))), width, max);
}
Word minus(Word x, Word y) {
    if (y.constant() && y.value == 0) return x;
    if (x.constant() && y.constant() && x.value >= y.value)
        return Word(static_cast<int>(x.value - y.value));
    b().must("a difference is not negative", at_most(y, x));
    const int width = std::max(x.constant() ? bits_for(x.value) : x.width,
                               y.constant() ? bits_for(y.value) : y.width);
    const std::int64_t top = (std::int64_t{1} << width) - 1;
    return Word(b().keep(Z3_mk_bvsub(b().z(), b().ast(x, width), b().ast(y, width))), width,
                std::min(top, x.max));
}
Word merge(Term c, Word x, Word y) {
    if (c.constant()) return c.is_true() ? x : y;
    if (x.constant() && y.constant() && x.value == y.value) return x;
    if (!x.constant() && !y.constant() && x.ast == y.ast) return x;
    const int width = std::max(x.width, y.width);
    return Word(b().keep(Z3_mk_ite(b().z(), c.ast, b().ast(x, width), b().ast(y, width))), width,
                std::max(x.max, y.max));
}
Word fit(Word a, int width) {
    const std::int64_t top = (std::int64_t{1} << width) - 1;
    if (a.constant()) {
        if (a.value >= 0 && a.value <= top) return a;
        b().must("a number fits its field", false);
        return Word(0);
    }
    if (a.width <= width) return a;
    if (a.max > top) b().must("a number fits its field", at_most(a, Word(static_cast<int>(top))));
    return Word(b().ast(a, width), width, std::min(top, a.max));
}

}  // namespace faultline::proofs
