// model/reference/swapoff.hpp - a swap device goes: no new slots, everything is brought in, then it
// is freed.
//
// Why:     the walk over all address spaces takes its time, and faults on the same entries go on
//          beside it; what they hold decides whether the device may be freed.
// Source:  linux mm/swapfile.c:SYSCALL_DEFINE1(swapoff), try_to_unuse, unuse_pte@v6.1; commit linux
//          2799e77529c2
// Differs: the walk's order is free: each entry is brought in by a call of its own
//          (A-swapoff-order).
#pragma once
#include "model/reference/reclaim.hpp"

namespace faultline {

/// swapoff begins: the device gives out no slot any more.
template <class K>
constexpr BoolOf<K> swapoff(K& k, int device_row) {
    using D = typename K::D;
    auto& device = k.s.devices[static_cast<std::size_t>(device_row)];
    REQUIRE(device.phase == device_on);
    device.phase = device_going;
    k.out.result = res_ok;
    return D::done();
}
/// The walk comes to an entry of the device; it goes on by the steps of a fault through the cache.
template <class K>
constexpr BoolOf<K> start_unuse(K& k, int mm_row, const auto& args) {
    using D = typename K::D;
    auto& mm = k.s.mms[static_cast<std::size_t>(mm_row)];
    const auto ref = K::Mach::MmRef::row(mm_row);
    const auto slot = AT(mm.ptes, args.page, slot);
    const auto device = AT(k.s.slots, slot, device);
    REQUIRE(mm.phase == mm_alive && may_read(k, ref) && args.page < k.env.limits.pages);
    REQUIRE(slot.some() && AT(k.s.devices, device, phase) == device_going);
    k.t.mm = ref;
    k.t.page = args.page;
    k.t.op = op_swapoff;
    k.t.slot = slot;
    k.t.swp_exclusive = AT(mm.ptes, args.page, swp_exclusive);
    k.t.pc = pc_swap_lookup;
    return D::done();
}
/// Maps the page for its owner, write-protected, and frees its swap space; waits for writeback.
template <class K>
constexpr BoolOf<K> swap_unuse(K& k) {
    using D = typename K::D;
    REQUIRE(!AT(k.s.frames, k.t.frame, locked) && !AT(k.s.frames, k.t.frame, writeback));
    const BoolOf<K> cached = AT(k.s.frames, k.t.frame, slot) == k.t.slot;
    const bool marked = k.env.rules.swapin != Swapin::reuse;
    BoolOf<K> same = false;
    WITH(mm, k.s.mms, k.t.mm) {
        auto here = vma_at<K>(mm, k.t.page);
        WITH(v, mm.vmas, here) WITH(pte, mm.ptes, k.t.page) {
            same = cached && pte.slot == k.t.slot && k.t.slot.some();
            IF(same) WITH(f, k.s.frames, k.t.frame) {
                const BoolOf<K> exclusive = BoolOf<K>(marked) && pte.swp_exclusive;
                map_swapped(k, mm, v, pte, f, exclusive);
                put_slot(k, k.t.slot);
            }
        }
    }
    WITH(f, k.s.frames, k.t.frame) {
        IF(cached) free_swap_of(k, f);
        IF(!same) put_frame(k, f);
    }
    finish(k, res_ok);
    return D::done();
}
/// Everything is brought in and, if faults hold their device, none does: its slots go.
template <class K>
constexpr BoolOf<K> swapoff_end(K& k, int device_row) {
    using D = typename K::D;
    auto& device = k.s.devices[static_cast<std::size_t>(device_row)];
    BoolOf<K> idle = device.phase == device_going;
    for (const auto& slot : k.s.slots)
        idle = idle && !(slot.device.is(device_row) && !slot_unused(slot));
    const bool waits = k.env.rules.swap_device_ref == SwapDeviceRef::held;
    for (const auto& u : k.s.tasks)
        idle = idle && !is_unuse(u) &&
               !(BoolOf<K>(waits) && pc_between(u.pc, pc_swap_pin, pc_swap_map) &&
                 AT(k.s.slots, u.slot, device).is(device_row));
    REQUIRE(idle);
    for (auto& slot : k.s.slots)
        IF(slot.device.is(device_row)) slot.device = typename K::Mach::DeviceRef{};
    device.phase = device_off;
    device.synchronous = false;
    device.stable = false;
    k.out.result = res_ok;
    return D::done();
}

}  // namespace faultline
