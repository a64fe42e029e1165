// model/reference/rmap.hpp - the reverse map behind one interface: from a frame to the entries that
// map it.
//
// Why:     brute force over all page tables is what a reverse map means; anon_vma chains are how
//          Linux answers without looking everywhere. Both answer the same question here, so that a
//          claim can compare them and a third candidate can be judged by the same claim. Written
//          over D: it is proved, not only run.
// Source:  linux mm/rmap.c:rmap_walk_anon, page_vma_mapped_walk, vma_address@v6.1;
//          mm/interval_tree.c@v6.1
#pragma once
#include "model/reference/vma.hpp"

namespace faultline {

/// The VMA is in the interval tree of the frame's anon_vma, at an interval that contains the
/// frame's index.
template <class M>
constexpr typename M::Bool chain_visits(const typename M::Frame& f, const typename M::Vma& v) {
    typename M::Bool linked = false;
    for (int a = 0; a < M::B.anon_vmas; ++a)
        linked = linked || (f.anon_vma.is(a) && v.links[static_cast<std::size_t>(a)]);
    return v.used && linked && f.index >= v.pgoff && f.index + v.lo < v.pgoff + v.hi;
}

/// Linux's reverse map: page->mapping, the chain, the interval of page offsets, then one entry.
struct ChainRmap {
    static constexpr const char* name = "anon_vma chains";
    /// Does the walk that starts at `frame` find the entry of `page` in `mm`?
    template <class M>
    static constexpr typename M::Bool finds(const typename M::State& s, int frame, int mm,
                                            int page) {
        const auto& f = s.frames[static_cast<std::size_t>(frame)];
        const auto& space = s.mms[static_cast<std::size_t>(mm)];
        typename M::Bool found = false;
        for (const auto& v : space.vmas)  // vma_address: lo + (index - pgoff)
            found = found || (chain_visits<M>(f, v) && f.index + v.lo == v.pgoff + page);
        return found && space.ptes[static_cast<std::size_t>(page)].frame.is(frame);
    }
    /// How many VMAs the walk looks at.
    template <class M>
    static constexpr typename M::Num visits(const typename M::State& s, int frame) {
        typename M::Num n = 0;
        for (const auto& space : s.mms)
            for (const auto& v : space.vmas)
                n = n + M::D::num(chain_visits<M>(s.frames[static_cast<std::size_t>(frame)], v));
        return n;
    }
};

/// The specification: look at every entry of every page table.
struct BruteForceRmap {
    static constexpr const char* name = "brute force";
    template <class M>
    static constexpr typename M::Bool finds(const typename M::State& s, int frame, int mm,
                                            int page) {
        return s.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)].frame.is(
            frame);
    }
    template <class M>
    static constexpr typename M::Num visits(const typename M::State& s, int) {
        typename M::Num n = 0;
        for (const auto& space : s.mms) n = n + M::D::num(space.phase != mm_free);
        return n;
    }
};

/// Does the reverse map `Rmap` find the entry of `page` in `mm` that maps `frame`?
template <class M, class Rmap = ChainRmap>
constexpr typename M::Bool walk_maps(const typename M::State& s, int frame, int mm, int page) {
    return Rmap::template finds<M>(s, frame, mm, page);
}
template <class M>
constexpr typename M::Bool chain_walk_finds(const typename M::State& s, int frame, int mm,
                                            int page) {
    return walk_maps<M, ChainRmap>(s, frame, mm, page);
}
template <class M>
constexpr typename M::Bool brute_force_finds(const typename M::State& s, int frame, int mm,
                                             int page) {
    return walk_maps<M, BruteForceRmap>(s, frame, mm, page);
}
/// VMAs a walk from `frame` looks at.
template <class M>
constexpr auto visits(const typename M::State& s, int frame) {
    return ChainRmap::visits<M>(s, frame);
}

}  // namespace faultline
