// fuzz/replay/layout.hpp - where the ranges of a recording lie in the reference's arena.
//
// Why:     address spaces are nearly empty. Ranges that are ever mapped follow each other in the
//          arena, with a free page between two that must not merge: what the model has no files for
//          to keep apart. A call over such a place is performed piece by piece, and a VMA that lies
//          across one is compared as if it were two.
#pragma once
#include <vector>

#include "fuzz/replay/recording.hpp"

namespace faultline::fuzz {

/// What keeps two private mappings apart besides their flags: 0 for anonymous memory, one for the
/// heap, else one a file and distance of offset from address.
class Keys {
  public:
    /// brk never extends what ends where the heap begins: it looks no lower than start_brk.
    /// Source: linux mm/mmap.c:SYSCALL_DEFINE1(brk)@v6.12, vma_prev_limit
    static constexpr std::uint32_t heap = 1;
    std::uint32_t of(Kind kind, int file, Page lo, Page offset);

  private:
    struct Known {
        int file;
        Page distance;
    };
    std::vector<Known> known_;
};

struct Segment {
    Page lo = 0, hi = 0;
    int at = 0;   ///< page of the arena
};
class Layout {
  public:
    explicit Layout(const Recording& recording);
    int pages() const { return pages_; }
    /// Page of the arena, -1 if there is none for it.
    int to_arena(Page page) const;
    Page from_arena(int page) const;
    /// The parts of [lo, hi) that lie in the arena, each in one segment.
    std::vector<Run> pieces(Page lo, Page hi) const;
    /// Whether two segments meet at this page: a VMA across it is two in the arena.
    bool is_cut(Page page) const;

  private:
    std::vector<Segment> segments_;
    int pages_ = 0;
};

}  // namespace faultline::fuzz
