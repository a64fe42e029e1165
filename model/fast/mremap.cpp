// model/fast/mremap.cpp - mremap: shrink, grow in place, move with the entries.
//
// Source: linux mm/mremap.c:vma_to_resize, mremap_to, move_vma, move_page_tables@v6.12
#include <algorithm>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// What the call comes to, before anything is changed.
Engine::MovePlan Engine::plan_move(Mm& mm, VmaId id, const Move& m) {
    MovePlan plan;
    const u64 old = m.hi - m.lo;
    const bool overlap = m.fixed && m.to < m.hi && m.to + m.span > m.lo;
    const bool moves = m.fixed || m.dontunmap;
    const bool bad_target = overlap || (m.fixed && m.to + m.span > config_.high);
    const auto refused = [&](Ret r) {
        plan.refused = r;
        return plan;
    };
    if ((moves && !m.maymove) || (m.dontunmap && m.span != old) || (id != 0 && bad_target))
        return refused(Ret::einval);
    if (id == 0) return refused(Ret::efault);
    const Vma& v = vma(id);
    const bool whole = v.hi >= m.hi || (!moves && m.span <= old) ||
                       (moves && v.hi >= m.lo + m.span);
    if (!whole) return refused(Ret::efault);
    plan.sound = true;
    plan.shrinks = !moves && m.span < old;
    plan.same = !moves && m.span == old;
    if (plan.shrinks || plan.same) return plan;
    if ((v.flags & vma_locked) != 0 && mm.locked_vm + m.span > old + config_.memlock_limit &&
        !FL_MUTANT(mremap_ignores_memlock))
        return refused(Ret::eagain);
    plan.in_place = !moves && v.hi == m.hi && m.lo + m.span <= config_.high &&
                    range_free(mm, m.hi, m.lo + m.span, 0) &&
                    v.index_of(m.lo) + m.span <= config_.max_pgoff + 1;
    if (plan.in_place) return plan;
    const bool crowded = mm.map_count + config_.move_slack >= config_.map_count_limit;
    plan.goes = !crowded && (moves || m.maymove);
    if (!plan.goes) plan.refused = Ret::enomem;
    return plan;
}

Answer Engine::mremap(MmId id, const Move& m) {
    if (!alive(id) || m.lo >= m.hi || m.span == 0) return {Ret::blocked};
    Mm& mm = mms_[id];
    const VmaId here = covering(mm, m.lo);
    const MovePlan plan = plan_move(mm, here, m);
    Answer out{plan.refused};
    out.page = plan.refused == Ret::ok ? m.lo : 0;
    if (plan.shrinks) {
        out.ret = unmap(mm, m.lo + m.span, m.hi);
        if (out.ret != Ret::ok) out.page = 0;
    } else if (plan.in_place) {
        account_locked(mm, false, (vma(here).flags & vma_locked) != 0, m.span - (m.hi - m.lo));
        resize(mm, here, vma(here).lo, m.lo + m.span);
    } else if (plan.goes) {
        out = move_vma(id, m);
    }
    end_write(mm);
    return out;
}

/// Entries move with what they map; the old range is flushed once.
void Engine::move_entries(Mm& mm, Vpn lo, Vpn hi, Vpn to) {
    Gather gather(tlb_, mm.tlb);
    tables_.each_leaf(mm.tables, lo, hi, [&](TableId at, Vpn from, Vpn end) {
        TableId into = 0;
        for (Vpn vpn = from; vpn < end; ++vpn) {
            const Entry e = tables_.table(at).e[vpn & 511];
            if (is_none(e)) continue;
            const Vpn target = to + (vpn - lo);
            if (into == 0 || (target & 511) == 0) into = tables_.make_leaf(mm.tables, target);
            else into = tables_.make_leaf(mm.tables, target);
            tables_.set(into, target, FL_MUTANT(move_loses_write) ? e & ~bits::writable : e);
            tables_.set(at, vpn, 0);
            if (!FL_MUTANT(move_skips_flush)) gather.add(vpn);
        }
    });
}

/// Source: linux mm/mremap.c:move_vma; mm/vma.c:copy_vma@v6.12
Answer Engine::move_vma(MmId id, const Move& m) {
    Mm& mm = mms_[id];
    if (m.fixed) {
        const Ret cleared = unmap(mm, m.to, m.to + m.span);
        if (cleared != Ret::ok) return {cleared};
    }
    const bool denied = refuse();
    const VmaId here = covering(mm, m.lo);
    Vpn to = m.to;
    const bool placed =
        m.fixed || mm.vmas.find_gap(store_, m.span, config_.low, config_.high, to);
    Like like;
    {
        const Vma& v = vma(here);
        like.flags = v.flags;
        like.source = here;
        like.anon_vma = v.anon_vma;
        like.singular = v.singular();
        // Offsets start anew only where nothing was ever faulted in.
        like.pgoff = v.anon_vma == 0 || FL_MUTANT(move_restarts_pgoff) ? to : v.index_of(m.lo);
        if (v.anon_vma != 0 && v.index_of(m.lo) + m.span > config_.max_pgoff + 1)
            return {Ret::enomem};
    }
    if (!placed || !insert_range(id, to, to + m.span, like, denied)) return {Ret::enomem};
    move_entries(mm, m.lo, std::min(m.hi, m.lo + m.span), to);
    Answer out;
    out.page = to;
    if (!m.dontunmap) {
        out.ret = unmap(mm, m.lo, m.hi);
        if (out.ret != Ret::ok) out.page = 0;
        return out;
    }
    const VmaId left = covering(mm, m.lo);
    Vma& v = vma(left);
    write_lock(mm, v);
    account_locked(mm, (v.flags & vma_locked) != 0, false, v.pages());
    set_flags(v, v.flags & ~u32{vma_locked});
    if (rules_.dontunmap_unlinks == DontunmapUnlinks::yes && v.lo == m.lo && v.hi == m.hi &&
        !FL_MUTANT(dontunmap_stays_linked)) {
        if (!anon_.unlink(v)) broken_ = true;
        v.pgoff = v.lo;
    }
    return out;
}

}  // namespace faultline::FL_FAST
