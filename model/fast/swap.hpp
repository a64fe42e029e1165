// model/fast/swap.hpp - swap space: a word a slot, what the devices hold, and the swap cache.
//
// Why:     a slot costs two bytes for who names it and four for its page in the swap cache; finding
//          a free one is a search in a bitmap from where the last was found or given back.
// Source:  linux include/linux/swap.h:swap_info_struct, SWAP_HAS_CACHE;
//          mm/swapfile.c:swap_duplicate, swap_free, scan_swap_map_slots;
//          mm/swap_state.c:add_to_swap_cache@v6.1
// Differs: a count has 15 bits where Linux has 6 and continuation pages; the lowest free slot of
//          the first device in use is taken, without clusters and per-CPU caches of slots
//          (A-slot-cache); what a device holds is one version word a slot, and its I/O is done
//          when it is asked for, so that between calls no page is locked or under writeback.
#pragma once
#include <vector>

#include "model/fast/entry.hpp"
#include "spec/x86_64/nonpresent.hpp"

namespace faultline::FL_FAST {

using SlotId = u32;   ///< page of swap space, over all devices; 0 is none

enum class SwapPhase : u8 { off, on, going };
struct SwapDevice {
    SwapPhase phase = SwapPhase::off;
    bool synchronous = false, stable = false;   ///< SWP_SYNCHRONOUS_IO, SWP_STABLE_WRITES
    SlotId first = 1, end = 1;                  ///< its slots
    SlotId lowest = 1;                          ///< none below is free
    u32 used = 0;
};

class SwapStore {
  public:
    SwapStore(u32 slots, u32 devices);
    u32 slots() const { return static_cast<u32>(map_.size()) - 1; }
    u32 devices() const { return static_cast<u32>(devices_.size()); }

    const SwapDevice& device(u32 which) const { return devices_[which]; }
    /// The device of a slot that is in use.
    const SwapDevice& device_of(SlotId slot) const { return devices_[place(slot)]; }
    bool has_device(SlotId slot) const { return slot != 0 && slot <= share_ * devices(); }
    bool turn_on(u32 which, bool synchronous, bool stable);
    bool turn_off(u32 which);
    /// Every slot must be free.
    bool turn_off_end(u32 which);

    /// A free slot of a device in use; 0 if there is none.
    SlotId find_free();
    /// One more entry names the slot; one less: false if none did.
    void dup(SlotId slot) { change(slot, static_cast<u16>(word(slot) + 1)); }
    bool put(SlotId slot);
    u32 count(SlotId slot) const { return word(slot) & count_mask; }
    bool has_cache(SlotId slot) const { return (word(slot) & cache_bit) != 0; }
    /// The page enters the swap cache under the slot, or leaves it.
    void enter(SlotId slot, u32 frame);
    void leave(SlotId slot);
    u32 cached(SlotId slot) const { return cache_[bound(slot)]; }
    u64& content(SlotId slot) { return content_[bound(slot)]; }
    u64 content(SlotId slot) const { return content_[bound(slot)]; }

    /// The page-table entry that names a slot. Offset 0 of a device is its header.
    Entry entry(SlotId slot, bool exclusive) const;
    SlotId slot_of(Entry e) const;

  private:
    static constexpr u16 cache_bit = 0x8000, count_mask = 0x7fff;
#ifdef FAULTLINE_MUTANTS
    std::size_t bound(SlotId slot) const { return slot % map_.size(); }
#else
    static std::size_t bound(SlotId slot) { return slot; }
#endif
    u32 place(SlotId slot) const { return (slot - 1) / share_ % devices(); }
    u16 word(SlotId slot) const { return map_[bound(slot)]; }
    void change(SlotId slot, u16 to);

    u32 share_;                       // slots a device
    std::vector<u16> map_;            // swap_map; [0] is no slot
    std::vector<u32> cache_;          // swapper_space: page by slot
    std::vector<u64> content_;        // the devices' pages
    std::vector<u64> used_;           // a bit a slot
    std::vector<SwapDevice> devices_;
};

}  // namespace faultline::FL_FAST
