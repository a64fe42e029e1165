// proofs/x86/term.hpp - a symbolic 64-bit word and a symbolic truth value, as terms.
//
// Why:    the codecs run over this word unchanged and leave a formula behind. The terms are ours,
//         so one formula can be given to Z3, printed as SMT-LIB for another solver, and evaluated
//         on a model to replay what a solver says; and only decide.cpp needs z3++.h.
// Source: SMT-LIB theory FixedSizeBitVectors, logic QF_BV.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace faultline::x86 {

enum class Op {
    word_constant, word_variable, word_and, word_or, word_xor, word_not, word_add, word_sub,
    word_shl, word_lshr, word_ite, truth_constant, truth_eq, truth_and, truth_or, truth_not,
};
constexpr bool is_word(Op op) { return op <= Op::word_ite; }

struct Node;
using Term = std::shared_ptr<const Node>;
struct Node {
    Op op;
    std::uint64_t value = 0;  ///< of a constant; the count of a shift; 0 or 1 for a truth
    std::string name;         ///< of a variable
    Term a, b, c;
};

/// Builders that fold constants and drop what cannot matter.
Term word_constant(std::uint64_t value);
Term word_variable(const std::string& name);
Term truth_constant(bool value);
Term make_word(Op op, const Term& a, const Term& b);
Term make_shift(Op op, const Term& a, unsigned count);
Term make_ite(const Term& condition, const Term& a, const Term& b);
Term make_eq(const Term& a, const Term& b);
Term make_truth(Op op, const Term& a, const Term& b);

using Assignment = std::map<std::string, std::uint64_t>;
/// Value of a term when each variable has its value in `model` (0 when it has none).
std::uint64_t evaluate(const Term& term, const Assignment& model);
/// A stand-alone SMT-LIB script that asks whether `claim` can be false; `unsat` means it holds.
std::string smtlib(const Term& claim, const std::string& comment);
/// Distinct nodes of a term: its size as a directed acyclic graph.
std::size_t node_count(const Term& term);

/// The truth type of Word.
class Bool {
  public:
    explicit Bool(bool value) : term_(truth_constant(value)) {}
    explicit Bool(Term term) : term_(std::move(term)) {}
    const Term& term() const { return term_; }
    friend Bool operator&&(const Bool& a, const Bool& b) {
        return Bool(make_truth(Op::truth_and, a.term_, b.term_));
    }
    friend Bool operator||(const Bool& a, const Bool& b) {
        return Bool(make_truth(Op::truth_or, a.term_, b.term_));
    }
    friend Bool operator!(const Bool& a) {
        return Bool(make_truth(Op::truth_not, a.term_, nullptr));
    }
    friend Bool operator==(const Bool& a, const Bool& b) { return (a && b) || (!a && !b); }

  private:
    Term term_;
};

/// A 64-bit word that may be a number, a variable or any term over them.
class Word {
  public:
    Word() : term_(word_constant(0)) {}
    explicit Word(std::uint64_t value) : term_(word_constant(value)) {}
    explicit Word(Term term) : term_(std::move(term)) {}
    const Term& term() const { return term_; }
    friend Word operator&(const Word& a, const Word& b) { return make(Op::word_and, a, b); }
    friend Word operator|(const Word& a, const Word& b) { return make(Op::word_or, a, b); }
    friend Word operator^(const Word& a, const Word& b) { return make(Op::word_xor, a, b); }
    friend Word operator+(const Word& a, const Word& b) { return make(Op::word_add, a, b); }
    friend Word operator-(const Word& a, const Word& b) { return make(Op::word_sub, a, b); }
    friend Word operator~(const Word& a) { return Word(make_word(Op::word_not, a.term_, nullptr)); }
    friend Word operator<<(const Word& a, unsigned n) {
        return Word(make_shift(Op::word_shl, a.term_, n));
    }
    friend Word operator>>(const Word& a, unsigned n) {
        return Word(make_shift(Op::word_lshr, a.term_, n));
    }
    friend Bool operator==(const Word& a, const Word& b) { return Bool(make_eq(a.term_, b.term_)); }
    friend Bool operator!=(const Word& a, const Word& b) { return !(a == b); }

  private:
    static Word make(Op op, const Word& a, const Word& b) {
        return Word(make_word(op, a.term_, b.term_));
    }
    Term term_;
};

inline Word select(const Bool& c, const Word& a, const Word& b) {
    return Word(make_ite(c.term(), a.term(), b.term()));
}
inline Bool select(const Bool& c, const Bool& a, const Bool& b) { return (c && a) || (!c && b); }

}  // namespace faultline::x86
