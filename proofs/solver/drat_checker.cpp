// proofs/solver/drat_checker.cpp - a backward DRAT checker with core-first propagation.
//
// Why: one forward pass keeps only root-level unit propagation and stops at the first conflict;
//      then the proof is walked backwards and only lemmas the refutation needs are verified. Order
//      of work:
//        forward   add or delete each clause, propagate at the root; stop at a conflict and mark
//                  its reasons
//        backward  undo each step; a marked lemma is checked against exactly the clauses that were
//                  there before it
//      The root trail never loses a literal forwards, because the deletion of a clause that is the
//      reason of a root literal is not obeyed. That is sound: more clauses only help RUP, and only
//      make RAT harder. So, when step t is undone, the trail and the set of clauses are again what
//      they were at t, and every clause is satisfied or has two free literals. The choice of
//      watches in `attach` keeps that true while the trail shrinks.
// Source: see drat_checker.hpp. No code was taken from other checkers.
#include "proofs/solver/drat_checker.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace faultline::proofs {
namespace {

using Ref = std::uint32_t;
constexpr Ref none = 0;    // the arena starts with one unused word

class Checker {
public:
    DratReport run(std::span<const int> formula, std::span<const unsigned char> proof);

private:
    // A clause in the arena: five words, then its literals. The first two literals are watched.
    enum Field : std::size_t { size_at, flags_at, next_at, hash_at, pivot_at, header };
    enum Flag : int { active = 1, core = 2, original = 4 };
    struct Watch {
        Ref clause;
        int other;    // some literal of the clause: if it is true there is nothing to do
    };
    struct Step {
        Ref clause;
        bool deletion;
    };
    struct Line {
        bool deletion = false;
        std::vector<int> literals;
    };

    static std::size_t index(int l) {
        return 2 * static_cast<std::size_t>(std::abs(l)) + (l < 0 ? 1 : 0);
    }
    int& word(Ref c, std::size_t field) { return arena_[c + field]; }
    std::span<int> literals(Ref c) {
        return {arena_.data() + c + header, static_cast<std::size_t>(arena_[c + size_at])};
    }
    bool has(Ref c, Flag f) { return (word(c, flags_at) & f) != 0; }
    int value(int l) const { return value_[index(l)]; }

    bool load(std::span<const int> formula);
    bool read_line(std::span<const unsigned char> proof, std::size_t& at, Line& line);
    bool forward(std::span<const unsigned char> proof);
    bool backward();
    void grow(int variable);
    Ref store(std::span<const int> clause, int flags);
    Ref find(std::span<const int> clause);
    bool attach(Ref c);
    void detach_newest(Ref c);
    bool is_reason(Ref c);
    void assign(int l, Ref why);
    void undo(std::size_t size);
    Ref propagate();
    Ref visit(int made_true, bool in_core);
    void mark(Ref c);
    void explain(Ref conflict);
    void explain_literal(int l);
    void drain();
    bool verify(Ref lemma);
    bool verify_rat(Ref lemma);
    void rehash();

    std::vector<int> arena_{0};
    std::vector<Ref> buckets_ = std::vector<Ref>(1 << 12, none);
    std::size_t stored_ = 0;
    std::vector<std::vector<Watch>> watches_[2];    // [1]: core clauses, visited first
    std::vector<signed char> value_;                // by literal
    std::vector<Ref> reason_;                       // by variable
    std::vector<std::size_t> place_;                // by variable: position on the trail
    std::vector<char> explained_;                   // by variable: reasons all marked
    std::vector<int> trail_;
    std::size_t core_head_ = 0, rest_head_ = 0;
    std::vector<int> open_;                         // of `explain`
    std::size_t root_ = 0;                          // trail size before the lemma under check
    std::vector<Step> steps_;
    int most_variables_ = 0;
    DratReport report_;
};

// A clause in normal form: sorted, no literal twice. Returns false for a tautology.
bool normalise(std::vector<int>& c) {
    std::sort(c.begin(), c.end(), [](int a, int b) {
        return std::abs(a) != std::abs(b) ? std::abs(a) < std::abs(b) : a < b;
    });
    c.erase(std::unique(c.begin(), c.end()), c.end());
    for (std::size_t i = 1; i < c.size(); ++i) {
        if (c[i] == -c[i - 1]) return false;
    }
    return true;
}

// Independent of the order of literals, because watching reorders them.
std::uint32_t hash_of(std::span<const int> c) {
    std::uint32_t sum = 0, mix = 0;
    for (int l : c) {
        const std::uint32_t x = static_cast<std::uint32_t>(l) * 0x9E3779B1u;
        sum += x ^ (x >> 15);
        mix ^= x * 0x85EBCA6Bu;
    }
    return sum * 31u + mix;
}

void Checker::grow(int variable) {
    const std::size_t need = static_cast<std::size_t>(variable) + 1;
    if (need <= reason_.size()) return;
    const std::size_t n = std::max(need, reason_.size() * 3 / 2);
    reason_.resize(n, none);
    place_.resize(n, 0);
    explained_.resize(n, 0);
    value_.resize(2 * n, 0);
    for (auto& w : watches_) w.resize(2 * n);
}

void Checker::rehash() {
    std::vector<Ref> wider(buckets_.size() * 4, none);
    for (Ref head : buckets_) {
        while (head != none) {
            const Ref next = static_cast<Ref>(word(head, next_at));
            Ref& slot = wider[static_cast<std::uint32_t>(word(head, hash_at)) & (wider.size() - 1)];
            word(head, next_at) = static_cast<int>(slot);
            slot = head;
            head = next;
        }
    }
    buckets_ = std::move(wider);
}

Ref Checker::store(std::span<const int> clause, int flags) {
    if (++stored_ > buckets_.size() * 2) rehash();
    const Ref c = static_cast<Ref>(arena_.size());
    const std::uint32_t h = hash_of(clause);
    Ref& slot = buckets_[h & (buckets_.size() - 1)];
    arena_.insert(arena_.end(), {static_cast<int>(clause.size()), flags, static_cast<int>(slot),
                                 static_cast<int>(h), 0});
    arena_.insert(arena_.end(), clause.begin(), clause.end());
    slot = c;
    return c;
}

// An active clause with these literals; one that is no reason if there is a choice.
Ref Checker::find(std::span<const int> clause) {
    const std::uint32_t h = hash_of(clause);
    Ref fallback = none;
    for (Ref c = buckets_[h & (buckets_.size() - 1)]; c != none;
         c = static_cast<Ref>(word(c, next_at))) {
        if (static_cast<std::uint32_t>(word(c, hash_at)) != h || !has(c, active)) continue;
        const std::span<int> mine = literals(c);
        if (mine.size() != clause.size() ||
            !std::is_permutation(mine.begin(), mine.end(), clause.begin())) {
            continue;
        }
        if (!is_reason(c)) return c;
        fallback = c;
    }
    return fallback;
}

bool Checker::is_reason(Ref c) {
    const std::span<int> ls = literals(c);
    for (std::size_t i = 0; i < ls.size() && i < 2; ++i) {
        const std::size_t v = static_cast<std::size_t>(std::abs(ls[i]));
        if (value(ls[i]) > 0 && reason_[v] == c) return true;
    }
    return false;
}

void Checker::assign(int l, Ref why) {
    const std::size_t v = static_cast<std::size_t>(std::abs(l));
    value_[index(l)] = 1;
    value_[index(-l)] = -1;
    reason_[v] = why;
    place_[v] = trail_.size();
    trail_.push_back(l);
}

void Checker::undo(std::size_t size) {
    while (trail_.size() > size) {
        const int l = trail_.back();
        trail_.pop_back();
        const std::size_t v = static_cast<std::size_t>(std::abs(l));
        value_[index(l)] = value_[index(-l)] = 0;
        reason_[v] = none;
        explained_[v] = 0;
    }
    core_head_ = rest_head_ = trail_.size();
}

// Chooses watches: the earliest true literal first, if any; then, of the rest, a free one or the
// one assigned last. Assigns the first literal if the clause is unit. Returns false if every
// literal is false.
bool Checker::attach(Ref c) {
    const std::span<int> ls = literals(c);
    constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
    auto until = [&](int l) {
        return value(l) == 0 ? never : place_[static_cast<std::size_t>(std::abs(l))];
    };
    if (ls.empty()) return false;
    std::size_t first = 0;
    for (std::size_t i = 1; i < ls.size(); ++i) {
        const bool better = value(ls[i]) > 0
                                ? value(ls[first]) <= 0 || until(ls[i]) < until(ls[first])
                                : value(ls[first]) <= 0 && until(ls[i]) > until(ls[first]);
        if (better) first = i;
    }
    std::swap(ls[0], ls[first]);
    std::size_t second = 1;
    for (std::size_t i = 2; i < ls.size(); ++i) {
        if (until(ls[i]) > until(ls[second])) second = i;
    }
    if (ls.size() > 1) {
        std::swap(ls[1], ls[second]);
        auto& lists = watches_[has(c, core) ? 1 : 0];
        lists[index(ls[0])].push_back({c, ls[1]});
        lists[index(ls[1])].push_back({c, ls[0]});
    }
    if (value(ls[0]) < 0) return false;
    if (value(ls[0]) == 0 && (ls.size() == 1 || value(ls[1]) < 0)) assign(ls[0], c);
    return true;
}

// Looks at the clauses that watch the literal just made false. Entries of inactive clauses, and
// entries left over from an earlier choice of watches, are dropped on the way.
Ref Checker::visit(int made_true, bool in_core) {
    const int gone = -made_true;
    std::vector<Watch>& list = watches_[in_core ? 1 : 0][index(gone)];
    std::size_t keep = 0;
    Ref conflict = none;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Watch w = list[i];
        if (conflict != none || value(w.other) > 0) {
            list[keep++] = w;
            continue;
        }
        if (!has(w.clause, active)) continue;
        const std::span<int> ls = literals(w.clause);
        if (ls[0] == gone) std::swap(ls[0], ls[1]);
        if (ls[1] != gone) continue;
        const bool is_core = has(w.clause, core);
        std::size_t k = 2;
        if (value(ls[0]) <= 0) {
            while (k < ls.size() && value(ls[k]) < 0) ++k;
            if (k < ls.size()) {
                std::swap(ls[1], ls[k]);
                watches_[is_core ? 1 : 0][index(ls[1])].push_back({w.clause, ls[0]});
                continue;
            }
        }
        if (is_core == in_core) {
            list[keep++] = {w.clause, ls[0]};
        } else {
            watches_[1][index(gone)].push_back({w.clause, ls[0]});
        }
        if (value(ls[0]) < 0) conflict = w.clause;
        if (value(ls[0]) == 0) assign(ls[0], w.clause);
    }
    list.resize(keep);
    return conflict;
}

Ref Checker::propagate() {
    for (;;) {
        Ref conflict = none;
        if (core_head_ < trail_.size()) {
            conflict = visit(trail_[core_head_++], true);
        } else if (rest_head_ < trail_.size()) {
            conflict = visit(trail_[rest_head_++], false);
        } else {
            return none;
        }
        if (conflict != none) return conflict;
    }
}

void Checker::mark(Ref c) {
    if (has(c, core)) return;
    word(c, flags_at) |= core;
    if (has(c, original)) ++report_.core;
}

// Marks every clause the falsity of `conflict` rests on.
void Checker::explain(Ref conflict) {
    mark(conflict);
    for (int l : literals(conflict)) open_.push_back(std::abs(l));
    drain();
}
void Checker::explain_literal(int l) {
    open_.push_back(std::abs(l));
    drain();
}
void Checker::drain() {
    while (!open_.empty()) {
        const std::size_t v = static_cast<std::size_t>(open_.back());
        open_.pop_back();
        if (explained_[v] != 0 || reason_[v] == none) continue;
        explained_[v] = 1;    // cleared when the variable loses its value, together with its reason
        mark(reason_[v]);
        for (int l : literals(reason_[v])) open_.push_back(std::abs(l));
    }
}

// Is the lemma implied by unit propagation, or else RAT on its first literal? The lemma itself is
// inactive.
bool Checker::verify(Ref lemma) {
    root_ = trail_.size();
    ++report_.checked;
    bool done = false;
    const std::span<const int> ls = literals(lemma);
    for (std::size_t i = 0; i < ls.size() && !done; ++i) {
        if (value(ls[i]) > 0) {
            explain_literal(ls[i]);
            done = true;
        } else if (value(ls[i]) == 0) {
            assign(-ls[i], none);
        }
    }
    if (!done) {
        const Ref conflict = propagate();
        if (conflict != none) {
            explain(conflict);
            done = true;
        }
    }
    if (!done) done = verify_rat(lemma);
    undo(root_);
    return done;
}

// Resolves the lemma on its pivot with every clause present; each resolvent must follow by
// propagation. Rare in practice, so it may look at the whole arena.
bool Checker::verify_rat(Ref lemma) {
    const int pivot = word(lemma, pivot_at);
    if (pivot == 0) return false;
    ++report_.by_rat;
    const std::size_t base = trail_.size();
    for (std::size_t at = 1; at < arena_.size();
         at += header + static_cast<std::size_t>(arena_[at + size_at])) {
        const Ref d = static_cast<Ref>(at);
        const std::span<int> ls = literals(d);
        if (!has(d, active) || std::find(ls.begin(), ls.end(), -pivot) == ls.end()) continue;
        bool done = false;
        for (std::size_t i = 0; i < ls.size() && !done; ++i) {
            if (ls[i] == -pivot) continue;
            if (value(ls[i]) > 0) {
                explain_literal(ls[i]);
                done = true;
            } else if (value(ls[i]) == 0) {
                assign(-ls[i], none);
            }
        }
        if (!done) {
            const Ref conflict = propagate();
            if (conflict == none) return false;
            explain(conflict);
        }
        undo(base);
    }
    return true;
}

bool Checker::load(std::span<const int> formula) {
    bool open = true;
    std::vector<int> clause;
    for (int l : formula) {
        if (l != 0) {
            if (l == std::numeric_limits<int>::min()) return report_.why = "bad literal", false;
            clause.push_back(l);
            most_variables_ = std::max(most_variables_, std::abs(l));
            continue;
        }
        grow(std::max(most_variables_, 1));
        if (normalise(clause)) {
            const Ref c = store(clause, active | original);
            if (open && !attach(c)) {
                explain(c);
                open = false;
            }
        }
        clause.clear();
        if (!open) break;
    }
    if (!clause.empty()) return report_.why = "the formula ends inside a clause", false;
    if (open) {
        const Ref conflict = propagate();
        if (conflict == none) return true;
        explain(conflict);
    }
    report_.accepted = true;    // refuted by unit propagation alone: nothing to verify
    return true;
}

bool Checker::read_line(std::span<const unsigned char> proof, std::size_t& at, Line& line) {
    auto bad = [&](const char* why) {
        report_.why = std::string(why) + " at byte " + std::to_string(at);
        return false;
    };
    if (proof[at] != 'a' && proof[at] != 'd') return bad("neither a lemma nor a deletion");
    line.deletion = proof[at++] == 'd';
    line.literals.clear();
    for (;;) {
        std::uint64_t x = 0;
        unsigned shift = 0;
        do {
            if (at >= proof.size()) return bad("the proof ends inside a line");
            if (shift > 35) return bad("a number too long");
            x |= std::uint64_t{proof[at] & 0x7Fu} << shift;
            shift += 7;
        } while ((proof[at++] & 0x80u) != 0);
        if (x == 0) return true;
        // Definitions may introduce variables, but not without end: a damaged proof must not eat
        // the memory.
        const std::uint64_t most = static_cast<std::uint64_t>(most_variables_) + (1u << 20);
        if (x < 2 || x / 2 > most) return bad("a bad literal");
        const int v = static_cast<int>(x / 2);
        grow(v);
        line.literals.push_back((x & 1u) != 0 ? -v : v);
    }
}

// Returns true once the clauses are contradictory by propagation.
bool Checker::forward(std::span<const unsigned char> proof) {
    Line line;
    for (std::size_t at = 0; at < proof.size();) {
        if (!read_line(proof, at, line)) return false;
        const int pivot = line.literals.empty() ? 0 : line.literals.front();
        if (!normalise(line.literals)) continue;    // a tautology changes nothing
        if (line.deletion) {
            const Ref c = find(line.literals);
            if (c == none || is_reason(c)) {
                ++report_.deletions_ignored;
                continue;
            }
            ++report_.deletions;
            word(c, flags_at) &= ~active;
            steps_.push_back({c, true});
            continue;
        }
        ++report_.lemmas;
        if (arena_.size() > std::numeric_limits<int>::max() - line.literals.size() - header) {
            return report_.why = "the proof is too large", false;
        }
        const Ref c = store(line.literals, active);
        word(c, pivot_at) = pivot;
        steps_.push_back({c, false});
        const Ref conflict = attach(c) ? propagate() : c;
        if (conflict != none) {
            explain(conflict);
            return true;
        }
    }
    report_.why = "the proof ends without a contradiction";
    return false;
}

void Checker::detach_newest(Ref c) {
    word(c, flags_at) &= ~active;
    const std::span<int> ls = literals(c);
    for (std::size_t i = 0; i < ls.size() && i < 2; ++i) {
        const std::size_t v = static_cast<std::size_t>(std::abs(ls[i]));
        if (value(ls[i]) > 0 && reason_[v] == c) {
            undo(place_[v]);
            return;
        }
    }
}

bool Checker::backward() {
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const Ref c = steps_[i].clause;
        if (steps_[i].deletion) {
            word(c, flags_at) |= active;
            attach(c);
            continue;
        }
        detach_newest(c);
        if (has(c, core) && !verify(c)) {
            report_.why = "lemma in step " + std::to_string(i + 1) + " does not follow:";
            for (int l : literals(c)) report_.why += " " + std::to_string(l);
            return false;
        }
    }
    return true;
}

DratReport Checker::run(std::span<const int> formula, std::span<const unsigned char> proof) {
    grow(1);
    if (!load(formula) || report_.accepted) return report_;
    if (forward(proof)) report_.accepted = backward();
    return report_;
}

void append_line(std::vector<unsigned char>& proof, unsigned char kind,
                 std::span<const int> clause) {
    proof.push_back(kind);
    for (int l : clause) {
        std::uint64_t x = 2 * static_cast<std::uint64_t>(std::abs(l)) + (l < 0 ? 1u : 0u);
        while (x > 0x7F) {
            proof.push_back(static_cast<unsigned char>(x | 0x80u));
            x >>= 7;
        }
        proof.push_back(static_cast<unsigned char>(x));
    }
    proof.push_back(0);
}

}  // namespace

DratReport check_drat(std::span<const int> formula, std::span<const unsigned char> proof) {
    return Checker().run(formula, proof);
}
void append_lemma(std::vector<unsigned char>& proof, std::span<const int> clause) {
    append_line(proof, 'a', clause);
}
void append_deletion(std::vector<unsigned char>& proof, std::span<const int> clause) {
    append_line(proof, 'd', clause);
}

}  // namespace faultline::proofs
