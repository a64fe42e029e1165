// model/fast/check.cpp - checks of page tables, pages, lists and translations.
#include "model/fast/check.hpp"

#include <algorithm>
#include <array>

namespace faultline::FL_FAST {

const char* Engine::self_check() { return Checker(*this).run(); }

Checker::Checker(Engine& e)
    : e_(e), maps_(e.zone_.frames() + 1), refs_(e.zone_.frames() + 1),
      listed_(e.zone_.frames() + 1), slots_(e.swap_.slots() + 1), active_(e.anon_.end()),
      children_(e.anon_.end()),
      below_(e.anon_.end()) {}

const char* Checker::run() {
    wrong(e_.broken_, "a kernel assertion failed");
    for (MmId id = 0; id < e_.mms_.size() && problem_ == nullptr; ++id) {
        if (!e_.mms_[id].alive) continue;
        address_space(id);
        if (problem_ == nullptr) tables(id);
    }
    if (problem_ != nullptr) return problem_;
    wrong(nodes_ != e_.store_.nodes.live(), "a node of no index is allocated");
    wrong(vmas_ != e_.store_.vmas.live(), "a VMA of no address space is allocated");
    wrong(tables_ != e_.tables_.live(), "a page table of no tree is allocated");
    anon_vmas();
    if (problem_ == nullptr) lists();
    if (problem_ == nullptr) swap();
    if (problem_ == nullptr) pages();
    if (problem_ == nullptr) translations();
    return problem_;
}

void Checker::tables(MmId id) {
    Mm& mm = e_.mms_[id];
    Totals totals;
    table(mm, mm.tables.root, e_.config_.levels, 0, totals);
    wrong(totals.pages != mm.rss_anon, "MM_ANONPAGES is not the number of pages mapped");
    wrong(totals.swapped != mm.rss_swap, "MM_SWAPENTS is not the number of swap entries");
    if (mm.tables.leaf == 0) return;
    PageTables fresh = mm.tables;
    fresh.leaf = 0;
    wrong(e_.tables_.leaf(fresh, mm.tables.leaf_tag << 9) != mm.tables.leaf,
          "the cached page table is not the one the tree holds");
}
void Checker::table(const Mm& mm, TableId at, unsigned h, Vpn base, Totals& totals) {
    ++tables_;
    const TableMeta& meta = e_.tables_.meta(at);
    const Table& t = e_.tables_.table(at);
    // Mostly empty: eight entries at a time.
    std::array<u16, 512> filled;
    u32 used = 0;
    for (u32 block = 0; block < 512; block += 8) {
        Entry any = 0;
        for (u32 i = block; i < block + 8; ++i) any |= t.e[i];
        if (any == 0) continue;
        for (u32 i = block; i < block + 8; ++i)
            if (t.e[i] != 0) filled[used++] = static_cast<u16>(i);
    }
    if (wrong(meta.height != h, "a page table stands at another height than its own") ||
        wrong(used != meta.used, "a page table miscounts its entries"))
        return;
    const Vpn span = Vpn{1} << (9 * (h - 1));
    for (u32 n = 0; n < used && problem_ == nullptr; ++n) {
        const Entry e = t.e[filled[n]];
        const Vpn from = base + filled[n] * span;
        if (h == 1) {
            entry(mm, from, e, totals);
            continue;
        }
        const VmaId v = mm.vmas.search(e_.store_, from);
        if (wrong(v == 0 || e_.store_.vmas[v].lo >= from + span,
                  "a page table stands where no VMA needs it"))
            return;
        table(mm, TableStore::child(e), h - 1, from, totals);
    }
}
void Checker::entry(const Mm& mm, Vpn vpn, Entry e, Totals& totals) {
    const VmaId id = mm.vmas.search(e_.store_, vpn);
    if (wrong(id == 0 || !e_.store_.vmas[id].covers(vpn), "an entry lies in no VMA")) return;
    const Vma& v = e_.store_.vmas[id];
    if (is_swap(e)) return swap_entry(e, totals);
    const u64 prot = bits::present | bits::user | bits::no_execute | bits::prot_none;
    wrong((e & prot) != (v.prot & prot), "an entry has another protection than its VMA");
    wrong(is_writable(e) && (v.flags & vma_write) == 0, "an entry of a read-only VMA is writable");
    if (is_zero_page(e)) {
        wrong(frame_of(e) != 0 || is_writable(e), "the zero page is mapped in a wrong way");
        return;
    }
    const Pfn frame = frame_of(e);
    if (wrong(frame == 0 || frame > e_.zone_.frames(), "an entry maps no page")) return;
    ++totals.pages;
    ++maps_[frame];
    ++refs_[frame];
    const Page& page = e_.zone_[frame];
    wrong(is_writable(e) && (page.flags & page_exclusive) == 0, "a shared page is writable");
    // The reverse map finds this entry from the page: through a VMA of its anon_vma's tree.
    bool found = false;
    if (page.anon_vma != 0)
        e_.anon_.each_at(page.anon_vma, page.index, [&](const Avc& c) {
            found = found || (c.vma == id && v.index_of(vpn) == page.index);
        });
    wrong(!found, "the reverse map does not find an entry");
}

void Checker::pages() {
    for (const Handle& h : e_.handles_)
        if (h.kind != Grab::none) refs_[h.frame] += e_.refs(h.kind);
    for (Pfn p = 1; p <= e_.zone_.frames(); ++p) {
        const Page& x = e_.zone_[p];
        if (wrong(x.mapcount != maps_[p], "a mapcount is not the number of entries")) return;
        if (wrong(x.refcount != refs_[p], "a refcount is not the number of references")) return;
        wrong(x.refcount != 0 && listed_[p] != 0 && (x.flags & (page_lru | page_batched)) == 0,
              "a page in use is on a free list");
        wrong(x.refcount == 0 && x.flags != 0, "a free page has flags");
        wrong(x.mapcount == 0 && (x.flags & page_exclusive) != 0, "an unmapped page is exclusive");
        wrong((x.mapcount != 0) != (x.anon_vma != 0), "a page has a mapping but no map");
    }
}
/// Each page is on one list: a free list, a batch or the LRU.
void Checker::lists() {
    const Zone& z = e_.zone_;
    const auto list = [&](Pfn p, u32 flag) {
        if (wrong(p == 0 || p > z.frames() || listed_[p]++ != 0, "a page is on two lists")) return;
        const u32 where = z[p].flags & (page_batched | page_lru);
        wrong(where != flag, "a page is on another list than its flags say");
        wrong(flag == 0 && z[p].refcount != 0, "a page in use is on a free list");
    };
    u32 spare = static_cast<u32>(z.free_pages().size());
    for (const Pfn p : z.free_pages()) list(p, 0);
    for (u32 cpu = 0; cpu < e_.config_.cpus; ++cpu) {
        const PageCpu& c = z.cpu(cpu);
        for (u32 i = 0; i < c.free_count; ++i) list(c.free[i], 0);
        for (u32 i = 0; i < c.batched; ++i) {
            list(c.batch[i], page_batched);
            ++refs_[c.batch[i]];
        }
        spare += c.free_count;
    }
    Pfn before = 0;
    for (Pfn p = z.lru_head(); p != 0 && problem_ == nullptr; p = z[p].lru_next) {
        list(p, page_lru);
        wrong(z[p].lru_prev != before, "the LRU's links disagree");
        before = p;
    }
    u32 used = 0;
    for (Pfn p = 1; p <= z.frames(); ++p) {
        used += z[p].refcount != 0;
        wrong((z[p].flags & (page_lru | page_batched)) != 0 && listed_[p] == 0,
              "a page is on no list although its flags say so");
    }
    wrong(used + spare != z.frames(), "pages are neither free nor in use");
}
/// What a processor may use says no more than the tables do.
void Checker::translations() {
    std::vector<std::pair<u64, MmId>> alive;
    for (MmId id = 0; id < e_.mms_.size(); ++id)
        if (e_.mms_[id].alive) alive.emplace_back(e_.mms_[id].tlb.context, id);
    std::sort(alive.begin(), alive.end());
    for (const Translation& t : e_.tlb_.entries()) {
        if (t.context == 0) continue;
        const auto at = std::lower_bound(alive.begin(), alive.end(),
                                         std::pair<u64, MmId>{t.context, 0});
        if (at == alive.end() || at->first != t.context) continue;
        Mm& mm = e_.mms_[at->second];
        if (mm.tlb.generation != t.generation) continue;
        const Entry now = e_.tables_.get(mm.tables, t.vpn);
        const u64 rights = bits::writable | bits::dirty;
        wrong((now & bits::present) == 0 || frame_of(now) != frame_of(t.entry) ||
                  (t.entry & rights & ~now) != 0 ||
                  (now & bits::no_execute & ~t.entry) != 0,
              "a translation says more than its entry");
    }
}

}  // namespace faultline::FL_FAST
