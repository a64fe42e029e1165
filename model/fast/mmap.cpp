// model/fast/mmap.cpp - mmap and brk: where a range goes, and with what it merges.
//
// Source: linux mm/mmap.c:do_mmap, SYSCALL_DEFINE1(brk); mm/vma.c:vma_merge_new_range@v6.12
#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

/// Puts [lo, hi) in: into a neighbour, between two that become one, or as a VMA of its own.
bool Engine::insert_range(MmId id, Vpn lo, Vpn hi, const Like& like, bool denied) {
    Mm& mm = mms_[id];
    const VmaId below = ending_at(mm, lo), above = starting_at(mm, hi);
    const auto joins = [&](VmaId n) {
        return n != 0 && !denied && vma(n).flags == like.flags &&
               (vma(n).pgoff + lo == like.pgoff + vma(n).lo || FL_MUTANT(merge_ignores_pgoff)) &&
               anon_mergeable(like.anon_vma, like.singular, vma(n));
    };
    const auto adopt = [&](VmaId survivor) {
        if (like.anon_vma != 0) inherit(survivor, like.source);
    };
    const bool right = joins(above) && !like.not_above;
    bool left = joins(below) && !like.not_below;
    // Where the one above is taken first, the one below must suit its anon_vma.
    if (like.above_first && left && right)
        left = anon_mergeable(vma(above).anon_vma, vma(above).singular(), vma(below));
    if (left) {
        const bool both = right && (outer_agree(vma(below).anon_vma, vma(above).anon_vma) ||
                                    FL_MUTANT(three_way_merge_unchecked));
        adopt(below);
        Vpn end = hi;
        if (both) {
            inherit(below, above);
            end = vma(above).hi;
            remove(mm, above);
        }
        resize(mm, below, vma(below).lo, end);
    } else if (right) {
        adopt(above);
        resize(mm, above, lo, vma(above).hi, like.pgoff);
    } else {
        if (denied || !room_for_vma(mm)) return false;
        const VmaId fresh = add_vma(id, lo, hi, like.pgoff, like.flags);
        write_lock(mm, vma(fresh));
        adopt(fresh);
    }
    if ((like.flags & vma_locked) != 0) mm.locked_vm += hi - lo;
    return true;
}

Answer Engine::mmap(MmId id, Place place, Vpn lo, Vpn hi, u32 flags) {
    if (!alive(id) || lo >= hi) return {Ret::blocked};
    Mm& mm = mms_[id];
    if (mm.map_count > config_.map_count_limit) return {Ret::enomem};
    const u64 len = hi - lo;
    if (place == Place::fixed) {
        const Ret unmapped = unmap(mm, lo, hi);
        if (unmapped != Ret::ok) {
            end_write(mm);
            return {unmapped};
        }
    }
    const bool denied = refuse();
    const u64 gap = place == Place::noreplace || FL_MUTANT(hint_ignores_guard)
                        ? 0 : config_.stack_guard_gap;
    bool placed = place == Place::fixed ||
                  (place != Place::anywhere && range_free(mm, lo, hi, gap));
    if (!placed && place == Place::noreplace) return {Ret::eexist};
    if (!placed) placed = mm.vmas.find_gap(store_, len, config_.low, config_.high, lo);
    Like like;
    like.flags = flags;
    like.above_first = rules_.mmap_merge == MmapMerge::above_first;
    like.pgoff = FL_MUTANT(mmap_pgoff_zero) ? config_.min_pgoff : lo;
    const bool ok = placed && insert_range(id, lo, lo + len, like, denied);
    end_write(mm);
    Answer out{ok ? Ret::ok : Ret::enomem};
    if (ok) out.page = lo;
    return out;
}

Answer Engine::brk(MmId id, Vpn end) {
    if (!alive(id)) return {Ret::blocked};
    Mm& mm = mms_[id];
    Answer out;
    out.page = end;
    if (end < mm.brk) {
        const VmaId heap = mm.vmas.find(store_, end);   // shrinking over nothing is refused
        const bool any = heap != 0 && vma(heap).lo < mm.brk;
        out.ret = any ? unmap(mm, end, mm.brk) : Ret::enomem;
        if (out.ret == Ret::ok) mm.brk = end;
    } else if (end > mm.brk) {
        const bool denied = refuse();
        Like like;
        like.flags = vma_read | vma_write;
        like.above_first = rules_.mmap_merge == MmapMerge::above_first;
        like.pgoff = mm.brk;
        // A grown heap keeps one page clear of what lies above it.
        const Vpn reach = end + 1 - u64{FL_MUTANT(brk_touches_neighbour)};
        const bool ok = range_free(mm, mm.brk, reach, config_.stack_guard_gap) &&
                        insert_range(id, mm.brk, end, like, denied);
        out.ret = ok ? Ret::ok : Ret::enomem;
        if (ok) mm.brk = end;
    }
    end_write(mm);
    if (out.ret != Ret::ok) out.page = 0;
    return out;
}

}  // namespace faultline::FL_FAST
