// proofs/induction/bmc.hpp - bounded reachability: the machine unrolled step by step from one
// concrete state.
//
// Why: induction starts anywhere the claims allow; this starts where the machine starts and tells
//      whole histories. One fresh word a depth chooses which task moves or which operation begins;
//      the next state merges what the choices lead to. A concrete start folds away most of the
//      first depths: an instance whose pc cannot occur yet is never built.
#pragma once
#include <optional>
#include <unordered_set>

#include "model/reference/view.hpp"
#include "proofs/induction/instances.hpp"

namespace faultline::proofs {

/// One bit for each value that a merge of constants may have; every bit if it is something else.
inline std::uint64_t possible_values(const Word& w) {
    constexpr auto all = ~std::uint64_t{0};
    if (w.constant()) return w.value >= 0 && w.value < 64 ? std::uint64_t{1} << w.value : all;
    const Z3_context z = Builder::current().z();
    std::uint64_t bits = 0;
    std::unordered_set<Z3_ast> seen;
    std::vector<Z3_ast> todo{w.ast};
    while (!todo.empty()) {
        const Z3_ast a = todo.back();
        todo.pop_back();
        if (!seen.insert(a).second) continue;
        if (Z3_get_ast_kind(z, a) == Z3_NUMERAL_AST) {
            std::uint64_t v = 0;
            if (!Z3_get_numeral_uint64(z, a, &v) || v >= 64) return all;
            bits |= std::uint64_t{1} << v;
            continue;
        }
        if (Z3_get_ast_kind(z, a) != Z3_APP_AST) return all;
        const Z3_app app = Z3_to_app(z, a);
        const Z3_decl_kind kind = Z3_get_decl_kind(z, Z3_get_app_decl(z, app));
        if (kind == Z3_OP_ZERO_EXT) {
            todo.push_back(Z3_get_app_arg(z, app, 0));
        } else if (kind == Z3_OP_ITE) {
            todo.push_back(Z3_get_app_arg(z, app, 1));
            todo.push_back(Z3_get_app_arg(z, app, 2));
        } else {
            return all;
        }
    }
    return bits;
}
inline bool may_be(const Word& w, int value) {
    return (possible_values(w) >> static_cast<unsigned>(value) & 1) != 0;
}

/// A leaf of a symbolic state, taken out of its type.
struct LeafValue {
    bool is_word = false;
    Term term;
    Word word;
    LeafValue(const SymBool& b) : term(b.term()) {}                      // NOLINT
    template <int Max>
    LeafValue(const SymInt<Max>& i) : is_word(true), word(i.word()) {}   // NOLINT
    template <class Sort, int Rows>
    LeafValue(const Symbolic::Ref<Sort, Rows>& r) : LeafValue(r.v) {}    // NOLINT
    void put(SymBool& leaf) const { leaf.set_unconditionally(term); }
    template <int Max>
    void put(SymInt<Max>& leaf) const { leaf.set_unconditionally(word); }
    template <class Sort, int Rows>
    void put(Symbolic::Ref<Sort, Rows>& leaf) const { put(leaf.v); }

    friend bool operator==(const LeafValue& a, const LeafValue& b) {
        if (!a.is_word)
            return a.term.known == b.term.known && (a.term.constant() || a.term.ast == b.term.ast);
        if (a.word.constant() || b.word.constant())
            return a.word.constant() && b.word.constant() && a.word.value == b.word.value;
        return a.word.ast == b.word.ast;
    }
    void merge_in(Term when, const LeafValue& other) {
        if (is_word) word = merge(when, other.word, word);
        else term = merge(when, other.term, term);
    }
};
template <class S>
std::vector<LeafValue> leaf_values(const S& state) {
    std::vector<LeafValue> out;
    each_leaf(state, [&](const auto& leaf) { out.emplace_back(leaf); });
    return out;
}
inline void lift(SymBool& to, bool from) { to.set_unconditionally(Term(from)); }
template <int Max>
void lift(SymInt<Max>& to, int from) { to.set_unconditionally(Word(from)); }
template <class Sort, int Rows>
void lift(Symbolic::Ref<Sort, Rows>& to, const Concrete::Ref<Sort, Rows>& from) {
    lift(to.v, static_cast<int>(from.v));
}
/// The same state as constants of the symbolic domain.
template <Bounds B>
typename Sym<B>::State lifted(const typename Con<B>::State& from) {
    typename Sym<B>::State to{};
    each_leaf_pair(to, from, [](auto& a, const auto& b) { lift(a, b); });
    return to;
}

/// One concrete run of what a model chose.
template <Bounds B>
struct History {
    struct Move {
        std::string text;
        int result = 0;
        typename Con<B>::State after{};
    };
    typename Con<B>::State from{};
    std::vector<Move> moves;
    bool bug = false;
    std::vector<bool> step_held;   ///< by the last move, by index of the claim about a step
    std::string error;   ///< why the model does not replay; empty if it does
};

template <Bounds B>
class Unrolling {
public:
    using State = typename Sym<B>::State;
    /// Needs a current Builder. With `symmetry` an operation begins on the first idle task only.
    Unrolling(const Env& env, const typename Con<B>::State& from, bool symmetry)
        : env_(env), from_(from), symmetry_(symmetry), all_(instances(B, false)),
          state_(lifted<B>(from)) {}

    int depth() const { return static_cast<int>(choices_.size()); }
    const State& state() const { return state_; }
    /// What the choices of all depths so far must satisfy.
    const std::vector<Term>& transitions() const { return transitions_; }
    /// How many instances the last step could choose from.
    std::size_t width() const { return choices_.empty() ? 0 : choices_.back().size(); }

    /// One goal a claim at this depth: of the state, and of what the last step must not have done.
    std::vector<Conjunct> goals() const {
        Builder::current().restart();
        std::vector<Conjunct> parts = claim_terms<B>(env_, state_);
        parts.insert(parts.end(), last_.begin(), last_.end());
        std::map<int, Term> by_claim;
        for (const Conjunct& c : parts) {
            Term& all = by_claim.try_emplace(c.claim, true).first->second;
            all = both(all, c.term);
        }
        std::vector<Conjunct> out;
        for (const auto& [claim, term] : by_claim) out.push_back({claim, term});
        return out;
    }
    void step() {
        Builder& b = Builder::current();
        const std::string at = "@" + std::to_string(depth() + 1);
        std::vector<Option> options;
        std::vector<Instance> chosen;
        const std::vector<LeafValue> before = leaf_values(state_);
        for (const Instance& i : all_) {
            std::optional<Option> o = option(i, at, before);
            if (!o) continue;
            options.push_back(std::move(*o));
            chosen.push_back(i);
        }
        choices_.push_back(chosen);
        last_.clear();
        if (options.empty()) {
            transitions_.push_back(false);
            return;
        }
        const int top = static_cast<int>(options.size()) - 1;
        const Word choice = b.fresh_word("choice" + at, bits_for(top));
        transitions_.push_back(at_most(choice, Word(top)));
        std::vector<LeafValue> next = before;
        for (int k = 0; k <= top; ++k) {
            const Option& o = options[static_cast<std::size_t>(k)];
            const Term when = equal(choice, Word(k));
            transitions_.push_back(either(negate(when), o.enabled));
            for (const auto& [n, value] : o.changed) next[n].merge_in(when, value);
            for (const Conjunct& c : o.must)
                last_.push_back({c.claim, either(negate(when), c.term)});
        }
        std::size_t n = 0;
        each_leaf(state_, [&](auto& leaf) { next[n++].put(leaf); });
    }
    /// Runs what a model chose, step by step, on the concrete machine.
    History<B> replay(const Values& values) const {
        History<B> h;
        h.from = from_;
        auto s = from_;
        for (int d = 1; d <= depth() && h.error.empty(); ++d) {
            const std::string at = "@" + std::to_string(d);
            const auto& options = choices_[static_cast<std::size_t>(d - 1)];
            const auto k = value_of(values, "choice" + at);
            if (k >= options.size()) h.error = "a choice names no instance";
            else perform(options[k], at, values, s, h);
        }
        return h;
    }

private:
    struct Option {
        Term enabled;
        std::vector<std::pair<std::size_t, LeafValue>> changed;
        std::vector<Conjunct> must;
    };
    static bool event(const Instance& i) {
        bool yes = false;
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& s) { yes = !s.task; });
        return yes;
    }
    static bool forks(const Instance& i) {
        return i.kind == Instance::step && i.pc >= pc_fork_vma && i.pc <= pc_fork_copy;
    }
    static std::uint64_t value_of(const Values& values, const std::string& name) {
        const auto it = values.find(name);
        return it == values.end() ? 0 : it->second;
    }
    /// The instance's fields of its task as constants; the term says that they are what they are.
    Term fix(State& s, const Instance& i) const {
        Term is = true;
        const auto fix_word = [&](auto& leaf, int value) {
            if (!may_be(leaf.word(), value)) is = false;
            is = both(is, equal(leaf.word(), Word(value)));
            leaf.set_unconditionally(Word(value));
        };
        auto& t = s.tasks[static_cast<std::size_t>(i.task)];
        fix_word(t.pc, i.kind == Instance::step ? i.pc : pc_idle);
        if (i.kind == Instance::step) fix_word(t.mm.v, i.mm_value());
        if (forks(i)) fix_word(t.child.v, i.child + 1);
        for (int o = 0; symmetry_ && i.kind == Instance::start && o < i.task; ++o) {
            const Word pc = s.tasks[static_cast<std::size_t>(o)].pc.word();
            if (possible_values(pc) == std::uint64_t{1} << pc_idle) is = false;
            is = both(is, negate(equal(pc, Word(pc_idle))));
        }
        return is;
    }
    /// What the instance does at this depth; none if it cannot happen.
    std::optional<Option> option(const Instance& i, const std::string& at,
                                 const std::vector<LeafValue>& before) const {
        Builder& b = Builder::current();
        b.restart();
        State s = state_;
        Option o;
        o.enabled = event(i) ? Term(true) : fix(s, i);
        if (o.enabled.is_false()) return std::nullopt;
        const std::vector<LeafValue> fixed = leaf_values(s);
        Args<Sym<B>> args{};
        SymBool deny(false);
        if (i.kind == Instance::step && step_allocates(i.pc)) make_fresh(deny, "deny" + at);
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) {
                each_argument(shape, args, [&](auto& leaf, const char* name) {
                    make_fresh(leaf, name + at);
                });
            });
        typename Sym<B>::Out out{};
        const auto was = s.tasks[static_cast<std::size_t>(i.task)];
        typename Sym<B>::Step k{env_, s, s.tasks[static_cast<std::size_t>(i.task)], out, deny};
        o.enabled = both(o.enabled, run_instance<Sym<B>>(i, k, args).term());
        o.enabled = folded(both(o.enabled, b.enabled()));
        if (o.enabled.is_false()) return std::nullopt;
        const std::vector<LeafValue> after = leaf_values(s);
        for (std::size_t n = 0; n < after.size(); ++n)
            if (!(after[n] == fixed[n]) && !(after[n] == before[n]))
                o.changed.emplace_back(n, after[n]);
        o.must.push_back({no_bug_claim, negate(out.bug.term())});
        for (const auto& c : b.conditions()) o.must.push_back({fits_claim, c.term});
        const auto task = static_cast<std::size_t>(i.task);
        if (!event(i))
            for (const Conjunct& c : step_claim_terms<B>(env_, was, s.tasks[task], out))
                o.must.push_back(c);
        return o;
    }
    /// Z3 sees some contradictions that folding does not; the term itself is kept.
    static Term folded(Term t) {
        if (t.constant()) return t;
        Builder& b = Builder::current();
        const Z3_ast simple = b.keep(Z3_simplify(b.z(), t.ast));
        return simple == b.ast(Term(false)) ? Term(false) : t;
    }
    void perform(const Instance& i, const std::string& at, const Values& values,
                 typename Con<B>::State& s, History<B>& h) const {
        auto& t = s.tasks[static_cast<std::size_t>(i.task)];
        typename History<B>::Move move;
        move.text = i.label;
        const int pc = i.kind == Instance::step ? i.pc : pc_idle;
        bool fits = event(i) || t.pc == pc;
        if (i.kind == Instance::step) fits = fits && t.mm.v == i.mm_value();
        if (forks(i)) fits = fits && t.child.is(i.child);
        Args<Con<B>> args{};
        if (i.kind == Instance::start)
            with_operation(i.op, [&](const char*, const OpShape& shape) {
                each_argument(shape, args, [&](auto& leaf, const char* name) {
                    const auto v = value_of(values, name + at);
                    read_leaf(leaf, v);
                    move.text += std::string(" ") + (name + 4) + "=" + std::to_string(v);
                });
            });
        const bool may_deny = i.kind == Instance::step && step_allocates(i.pc);
        const bool deny = may_deny && value_of(values, "deny" + at) != 0;
        if (deny) move.text += " deny";
        typename Con<B>::Out out{};
        const auto was = t;
        typename Con<B>::Step k{env_, s, t, out, deny};
        if (!fits || !run_instance<Con<B>>(i, k, args))
            h.error = "a step of the model is not enabled concretely: " + move.text;
        h.bug = out.bug;
        h.step_held = step_claims_held<B>(env_, was, t, out);
        move.result = out.result;
        move.after = s;
        h.moves.push_back(std::move(move));
    }

    const Env& env_;
    typename Con<B>::State from_;
    bool symmetry_;
    std::vector<Instance> all_;
    State state_;
    std::vector<Term> transitions_;
    std::vector<Conjunct> last_;                    ///< bugs and conditions of the last step
    std::vector<std::vector<Instance>> choices_;    ///< per depth, what the choice word names
};

}  // namespace faultline::proofs
