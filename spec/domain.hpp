// spec/domain.hpp - the control words of the model's text, and the concrete value domain.
//
// Why:  the transition rules and the claims are written once, over a domain D. With `Concrete` they
//       are ordinary C++ (constexpr, fuzzable, explorable); with the symbolic domain of proofs/ the
//       same bodies build formulas. IF runs both arms under a guard there and merges every
//       assignment; WITH runs its body once per possible row.
// Rules of the text: no return, break or continue inside IF or WITH; operands of && and || are
//       pure and total; only loop counters are plain ints; REQUIRE stands outside IF and WITH and
//       means "not enabled now".
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#define FL_CAT2(a, b) a##b
#define FL_CAT(a, b) FL_CAT2(a, b)
#define FL_IF(g, c) for (typename D::Branch g(c); g.live(); g.step()) if (g.taken())
/// IF(cond) {...} else {...}: both arms symbolically, an `if` concretely.
#define IF(c) FL_IF(FL_CAT(branch_, __COUNTER__), c)
#define FL_WITH(g, x, table, i)                                                       \
    for (typename D::Pick g(i, static_cast<int>((table).size())); g.live(); g.step()) \
        if (auto& x = (table)[static_cast<std::size_t>(g.row())]; true)
/// WITH(x, table, which) {...}: binds x to the row `which` names; nothing happens when it names
/// none.
#define WITH(x, table, which) FL_WITH(FL_CAT(pick_, __COUNTER__), x, table, which)
/// REQUIRE(cond): the step is not enabled unless cond; never inside IF or WITH.
#define REQUIRE(c)         \
    if (D::require(c)) {   \
    } else                 \
        return typename D::Bool(false)
/// AT(table, which, field): the field of the row named, a zero value when it names none.
#define AT(table, which, field) \
    D::at(table, which, [](const auto& row_) { return row_.field; })

namespace faultline {

/// Sorts whose members are interchangeable: canonical forms permute them, and only them.
struct FrameSort { static constexpr const char* name = "frame"; };
struct AnonVmaSort { static constexpr const char* name = "anon_vma"; };
struct MmSort { static constexpr const char* name = "mm"; };
struct ValueSort { static constexpr const char* name = "value"; };
struct SlotSort { static constexpr const char* name = "slot"; };
/// Files differ in kind and seals and are never permuted.
struct InodeSort { static constexpr const char* name = "inode"; };
/// Swap devices differ in their properties and are never permuted.
struct DeviceSort { static constexpr const char* name = "device"; };

/// A field of an area that the machine does not have (spec/decisions/0013-optional-areas.md): it
/// reads as zero, forgets what is written to it, takes no room and is no leaf of the state. Fields
/// of one struct differ in Tag: two empty members of one type would take room.
template <class T, int Tag = 0>
struct Absent {
    using Value = T;
    constexpr Absent() = default;
    constexpr operator T() const { return T{}; }
    template <class V>
    constexpr Absent& operator=(const V&) { return *this; }
    template <class V>
    constexpr Absent& operator+=(const V&) { return *this; }
    template <class V>
    constexpr Absent& operator-=(const V&) { return *this; }
    constexpr auto some() const { return T{}.some(); }
    constexpr auto none() const { return T{}.none(); }
    constexpr auto is(int k) const { return T{}.is(k); }
    friend constexpr auto operator==(const Absent&, const Absent&) { return T{} == T{}; }
};
template <class T>
struct IsAbsent : std::false_type {};
template <class T, int Tag>
struct IsAbsent<Absent<T, Tag>> : std::true_type {};
template <class T>
concept AbsentField = IsAbsent<std::remove_cvref_t<T>>::value;
/// A table without rows, where std::array would take a byte.
template <class Row>
struct NoRows {
    using value_type = Row;
    static constexpr std::size_t size() { return 0; }
    constexpr Row* begin() const { return nullptr; }
    constexpr Row* end() const { return nullptr; }
    constexpr Row& operator[](std::size_t) const { return *begin(); }
    friend constexpr bool operator==(const NoRows&, const NoRows&) { return true; }
};
template <class Row, int Rows>
struct TableOf {
    using type = std::array<Row, static_cast<std::size_t>(Rows)>;
};
template <class Row>
struct TableOf<Row, 0> {
    using type = NoRows<Row>;
};
template <class Row, int Rows>
using Table = typename TableOf<Row, Rows>::type;
template <bool Has, class T, int Tag = 0>
using Only = std::conditional_t<Has, T, Absent<T, Tag>>;

/// The ordinary value domain: bool and small unsigned integers.
struct Concrete {
    static constexpr bool symbolic = false;
    using Bool = bool;
    using Num = int;
    template <int Max>
    using Int = std::conditional_t<(Max < 256), std::uint8_t, std::uint16_t>;

    /// A row search's answer: the first row that satisfied the predicate, or none.
    struct Found {
        int row = 0;
        bool ok = false;
        constexpr bool at(int k) const { return ok && row == k; }
    };
    /// A reference to a row of a table of `Sort`: 0 names none, k + 1 names row k.
    template <class Sort, int Rows>
    struct Ref {
        using sort = Sort;
        static constexpr int rows = Rows;
        Int<Rows> v;
        constexpr Ref& operator=(Found f) {
            v = static_cast<Int<Rows>>(f.ok ? f.row + 1 : 0);
            return *this;
        }
        static constexpr Ref row(int k) {
            Ref r{};
            r.v = static_cast<Int<Rows>>(k + 1);
            return r;
        }
        constexpr bool some() const { return v != 0; }
        constexpr bool none() const { return v == 0; }
        constexpr bool is(int k) const { return v == k + 1; }
        friend constexpr bool operator==(Ref a, Ref b) { return a.v == b.v; }
    };

    struct Branch {
        bool cond, stepped = false;
        constexpr explicit Branch(bool c) : cond(c) {}
        constexpr bool live() const { return !stepped; }
        constexpr void step() { stepped = true; }
        constexpr bool taken() const { return cond; }
    };
    struct Pick {
        int at;
        bool stepped;
        constexpr Pick(Found f, int) : at(f.row), stepped(!f.ok) {}
        template <class T, int Tag>
        constexpr Pick(Absent<T, Tag>, int) : at(0), stepped(true) {}
        template <class Sort, int Rows>
        constexpr Pick(Ref<Sort, Rows> r, int size)
            : at(r.v - 1), stepped(r.v == 0 || r.v > size) {}
        template <class Index>
            requires std::is_integral_v<Index>
        constexpr Pick(Index i, int size)
            : at(static_cast<int>(i)), stepped(at < 0 || at >= size) {}
        constexpr bool live() const { return !stepped; }
        constexpr void step() { stepped = true; }
        constexpr int row() const { return at; }
    };

    template <class Table, class Pred>
    static constexpr Found find(const Table& table, Pred pred) {
        for (std::size_t k = 0; k < table.size(); ++k)
            if (pred(table[k])) return {static_cast<int>(k), true};
        return {};
    }
    /// Like find, with the row number handed to the predicate.
    template <class Table, class Pred>
    static constexpr Found find_row(const Table& table, Pred pred) {
        for (int k = 0; k < static_cast<int>(table.size()); ++k)
            if (pred(k, table[static_cast<std::size_t>(k)])) return {k, true};
        return {};
    }
    template <class Table, class Which, class Fn>
    static constexpr auto at(const Table& table, Which which, Fn fn) {
        using Out = std::decay_t<decltype(fn(table[0]))>;
        if constexpr (AbsentField<Out>) return typename Out::Value{};
        else return at_present<Out>(table, which, fn);
    }
    template <class Out, class Table, class Which, class Fn>
    static constexpr Out at_present(const Table& table, Which which, Fn fn) {
        Pick p(which, static_cast<int>(table.size()));
        return p.live() ? fn(table[static_cast<std::size_t>(p.row())]) : Out{};
    }
    /// Counters per row: concretely one increment, symbolically one sum a row.
    template <int Rows>
    struct Tally {
        std::array<int, static_cast<std::size_t>(Rows)> n{};
        template <class T, int Tag>
        constexpr void add(Absent<T, Tag>, bool) {}
        template <class Sort>
        constexpr void add(Ref<Sort, Rows> which, bool when, int by = 1) {
            if (when && which.v != 0) n[static_cast<std::size_t>(which.v - 1)] += by;
        }
        constexpr int of(int row) const { return n[static_cast<std::size_t>(row)]; }
    };
    static constexpr int num(bool b) { return b ? 1 : 0; }
    template <class T>
    static constexpr T select(bool c, T a, T b) { return c ? a : b; }
    static constexpr bool require(bool c) { return c; }
    static constexpr bool done() { return true; }
    /// A kernel assertion (BUG_ON and kin): concretely recorded by the caller's sink.
    static constexpr bool holds(bool c) { return c; }
};

constexpr bool implies(bool a, bool b) { return !a || b; }

}  // namespace faultline
