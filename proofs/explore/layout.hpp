// proofs/explore/layout.hpp - where every leaf of a state lies, how wide it is and which sort it
// refers to.
//
// Why: packing and the canonical form must not know field names one by one. A state whose value
//      domain holds only widths and sorts is folded over at compile time; what the fold cannot
//      see (which table holds the rows of a sort, which array of bits is indexed by rows) is
//      declared in one trait table below.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "model/reference/machine.hpp"
#include "spec/reflect.hpp"

namespace faultline::explore {

enum class SortCode : std::uint8_t { plain, mm, frame, anon_vma, value, slot };
inline constexpr int sort_codes = 6;

template <class Sort>
inline constexpr SortCode code_of = SortCode::plain;
template <>
inline constexpr SortCode code_of<MmSort> = SortCode::mm;
template <>
inline constexpr SortCode code_of<FrameSort> = SortCode::frame;
template <>
inline constexpr SortCode code_of<AnonVmaSort> = SortCode::anon_vma;
template <>
inline constexpr SortCode code_of<ValueSort> = SortCode::value;
template <>
inline constexpr SortCode code_of<SlotSort> = SortCode::slot;

/// A value domain without values: every leaf type says its width in bits and the sort it names.
struct WidthDomain {
    static constexpr bool symbolic = false;
    template <int Max, SortCode Sort>
    struct Leaf {
        static constexpr int max = Max;
        static constexpr int bits = Max < 1 ? 1 : std::bit_width(static_cast<unsigned>(Max));
        static constexpr SortCode sort = Sort;
    };
    using Bool = Leaf<1, SortCode::plain>;
    using Num = int;
    template <int Max>
    using Int = Leaf<Max, SortCode::plain>;
    template <class Sort, int Rows>
    using Ref = Leaf<Rows, code_of<Sort>>;
};

/// The trait table: which fields of the state hold rows that may be permuted, and how they are
/// named.
enum class TableCode : std::uint8_t {
    mms, frames, anon_vmas, handles, tasks, vmas, slots, devices, inodes
};
inline constexpr int table_codes = 9;
struct TableTrait {
    std::string_view field;   ///< of StateRow, or of MmRow for rows within an address space
    TableCode table;
    SortCode sort;            ///< references to its rows; plain when nothing refers to them
};
inline constexpr std::array<TableTrait, 9> table_traits{{
    {"mms", TableCode::mms, SortCode::mm},
    {"frames", TableCode::frames, SortCode::frame},
    {"anon_vmas", TableCode::anon_vmas, SortCode::anon_vma},
    {"handles", TableCode::handles, SortCode::plain},
    {"tasks", TableCode::tasks, SortCode::plain},
    {"vmas", TableCode::vmas, SortCode::plain},
    {"slots", TableCode::slots, SortCode::slot},
    {"devices", TableCode::devices, SortCode::plain},
    {"inodes", TableCode::inodes, SortCode::plain},
}};
/// An array of bits with one bit per row of a sort: a set of references.
struct BitsTrait {
    std::string_view field;
    SortCode sort;
};
inline constexpr std::array<BitsTrait, 1> bits_traits{{{"links", SortCode::anon_vma}}};

/// A task that builds one address space from another puts each VMA in the row its original has,
/// so those two are permuted alike while it runs (model/reference/fork.hpp).
struct PairedRows {
    std::string_view original, copy;   ///< fields of TaskRow
};
inline constexpr PairedRows paired_rows{"mm", "child"};

/// Rows of one table as bytes: first row, bytes a row, rows. For VMAs `base` counts from the
/// start of their mm.
struct Table {
    int base = 0, stride = 0, rows = 0;
    constexpr int at(int row) const { return base + row * stride; }
};

template <class T>
constexpr int leaf_count() {
    int n = 0;
    T object{};
    each_leaf(object, [&](auto&) { ++n; });
    return n;
}

/// The layout of StateRow<Concrete, B> when every leaf is one byte, which the small machines are.
template <Bounds B>
struct Layout {
    using Widths = StateRow<WidthDomain, B>;
    static constexpr int leaves = leaf_count<Widths>();
    std::array<std::uint8_t, static_cast<std::size_t>(leaves)> bits{};
    std::array<SortCode, static_cast<std::size_t>(leaves)> sort{};   ///< plain for ordinary leaves
    std::array<bool, static_cast<std::size_t>(leaves)> set{};        ///< starts a bit set over rows
    std::array<Table, table_codes> tables{};
    int set_size = 0, total_bits = 0;
    int used_at = 0, lo_at = 0;         ///< within a VMA row
    int original_at = 0, copy_at = 0;   ///< within a task row

    constexpr const Table& table(TableCode t) const { return tables[static_cast<std::size_t>(t)]; }
    constexpr std::size_t words() const { return static_cast<std::size_t>(total_bits + 63) / 64; }
};

template <Bounds B>
struct LayoutBuilder {
    Layout<B> out{};
    int at = 0, mm_at = 0, vma_at = 0, task_at = 0;

    template <class T>
    constexpr void leaf(const T&) {
        out.bits[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(T::bits);
        out.sort[static_cast<std::size_t>(at)] = T::sort;
        out.total_bits += T::bits;
        ++at;
    }
    template <class T>
    constexpr void table(const TableTrait& trait, const T& rows) {
        Table& t = out.tables[static_cast<std::size_t>(trait.table)];
        const bool first = t.rows == 0;
        const int base = at;
        for (const auto& row : rows) {
            if (trait.table == TableCode::mms) mm_at = at;
            if (trait.table == TableCode::vmas) vma_at = at;
            if (trait.table == TableCode::tasks) task_at = at;
            visit(row);
        }
        if (first) {
            t.rows = static_cast<int>(rows.size());
            t.stride = (at - base) / t.rows;
            t.base = trait.table == TableCode::vmas ? base - mm_at : base;
        }
    }
    template <class T>
    constexpr void field(std::string_view name, const T& x) {
        if (name == "used") out.used_at = at - vma_at;
        if (name == "lo") out.lo_at = at - vma_at;
        if (name == paired_rows.original) out.original_at = at - task_at;
        if (name == paired_rows.copy) out.copy_at = at - task_at;
        if constexpr (Array<T>) {
            for (const auto& b : bits_traits)
                if (b.field == name) {
                    out.set[static_cast<std::size_t>(at)] = true;
                    out.set_size = static_cast<int>(x.size());
                }
            for (const auto& t : table_traits)
                if (t.field == name) return table(t, x);
        }
        visit(x);
    }
    template <class T>
    constexpr void visit(const T& x) {
        if constexpr (Array<T>) {
            for (const auto& e : x) visit(e);
        } else if constexpr (Struct<T>) {
            each_field(x, [&](const char* name, const auto& f) { field(name, f); });
        } else {
            leaf(x);
        }
    }
};
template <Bounds B>
constexpr Layout<B> make_layout() {
    LayoutBuilder<B> b;
    const typename Layout<B>::Widths w{};
    b.visit(w);
    return b.out;
}
template <Bounds B>
inline constexpr Layout<B> layout = make_layout<B>();

template <Bounds B>
using ByteState = std::array<std::uint8_t, static_cast<std::size_t>(Layout<B>::leaves)>;

/// Calls fn(std::integral_constant<int, i>) for i in [From, N), unrolled; in blocks, because clang
/// nests a fold no deeper than 256.
template <int N, int From = 0, class Fn>
constexpr void unroll(Fn&& fn) {
    constexpr int block = N - From < 128 ? N - From : 128;
    [&]<int... I>(std::integer_sequence<int, I...>) {
        (fn(std::integral_constant<int, From + I>{}), ...);
    }(std::make_integer_sequence<int, block>{});
    if constexpr (From + block < N) unroll<N, From + block>(fn);
}

}  // namespace faultline::explore
