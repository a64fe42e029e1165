// proofs/explore/relabel.hpp - a renaming of the rows of a state, applied to every reference.
//
// Why: a canonical form is sound only if it is a true relabelling. This is the one function that
//      relabels; the canonical form chooses a Relabelling, and the tests draw random ones.
#pragma once
#include "proofs/explore/pack.hpp"

namespace faultline::explore {

template <Bounds B>
inline constexpr int most_rows = std::max({B.mms, B.frames, B.anon_vmas, B.values, B.slots});

/// to[sort][old] = new, both 1-based as references are, 0 for none; rows nothing refers to are
/// 0-based.
template <Bounds B>
struct Relabelling {
    using Map = std::array<std::uint8_t, static_cast<std::size_t>(most_rows<B>) + 1>;
    std::array<Map, sort_codes> to{};
    std::array<std::uint8_t, static_cast<std::size_t>(B.handles)> handle{};
    std::array<std::uint8_t, static_cast<std::size_t>(B.tasks)> task{};
    std::array<std::array<std::uint8_t, static_cast<std::size_t>(B.vmas)>,
               static_cast<std::size_t>(B.mms)> vma{};   ///< by the old mm row

    static constexpr Relabelling identity() {
        Relabelling r{};
        for (auto& map : r.to)
            for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<std::uint8_t>(i);
        const auto count_up = [](auto& rows) {
            for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint8_t>(i);
        };
        count_up(r.handle);
        count_up(r.task);
        for (auto& rows : r.vma) count_up(rows);
        return r;
    }
};

template <Bounds B>
constexpr int rows_of(SortCode sort) {
    switch (sort) {
        case SortCode::mm: return B.mms;
        case SortCode::frame: return B.frames;
        case SortCode::anon_vma: return B.anon_vmas;
        case SortCode::value: return B.values;
        case SortCode::slot: return B.slots;
        case SortCode::plain: return 0;
    }
    return 0;
}
template <Bounds B>
constexpr Table vma_table(int mm_row) {
    constexpr Table mms = layout<B>.table(TableCode::mms), vmas = layout<B>.table(TableCode::vmas);
    return {mms.at(mm_row) + vmas.base, vmas.stride, vmas.rows};
}

/// Calls fn(original, copy) for each pair of address spaces whose VMA rows a task keeps in step.
template <Bounds B, class Fn>
inline void each_pair(const std::uint8_t* in, Fn&& fn) {
    constexpr Table tasks = layout<B>.table(TableCode::tasks);
    for (int t = 0; t < tasks.rows; ++t) {
        const std::uint8_t* task = in + tasks.at(t);
        const int original = task[layout<B>.original_at], copy = task[layout<B>.copy_at];
        if (original != 0 && copy != 0) fn(original - 1, copy - 1);
    }
}

/// Calls ref(position in the row, sort) for each reference of a row of the table that starts at
/// `Base`, and set(position, sort) for each set of references. Positions and sorts are integral
/// constants.
template <Bounds B, int Base, int Stride, class Ref, class Set>
inline void each_ref(Ref&& ref, Set&& set) {
    unroll<Stride>([&](auto i) {
        constexpr SortCode sort = layout<B>.sort[Base + i];
        if constexpr (sort != SortCode::plain)
            ref(i, std::integral_constant<SortCode, sort>{});
        if constexpr (layout<B>.set[Base + i])
            set(i, std::integral_constant<SortCode, bits_traits[0].sort>{});
    });
}
/// The same for a whole table: `T` selects it at compile time.
template <Bounds B, TableCode T, class Ref, class Set>
inline void each_ref_of(Ref&& ref, Set&& set) {
    constexpr Table t = layout<B>.table(T);
    each_ref<B, t.base, t.stride>(ref, set);
}

/// Renames the references of one row in place.
template <Bounds B, TableCode T>
inline void rename_row(std::uint8_t* row, const Relabelling<B>& r) {
    each_ref_of<B, T>(
        [&](auto i, auto sort) {
            row[i] = r.to[static_cast<std::size_t>(sort.value)][row[i]];
        },
        [&](auto i, auto sort) {
            constexpr int n = layout<B>.set_size;
            std::array<std::uint8_t, static_cast<std::size_t>(n)> old{};
            std::memcpy(old.data(), row + i, static_cast<std::size_t>(n));
            const auto& map = r.to[static_cast<std::size_t>(sort.value)];
            for (std::size_t k = 0; k < old.size(); ++k) row[i + map[k + 1] - 1] = old[k];
        });
}
/// Copies the rows of one table to their new places and renames what they refer to.
template <Bounds B, TableCode T, class Place>
inline void place_table(const std::uint8_t* in, std::uint8_t* out, const Relabelling<B>& r,
                        Place&& place) {
    constexpr Table t = layout<B>.table(T);
    for (int row = 0; row < t.rows; ++row) {
        std::uint8_t* to = out + t.at(place(row));
        std::memcpy(to, in + t.at(row), static_cast<std::size_t>(t.stride));
        rename_row<B, T>(to, r);
    }
}

/// The state with every row at its new place and every reference renamed. `in` and `out` do not
/// overlap.
template <Bounds B>
inline void relabel(const std::uint8_t* in, const Relabelling<B>& r, std::uint8_t* out) {
    const auto by_sort = [&](SortCode sort) {
        return [&map = r.to[static_cast<std::size_t>(sort)]](int row) {
            return map[static_cast<std::size_t>(row) + 1] - 1;
        };
    };
    place_table<B, TableCode::mms>(in, out, r, by_sort(SortCode::mm));
    if constexpr (B.vmas > 1) {
        for (int mm = 0; mm < B.mms; ++mm) {
            const Table t = vma_table<B>(by_sort(SortCode::mm)(mm));
            constexpr Table vmas = layout<B>.table(TableCode::vmas);
            std::array<std::uint8_t, static_cast<std::size_t>(vmas.stride * B.vmas)> rows;
            const auto& place = r.vma[static_cast<std::size_t>(mm)];
            std::memcpy(rows.data(), out + t.base, rows.size());
            for (int v = 0; v < t.rows; ++v)
                std::memcpy(out + t.at(place[static_cast<std::size_t>(v)]),
                            rows.data() + v * t.stride, static_cast<std::size_t>(t.stride));
        }
    }
    place_table<B, TableCode::frames>(in, out, r, by_sort(SortCode::frame));
    place_table<B, TableCode::anon_vmas>(in, out, r, by_sort(SortCode::anon_vma));
    place_table<B, TableCode::handles>(in, out, r, [&](int row) {
        return r.handle[static_cast<std::size_t>(row)];
    });
    place_table<B, TableCode::tasks>(in, out, r, [&](int row) {
        return r.task[static_cast<std::size_t>(row)];
    });
    if constexpr (B.has_files())
        place_table<B, TableCode::inodes>(in, out, r, [](int row) { return row; });
    if constexpr (B.has_swap()) {
        place_table<B, TableCode::slots>(in, out, r, by_sort(SortCode::slot));
        place_table<B, TableCode::devices>(in, out, r, [](int row) { return row; });
    }
}

}  // namespace faultline::explore
