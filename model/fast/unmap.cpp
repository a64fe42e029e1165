// model/fast/unmap.cpp - zapping ranges, munmap, madvise(DONTNEED), exit.
//
// Source: linux mm/memory.c:zap_pte_range, free_pgtables; mm/vma.c:do_vmi_align_munmap;
//         mm/madvise.c:madvise_dontneed_free; mm/mmap.c:exit_mmap@v6.12
#include <algorithm>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// Clears the entries of a range, a table at a time; the counts of the address space once a table.
void Engine::zap(Mm& mm, Vpn lo, Vpn hi, Gather& gather) {
    tables_.each_leaf(mm.tables, lo, hi, [&](TableId at, Vpn from, Vpn to) {
        Table& table = tables_.table(at);
        u32 cleared = 0, pages = 0, swapped = 0;
        for (Vpn vpn = from; vpn < to; ++vpn) {
            Entry& e = table.e[vpn & 511];
            if (is_none(e)) continue;
            const Entry old = e;
            e = 0;
            if (is_frame(old)) {
                const Pfn frame = frame_of(old);
                Page& page = zone_[frame];
                ++pages;
                if (!FL_MUTANT(zap_keeps_mapcount)) zone_.remove_map(page);
                if ((page.flags & page_swapcache) != 0) free_swap_cache(frame);
                zone_.put(cpu_, frame);
            } else if (is_swap(old)) {
                free_swap_and_cache(old);
                ++swapped;
            }
            ++cleared;
            if (!FL_MUTANT(zap_skips_flush)) gather.add(vpn);
        }
        tables_.meta(at).used -= cleared;
        mm.rss_anon -= pages;
        mm.rss_swap -= swapped;
    });
}

/// Unmaps [lo, hi): splits at its ends, takes the VMAs out, empties and frees the tables.
Ret Engine::unmap(Mm& mm, Vpn lo, Vpn hi) {
    const VmaId first = covering(mm, lo);
    const bool third = first != 0 && vma(first).lo < lo && vma(first).hi > hi;
    const bool denied_lo = refuse();
    if (third && mm.map_count >= config_.map_count_limit && !FL_MUTANT(unmap_ignores_map_limit))
        return Ret::enomem;
    if (!split_at(mm, lo, false, denied_lo)) return Ret::enomem;
    if (!split_at(mm, hi, false, refuse())) return Ret::enomem;
    // Detached VMAs are a list through `next`; nobody but the reverse map finds them.
    VmaId doomed = 0, below = 0, above = 0;
    for (VmaId id = mm.vmas.find(store_, lo); id != 0 && vma(id).lo < hi;) {
        Vma& v = vma(id);
        const VmaId next = v.next;
        if (doomed == 0) below = v.prev;
        write_lock(mm, v);
        mm.vmas.erase(store_, id);
        --mm.map_count;
        account_locked(mm, (v.flags & vma_locked) != 0, false, v.pages());
        v.next = doomed;
        doomed = id;
        above = next;
        id = next;
    }
    if (!FL_MUTANT(unmap_skips_drain)) zone_.drain(cpu_);
    {
        Gather gather(tlb_, mm.tlb);
        zap(mm, lo, hi, gather);
        if (doomed != 0) {
            const Vpn floor = below != 0 ? vma(below).hi : 0;
            const Vpn ceiling = above != 0 ? vma(above).lo : ~Vpn{0};
            tables_.free_range(mm.tables, lo, hi, floor, ceiling);
            gather.all();
        }
    }
    while (doomed != 0) {
        const VmaId next = vma(doomed).next;
        if (!FL_MUTANT(unmap_skips_unlink) && !anon_.unlink(vma(doomed))) broken_ = true;
        store_.vmas.release(doomed);
        doomed = next;
    }
    return Ret::ok;
}
Answer Engine::munmap(MmId id, Vpn lo, Vpn hi) {
    if (!alive(id) || lo >= hi) return {Ret::blocked};
    const Ret ret = unmap(mms_[id], lo, hi);
    end_write(mms_[id]);
    return {ret};
}

/// Holes are reported at the end; a locked VMA ends the walk where it stands.
Answer Engine::dontneed(MmId id, Vpn lo, Vpn hi) {
    if (!alive(id) || lo >= hi) return {Ret::blocked};
    Mm& mm = mms_[id];
    if (!FL_MUTANT(dontneed_skips_drain)) zone_.drain(cpu_);
    bool hole = false;
    Gather gather(tlb_, mm.tlb);
    Vpn at = lo;
    for (VmaId v = mm.vmas.find(store_, lo); at < hi; v = vma(v).next) {
        if (v == 0 || vma(v).lo >= hi) return {Ret::enomem};
        hole = hole || vma(v).lo > at;
        if ((vma(v).flags & vma_locked) != 0 && !FL_MUTANT(dontneed_zaps_locked))
            return {Ret::einval};
        const Vpn stop = std::min(vma(v).hi, hi);
        zap(mm, std::max(at, vma(v).lo), stop, gather);
        at = stop;
    }
    return {hole && !FL_MUTANT(dontneed_ignores_holes) ? Ret::enomem : Ret::ok};
}

/// The last user is gone: everything goes, in the order pages, tables, VMAs.
void Engine::tear_down(MmId id) {
    Mm& mm = mms_[id];
    VmaId at = mm.vmas.first();
    if (at != 0) {
        const Vpn lo = vma(at).lo, hi = vma(mm.vmas.last()).hi;
        Gather gather(tlb_, mm.tlb);
        for (VmaId v = at; v != 0; v = vma(v).next) zap(mm, vma(v).lo, vma(v).hi, gather);
        tables_.free_range(mm.tables, lo, hi, 0, ~Vpn{0});
        gather.all();
    }
    tables_.destroy(mm.tables);
    mm.vmas.clear(store_);
    while (at != 0) {
        const VmaId next = vma(at).next;
        if (!FL_MUTANT(exit_skips_unlink) && !anon_.unlink(vma(at))) broken_ = true;
        store_.vmas.release(at);
        at = next;
    }
    mm = Mm{};
    mm_rows_.give(id);
}
Answer Engine::exit(MmId id) {
    if (!alive(id)) return {Ret::blocked};
    if (!FL_MUTANT(exit_skips_drain)) zone_.drain(cpu_);
    tear_down(id);
    return {};
}

}  // namespace faultline::FL_FAST
