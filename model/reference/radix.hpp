// model/reference/radix.hpp - a radix page table over a few frames: map, unmap, look up by walking.
//
// Why:    the rest of the model keeps a flat map from pages to entries; here is the tree the
//         hardware walks, small enough that "walking the tree is looking up the flat map" is proved
//         for every tree and every operation at a bound, over the same text that runs.
// Source: linux mm/memory.c:__pte_alloc, __pmd_alloc and free_pgd_range@v6.1.
// Differs: an unmapping frees the tables it empties at once, while Linux leaves that to the end of
//         munmap (mm/memory.c:free_pgtables@v6.1); a mapping that runs out of frames keeps the
//         tables it has added, as Linux does.
#pragma once
#include <array>
#include <cstdint>
#include <type_traits>

#include "spec/x86_64/entry.hpp"

namespace faultline::x86 {

/// Frames that hold tables. Frame numbers are real ones, 0 .. FrameCount-1; the root is frame 0.
/// `LevelCount` levels of 2^IndexBits entries: 4 and 9 give the processor's own shape.
template <class Word_, unsigned LevelCount, unsigned IndexBits, unsigned FrameCount>
struct RadixTable {
    using W = Word_;
    static constexpr unsigned levels = LevelCount, index_bits = IndexBits, frames = FrameCount;
    static constexpr unsigned entries = 1u << IndexBits;
    static constexpr std::uint64_t pages = std::uint64_t{1} << (LevelCount * IndexBits);
    static_assert(LevelCount >= 2 && FrameCount >= 1 && LevelCount * IndexBits < 64);

    std::array<std::array<W, entries>, FrameCount> entry{};
    /// Height of the table a frame holds, 0 when the frame is free. Linux keeps it in the table's
    /// struct page (PageTable) and in the position on the walk.
    std::array<W, FrameCount> height{};
};

/// An empty tree: a root without entries.
template <class Table>
constexpr Table empty_radix() {
    Table t;
    t.height[0] = typename Table::W(Table::levels);
    return t;
}

/// The rules; a canary derives from it and gets one wrong.
struct RadixRules {
    static constexpr bool zero_new_table = true;        ///< pte_alloc_one takes zeroed pages
    static constexpr bool clear_parent_on_free = true;  ///< pmd_clear in free_pte_range
    static constexpr bool free_only_empty = true;
    static constexpr unsigned clear_height = 1;  ///< height of the table whose entry is cleared
};

/// Index of page `vpn` into a table of height `h`.
template <class Table>
constexpr auto radix_index(const typename Table::W& vpn, unsigned h) {
    const unsigned low = Table::index_bits * (h - 1);
    return field(vpn, low, low + Table::index_bits - 1);
}
/// An entry that refers to the table in `frame`: present, writable, user, accessed (_PAGE_TABLE).
template <class W>
constexpr W radix_pointer(const W& frame) {
    const Truth<W> yes = Truth<W>(true), no = Truth<W>(false);
    return encode(TableEntry<W>{yes, yes, yes, no, no, yes, yes, frame, W(0), W(0), no});
}

/// Reads an entry. One array access on numbers; on symbols a choice between all entries.
template <class Table>
constexpr typename Table::W load(const Table& t, const typename Table::W& frame,
                                 const typename Table::W& index) {
    using W = typename Table::W;
    if constexpr (std::is_integral_v<W>) {
        return frame < Table::frames ? t.entry[frame][index] : 0;
    } else {
        W value = W(0);
        for (unsigned f = 0; f < Table::frames; ++f)
            for (unsigned i = 0; i < Table::entries; ++i)
                value = select(frame == W(f) && index == W(i), t.entry[f][i], value);
        return value;
    }
}
/// Writes an entry when `guard` holds.
template <class Table, class W = typename Table::W>
constexpr void store(Table& t, const Truth<W>& guard, const W& frame, const W& index,
                     const W& value) {
    if constexpr (std::is_integral_v<W>) {
        if (guard && frame < Table::frames) t.entry[frame][index] = value;
    } else {
        for (unsigned f = 0; f < Table::frames; ++f)
            for (unsigned i = 0; i < Table::entries; ++i)
                t.entry[f][i] = select(guard && frame == W(f) && index == W(i), value,
                                       t.entry[f][i]);
    }
}
/// The lowest free frame, or `frames` when there is none.
template <class Table>
constexpr typename Table::W first_free(const Table& t) {
    using W = typename Table::W;
    W found = W(Table::frames);
    for (unsigned f = Table::frames; f-- > 1;) found = select(t.height[f] == W(0), W(f), found);
    return found;
}
/// When `guard` holds, makes `frame` a table of height `h` without entries.
template <class Rules, class Table, class W = typename Table::W>
constexpr void allocate(Table& t, const Truth<W>& guard, const W& frame, unsigned h) {
    for (unsigned f = 0; f < Table::frames; ++f) {
        const Truth<W> here = guard && frame == W(f);
        t.height[f] = select(here, W(h), t.height[f]);
        if (Rules::zero_new_table)
            for (W& e : t.entry[f]) e = select(here, W(0), e);
    }
}
/// Whether the table in `frame` has no entries.
template <class Table>
constexpr Truth<typename Table::W> is_empty(const Table& t, const typename Table::W& frame) {
    using W = typename Table::W;
    Truth<W> empty = Truth<W>(true);
    for (unsigned i = 0; i < Table::entries; ++i)
        empty = empty && load(t, frame, W(i)) == W(0);
    return empty;
}

/// Puts `leaf` (not 0) at page `vpn`, adding tables on the way. False when frames ran out; what was
/// mapped stays mapped either way.
template <class Rules = RadixRules, class Table, class W = typename Table::W>
constexpr Truth<W> radix_map(Table& t, const W& vpn, const W& leaf) {
    Truth<W> going = Truth<W>(true);
    W table = W(0);
    for (unsigned h = Table::levels; h >= 2; --h) {
        const W index = radix_index<Table>(vpn, h), entry = load(t, table, index);
        const Truth<W> missing = !has(entry, entry_bit::present);
        const W fresh = first_free(t);
        const Truth<W> none_left = fresh == W(Table::frames);
        const Truth<W> grow = going && missing && !none_left;
        allocate<Rules>(t, grow, fresh, h - 1);
        store(t, grow, table, index, radix_pointer(fresh));
        going = going && !(missing && none_left);
        table = select(missing, fresh, decode_table(entry).frame);
    }
    store(t, going, table, radix_index<Table>(vpn, 1), leaf);
    return going;
}

/// Takes the leaf of page `vpn` away and frees the tables this empties, from the bottom up. False
/// when no table reaches the page.
template <class Rules = RadixRules, class Table, class W = typename Table::W>
constexpr Truth<W> radix_unmap(Table& t, const W& vpn) {
    std::array<W, Table::levels + 1> table{};  // table[h] is the frame of the table of height h
    Truth<W> reached = Truth<W>(true);
    for (unsigned h = Table::levels; h >= 2; --h) {
        const W entry = load(t, table[h], radix_index<Table>(vpn, h));
        reached = reached && has(entry, entry_bit::present);
        table[h - 1] = decode_table(entry).frame;
    }
    constexpr unsigned at = Rules::clear_height;
    store(t, reached, table[at], radix_index<Table>(vpn, at), W(0));
    Truth<W> emptied = reached;
    for (unsigned h = 1; h < Table::levels; ++h) {
        if (Rules::free_only_empty) emptied = emptied && is_empty(t, table[h]);
        for (unsigned f = 1; f < Table::frames; ++f)
            t.height[f] = select(emptied && table[h] == W(f), W(0), t.height[f]);
        if (Rules::clear_parent_on_free)
            store(t, emptied, table[h + 1], radix_index<Table>(vpn, h + 1), W(0));
    }
    return reached;
}

/// The leaf of page `vpn` found by walking, 0 when there is none.
template <class Table, class W = typename Table::W>
constexpr W radix_lookup(const Table& t, const W& vpn) {
    Truth<W> reached = Truth<W>(true);
    W table = W(0);
    for (unsigned h = Table::levels; h >= 2; --h) {
        const W entry = load(t, table, radix_index<Table>(vpn, h));
        reached = reached && has(entry, entry_bit::present);
        table = decode_table(entry).frame;
    }
    return select(reached, load(t, table, radix_index<Table>(vpn, 1)), W(0));
}

/// The same memory as a flat map: what a page table means.
template <class Table>
struct FlatMap {
    using W = typename Table::W;
    std::array<W, Table::pages> page{};

    constexpr W lookup(const W& vpn) const {
        W value = W(0);
        for (std::uint64_t v = 0; v < Table::pages; ++v)
            value = select(vpn == W(v), page[v], value);
        return value;
    }
    /// Sets page `vpn` when `guard` holds; 0 means nothing is there.
    constexpr void set(const Truth<W>& guard, const W& vpn, const W& leaf) {
        for (std::uint64_t v = 0; v < Table::pages; ++v)
            page[v] = select(guard && vpn == W(v), leaf, page[v]);
    }
};

/// Whether frame `f` holds a table above the lowest.
template <class Table>
constexpr Truth<typename Table::W> is_interior(const Table& t, unsigned f) {
    using W = typename Table::W;
    return t.height[f] != W(0) && t.height[f] != W(1);
}
/// Whether entry `i` of frame `f` is nothing, or refers to a table one level down.
template <class Table>
constexpr Truth<typename Table::W> entry_is_sound(const Table& t, unsigned f, unsigned i) {
    using W = typename Table::W;
    Truth<W> sound = t.entry[f][i] == W(0);
    for (unsigned g = 1; g < Table::frames; ++g)
        sound = sound || (t.entry[f][i] == radix_pointer(W(g)) && t.height[g] != W(0) &&
                          t.height[f] == t.height[g] + W(1));
    return sound;
}
/// A tree: the root on top, sound entries, and every table in use referred to exactly once.
template <class Table>
constexpr Truth<typename Table::W> well_formed(const Table& t) {
    using W = typename Table::W;
    Truth<W> ok = t.height[0] == W(Table::levels);
    for (unsigned f = 0; f < Table::frames; ++f) {
        Truth<W> in_range = Truth<W>(f == 0);
        for (unsigned h = 0; h < Table::levels; ++h) in_range = in_range || t.height[f] == W(h);
        ok = ok && in_range;
        for (unsigned i = 0; i < Table::entries; ++i)
            ok = ok && (!is_interior(t, f) || entry_is_sound(t, f, i));
    }
    for (unsigned g = 1; g < Table::frames; ++g) {
        Truth<W> once = Truth<W>(false), twice = Truth<W>(false);
        for (unsigned f = 0; f < Table::frames; ++f)
            for (unsigned i = 0; i < Table::entries; ++i) {
                const Truth<W> refers = is_interior(t, f) && t.entry[f][i] == radix_pointer(W(g));
                twice = twice || (once && refers);
                once = once || refers;
            }
        ok = ok && !twice && ((t.height[g] != W(0) && once) || (t.height[g] == W(0) && !once));
    }
    return ok;
}
/// The abstraction relation: walking finds what the flat map holds, for every page.
template <class Table>
constexpr Truth<typename Table::W> abstracts(const Table& t, const FlatMap<Table>& flat) {
    using W = typename Table::W;
    Truth<W> same = Truth<W>(true);
    for (std::uint64_t v = 0; v < Table::pages; ++v)
        same = same && radix_lookup(t, W(v)) == flat.page[v];
    return same;
}

namespace radix_example {
using Small = RadixTable<std::uint64_t, 2, 1, 3>;
constexpr bool map_and_unmap() {
    Small t = empty_radix<Small>();
    if (!radix_map(t, std::uint64_t{2}, std::uint64_t{0x5067})) return false;
    if (radix_lookup(t, std::uint64_t{2}) != 0x5067 || t.height[1] != 1) return false;
    if (!radix_unmap(t, std::uint64_t{2}) || radix_lookup(t, std::uint64_t{2}) != 0) return false;
    return t.height[1] == 0 && well_formed(t) && abstracts(t, FlatMap<Small>{});
}
static_assert(map_and_unmap(), "an emptied table is freed and the tree is whole");
}  // namespace radix_example

}  // namespace faultline::x86
