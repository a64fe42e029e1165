// model/fast/vma_index.hpp - the VMAs of one address space: a B-tree over ranges that knows its
// gaps, with a small lookup cache.
//
// Why:     a lookup reads two or three cache lines a level and branches on nothing; the largest gap
//          below each node makes the top-down search logarithmic too. Nodes hold what the search
//          needs (the ends of ranges); the VMA itself is touched once, when it is found.
// Source:  the idea is linux lib/maple_tree.c@v6.12 and, for the cache, mm/vmacache.c@v6.1; neither
//          layout nor code is theirs.
// Differs: not RCU-safe yet: a node is changed in place. Nodes are copied, never moved, once there
//          are readers without a lock.
#pragma once
#include <array>

#include "model/fast/vma.hpp"

namespace faultline::FL_FAST {

/// 15 ranges or children, in the order of addresses. Unused ends are all ones.
struct alignas(64) IndexNode {
    static constexpr u32 capacity = 15, low_water = 5;
    u16 count = 0;
    u16 is_leaf = 0;
    u32 slot[capacity] = {};   ///< VMAs in a leaf, nodes above
    u64 end[capacity + 1];     ///< where the range ends; the largest of a child
    u64 gap[capacity + 1] = {};   ///< free pages below the range; the largest of a child
    IndexNode() {
        for (u64& e : end) e = ~u64{0};
    }
    /// How many ends are at or below vpn: the place of the first range that reaches past it.
    u32 place(Vpn vpn) const {
        u32 n = 0;
        for (u32 i = 0; i < capacity; ++i) n += static_cast<u32>(end[i] <= vpn);
        return n;
    }
    u64 largest_gap() const {
        u64 most = 0;
        for (u32 i = 0; i < count; ++i) most = gap[i] > most ? gap[i] : most;
        return most;
    }
};
static_assert(sizeof(IndexNode) == 320);

/// What all address spaces share.
struct VmaStore {
    Arena<Vma> vmas;
    Arena<IndexNode> nodes;
    u32 guard_gap = 256;
    explicit VmaStore(u32 gap) : guard_gap(gap) {}
};

class VmaIndex {
  public:
    /// The VMA that covers the page, else the lowest one above it, else 0 (find_vma).
    VmaId find(const VmaStore& s, Vpn vpn) {
        const VmaId cached = cache_[slot_of(vpn)];
        if (cached != 0 && s.vmas[cached].covers(vpn)) return cached;
        const VmaId found = search(s, vpn);
        if (found != 0 && s.vmas[found].covers(vpn)) cache_[slot_of(vpn)] = found;
        return found;
    }
    /// The same without the cache.
    VmaId search(const VmaStore& s, Vpn vpn) const {
        NodeId at = root_;
        if (at == 0) return 0;
        for (;;) {
            const IndexNode& n = s.nodes[at];
            const u32 i = n.place(vpn);
            if (i >= n.count) return 0;
            if (n.is_leaf != 0) return n.slot[i];
            at = n.slot[i];
        }
    }
    VmaId first() const { return first_; }
    VmaId last() const { return last_; }
    NodeId root() const { return root_; }
    const std::array<VmaId, 4>& cache() const { return cache_; }

    /// Puts in a VMA whose range no other one meets.
    void insert(VmaStore& s, VmaId id);
    /// Takes a VMA out; it stays allocated.
    void erase(VmaStore& s, VmaId id);
    /// Changes the range of a VMA that is in; it must not meet another one at any time.
    void resize(VmaStore& s, VmaId id, Vpn lo, Vpn hi);
    /// The highest place below `limit` where `len` pages lie free, clear of guard gaps; false if
    /// there is none at or above `low`. Source: linux mm/mmap.c:unmapped_area_topdown@v6.12
    bool find_gap(const VmaStore& s, u64 len, Vpn low, Vpn limit, Vpn& place) const;
    /// Gives all nodes back.
    void clear(VmaStore& s);

  private:
    struct Step {
        NodeId node;
        u32 place;
    };
    struct Path {
        Step step[24];
        u32 depth = 0;
        Step& bottom() { return step[depth - 1]; }
    };
    static std::size_t slot_of(Vpn vpn) { return (vpn >> 9) & 3; }
    Path descend(const VmaStore& s, Vpn vpn) const;
    static u64 gap_below(const VmaStore& s, VmaId id);
    /// Writes ends and gaps of everything above the bottom of a path anew.
    void refresh(VmaStore& s, const Path& path);
    void refresh_gap(VmaStore& s, VmaId id);
    void refresh_next(VmaStore& s, Path& path, bool same_leaf, VmaId next);
    void put_in(VmaStore& s, Path& path, u32 slot, u64 end, u64 gap);
    void take_out(VmaStore& s, Path& path);
    bool gap_under(const VmaStore& s, NodeId at, u64 len, Vpn limit, VmaId& found) const;
    static bool clear_of_guards(const VmaStore& s, VmaId above, u64 len, Vpn low, Vpn& limit);

    NodeId root_ = 0;
    VmaId first_ = 0, last_ = 0;
    std::array<VmaId, 4> cache_{};
};

}  // namespace faultline::FL_FAST
