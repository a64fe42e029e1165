// proofs/symbolic/terms.hpp - Boolean and bit-vector terms with constant folding, and the guards of
// merged branches.
//
// Why:    the model's text executes both arms of every branch; folding constants here is what keeps
//         the formulas small, and the guard stack is what makes an assignment conditional. One
//         Builder per thread at a time.
// Differs: "no mutable globals" has one exception, the current Builder of a thread: operators have
//         no other way to find their context.
#pragma once
#include <z3.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace faultline::proofs {

/// A Boolean: false, true or a term.
struct Term {
    std::int8_t known = 0;      ///< 0 false, 1 true, 2 see `ast`
    Z3_ast ast = nullptr;
    Term() = default;
    Term(bool b) : known(b ? 1 : 0) {}   // NOLINT: constants are terms
    explicit Term(Z3_ast a) : known(2), ast(a) {}
    bool constant() const { return known < 2; }
    bool is_false() const { return known == 0; }
    bool is_true() const { return known == 1; }
};
/// An unsigned number: a constant or a bit vector of `width` bits that never exceeds `max`.
struct Word {
    std::int64_t value = 0;     ///< when constant
    std::int64_t max = 0;
    int width = 1;
    Z3_ast ast = nullptr;
    Word() = default;
    Word(int v);                // NOLINT: constants are words
    Word(Z3_ast a, int w, std::int64_t m) : value(-1), max(m), width(w), ast(a) {}
    bool constant() const { return ast == nullptr; }
};
constexpr int bits_for(std::int64_t max) {
    return max <= 0 ? 1 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(max)));
}

/// Something that must be true on the path it arose on, apart from the claims.
struct Condition {
    std::string what;
    Term term;
};

/// The context in which terms are made, the guards in force, and what the step asked for.
class Builder {
public:
    Builder();
    ~Builder();
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;
    /// The Builder of this thread; terms can only be made while one exists.
    static Builder& current();
    Z3_context z() const { return z_; }
    Z3_ast keep(Z3_ast a);
    Z3_ast ast(Term t);
    Z3_ast ast(Word w, int width);
    Term fresh_bool(const std::string& name);
    Word fresh_word(const std::string& name, int width);

    int depth() const { return static_cast<int>(guards_.size()); }
    void push(Term guard);
    void pop();
    /// The conjunction of the guards pushed since `depth`.
    Term path(int depth) const;
    void require(Term c);
    Term enabled() const { return enabled_; }
    void must(const char* what, Term c);
    const std::vector<Condition>& conditions() const { return conditions_; }
    /// Forgets enabled, conditions and guards, keeps terms: a new step in the same context.
    void restart();

private:
    Z3_context z_;
    std::vector<Z3_ast> kept_;           ///< given back before the context dies
    Z3_ast true_, false_;
    std::vector<Term> guards_, paths_;   ///< paths_[i]: conjunction of guards from 0 to i
    Term enabled_{true};
    std::vector<Condition> conditions_;
    Builder* outer_;
};

Term negate(Term a);
Term both(Term a, Term b);
Term either(Term a, Term b);
Term same(Term a, Term b);
Term merge(Term c, Term a, Term b);
Term equal(Word a, Word b);
Term at_most(Word a, Word b);
Word plus(Word a, Word b);
/// a - b; that b <= a becomes a condition of the step.
Word minus(Word a, Word b);
Word merge(Term c, Word a, Word b);
/// a cut to `width` bits; that nothing is lost becomes a condition of the step.
Word fit(Word a, int width);

}  // namespace faultline::proofs
