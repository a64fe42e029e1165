// model/fast/vma_index.cpp - the range B-tree: insertion, removal, resizing, the search for a gap.
#include "model/fast/vma_index.hpp"

#include <algorithm>

namespace faultline::FL_FAST {

namespace {

void open_place(IndexNode& n, u32 place) {
    for (u32 i = n.count; i > place; --i) {
        n.slot[i] = n.slot[i - 1];
        n.end[i] = n.end[i - 1];
        n.gap[i] = n.gap[i - 1];
    }
    ++n.count;
}
void close_place(IndexNode& n, u32 place) {
    --n.count;
    for (u32 i = place; i < n.count; ++i) {
        n.slot[i] = n.slot[i + 1];
        n.end[i] = n.end[i + 1];
        n.gap[i] = n.gap[i + 1];
    }
    n.end[n.count] = ~u64{0};
    n.gap[n.count] = 0;
}
void set_place(IndexNode& n, u32 place, u32 slot, u64 end, u64 gap) {
    n.slot[place] = slot;
    n.end[place] = end;
    n.gap[place] = gap;
}
/// Moves the entries from `at` on to the end of `to`.
void move_tail(IndexNode& from, u32 at, IndexNode& to) {
    for (u32 i = at; i < from.count; ++i) {
        set_place(to, to.count++, from.slot[i], from.end[i], from.gap[i]);
        from.end[i] = ~u64{0};
        from.gap[i] = 0;
    }
    from.count = static_cast<u16>(at);
}

}  // namespace

VmaIndex::Path VmaIndex::descend(const VmaStore& s, Vpn vpn) const {
    Path path;
    for (NodeId at = root_;;) {
        const IndexNode& n = s.nodes[at];
        u32 i = n.place(vpn);
        if (i >= n.count && n.is_leaf == 0) i = n.count - 1u;   // past everything: the last leaf
        path.step[path.depth++] = {at, i};
        if (n.is_leaf != 0) return path;
        at = n.slot[i];
    }
}

/// Free pages between the VMA and what stands below it; the lowest counts from page 0 and the
/// search cuts it.
u64 VmaIndex::gap_below(const VmaStore& s, VmaId id) {
    const Vma& v = s.vmas[id];
    return v.lo - (v.prev != 0 ? s.vmas[v.prev].hi : 0);
}

void VmaIndex::refresh(VmaStore& s, const Path& path) {
    for (u32 d = path.depth - 1; d > 0; --d) {
        const IndexNode& below = s.nodes[path.step[d].node];
        IndexNode& n = s.nodes[path.step[d - 1].node];
        const u32 i = path.step[d - 1].place;
        const u64 end = below.end[below.count - 1u], gap = below.largest_gap();
        if (n.end[i] == end && n.gap[i] == gap) return;
        n.end[i] = end;
        n.gap[i] = gap;
    }
}
void VmaIndex::refresh_gap(VmaStore& s, VmaId id) {
    if (id == 0) return;
    Path path = descend(s, s.vmas[id].lo);
    s.nodes[path.bottom().node].gap[path.bottom().place] = gap_below(s, id);
    refresh(s, path);
}

/// The gap below the VMA that follows the one the path leads to; mostly it is in the same leaf.
void VmaIndex::refresh_next(VmaStore& s, Path& path, bool same_leaf, VmaId next) {
    if (!same_leaf) return refresh_gap(s, next);
    s.nodes[path.bottom().node].gap[path.bottom().place + 1] = gap_below(s, next);
    refresh(s, path);
}

/// Puts an entry at the bottom of the path; full nodes split, upwards to a new root.
void VmaIndex::put_in(VmaStore& s, Path& path, u32 slot, u64 end, u64 gap) {
    for (;;) {
        auto [id, place] = path.bottom();
        IndexNode& n = s.nodes[id];
        if (n.count < IndexNode::capacity) {
            open_place(n, place);
            set_place(n, place, slot, end, gap);
            refresh(s, path);
            return;
        }
        // Ascending and descending insertion leave full nodes behind.
        const u32 cut = place == n.count ? 12 : place == 0 ? 3 : 8;
        const NodeId upper_id = s.nodes.make();
        IndexNode& upper = s.nodes[upper_id];
        IndexNode& lower = s.nodes[id];
        upper.is_leaf = lower.is_leaf;
        move_tail(lower, cut, upper);
        IndexNode& side = place <= cut ? lower : upper;
        const u32 at = place <= cut ? place : place - cut;
        open_place(side, at);
        set_place(side, at, slot, end, gap);
        if (path.depth == 1) {
            root_ = s.nodes.make();
            IndexNode& top = s.nodes[root_];
            top.count = 1;
            top.slot[0] = id;
            path = {};
            path.step[path.depth++] = {root_, 0};
        } else {
            --path.depth;
        }
        auto [parent_id, parent_place] = path.bottom();
        IndexNode& parent = s.nodes[parent_id];
        const IndexNode& low = s.nodes[id];
        parent.end[parent_place] = low.end[low.count - 1u];
        parent.gap[parent_place] = low.largest_gap();
        const IndexNode& high = s.nodes[upper_id];
        slot = upper_id;
        end = high.end[high.count - 1u];
        gap = high.largest_gap();
        path.bottom().place = parent_place + 1;
    }
}
/// Takes the entry at the bottom of the path out; thin nodes join a neighbour.
void VmaIndex::take_out(VmaStore& s, Path& path) {
    for (;;) {
        auto [id, place] = path.bottom();
        IndexNode& n = s.nodes[id];
        close_place(n, place);
        if (path.depth == 1) {
            if (n.count == 0) {
                s.nodes.release(id);
                root_ = 0;
            } else if (n.is_leaf == 0 && n.count == 1) {
                root_ = n.slot[0];
                s.nodes.release(id);
            }
            return;
        }
        auto& [parent_id, mine] = path.step[path.depth - 2];
        IndexNode& parent = s.nodes[parent_id];
        if (n.count >= IndexNode::low_water) {
            refresh(s, path);
            return;
        }
        if (n.count != 0) {
            // With the lower neighbour, else with the upper one.
            const bool down = mine > 0 && s.nodes[parent.slot[mine - 1]].count + n.count <=
                                              IndexNode::capacity;
            const bool up = !down && mine + 1 < parent.count &&
                            s.nodes[parent.slot[mine + 1]].count + n.count <= IndexNode::capacity;
            if (!down && !up) {
                refresh(s, path);
                return;
            }
            const u32 low = down ? mine - 1 : mine;
            IndexNode& into = s.nodes[parent.slot[low]];
            move_tail(s.nodes[parent.slot[low + 1]], 0, into);
            parent.end[low] = into.end[into.count - 1u];
            parent.gap[low] = into.largest_gap();
            mine = low + 1;
        }
        s.nodes.release(parent.slot[mine]);
        --path.depth;
    }
}

void VmaIndex::insert(VmaStore& s, VmaId id) {
    Vma& v = s.vmas[id];
    if (root_ == 0) {
        root_ = s.nodes.make();
        s.nodes[root_].is_leaf = 1;
    }
    Path path = descend(s, v.lo);
    const IndexNode& leaf = s.nodes[path.bottom().node];
    const u32 place = path.bottom().place;
    v.next = place < leaf.count ? leaf.slot[place] : 0;
    v.prev = v.next != 0 ? s.vmas[v.next].prev : last_;
    (v.next != 0 ? s.vmas[v.next].prev : last_) = id;
    (v.prev != 0 ? s.vmas[v.prev].next : first_) = id;
    const bool together = place < leaf.count && leaf.count < IndexNode::capacity;
    put_in(s, path, id, v.hi, gap_below(s, id));
    refresh_next(s, path, together, v.next);
}
void VmaIndex::erase(VmaStore& s, VmaId id) {
    Vma& v = s.vmas[id];
    Path path = descend(s, v.lo);
    take_out(s, path);
    (v.next != 0 ? s.vmas[v.next].prev : last_) = v.prev;
    (v.prev != 0 ? s.vmas[v.prev].next : first_) = v.next;
    cache_ = {};
    if (!FL_MUTANT(erase_keeps_gap)) refresh_gap(s, v.next);
}
void VmaIndex::resize(VmaStore& s, VmaId id, Vpn lo, Vpn hi) {
    Vma& v = s.vmas[id];
    Path path = descend(s, v.lo);
    v.lo = lo;
    v.hi = hi;
    IndexNode& leaf = s.nodes[path.bottom().node];
    leaf.end[path.bottom().place] = hi;
    leaf.gap[path.bottom().place] = gap_below(s, id);
    const bool together = path.bottom().place + 1 < leaf.count;
    if (!together) refresh(s, path);
    if (FL_MUTANT(resize_keeps_gap)) refresh(s, path);
    else refresh_next(s, path, together, v.next);
}

/// The highest VMA under `at` below which `len` pages lie free beneath `limit`.
bool VmaIndex::gap_under(const VmaStore& s, NodeId at, u64 len, Vpn limit, VmaId& found) const {
    const IndexNode& n = s.nodes[at];
    // What ends at or above the limit may still have its gap below it, but nothing past the first
    // that does can.
    u32 i = n.place(limit);
    if (i >= n.count) i = n.count - 1u;
    for (++i; i-- > 0;) {
        if (n.gap[i] < len) continue;
        if (n.is_leaf == 0) {
            if (gap_under(s, n.slot[i], len, limit, found)) return true;
            continue;
        }
        const Vma& v = s.vmas[n.slot[i]];
        const Vpn top = std::min(v.lo, limit);
        const Vpn below = v.prev != 0 ? s.vmas[v.prev].hi : 0;
        if (top >= below + len) {
            found = n.slot[i];
            return true;
        }
    }
    return false;
}
/// False if a stack above, less than its gap away, had room for `len` pages right below it: then
/// the search goes on below the gap, which is the new limit.
bool VmaIndex::clear_of_guards(const VmaStore& s, VmaId above, u64 len, Vpn low, Vpn& limit) {
    for (VmaId u = above; u != 0 && s.vmas[u].lo < limit + s.guard_gap; u = s.vmas[u].next) {
        const Vma& v = s.vmas[u];
        const Vpn below = v.prev != 0 ? s.vmas[v.prev].hi : low;
        if ((v.flags & vma_growsdown) == 0 || v.lo < below + len) continue;
        if (FL_MUTANT(search_ignores_guard)) continue;
        limit = v.lo > s.guard_gap ? v.lo - s.guard_gap : 0;
        return false;
    }
    return true;
}
bool VmaIndex::find_gap(const VmaStore& s, u64 len, Vpn low, Vpn limit, Vpn& place) const {
    const Vpn floor = last_ != 0 ? std::max(s.vmas[last_].hi, low) : low;
    if (limit >= floor + len) {   // above everything
        place = limit - len;
        return true;
    }
    for (Vpn end = limit; root_ != 0;) {
        VmaId above = 0;
        if (!gap_under(s, root_, len, end, above)) return false;
        end = std::min(s.vmas[above].lo, end);
        if (!clear_of_guards(s, above, len, low, end)) continue;
        if (end < low + len) return false;
        place = end - len;
        return true;
    }
    return false;
}

void VmaIndex::clear(VmaStore& s) {
    const auto drop = [&](auto& self, NodeId at) -> void {
        const IndexNode& n = s.nodes[at];
        if (n.is_leaf == 0)
            for (u32 i = 0; i < n.count; ++i) self(self, n.slot[i]);
        s.nodes.release(at);
    };
    if (root_ != 0) drop(drop, root_);
    *this = {};
}

}  // namespace faultline::FL_FAST
