// tests/properties/names.hpp - whether two states are equal up to the names of rows.
//
// Why: operations that commute, or that are renamed, take other rows for what they make. Rows are
//      paired as they are met, from the processes down; a pair once made must hold everywhere, so
//      what is accepted is a true renaming. Nothing is assumed but what the caller says: which
//      processes, handles and tasks are each other's.
#pragma once
#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "model/reference/machine.hpp"
#include "spec/reflect.hpp"

namespace faultline::properties {

/// Row of the second state for each row of the first, of what has no references to be met by.
template <Bounds B>
struct Given {
    std::array<int, static_cast<std::size_t>(B.mms)> mm;
    std::array<int, static_cast<std::size_t>(B.handles)> handle;
    std::array<int, static_cast<std::size_t>(B.tasks)> task;
    std::array<int, static_cast<std::size_t>(B.values)> value;
    Given() {
        std::iota(mm.begin(), mm.end(), 0);
        std::iota(handle.begin(), handle.end(), 0);
        std::iota(task.begin(), task.end(), 0);
        std::iota(value.begin(), value.end(), 0);
    }
};

/// A one-to-one map of rows that grows; 0 is no row.
template <std::size_t Rows>
class Pairing {
  public:
    bool pair(std::size_t a, std::size_t b) {
        if (a == 0 || b == 0) return a == b;
        if (to_[a] == 0 && from_[b] == 0) {
            to_[a] = static_cast<std::uint8_t>(b);
            from_[b] = static_cast<std::uint8_t>(a);
            fresh_.push_back(a);
            return true;
        }
        return to_[a] == b;
    }
    std::size_t to(std::size_t a) const { return to_[a]; }
    bool has_source(std::size_t b) const { return from_[b] != 0; }
    /// A row paired since the last call, 0 if none.
    std::size_t next() { return at_ < fresh_.size() ? fresh_[at_++] : 0; }

  private:
    std::array<std::uint8_t, Rows + 1> to_{}, from_{};
    std::vector<std::size_t> fresh_;
    std::size_t at_ = 0;
};

template <class M>
class SameUpToNames {
  public:
    using State = typename M::State;
    SameUpToNames(const State& a, const State& b) : a_(a), b_(b) {}

    /// "" if they are the same, else where they first differ.
    std::string difference(const Given<M::B>& given) {
        bool ok = true;
        for (std::size_t p = 0; p < given.mm.size(); ++p)
            ok = ok && mms_.pair(p + 1, static_cast<std::size_t>(given.mm[p]) + 1);
        for (std::size_t v = 0; v < given.value.size(); ++v)
            ok = ok && values_.pair(v + 1, static_cast<std::size_t>(given.value[v]) + 1);
        if (!ok) return "the processes or values given are not one to one";
        for (std::size_t p = 0; p < given.mm.size(); ++p)
            if (!same_mm(a_.mms[p], b_.mms[static_cast<std::size_t>(given.mm[p])]))
                return "process " + std::to_string(p);
        for (std::size_t h = 0; h < given.handle.size(); ++h)
            if (!same_row(a_.handles[h], b_.handles[static_cast<std::size_t>(given.handle[h])]))
                return "handle " + std::to_string(h);
        for (std::size_t t = 0; t < given.task.size(); ++t)
            if (!same_row(a_.tasks[t], b_.tasks[static_cast<std::size_t>(given.task[t])]))
                return "task " + std::to_string(t);
        const std::string met = follow();
        if (!met.empty()) return met;
        if (!match_rest(a_.frames, b_.frames, frames_)) return "frames nobody names";
        if (!match_rest(a_.anon_vmas, b_.anon_vmas, anon_vmas_)) return "anon_vmas nobody names";
        return follow();
    }

  private:
    template <class Leaf>
    bool same_leaf(const Leaf& x, const Leaf& y) {
        if constexpr (requires { typename Leaf::sort; }) {
            using Sort = typename Leaf::sort;
            if constexpr (std::is_same_v<Sort, FrameSort>) return frames_.pair(x.v, y.v);
            else if constexpr (std::is_same_v<Sort, AnonVmaSort>) return anon_vmas_.pair(x.v, y.v);
            else if constexpr (std::is_same_v<Sort, MmSort>) return mms_.pair(x.v, y.v);
            else return values_.pair(x.v, y.v);
        } else {
            return x == y;
        }
    }
    template <class Row>
    bool same_row(const Row& x, const Row& y) {
        bool ok = true;
        each_leaf_pair(x, y, [&](const auto& p, const auto& q) { ok = ok && same_leaf(p, q); });
        return ok;
    }
    static std::vector<std::size_t> vmas_by_address(const typename M::Mm& mm) {
        std::vector<std::size_t> rows;
        for (std::size_t v = 0; v < mm.vmas.size(); ++v)
            if (mm.vmas[v].used) rows.push_back(v);
        std::sort(rows.begin(), rows.end(), [&](std::size_t x, std::size_t y) {
            const auto &p = mm.vmas[x], &q = mm.vmas[y];
            return p.lo != q.lo ? p.lo < q.lo : p.detached < q.detached;
        });
        return rows;
    }
    /// Anon_vmas of a chain, oldest first: ages order those of one root.
    static std::vector<std::size_t> chain(const State& s, const typename M::Vma& v) {
        std::vector<std::size_t> rows;
        for (std::size_t k = 0; k < v.links.size(); ++k)
            if (v.links[k]) rows.push_back(k);
        std::sort(rows.begin(), rows.end(), [&](std::size_t x, std::size_t y) {
            return s.anon_vmas[x].age < s.anon_vmas[y].age;
        });
        return rows;
    }
    bool same_mm(typename M::Mm x, typename M::Mm y) {
        const auto p = vmas_by_address(x), q = vmas_by_address(y);
        if (p.size() != q.size()) return false;
        for (std::size_t i = 0; i < p.size(); ++i) {
            auto &v = x.vmas[p[i]], &w = y.vmas[q[i]];
            const auto here = chain(a_, v), there = chain(b_, w);
            if (here.size() != there.size()) return false;
            for (std::size_t k = 0; k < here.size(); ++k)
                if (!anon_vmas_.pair(here[k] + 1, there[k] + 1)) return false;
            v.links = {};
            w.links = {};
            if (!same_row(v, w)) return false;
        }
        x.vmas = {};
        y.vmas = {};
        return same_row(x, y);
    }
    std::string follow() {
        for (std::size_t f = 1, a = 1; f != 0 || a != 0;) {
            f = frames_.next();
            if (f != 0 && !same_row(a_.frames[f - 1], b_.frames[frames_.to(f) - 1]))
                return "frame " + std::to_string(f - 1);
            a = anon_vmas_.next();
            if (a != 0 && !same_row(a_.anon_vmas[a - 1], b_.anon_vmas[anon_vmas_.to(a) - 1]))
                return "anon_vma " + std::to_string(a - 1);
        }
        return "";
    }
    /// Rows nothing led to: each needs one that looks the same, references and all.
    template <class Table, class Names>
    bool match_rest(const Table& here, const Table& there, Names& names) {
        for (std::size_t i = 0; i < here.size(); ++i) {
            if (names.to(i + 1) != 0) continue;
            bool found = false;
            for (std::size_t j = 0; j < there.size() && !found; ++j) {
                if (names.has_source(j + 1)) continue;
                SameUpToNames trial = *this;
                if (!trial.same_row(here[i], there[j])) continue;
                found = names.pair(i + 1, j + 1);
                same_row(here[i], there[j]);
            }
            if (!found) return false;
        }
        return true;
    }

    const State &a_, &b_;
    Pairing<static_cast<std::size_t>(M::B.mms)> mms_;
    Pairing<static_cast<std::size_t>(M::B.frames)> frames_;
    Pairing<static_cast<std::size_t>(M::B.anon_vmas)> anon_vmas_;
    Pairing<static_cast<std::size_t>(M::B.values)> values_;
};

}  // namespace faultline::properties
