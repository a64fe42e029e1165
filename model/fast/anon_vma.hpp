// model/fast/anon_vma.hpp - anon_vmas, the chains that link VMAs to them, and their interval trees.
//
// Why:     the reverse map: from a page to the anon_vma it names, through the tree of the VMAs
//          linked to it that contain its index, to one entry each. A chain (anon_vma_chain objects)
//          is a list in a VMA, newest first, and one node in each anon_vma's tree.
// Source:  linux mm/rmap.c:__anon_vma_prepare, anon_vma_clone, anon_vma_fork, unlink_anon_vmas;
//          mm/interval_tree.c@v6.12
// Differs: the tree is a treap, whose shape does not depend on the order of insertion; a node keeps
//          its interval, so that a search touches no VMA.
#pragma once
#include "model/fast/vma.hpp"

namespace faultline::FL_FAST {

struct AnonVma {
    AnonId root = 0, parent = 0;
    u32 refcount = 0;        ///< its tree, and for a root each live anon_vma below it
    u32 num_children = 0, num_active_vmas = 0;
    AvcId tree = 0;
    u32 lock_word = 0;       ///< rwsem of a root, when there are threads
    u32 unused = 0;
    u64 birth = 0;           ///< order of creation, for dumps and checks
};

/// anon_vma_chain: a node of a treap ordered by first page, augmented by the largest last page.
struct alignas(64) Avc {
    u64 first = 0, last = 0;      ///< indexes of the VMA's pages, both included
    u64 last_below = 0;           ///< largest `last` in this subtree
    VmaId vma = 0;
    AnonId anon_vma = 0;
    AvcId older = 0, newer = 0;   ///< same_vma
    AvcId left = 0, right = 0;
    u32 priority = 0;
};

class AnonStore {
  public:
    AnonStore(const Rules& rules, u32 limit) : rules_(rules), limit_(limit) {}

    AnonVma& operator[](AnonId id) { return anons_[id]; }
    const AnonVma& operator[](AnonId id) const { return anons_[id]; }
    const Avc& avc(AvcId id) const { return avcs_[id]; }
    u32 live() const { return anons_.live(); }
    u32 live_avcs() const { return avcs_.live(); }
    u32 end() const { return anons_.end(); }

    /// The slab yields one more anon_vma.
    bool has_room() const { return anons_.live() < limit_; }
    /// Links v to `shared`, or to a new root if it is 0. v had no anon_vma.
    void prepare(Vma& v, VmaId id, AnonId shared);
    /// Links dst, which had none, to everything src is linked to; it shares src's anon_vma.
    void clone(Vma& dst, VmaId dst_id, const Vma& src);
    /// The child's VMA of a fork: src's chain, then an anon_vma that may be reused or a new one.
    /// False if the slab has none; `child` is unlinked then.
    bool fork(Vma& child, VmaId child_id, const Vma& src);
    /// Takes v out of every tree; anon_vmas whose tree is empty die. False if a counter of one that
    /// dies is not zero (a kernel assertion).
    bool unlink(Vma& v);
    /// Around a change of v's range or offset: out of the trees, and back in.
    void before_resize(const Vma& v);
    void after_resize(const Vma& v);

    /// Calls fn(avc) for every node of the anon_vma's tree whose interval contains `index`.
    template <class Fn>
    void each_at(AnonId anon, u64 index, Fn&& fn) const {
        visit(anons_[anon].tree, index, fn);
    }
    template <class Fn>
    void each_node(AvcId at, Fn&& fn) const {
        if (at == 0) return;
        each_node(avcs_[at].left, fn);
        fn(at, avcs_[at]);
        each_node(avcs_[at].right, fn);
    }

  private:
    template <class Fn>
    void visit(AvcId at, u64 index, Fn& fn) const {
        while (at != 0 && avcs_[at].last_below >= index) {
            const Avc& c = avcs_[at];
            visit(c.left, index, fn);
            if (c.first > index) return;
            if (c.last >= index) fn(c);
            at = c.right;
        }
    }
    void link(Vma& v, VmaId id, AnonId anon);
    AnonId reusable(const Vma& src) const;
    bool less(AvcId a, AvcId b) const {
        return avcs_[a].first != avcs_[b].first ? avcs_[a].first < avcs_[b].first : a < b;
    }
    void augment(AvcId at);
    void split(AvcId at, AvcId key, AvcId& low, AvcId& high);
    AvcId join(AvcId low, AvcId high);
    AvcId with(AvcId at, AvcId fresh);
    AvcId without(AvcId at, AvcId gone);
    void set_interval(AvcId id, const Vma& v);
    bool put(AnonId id);

    Rules rules_;
    u32 limit_;
    u64 births_ = 0;
    u32 random_ = 0x9e3779b9;
    Arena<AnonVma> anons_;
    Arena<Avc> avcs_;
};

}  // namespace faultline::FL_FAST
