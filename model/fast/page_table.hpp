// model/fast/page_table.hpp - radix page tables of 512 x86-64 entries, 4 or 5 levels deep.
//
// Why:     the structure the processor walks. Tables come on demand and go as in Linux: unmapping a
//          range frees the tables that no other VMA can need, zapping frees none.
// Source:  linux mm/memory.c:__pte_alloc, free_pgd_range, free_pgtables@v6.12
// Differs: frames of tables have numbers of their own, above the data frames, and never run out
//          (the reference does not count them either); each table knows how many entries it holds,
//          so that fork and zap pass over empty ones.
#pragma once
#include "model/fast/arena.hpp"
#include "model/fast/entry.hpp"

namespace faultline::FL_FAST {

struct Table {
    Entry e[512] = {};
};
/// struct page of a table (ptdesc): how many entries are not none, and its height.
struct TableMeta {
    u32 used = 0;
    u32 height = 0;
};
/// One address space's tree, and the table that the last walk ended in.
struct PageTables {
    TableId root = 0;
    TableId leaf = 0;                ///< cached PTE table; 0 none
    Vpn leaf_tag = 0;                ///< vpn / 512 of it
};

class TableStore {
  public:
    explicit TableStore(unsigned levels) : levels_(levels) {}
    unsigned levels() const { return levels_; }

    void create(PageTables& t) { t = {make(levels_), 0, 0}; }
    void destroy(PageTables& t) {
        release(t.root);
        t = {};
    }
    /// The PTE table that covers `vpn`, 0 if there is none.
    TableId leaf(PageTables& t, Vpn vpn) {
        const Vpn tag = vpn >> 9;
        if (t.leaf != 0 && t.leaf_tag == tag) return t.leaf;
        TableId at = t.root;
        for (unsigned h = levels_; h > 1; --h) {
            const Entry e = tables_[at].e[index(vpn, h)];
            if (e == 0) return 0;
            at = child(e);
        }
        t.leaf = at;
        t.leaf_tag = tag;
        return at;
    }
    /// The PTE table that covers `vpn`, made if need be. linux mm/memory.c:__pte_alloc
    TableId make_leaf(PageTables& t, Vpn vpn) {
        const TableId there = leaf(t, vpn);
        return there != 0 ? there : grow(t, vpn);
    }
    /// The entry as it stands; none where there is no table.
    Entry get(PageTables& t, Vpn vpn) {
        const TableId at = leaf(t, vpn);
        return at != 0 ? tables_[at].e[vpn & 511] : 0;
    }
    /// Changes an entry; keeps the table's count.
    void set(TableId at, Vpn vpn, Entry to) {
        Entry& e = tables_[at].e[vpn & 511];
        meta_[at].used += static_cast<u32>(to != 0) - static_cast<u32>(e != 0);
        e = to;
    }
    Table& table(TableId at) { return tables_[at]; }
    const Table& table(TableId at) const { return tables_[at]; }
    TableMeta& meta(TableId at) { return meta_[at]; }
    const TableMeta& meta(TableId at) const { return meta_[at]; }
    u32 live() const { return tables_.live(); }

    /// Calls fn(leaf table, first vpn, past the last) for each PTE table with entries in [lo, hi).
    template <class Fn>
    void each_leaf(const PageTables& t, Vpn lo, Vpn hi, Fn&& fn) {
        for (Vpn at = lo; at < hi;) {
            TableId table = t.root;
            unsigned h = levels_;
            for (; h > 1; --h) {
                const Entry e = tables_[table].e[index(at, h)];
                if (e == 0) break;
                table = child(e);
            }
            const Vpn next = ((at >> (9 * (h == 1 ? 1 : h - 1))) + 1) << (9 * (h == 1 ? 1 : h - 1));
            const Vpn stop = next < hi ? next : hi;
            if (h == 1 && meta_[table].used != 0) fn(table, at, stop);
            at = stop;
        }
    }
    /// Frees the tables under [lo, hi) that lie wholly in [floor, ceiling), where no VMA is left.
    /// Source: linux mm/memory.c:free_pgd_range@v6.12
    void free_range(PageTables& t, Vpn lo, Vpn hi, Vpn floor, Vpn ceiling);

    static u64 index(Vpn vpn, unsigned h) { return (vpn >> (9 * (h - 1))) & 511; }
    /// The table an entry refers to.
    static TableId child(Entry e) {
        return static_cast<TableId>(x86::pte_pfn(e) - table_frame_base);
    }
    /// An entry that refers to a table: _PAGE_TABLE.
    static Entry pointer(TableId id) {
        return x86::encode(x86::TableEntry<u64>{true, true, true, false, false, true, true,
                                                id + table_frame_base, 0, 0, false});
    }

  private:
    static constexpr u64 table_frame_base = u64{1} << 32;
    TableId make(unsigned height) {
        const TableId id = tables_.make();
        if (id != meta_.make()) return 0;   // both arenas give the same numbers
        meta_[id].height = height;
        return id;
    }
    void release(TableId id) {
        tables_.release(id);
        meta_.release(id);
    }
    TableId grow(PageTables& t, Vpn vpn);
    /// Frees what can be freed below the table `at` of height `h`, which begins at page `base`.
    void free_below(TableId at, unsigned h, Vpn base, Vpn lo, Vpn hi, Vpn floor, Vpn ceiling);

    unsigned levels_;
    Arena<Table, 4> tables_;
    Arena<TableMeta, 12> meta_;
};

}  // namespace faultline::FL_FAST
