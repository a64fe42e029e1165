// model/fast/check_vma.cpp - checks of the VMA index, chains and interval trees.
#include <algorithm>

#include "model/fast/check.hpp"

namespace faultline::FL_FAST {

void Checker::address_space(MmId id) {
    const Mm& mm = e_.mms_[id];
    VmaId expected = mm.vmas.first();
    if (mm.vmas.root() != 0) node(mm, mm.vmas.root(), expected);
    if (problem_ != nullptr) return;
    wrong(expected != 0, "a VMA is on the list and not in the index");
    u32 count = 0;
    u64 locked = 0;
    VmaId before = 0;
    for (VmaId v = mm.vmas.first(); v != 0 && problem_ == nullptr; v = e_.store_.vmas[v].next) {
        const Vma& x = e_.store_.vmas[v];
        wrong(x.prev != before, "the links of neighbours disagree");
        wrong(before != 0 && e_.store_.vmas[before].hi > x.lo, "two VMAs overlap");
        vma(id, v);
        before = v;
        ++count;
        locked += (x.flags & vma_locked) != 0 ? x.pages() : 0;
    }
    vmas_ += count;
    wrong(mm.vmas.last() != before, "the last VMA is not the last");
    wrong(count != mm.map_count, "map_count is not the number of VMAs");
    wrong(locked != mm.locked_vm && e_.rules_.dontunmap_locked == DontunmapLocked::splits,
          "locked_vm is not the number of locked pages");
    for (const VmaId v : mm.vmas.cache()) {
        if (v == 0) continue;
        const VmaId there = mm.vmas.search(e_.store_, e_.store_.vmas[v].lo);
        wrong(there != v, "the lookup cache keeps a VMA that is gone");
    }
}
void Checker::vma(MmId id, VmaId v) {
    const Vma& x = e_.store_.vmas[v];
    wrong(x.lo >= x.hi, "a VMA is empty");
    wrong(x.mm != id, "a VMA names another address space");
    wrong(x.prot != page_prot(x.flags), "vm_page_prot does not fit vm_flags");
    wrong(x.lock_seq == e_.mms_[id].lock_seq, "a VMA is left write-locked");
    wrong((x.anon_vma == 0) != (x.chain_newest == 0), "a chain without anon_vma, or the reverse");
    if (problem_ == nullptr) chain(v);
}
/// Depth of the subtree; `expected` walks along the list.
unsigned Checker::node(const Mm& mm, NodeId at, VmaId& expected) {
    ++nodes_;
    const IndexNode& n = e_.store_.nodes[at];
    if (wrong(n.count == 0 || n.count > IndexNode::capacity, "an index node is empty")) return 0;
    unsigned depth = 0;
    for (u32 i = 0; i <= IndexNode::capacity; ++i) {
        if (i >= n.count) {
            wrong(n.end[i] != ~u64{0}, "an unused place of an index node has an end");
            continue;
        }
        u64 end = 0, gap = 0;
        if (n.is_leaf != 0) {
            if (wrong(n.slot[i] != expected, "index and list of VMAs disagree")) return 0;
            const Vma& v = e_.store_.vmas[expected];
            const Vpn below = v.prev != 0 ? e_.store_.vmas[v.prev].hi : 0;
            end = v.hi;
            gap = v.lo - below;
            expected = v.next;
        } else {
            const unsigned d = node(mm, n.slot[i], expected);
            if (problem_ != nullptr) return 0;
            wrong(i != 0 && d != depth, "the index is not balanced");
            depth = d;
            const IndexNode& child = e_.store_.nodes[n.slot[i]];
            end = child.end[child.count - 1u];
            gap = child.largest_gap();
        }
        wrong(n.end[i] != end, "an index node has a stale end");
        wrong(n.gap[i] != gap, "an index node has a stale gap");
        wrong(i != 0 && n.end[i] <= n.end[i - 1], "an index node is out of order");
    }
    return depth + 1;
}

void Checker::chain(VmaId id) {
    const Vma& v = e_.store_.vmas[id];
    AvcId newer = 0;
    u64 born = ~u64{0};
    bool own = v.anon_vma == 0;
    for (AvcId c = v.chain_newest; c != 0; c = e_.anon_.avc(c).older) {
        const Avc& x = e_.anon_.avc(c);
        const AnonVma& a = e_.anon_[x.anon_vma];
        ++avcs_;
        if (wrong(x.vma != id, "a chain holds another VMA's link") ||
            wrong(x.newer != newer, "the links of a chain disagree") ||
            wrong(a.refcount == 0 || a.tree == 0, "a chain names a dead anon_vma"))
            return;
        wrong(x.first != v.pgoff || x.last != v.pgoff + v.pages() - 1,
              "an interval is not its VMA's");
        wrong(a.birth >= born, "a chain is out of order");
        born = a.birth;
        own = own || x.anon_vma == v.anon_vma;
        newer = c;
    }
    wrong(v.chain_oldest != newer, "the oldest link of a chain is not the last");
    wrong(!own, "a VMA is not linked to its own anon_vma");
    if (v.anon_vma != 0) ++active_[v.anon_vma];
}

/// Largest `last` of a subtree; order, heap and maxima on the way.
u64 Checker::subtree(AnonId anon, AvcId at, u32& size) {
    const Avc& c = e_.anon_.avc(at);
    u64 most = c.last;
    ++size;
    wrong(c.anon_vma != anon, "a tree holds a link of another anon_vma");
    for (const AvcId below : {c.left, c.right}) {
        if (below == 0 || problem_ != nullptr) continue;
        const Avc& b = e_.anon_.avc(below);
        const bool less = b.first != c.first ? b.first < c.first : below < at;
        wrong(less != (below == c.left), "an interval tree is out of order");
        wrong(b.priority > c.priority, "an interval tree is no heap");
        most = std::max(most, subtree(anon, below, size));
    }
    wrong(c.last_below != most, "an interval tree has a stale maximum");
    return most;
}
void Checker::anon_vmas() {
    u32 in_trees = 0, live = 0;
    for (AnonId id = 1; id < e_.anon_.end(); ++id) {
        const AnonVma& a = e_.anon_[id];
        if (a.refcount == 0) continue;
        ++live;
        if (a.tree != 0) {
            u32 size = 0;
            subtree(id, a.tree, size);
            in_trees += size;
            ++children_[a.parent];
        }
        if (a.root != id) ++below_[a.root];
        wrong(a.tree == 0 && a.root != id, "an anon_vma lives without a tree");
    }
    wrong(live != e_.anon_.live(), "anon_vmas are miscounted");
    wrong(in_trees != avcs_, "links in trees and in chains differ in number");
    wrong(avcs_ != e_.anon_.live_avcs(), "a link of no chain is allocated");
    for (AnonId id = 1; id < e_.anon_.end() && problem_ == nullptr; ++id) {
        const AnonVma& a = e_.anon_[id];
        if (a.refcount == 0) continue;
        wrong(a.num_active_vmas != active_[id], "num_active_vmas is wrong");
        wrong(a.num_children != children_[id], "num_children is wrong");
        wrong(a.refcount != (a.tree != 0) + below_[id], "an anon_vma's refcount is wrong");
    }
}

}  // namespace faultline::FL_FAST
