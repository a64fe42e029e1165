// model/fast/swap.cpp - slots are found, counted and given back; devices come and go.
#include "model/fast/swap.hpp"

#include <algorithm>
#include <bit>

namespace faultline::FL_FAST {

SwapStore::SwapStore(u32 slots, u32 devices)
    : share_(std::max(slots / std::max(devices, u32{1}), u32{1})), map_(slots + 1),
      cache_(slots + 1), content_(slots + 1), used_(slots / 64 + 1),
      devices_(slots == 0 ? 0 : devices) {
    for (u32 d = 0; d < devices_.size(); ++d) {
        devices_[d].first = devices_[d].lowest = 1 + d * share_;
        devices_[d].end = devices_[d].first + share_;
    }
}

bool SwapStore::turn_on(u32 which, bool synchronous, bool stable) {
    if (which >= devices() || devices_[which].phase != SwapPhase::off) return false;
    SwapDevice& d = devices_[which];
    d.phase = SwapPhase::on;
    d.synchronous = synchronous;
    d.stable = stable;
    return true;
}
bool SwapStore::turn_off(u32 which) {
    if (which >= devices() || devices_[which].phase != SwapPhase::on) return false;
    devices_[which].phase = SwapPhase::going;
    return true;
}
bool SwapStore::turn_off_end(u32 which) {
    if (which >= devices()) return false;
    SwapDevice& d = devices_[which];
    if (d.phase != SwapPhase::going || (d.used != 0 && !FL_MUTANT(swapoff_leaves_slots)))
        return false;
    d.phase = SwapPhase::off;
    d.synchronous = d.stable = false;
    return true;
}

SlotId SwapStore::find_free() {
    for (SwapDevice& d : devices_) {
        const bool gives = d.phase == SwapPhase::on ||
                           (d.phase == SwapPhase::going && FL_MUTANT(swapoff_still_gives));
        if (!gives || d.used >= d.end - d.first) continue;
        for (SlotId at = d.lowest; at < d.end;) {
            const u64 free = ~used_[at / 64] >> (at % 64);
            if (free == 0) {
                at = (at / 64 + 1) * 64;
                continue;
            }
            d.lowest = at + static_cast<SlotId>(std::countr_zero(free));
            if (d.lowest < d.end) return d.lowest;
            break;
        }
    }
    return 0;
}

/// Changes a slot's word; a slot that nothing refers to any more is free and forgets its content.
void SwapStore::change(SlotId slot, u16 to) {
    u16& word = map_[bound(slot)];
    if (slot == 0) return;
    SwapDevice& d = devices_[place(slot)];
    u64& bits = used_[bound(slot) / 64];
    const u64 bit = u64{1} << (bound(slot) % 64);
    if (word == 0 && to != 0) {
        ++d.used;
        bits |= bit;
    } else if (word != 0 && to == 0) {
        --d.used;
        bits &= ~bit;
        d.lowest = std::min(d.lowest, slot);
        content_[bound(slot)] = 0;
    }
    word = to;
}
bool SwapStore::put(SlotId slot) {
    if (count(slot) == 0) return false;
    change(slot, static_cast<u16>(word(slot) - 1));
    return true;
}
void SwapStore::enter(SlotId slot, u32 frame) {
    cache_[bound(slot)] = frame;
    change(slot, static_cast<u16>(word(slot) | cache_bit));
}
void SwapStore::leave(SlotId slot) {
    cache_[bound(slot)] = 0;
    change(slot, static_cast<u16>(word(slot) & count_mask));
}

Entry SwapStore::entry(SlotId slot, bool exclusive) const {
    const u32 d = place(slot);
    return x86::encode(x86::SwapEntry<u64>{u64{d}, u64{slot - devices_[d].first + 1}, false, false,
                                           exclusive});
}
SlotId SwapStore::slot_of(Entry e) const {
    const auto taken = x86::decode_swap(e);
    const auto d = static_cast<u32>(taken.type);
    return d < devices() ? devices_[d].first + static_cast<SlotId>(taken.offset) - 1 : 0;
}

}  // namespace faultline::FL_FAST
