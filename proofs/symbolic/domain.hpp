// proofs/symbolic/domain.hpp - the symbolic value domain: the model's text builds formulas with it.
//
// Why:   IF pushes its condition and then its negation as a guard and runs both arms; an assignment
//        to a value made at depth d merges under the guards above d. WITH runs its body once per
//        row the reference may name. There is no conversion to bool: a bare `if` on model data does
//        not compile.
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <cstdlib>
#include <utility>

#include "proofs/symbolic/terms.hpp"
#include "spec/domain.hpp"

namespace faultline::proofs {

inline int here() { return Builder::current().depth(); }

/// A Boolean of the model. Assignment is conditional on the guards pushed since it was made.
class SymBool {
public:
    SymBool() : depth_(here()) {}
    SymBool(bool b) : term_(b), depth_(here()) {}           // NOLINT: the text writes constants
    SymBool(Term t) : term_(t), depth_(here()) {}           // NOLINT
    SymBool(const SymBool& o) : term_(o.term_), depth_(here()) {}
    SymBool& operator=(const SymBool& o) {
        term_ = merge(Builder::current().path(depth_), o.term_, term_);
        return *this;
    }
    Term term() const { return term_; }
    void set_unconditionally(Term t) { term_ = t; }

private:
    Term term_{};
    int depth_;
};
/// An intermediate number; grows as needed.
class SymNum {
public:
    SymNum() : depth_(here()) {}
    SymNum(int v) : word_(v), depth_(here()) {}             // NOLINT
    SymNum(Word w) : word_(w), depth_(here()) {}            // NOLINT
    SymNum(const SymNum& o) : word_(o.word_), depth_(here()) {}
    SymNum& operator=(const SymNum& o) {
        word_ = merge(Builder::current().path(depth_), o.word_, word_);
        return *this;
    }
    Word word() const { return word_; }

private:
    Word word_{0};
    int depth_;
};
/// A field of bounded width; that values fit is a condition of the step.
template <int Max>
class SymInt {
public:
    static constexpr int max = Max, width = bits_for(Max);
    SymInt() : depth_(here()) {}
    SymInt(int v) : word_(fit(Word(v), width)), depth_(here()) {}         // NOLINT
    SymInt(const SymNum& v) : word_(fit(v.word(), width)), depth_(here()) {}  // NOLINT
    SymInt(const SymInt& o) : word_(o.word_), depth_(here()) {}
    SymInt& operator=(const SymInt& o) { return set(o.word_); }
    SymInt& operator=(const SymNum& v) { return set(fit(v.word(), width)); }
    template <int Other>
    SymInt& operator=(const SymInt<Other>& o) { return set(fit(o.word(), width)); }
    SymInt& operator=(int v) { return set(fit(Word(v), width)); }
    template <class V>
    SymInt& operator+=(const V& v) { return set(fit(plus(word_, word_of(v)), width)); }
    template <class V>
    SymInt& operator-=(const V& v) { return set(fit(minus(word_, word_of(v)), width)); }
    Word word() const { return word_; }
    void set_unconditionally(Word w) { word_ = w; }

private:
    template <class V>
    static Word word_of(const V& v) {
        if constexpr (std::integral<V>) return Word(static_cast<int>(v));
        else return v.word();
    }
    SymInt& set(Word w) {
        word_ = merge(Builder::current().path(depth_), w, word_);
        return *this;
    }
    Word word_{0};
    int depth_;
};

template <class T>
struct IsNumber : std::false_type {};
template <>
struct IsNumber<SymNum> : std::true_type {};
template <int Max>
struct IsNumber<SymInt<Max>> : std::true_type {};
template <class T>
concept Number = IsNumber<T>::value;
template <class T>
concept Numeric = Number<T> || std::integral<T> || std::is_enum_v<T>;
template <Numeric T>
Word word_of(const T& v) {
    if constexpr (Number<T>) return v.word();
    else return Word(static_cast<int>(v));
}

#define FL_COMPARE(op, expression)                                      \
    template <Numeric A, Numeric B>                                     \
        requires(Number<A> || Number<B>)                                \
    SymBool operator op(const A& left, const B& right) {                \
        const Word a = word_of(left), b = word_of(right);               \
        return SymBool(expression);                                     \
    }
FL_COMPARE(==, equal(a, b))
FL_COMPARE(!=, negate(equal(a, b)))
FL_COMPARE(<=, at_most(a, b))
FL_COMPARE(>=, at_most(b, a))
FL_COMPARE(<, negate(at_most(b, a)))
FL_COMPARE(>, negate(at_most(a, b)))
#undef FL_COMPARE
template <Numeric A, Numeric B>
    requires(Number<A> || Number<B>)
SymNum operator+(const A& a, const B& b) { return plus(word_of(a), word_of(b)); }
template <Numeric A, Numeric B>
    requires(Number<A> || Number<B>)
SymNum operator-(const A& a, const B& b) { return minus(word_of(a), word_of(b)); }

inline SymBool operator!(const SymBool& a) { return negate(a.term()); }
#define FL_LOGIC(op, fn)                                                                   \
    inline SymBool operator op(const SymBool& a, const SymBool& b) {                       \
        return fn(a.term(), b.term());                                                     \
    }                                                                                      \
    inline SymBool operator op(const SymBool& a, bool b) { return fn(a.term(), Term(b)); } \
    inline SymBool operator op(bool a, const SymBool& b) { return fn(Term(a), b.term()); }
FL_LOGIC(&&, both)
FL_LOGIC(||, either)
FL_LOGIC(==, same)
#undef FL_LOGIC
inline SymBool operator!=(const SymBool& a, const SymBool& b) {
    return negate(same(a.term(), b.term()));
}
inline SymBool implies(const SymBool& a, const SymBool& b) {
    return either(negate(a.term()), b.term());
}
inline SymBool implies(bool a, const SymBool& b) { return either(Term(!a), b.term()); }

struct Symbolic {
    static constexpr bool symbolic = true;
    static constexpr int max_rows = 16;
    using Bool = SymBool;
    using Num = SymNum;
    template <int Max>
    using Int = SymInt<Max>;

    /// One-hot: row k is the first that satisfied the predicate.
    struct Found {
        std::array<Term, max_rows> hot{};
        int rows = 0;
        SymBool ok{false};
        SymBool at(int k) const {
            return k < rows ? SymBool(hot[static_cast<std::size_t>(k)]) : SymBool(false);
        }
    };
    template <class Sort, int Rows>
    struct Ref {
        using sort = Sort;
        static constexpr int rows = Rows;
        Int<Rows> v{};
        Ref() = default;
        Ref(const Ref&) = default;
        Ref& operator=(const Ref&) = default;
        Ref& operator=(const Found& f) {
            Word w(0);
            for (int k = f.rows - 1; k >= 0; --k)
                w = merge(f.hot[static_cast<std::size_t>(k)], Word(k + 1), w);
            v = SymNum(w);
            return *this;
        }
        static Ref row(int k) {
            Ref r;
            r.v = k + 1;
            return r;
        }
        SymBool some() const { return v != 0; }
        SymBool none() const { return v == 0; }
        SymBool is(int k) const { return v == k + 1; }
        friend SymBool operator==(const Ref& a, const Ref& b) { return a.v == b.v; }
    };

    /// Both arms of an IF, one after the other; one arm if the condition is constant.
    class Branch {
    public:
        explicit Branch(const SymBool& c) : cond_(c.term()) {
            if (!cond_.constant()) Builder::current().push(cond_);
        }
        explicit Branch(bool c) : cond_(c) {}
        Branch(const Branch&) = delete;
        Branch& operator=(const Branch&) = delete;
        ~Branch() {
            if (live()) std::abort();   // the text left an IF by return, break or continue
        }
        bool live() const { return cond_.constant() ? arm_ < 1 : arm_ < 2; }
        void step() {
            ++arm_;
            if (cond_.constant()) return;
            Builder::current().pop();
            if (arm_ < 2) Builder::current().push(negate(cond_));
        }
        bool taken() const { return cond_.constant() ? cond_.is_true() : arm_ == 0; }

    private:
        Term cond_;
        int arm_ = 0;
    };
    /// The rows a reference, an index or a search may name, one after the other under their guards.
    class Pick {
    public:
        Pick(const Found& f, int size) : hot_(f.hot), rows_(std::min(size, f.rows)) { advance(); }
        template <class T, int Tag>
        Pick(const Absent<T, Tag>&, int) : rows_(0) {}
        template <class Sort, int Rows>
        Pick(const Ref<Sort, Rows>& r, int size) : rows_(size) {
            for (int k = 0; k < rows_; ++k) hot_[static_cast<std::size_t>(k)] = r.is(k).term();
            advance();
        }
        template <Numeric I>
        Pick(const I& i, int size) : rows_(size) {
            for (int k = 0; k < rows_; ++k)
                hot_[static_cast<std::size_t>(k)] = equal(word_of(i), Word(k));
            advance();
        }
        Pick(const Pick&) = delete;
        Pick& operator=(const Pick&) = delete;
        ~Pick() {
            if (live()) std::abort();   // the text left a WITH by return, break or continue
        }
        bool live() const { return at_ < rows_; }
        void step() {
            Builder::current().pop();
            ++at_;
            advance();
        }
        int row() const { return at_; }

    private:
        void advance() {
            while (at_ < rows_ && hot_[static_cast<std::size_t>(at_)].is_false()) ++at_;
            if (at_ < rows_) Builder::current().push(hot_[static_cast<std::size_t>(at_)]);
        }
        std::array<Term, max_rows> hot_{};
        int rows_, at_ = 0;
    };

    template <class Table, class Pred>
    static Found find(const Table& table, Pred pred) {
        return find_row(table, [&](int, const auto& row) { return pred(row); });
    }
    template <class Table, class Pred>
    static Found find_row(const Table& table, Pred pred) {
        static_assert(std::tuple_size_v<Table> <= max_rows, "a table too large to be symbolic");
        Found f;
        f.rows = static_cast<int>(table.size());
        Term none = true;
        for (int k = 0; k < f.rows; ++k) {
            const SymBool hit(pred(k, table[static_cast<std::size_t>(k)]));
            f.hot[static_cast<std::size_t>(k)] = both(none, hit.term());
            none = both(none, negate(hit.term()));
        }
        f.ok = SymBool(negate(none));
        return f;
    }
    template <class Which>
    static Term names(const Which& which, int k) {
        if constexpr (std::is_same_v<Which, Found>) return which.hot[static_cast<std::size_t>(k)];
        else if constexpr (Numeric<Which>) return equal(word_of(which), Word(k));
        else return which.is(k).term();
    }
    template <class Table, class Which, class Fn>
    static auto at(const Table& table, const Which& which, Fn fn) {
        using Field = std::decay_t<decltype(fn(table[0]))>;
        const int rows = static_cast<int>(table.size());
        if constexpr (AbsentField<Field>) {
            return typename Field::Value{};
        } else if constexpr (std::is_same_v<Field, SymBool>) {
            Term t = false;
            for (int k = 0; k < rows; ++k)
                t = either(t, both(names(which, k), fn(table[static_cast<std::size_t>(k)]).term()));
            return SymBool(t);
        } else if constexpr (Number<Field>) {
            return Field(
                SymNum(pick_word(table, which, [&](const auto& r) { return fn(r).word(); })));
        } else {
            Field ref;
            ref.v.set_unconditionally(
                pick_word(table, which, [&](const auto& r) { return fn(r).v.word(); }));
            return ref;
        }
    }
    template <class Table, class Which, class Fn>
    static Word pick_word(const Table& table, const Which& which, Fn fn) {
        Word w(0);
        for (int k = static_cast<int>(table.size()) - 1; k >= 0; --k)
            w = merge(names(which, k), fn(table[static_cast<std::size_t>(k)]), w);
        return w;
    }
    template <int Rows>
    struct Tally {
        std::array<SymNum, static_cast<std::size_t>(Rows)> n{};
        template <class T, int Tag>
        void add(const Absent<T, Tag>&, const SymBool&) {}
        template <class Sort>
        void add(const Ref<Sort, Rows>& which, const SymBool& when) {
            for (int k = 0; k < Rows; ++k) {
                auto& x = n[static_cast<std::size_t>(k)];
                x = x + num(which.is(k) && when);
            }
        }
        SymNum of(int row) const { return n[static_cast<std::size_t>(row)]; }
    };
    static SymNum num(const SymBool& b) { return merge(b.term(), Word(1), Word(0)); }
    static SymBool select(const SymBool& c, const SymBool& a, const SymBool& b) {
        return merge(c.term(), a.term(), b.term());
    }
    template <Numeric A, Numeric B>
    static SymNum select(const SymBool& c, const A& a, const B& b) {
        return merge(c.term(), word_of(a), word_of(b));
    }
    static bool require(const SymBool& c) {
        Builder::current().require(c.term());
        return true;
    }
    static SymBool done() { return Builder::current().enabled(); }
};

}  // namespace faultline::proofs

namespace faultline {
using proofs::implies;
}
