// fuzz/systems/reference_swap.hpp - the reference machine's entries and swap space as others see
// them.
//
// Why: see reference_machine.hpp, of which this is a part.
#pragma once
#include "fuzz/systems/reference_machine.hpp"

namespace faultline::fuzz {

template <Bounds B>
void ReferenceMachine<B>::observe_entry(const typename M::Pte& pte, SeenEntry& e) const {
    e = {};
    if constexpr (M::has_swap)
        if (pte.slot.some()) {
            e.kind = EntryKind::swap;
            e.slot = slot_of<M>(pte) + 1;
            e.swp_exclusive = pte.swp_exclusive;
            return;
        }
    if (!pte.zero && pte.frame.none()) return;
    e.kind = pte.zero ? EntryKind::zero : EntryKind::present;
    e.write = pte.write;
    e.exec = pte.exec;
    e.protnone = pte.protnone;
    e.dirty = pte.dirty;
    e.frame = frames_.label(pte.frame);
    if (pte.frame.some()) e.value = s_.frames[static_cast<std::size_t>(pte.frame.v - 1)].value.v;
}
template <Bounds B>
void ReferenceMachine<B>::observe_swap(Observation& out) const {
    if constexpr (M::has_swap) {
        out.slots.assign(static_cast<std::size_t>(env_.limits.slots), {});
        for (std::size_t i = 0; i < out.slots.size(); ++i) {
            const auto& x = s_.slots[i];
            out.slots[i] = {x.device.v, x.count, 0, x.cache, x.value.v};
        }
        for (std::size_t f = 0; f < s_.frames.size(); ++f)
            if (const int slot = slot_of<M>(s_.frames[f]); slot >= 0)
                out.slots[static_cast<std::size_t>(slot)].frame = frames_.label_of_row(f);
        out.devices.resize(static_cast<std::size_t>(env_.limits.swap_devices));
        for (std::size_t d = 0; d < out.devices.size(); ++d)
            out.devices[d] = {s_.devices[d].phase, s_.devices[d].synchronous,
                              s_.devices[d].stable};
    } else {
        out.slots.clear();
        out.devices.clear();
    }
}
/// Slots and devices of the state that is shown.
template <Bounds B>
void ReferenceMachine<B>::show_swap(const Observation& seen) {
    if constexpr (M::has_swap) {
        for (std::size_t i = 0; i < seen.slots.size() && i < shown_.slots.size(); ++i) {
            auto& x = shown_.slots[i];
            x.device.v = static_cast<decltype(x.device.v)>(seen.slots[i].device);
            x.count = static_cast<decltype(x.count)>(seen.slots[i].count);
            x.cache = seen.slots[i].cache;
            x.value.v = static_cast<decltype(x.value.v)>(seen.slots[i].value);
        }
        for (std::size_t d = 0; d < seen.devices.size() && d < shown_.devices.size(); ++d) {
            auto& x = shown_.devices[d];
            x.phase = static_cast<decltype(x.phase)>(seen.devices[d].phase);
            x.synchronous = seen.devices[d].synchronous;
            x.stable = seen.devices[d].stable;
        }
    }
}

template <Bounds B>
FramePlace ReferenceMachine<B>::place_of(int frame) const {
    using By = FramePlace::By;
    if (frame < 0 || frame >= B.frames) return {};
    const auto which = M::FrameRef::row(frame);
    for (int p = 0; p < B.mms; ++p)
        for (int n = 0; n < B.pages; ++n) {
            const auto& mm = s_.mms[static_cast<std::size_t>(p)];
            if (mm.phase == mm_alive &&
                finds_frame(s_, mm.ptes[static_cast<std::size_t>(n)], which))
                return {By::entry, p, n};
        }
    for (int h = 0; h < B.handles; ++h)
        if (s_.handles[static_cast<std::size_t>(h)].frame == which) return {By::handle, h, 0};
    const int slot = slot_of<M>(s_.frames[static_cast<std::size_t>(frame)]);
    return slot >= 0 ? FramePlace{By::slot, slot, 0} : FramePlace{};
}
template <Bounds B>
int ReferenceMachine<B>::frame_at(const FramePlace& place) const {
    for (int f = 0; f < B.frames; ++f) {
        const auto which = M::FrameRef::row(f);
        const auto row = static_cast<std::size_t>(place.row);
        bool here = false;
        if (place.row >= 0 && place.by == FramePlace::By::entry)
            here = place.row < B.mms && place.page >= 0 && place.page < B.pages &&
                   finds_frame(s_, s_.mms[row].ptes[static_cast<std::size_t>(place.page)], which);
        if (place.row >= 0 && place.by == FramePlace::By::handle)
            here = place.row < B.handles && s_.handles[row].frame == which;
        if (place.row >= 0 && place.by == FramePlace::By::slot)
            here = slot_of<M>(s_.frames[static_cast<std::size_t>(f)]) == place.row;
        if (here) return f;
    }
    return -1;
}

}  // namespace faultline::fuzz
