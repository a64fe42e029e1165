// model/fast/page_table.cpp - page tables come and go.
#include "model/fast/page_table.hpp"

#include <algorithm>

namespace faultline::FL_FAST {

TableId TableStore::grow(PageTables& t, Vpn vpn) {
    TableId at = t.root;
    for (unsigned h = levels_; h > 1; --h) {
        const u64 i = index(vpn, h);
        Entry e = tables_[at].e[i];
        if (e == 0) {
            const TableId fresh = make(h - 1);
            e = pointer(fresh);
            tables_[at].e[i] = e;
            ++meta_[at].used;
        }
        at = child(e);
    }
    t.leaf = at;
    t.leaf_tag = vpn >> 9;
    return at;
}

void TableStore::free_range(PageTables& t, Vpn lo, Vpn hi, Vpn floor, Vpn ceiling) {
    if (lo >= hi) return;
    free_below(t.root, levels_, 0, lo, hi, floor, ceiling);
    if (!FL_MUTANT(table_cache_survives_free)) t.leaf = 0;
}

void TableStore::free_below(TableId at, unsigned h, Vpn base, Vpn lo, Vpn hi, Vpn floor,
                            Vpn ceiling) {
    if (h == 1) return;
    const Vpn span = Vpn{1} << (9 * (h - 1));   // pages an entry of this table stands for
    const Vpn first = (std::max(lo, base) - base) / span;
    const Vpn last = std::min((hi - 1 - base) / span, Vpn{511});
    for (Vpn i = first; i <= last; ++i) {
        Entry& e = tables_[at].e[i];
        if (e == 0) continue;
        const TableId below = child(e);
        const Vpn from = base + i * span, to = from + span;
        free_below(below, h - 1, from, std::max(lo, from), std::min(hi, to), floor, ceiling);
        const bool ours =
            from >= floor &&
            (to <= ceiling || (FL_MUTANT(table_freed_under_neighbour) && hi == ceiling));
        if (!ours) continue;
        release(below);
        e = 0;
        --meta_[at].used;
    }
}

}  // namespace faultline::FL_FAST
