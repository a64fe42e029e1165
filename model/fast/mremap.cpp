// model/fast/mremap.cpp - mremap: shrink, grow in place, move with the entries.
//
// Source: linux mm/mremap.c:vma_to_resize, mremap_to, move_vma, move_page_tables@v6.12;
//         check_prep_vma@v6.17
#include <algorithm>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// Whether the VMA at the old range allows the move or the growth.
Engine::OldRange Engine::judge(Mm& mm, Vpn lo, Vpn hi, u64 span) {
    const VmaId id = covering(mm, lo);
    if (id == 0) return {};
    const Vma& v = vma(id);
    const u64 old = hi - lo;
    const bool eagain = (v.flags & vma_locked) != 0 && span > old &&
                        mm.locked_vm + (span - old) > config_.memlock_limit &&
                        !FL_MUTANT(mremap_ignores_memlock);
    return {v.hi < std::min(lo + span, hi), eagain};
}
/// What is refused before anything is changed.
Ret Engine::refuse_move(Mm& mm, const Move& m) {
    const bool moves = m.fixed || m.dontunmap;
    const bool early = rules_.mremap_checks == MremapChecks::early;
    const bool here = covering(mm, m.lo) != 0;
    const bool overlap = m.to < m.hi && m.to + m.span > m.lo;
    const bool bad_target = m.fixed && (overlap || m.to + m.span > config_.high);
    if ((moves && !m.maymove) || (m.dontunmap && m.span != m.hi - m.lo)) return Ret::einval;
    if (bad_target && (here || early)) return Ret::einval;
    const bool crowded =
        mm.map_count + config_.move_slack + config_.target_slack >= config_.map_count_limit;
    if (moves && crowded && (here || early)) return Ret::enomem;
    if (!here) return Ret::efault;
    if (!early || !moves) return Ret::ok;
    const OldRange old = judge(mm, m.lo, m.hi, m.span);
    return old.efault ? Ret::efault : old.eagain ? Ret::eagain : Ret::ok;
}

Answer Engine::mremap(MmId id, const Move& m) {
    if (!alive(id) || m.lo >= m.hi || m.span == 0) return {Ret::blocked};
    Mm& mm = mms_[id];
    const u64 old = m.hi - m.lo;
    Answer out{refuse_move(mm, m)};
    out.page = m.lo;
    if (out.ret == Ret::ok) {
        Moving how = m.dontunmap ? Moving::dontunmap
                     : m.maymove ? Moving::grow_or_move
                                 : Moving::stay;
        if (m.fixed && !m.dontunmap) how = Moving::to_target;
        if (m.fixed || m.dontunmap || m.span > old) out = relocate(id, m, how);
        else if (m.span < old) out.ret = unmap(mm, m.lo + m.span, m.hi);
    }
    end_write(mm);
    if (out.ret != Ret::ok) out.page = 0;
    return out;
}

/// Target and tail go first, then the old range is looked at, then it grows or moves.
Answer Engine::relocate(MmId id, Move m, Moving how) {
    Mm& mm = mms_[id];
    if (m.fixed) {
        if (!FL_MUTANT(move_target_stays) && unmap(mm, m.to, m.to + m.span) != Ret::ok)
            return {Ret::enomem};
        if (m.lo + m.span < m.hi) {
            if (!FL_MUTANT(move_tail_stays) && unmap(mm, m.lo + m.span, m.hi) != Ret::ok)
                return {Ret::enomem};
            m.hi = m.lo + m.span;
        }
    }
    const bool denied = refuse();
    const OldRange old = judge(mm, m.lo, m.hi, m.span);
    if (old.efault) return {Ret::efault};
    if (old.eagain) return {Ret::eagain};
    const VmaId here = covering(mm, m.lo);
    const Vma& v = vma(here);
    const bool may_grow = how == Moving::stay || how == Moving::grow_or_move;
    if (may_grow && v.hi == m.hi && m.lo + m.span <= config_.high &&
        range_free(mm, m.hi, m.lo + m.span, 0) &&
        v.index_of(m.lo) + m.span <= config_.max_pgoff + 1) {
        if (!grow_in_place(id, here, m.hi, m.lo + m.span, denied)) return {Ret::enomem};
        m.to = m.lo;
        return after_move(mm, m);
    }
    const bool placed = how != Moving::stay &&
                        (m.fixed || mm.vmas.find_gap(store_, m.span, config_.low, config_.high,
                                                     m.to)) &&
                        (mm.map_count + config_.move_slack < config_.map_count_limit ||
                         FL_MUTANT(move_ignores_map_limit));
    if (!placed) return {Ret::enomem};
    if ((v.flags & vma_locked) != 0 && how == Moving::dontunmap &&
        rules_.dontunmap_locked == DontunmapLocked::splits) {
        // The range is cut out first, so that locked_vm stays right.
        if (!split_at(mm, m.lo, true, refuse())) return {Ret::enomem};
        if (!split_at(mm, m.hi, true, refuse())) return {Ret::enomem};
    }
    return move_vma(id, m, how);
}
/// A range like the VMA's from page `from` on.
Engine::Like Engine::like_of(VmaId source, Vpn from) {
    const Vma& v = vma(source);
    Like like;
    like.flags = v.flags;
    like.source = source;
    like.anon_vma = v.anon_vma;
    like.singular = v.singular();
    like.pgoff = v.index_of(from);
    return like;
}
bool Engine::grow_in_place(MmId id, VmaId v, Vpn lo, Vpn hi, bool denied) {
    Mm& mm = mms_[id];
    if (rules_.mremap_grow == MremapGrow::alone) {
        account_locked(mm, false, (vma(v).flags & vma_locked) != 0, hi - lo);
        resize(mm, v, vma(v).lo, hi);
        return true;
    }
    Like like = like_of(v, lo);
    like.singular = true;   // nobody asks whether it is a fork child's
    return insert_range(id, lo, hi, like, denied);
}
/// What a locked range has grown by is faulted in.
Answer Engine::after_move(Mm& mm, const Move& m) {
    const VmaId there = covering(mm, m.to);
    const bool locked = there != 0 && (vma(there).flags & vma_locked) != 0;
    end_write(mm);
    if (locked && m.lo + m.span > m.hi && !FL_MUTANT(grown_not_populated))
        populate(mm, m.to + (m.hi - m.lo), m.to + m.span, false);
    Answer out;
    out.page = m.to;
    return out;
}

/// Entries move with what they map; the range they leave is flushed once.
void Engine::move_entries(Mm& mm, Vpn lo, Vpn hi, Vpn to) {
    Gather gather(tlb_, mm.tlb);
    tables_.each_leaf(mm.tables, lo, hi, [&](TableId at, Vpn from, Vpn end) {
        for (Vpn vpn = from; vpn < end; ++vpn) {
            const Entry e = tables_.table(at).e[vpn & 511];
            if (is_none(e)) continue;
            const Vpn target = to + (vpn - lo);
            tables_.set(tables_.make_leaf(mm.tables, target), target,
                        FL_MUTANT(move_loses_write) ? e & ~bits::writable : e);
            tables_.set(at, vpn, 0);
            if (!FL_MUTANT(move_skips_flush)) gather.add(vpn);
        }
    });
}
/// Each page may need a table. False if one is refused: what has moved is back again then.
bool Engine::move_pages(Mm& mm, const Move& m) {
    const u64 pages = m.hi - m.lo;
    const bool denied = deny_at_ > asked_ && deny_at_ <= asked_ + pages;
    const u64 moved = denied ? deny_at_ - asked_ - 1 : pages;
    asked_ += static_cast<u32>(denied ? moved + 1 : pages);
    move_entries(mm, m.lo, m.lo + moved, m.to);
    if (denied && !FL_MUTANT(move_failure_loses_pages))
        move_entries(mm, m.to, m.to + moved, m.lo);
    return !denied;
}
/// MREMAP_DONTUNMAP: the old range stays, empty, unlocked and without anon_vma.
void Engine::leave_behind(Mm& mm, const Move& m) {
    Vma& v = vma(covering(mm, m.lo));
    write_lock(mm, v);
    if (rules_.dontunmap_locked == DontunmapLocked::splits)
        account_locked(mm, (v.flags & vma_locked) != 0, false, v.pages());
    if (!FL_MUTANT(dontunmap_stays_locked)) set_flags(v, v.flags & ~u32{vma_locked});
    const DontunmapUnlinks rule = rules_.dontunmap_unlinks;
    if (rule == DontunmapUnlinks::no || v.lo != m.lo || v.hi != m.hi ||
        FL_MUTANT(dontunmap_stays_linked))
        return;
    if (!anon_.unlink(v)) broken_ = true;
    if (rule == DontunmapUnlinks::restarts) v.pgoff = v.lo;
}
/// Source: linux mm/mremap.c:move_vma; mm/vma.c:copy_vma@v6.12
Answer Engine::move_vma(MmId id, const Move& m, Moving how) {
    Mm& mm = mms_[id];
    const bool denied = refuse();
    const VmaId here = covering(mm, m.lo);
    const Vma& v = vma(here);
    Like like = like_of(here, m.lo);
    if (v.anon_vma != 0 && like.pgoff + m.span > config_.max_pgoff + 1) return {Ret::enomem};
    // Offsets start anew only where nothing was ever faulted in.
    if (v.anon_vma == 0 || FL_MUTANT(move_restarts_pgoff)) like.pgoff = m.to;
    // A source that stays must not become one with its copy.
    const DontunmapMerge rule = rules_.dontunmap_merge;
    if (v.anon_vma == 0 && how == Moving::dontunmap && rule != DontunmapMerge::itself) {
        like.not_below = v.hi == m.to;
        like.not_above = v.lo == m.to + m.span;
        if (rule == DontunmapMerge::not_beside)
            like.not_below = like.not_above = like.not_below || like.not_above;
    }
    if (!insert_range(id, m.to, m.to + m.span, like, denied)) return {Ret::enomem};
    if (!move_pages(mm, m)) {
        unmap(mm, m.to, m.to + m.span);
        return {Ret::enomem};
    }
    if (how == Moving::dontunmap) {
        leave_behind(mm, m);
        Answer out;
        out.page = m.to;
        return out;
    }
    unmap(mm, m.lo, m.hi);   // if it cannot be cut, it stays, empty
    return after_move(mm, m);
}

}  // namespace faultline::FL_FAST
