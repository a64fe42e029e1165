// model/fast/anon_vma.cpp - chains and interval trees: prepare, clone, fork, unlink.
#include "model/fast/anon_vma.hpp"

#include <algorithm>

namespace faultline::FL_FAST {

void AnonStore::augment(AvcId at) {
    Avc& c = avcs_[at];
    c.last_below = c.last;
    if (c.left != 0) c.last_below = std::max(c.last_below, avcs_[c.left].last_below);
    if (c.right != 0 && !FL_MUTANT(augment_forgets_right))
        c.last_below = std::max(c.last_below, avcs_[c.right].last_below);
}
/// Nodes before `key` to `low`, the rest to `high`.
void AnonStore::split(AvcId at, AvcId key, AvcId& low, AvcId& high) {
    if (at == 0) {
        low = high = 0;
        return;
    }
    if (less(at, key)) {
        split(avcs_[at].right, key, avcs_[at].right, high);
        low = at;
    } else {
        split(avcs_[at].left, key, low, avcs_[at].left);
        high = at;
    }
    augment(at);
}
AvcId AnonStore::join(AvcId low, AvcId high) {
    if (low == 0 || high == 0) return low + high;
    if (avcs_[low].priority > avcs_[high].priority) {
        avcs_[low].right = join(avcs_[low].right, high);
        augment(low);
        return low;
    }
    avcs_[high].left = join(low, avcs_[high].left);
    augment(high);
    return high;
}
AvcId AnonStore::with(AvcId at, AvcId fresh) {
    if (at == 0 || avcs_[fresh].priority > avcs_[at].priority) {
        split(at, fresh, avcs_[fresh].left, avcs_[fresh].right);
        augment(fresh);
        return fresh;
    }
    AvcId& side = less(fresh, at) ? avcs_[at].left : avcs_[at].right;
    side = with(side, fresh);
    augment(at);
    return at;
}
AvcId AnonStore::without(AvcId at, AvcId gone) {
    if (at == 0) return 0;
    if (at == gone) return join(avcs_[at].left, avcs_[at].right);
    AvcId& side = less(gone, at) ? avcs_[at].left : avcs_[at].right;
    side = without(side, gone);
    augment(at);
    return at;
}
void AnonStore::set_interval(AvcId id, const Vma& v) {
    Avc& c = avcs_[id];
    c.first = v.pgoff;
    c.last = v.pgoff + v.pages() - 1;
    c.last_below = c.last;
    c.left = c.right = 0;
}

/// Source: linux mm/rmap.c:anon_vma_chain_link@v6.12
void AnonStore::link(Vma& v, VmaId id, AnonId anon) {
    const AvcId fresh = avcs_.make();
    Avc& c = avcs_[fresh];
    c.vma = id;
    c.anon_vma = anon;
    random_ = random_ * 1664525u + 1013904223u;
    c.priority = random_ >> 8;
    set_interval(fresh, v);
    c.older = v.chain_newest;
    if (v.chain_newest != 0) avcs_[v.chain_newest].newer = fresh;
    else v.chain_oldest = fresh;
    v.chain_newest = fresh;
    anons_[anon].tree = with(anons_[anon].tree, fresh);
}

void AnonStore::prepare(Vma& v, VmaId id, AnonId shared) {
    AnonId anon = shared;
    if (anon == 0) {
        anon = anons_.make();
        AnonVma& a = anons_[anon];
        a.root = a.parent = anon;
        a.num_children = 1;   // its own self link
        a.refcount = 1;
        a.birth = ++births_;
    }
    v.anon_vma = anon;
    link(v, id, anon);
    ++anons_[anon].num_active_vmas;
}

void AnonStore::clone(Vma& dst, VmaId dst_id, const Vma& src) {
    for (AvcId c = src.chain_oldest; c != 0; c = avcs_[c].newer) {
        if (FL_MUTANT(clone_skips_oldest) && c == src.chain_oldest && c != src.chain_newest)
            continue;
        link(dst, dst_id, avcs_[c].anon_vma);
    }
    dst.anon_vma = src.anon_vma;
    if (!FL_MUTANT(clone_not_active)) ++anons_[dst.anon_vma].num_active_vmas;
}

/// The oldest anon_vma of the chain that a child may adopt, 0 if none.
AnonId AnonStore::reusable(const Vma& src) const {
    if (rules_.anon_vma_reuse == AnonVmaReuse::never) return 0;
    for (AvcId c = src.chain_oldest; c != 0; c = avcs_[c].newer) {
        const AnonId id = avcs_[c].anon_vma;
        const AnonVma& a = anons_[id];
        const bool fits = rules_.anon_vma_reuse == AnonVmaReuse::split
                              ? a.num_children < 2 + u32{FL_MUTANT(reuse_with_two_children)} &&
                                    (a.num_active_vmas == 0 || FL_MUTANT(reuse_while_active))
                              : id != src.anon_vma && a.num_children + a.num_active_vmas < 2;
        if (fits) return id;
    }
    return 0;
}

bool AnonStore::fork(Vma& child, VmaId child_id, const Vma& src) {
    if (src.anon_vma == 0) return true;
    const AnonId reused = reusable(src);
    if (reused == 0 && !has_room()) return false;
    for (AvcId c = src.chain_oldest; c != 0; c = avcs_[c].newer)
        link(child, child_id, avcs_[c].anon_vma);
    child.anon_vma = reused;
    if (reused == 0) {
        const AnonId fresh = anons_.make();
        AnonVma& a = anons_[fresh];
        a.parent = FL_MUTANT(fork_parent_is_root) ? anons_[src.anon_vma].root : src.anon_vma;
        a.root = anons_[src.anon_vma].root;
        a.refcount = 1;
        a.birth = ++births_;
        ++anons_[a.parent].num_children;
        if (!FL_MUTANT(fork_takes_no_root_reference)) ++anons_[a.root].refcount;
        child.anon_vma = fresh;
        link(child, child_id, fresh);
    }
    ++anons_[child.anon_vma].num_active_vmas;
    return true;
}

/// Drops the reference of an anon_vma's tree; false if a counter is not zero.
bool AnonStore::put(AnonId id) {
    AnonVma& a = anons_[id];
    const bool sound = a.num_children == 0 && a.num_active_vmas == 0;
    if (--a.refcount != 0) return sound;
    const AnonId root = a.root;
    if (root != id && --anons_[root].refcount == 0) anons_.release(root);
    anons_.release(id);
    return sound;
}

/// Source: linux mm/rmap.c:unlink_anon_vmas@v6.12
bool AnonStore::unlink(Vma& v) {
    if (v.chain_newest == 0) return true;
    bool sound = true;
    AvcId emptied = 0;   // kept as a list through `right`
    for (AvcId c = v.chain_newest; c != 0;) {
        const AvcId older = avcs_[c].older;
        const AnonId anon = avcs_[c].anon_vma;
        AnonVma& a = anons_[anon];
        a.tree = without(a.tree, c);
        if (a.tree == 0) {
            if (!FL_MUTANT(unlink_keeps_child_count)) --anons_[a.parent].num_children;
            avcs_[c].right = emptied;
            emptied = c;
        } else {
            avcs_.release(c);
        }
        c = older;
    }
    if (v.anon_vma != 0 && !FL_MUTANT(unlink_keeps_active)) --anons_[v.anon_vma].num_active_vmas;
    v.anon_vma = 0;
    v.chain_newest = v.chain_oldest = 0;
    while (emptied != 0) {
        const AvcId next = avcs_[emptied].right;
        sound = put(avcs_[emptied].anon_vma) && sound;
        avcs_.release(emptied);
        emptied = next;
    }
    return sound;
}

void AnonStore::before_resize(const Vma& v) {
    for (AvcId c = v.chain_newest; c != 0; c = avcs_[c].older) {
        AnonVma& a = anons_[avcs_[c].anon_vma];
        a.tree = without(a.tree, c);
    }
}
void AnonStore::after_resize(const Vma& v) {
    for (AvcId c = v.chain_newest; c != 0; c = avcs_[c].older) {
        set_interval(c, v);
        AnonVma& a = anons_[avcs_[c].anon_vma];
        a.tree = with(a.tree, c);
    }
}

}  // namespace faultline::FL_FAST
