// model/fast/check_swap.cpp - checks of swap entries, slots, devices and the swap cache.
#include "model/fast/check.hpp"

namespace faultline::FL_FAST {

void Checker::swap_entry(Entry e, Totals& totals) {
    ++totals.swapped;
    const SlotId slot = e_.swap_.slot_of(e);
    if (wrong(slot == 0 || slot > e_.swap_.slots(), "a swap entry names no slot")) return;
    ++slots_[slot];
    wrong((e & x86::swap_zero_bits) != 0, "a swap entry has bits that make it something else");
    wrong(e_.swap_.device_of(slot).phase == SwapPhase::off,
          "a swap entry names a device that is off");
}
/// Slot by slot against the entries and the pages that name it, then the devices' own counts.
void Checker::swap() {
    const SwapStore& swap = e_.swap_;
    std::vector<u32> used(swap.devices());
    for (SlotId s = 1; s <= swap.slots(); ++s) {
        const Pfn frame = swap.cached(s);
        wrong(swap.count(s) != slots_[s], "a slot's count is not the number of entries");
        if (wrong(swap.has_cache(s) != (frame != 0), "SWAP_HAS_CACHE and the swap cache disagree"))
            return;
        if (swap.count(s) == 0 && frame == 0) {
            wrong(swap.content(s) != 0, "a free slot remembers its content");
            continue;
        }
        if (wrong(!swap.has_device(s), "a slot of no device is in use")) return;
        ++used[(s - 1) / (swap.slots() / swap.devices())];
        if (frame == 0) continue;
        if (wrong(frame > e_.zone_.frames(), "the swap cache holds no page")) return;
        const Page& page = e_.zone_[frame];
        ++refs_[frame];
        wrong((page.flags & page_swapcache) == 0 || page.private_word != s,
              "a page of the swap cache does not know its slot");
    }
    for (u32 d = 0; d < swap.devices(); ++d) {
        wrong(swap.device(d).used != used[d], "a device miscounts its slots in use");
        wrong(swap.device(d).phase == SwapPhase::off && used[d] != 0,
              "a device that is off has slots in use");
    }
    for (Pfn p = 1; p <= e_.zone_.frames(); ++p) {
        const Page& page = e_.zone_[p];
        const bool in = (page.flags & page_swapcache) != 0;
        wrong(in && swap.cached(static_cast<SlotId>(page.private_word)) != p,
              "a page says it is in the swap cache and is not");
        wrong(!in && (page.private_word != 0 || (page.flags & page_dirty) != 0),
              "a page outside the swap cache has a slot or PG_dirty");
    }
}

}  // namespace faultline::FL_FAST
