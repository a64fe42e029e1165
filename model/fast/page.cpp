// model/fast/page.cpp - the slower half of the page allocator and the LRU.
#include "model/fast/page.hpp"

#include <algorithm>

namespace faultline::FL_FAST {

Zone::Zone(u32 frames, u32 cpus, u32 batch_size)
    : pages_(std::size_t{frames} + 1), free_(frames), cpus_(cpus) {
    for (u32 i = 0; i < frames; ++i) free_[i] = frames - i;   // low numbers first
    pages_[0].refcount = 1;
    pages_[0].flags = page_reserved | page_uptodate;
    for (PageCpu& c : cpus_) c.batch.resize(std::max(batch_size, u32{1}));
}

bool Zone::refill(u32 cpu) {
    if (free_.empty())   // the last pages stand on other CPUs' lists
        for (PageCpu& c : cpus_) {
            free_.insert(free_.end(), c.free, c.free + c.free_count);
            c.free_count = 0;
        }
    PageCpu& c = cpus_[cpu];
    const auto take = std::min(PageCpu::step, static_cast<u32>(free_.size()));
    std::copy(free_.end() - take, free_.end(), c.free);
    c.free_count = take;
    free_.resize(free_.size() - take);
    for (u32 i = 1; i <= std::min(take, ahead); ++i)
        __builtin_prefetch(&pages_[c.free[take - i]], 1);
    return take != 0;
}

void Zone::free(u32 cpu, Pfn p) {
    Page& page = pages_[p];
    if ((page.flags & page_lru) != 0) isolate(p);
    page = Page{};
    PageCpu& c = cpus_[cpu];
    c.free[c.free_count++] = p;
    if (c.free_count < PageCpu::high + PageCpu::step) return;
    free_.insert(free_.end(), c.free, c.free + PageCpu::step);   // the coldest go back
    std::copy(c.free + PageCpu::step, c.free + c.free_count, c.free);
    c.free_count -= PageCpu::step;
}

void Zone::isolate(Pfn p) {
    Page& page = (*this)[p];
    pages_[page.lru_prev].lru_next = page.lru_next;
    pages_[page.lru_next].lru_prev = page.lru_prev;
    page.flags &= ~u32{page_lru};
}
void Zone::put_back(Pfn p) {
    Page& page = (*this)[p];
    Page& head = pages_[0];
    page.flags |= page_lru;
    page.lru_prev = 0;
    page.lru_next = head.lru_next;
    pages_[head.lru_next].lru_prev = p;
    head.lru_next = p;
}
void Zone::drain(u32 cpu) {
    PageCpu& c = cpus_[cpu];
    const u32 n = c.batched;
    c.batched = 0;
    for (u32 i = 0; i < n; ++i) {
        const Pfn p = c.batch[i];
        pages_[p].flags &= ~u32{page_batched};
        put_back(p);
        if (!FL_MUTANT(drain_keeps_reference)) put(cpu, p);
    }
}

u32 Zone::in_use() const {
    u32 spare = static_cast<u32>(free_.size());
    for (const PageCpu& c : cpus_) spare += c.free_count;
    return frames() - spare;
}

}  // namespace faultline::FL_FAST
