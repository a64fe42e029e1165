// fuzz/replay/layout.cpp - segments from everything that a recording ever maps; see layout.hpp.
//
// Why: the layout is made once, before the first event, so that a page keeps its place.
#include "fuzz/replay/layout.hpp"

#include <algorithm>
#include <set>

namespace faultline::fuzz {

std::uint32_t Keys::of(Kind kind, int file, Page lo, Page offset) {
    if (kind != Kind::file) return 0;
    const Page distance = lo - offset;
    for (std::size_t i = 0; i < known_.size(); ++i)
        if (known_[i].file == file && known_[i].distance == distance)
            return static_cast<std::uint32_t>(i) + heap + 1;
    known_.push_back({file, distance});
    return static_cast<std::uint32_t>(known_.size()) + heap;
}

namespace {

struct Mapped {
    Page lo, hi;
    std::uint32_t key;
    bool grows;
    bool account;   ///< VM_ACCOUNT as it is mapped: another reason not to merge
};
constexpr Page guard = 256;   // stack_guard_gap: as many pages are free below a stack

/// Every private range that is ever mapped.
std::vector<Mapped> mapped_ranges(const Recording& r) {
    Keys keys;
    std::vector<Mapped> out;
    const auto add = [&](const auto& x) {
        if (x.kind != Kind::shared && x.lo < x.hi)
            out.push_back({x.lo, x.hi, keys.of(x.kind, x.file, x.lo, x.offset),
                           (x.flags & area_grows) != 0,
                           (x.flags & (area_write | area_account)) != 0 &&
                               (x.flags & area_noreserve) == 0});
    };
    for (const Event& e : r.events) {
        if (e.deed == Deed::map) add(e);
        if (e.deed == Deed::brk && e.hi > e.lo)
            out.push_back({e.lo, e.hi, Keys::heap, false, true});
        if (e.deed == Deed::remap && e.error.empty())
            out.push_back({e.to, e.to + e.span, 0, false, true});
        for (const Area& a : e.areas) {
            if (e.deed == Deed::exec) add(a);
            else if ((a.flags & area_grows) != 0) add(a);   // a stack that has grown
        }
    }
    return out;
}

}  // namespace

Layout::Layout(const Recording& recording) {
    std::vector<Mapped> all = mapped_ranges(recording);
    std::set<Page> cuts;
    // Whatever begins or ends where another kind lies or begins is kept apart from it.
    for (const Mapped& a : all)
        for (const Mapped& b : all) {
            if (a.key == b.key && a.grows == b.grows && a.account == b.account) continue;
            for (const Page at : {a.lo, a.hi})
                if (b.lo <= at && at <= b.hi) cuts.insert(at);
        }
    std::sort(all.begin(), all.end(), [](const Mapped& a, const Mapped& b) {
        return a.lo < b.lo;
    });
    std::vector<Mapped> joined;
    for (const Mapped& m : all) {
        if (!joined.empty() && m.lo <= joined.back().hi) {
            joined.back().hi = std::max(joined.back().hi, m.hi);
            joined.back().grows = joined.back().grows || m.grows;
        } else {
            joined.push_back(m);
        }
    }
    for (const Mapped& m : joined) {
        pages_ += m.grows ? static_cast<int>(guard) + 1 : 1;
        for (Page at = m.lo; at < m.hi;) {
            const auto next = cuts.upper_bound(at);
            const Page end = next == cuts.end() ? m.hi : std::min(*next, m.hi);
            segments_.push_back({at, end, pages_});
            pages_ += static_cast<int>(std::min<Page>(end - at, 1u << 20)) + 1;
            at = end;
        }
    }
}
int Layout::to_arena(Page page) const {
    for (const Segment& s : segments_)
        if (s.lo <= page && page < s.hi) return s.at + static_cast<int>(page - s.lo);
    return -1;
}
Page Layout::from_arena(int page) const {
    for (const Segment& s : segments_)
        if (s.at <= page && page <= s.at + static_cast<int>(s.hi - s.lo))
            return s.lo + static_cast<Page>(page - s.at);
    return 0;
}
std::vector<Run> Layout::pieces(Page lo, Page hi) const {
    std::vector<Run> out;
    for (const Segment& s : segments_) {
        const Run r{std::max(lo, s.lo), std::min(hi, s.hi)};
        if (r.lo < r.hi) out.push_back(r);
    }
    return out;
}
bool Layout::is_cut(Page page) const {
    bool ends = false, begins = false;
    for (const Segment& s : segments_) {
        ends = ends || s.hi == page;
        begins = begins || s.lo == page;
    }
    return ends && begins;
}

}  // namespace faultline::fuzz
