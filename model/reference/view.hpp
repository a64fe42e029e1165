// model/reference/view.hpp - a state as plain rows for people (spec/view.hpp).
//
// Why: printers, diffs and drawings know neither bounds nor value domain. Concrete states only;
//      never read back.
#pragma once
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "model/reference/swap.hpp"
#include "spec/reflect.hpp"
#include "spec/view.hpp"

namespace faultline {

template <class Ref>
constexpr int row_of(const Ref& r) {
    return static_cast<int>(r.v) - 1;
}

/// The slot an entry or a frame names, -1 if none.
template <class M>
int slot_of([[maybe_unused]] const auto& holder) {
    if constexpr (M::has_swap) return row_of(holder.slot);
    else return -1;
}
template <class M>
VmaView vma_view(const typename M::State& s, const typename M::Vma& v) {
    VmaView out{v.lo, v.hi, v.pgoff, {}, row_of(v.anon_vma), {}};
    out.flags =
        std::string(v.read ? "r" : "-") + (v.write ? "w" : "-") + (v.exec ? "x" : "-") + " p";
    if constexpr (M::has_files) {
        if (v.shared) out.flags.back() = 's';
        if (v.inode.some()) out.flags += " I" + std::to_string(row_of(v.inode));
        if (v.inode.some() && !v.maywrite) out.flags += " sealed";
    }
    if (v.growsdown) out.flags += " growsdown";
    if (v.locked) out.flags += " locked";
    if (v.dontfork) out.flags += " dontfork";
    if (v.wipeonfork) out.flags += " wipeonfork";
    if (v.detached) out.flags += " detached";
    for (std::size_t a = 0; a < v.links.size(); ++a)
        if (v.links[a]) out.chain.push_back(static_cast<int>(a));
    const auto age = [&](int a) { return s.anon_vmas[static_cast<std::size_t>(a)].age; };
    std::sort(out.chain.begin(), out.chain.end(),
              [&](int a, int b) { return std::pair(age(a), a) < std::pair(age(b), b); });
    return out;
}
template <class M>
MmView mm_view(const typename M::State& s, int id) {
    const auto& mm = s.mms[static_cast<std::size_t>(id)];
    MmView out{id, mm.phase == mm_alive ? "alive" : "busy", mm.rss_anon, mm.map_count, mm.brk, {},
               {}};
    if constexpr (M::has_swap) out.rss_swap = mm.rss_swap;
    if constexpr (M::has_files) {
        out.rss_file = mm.rss_file;
        out.rss_shmem = mm.rss_shmem;
    }
    for (const auto& v : mm.vmas)
        if (v.used) out.vmas.push_back(vma_view<M>(s, v));
    std::sort(out.vmas.begin(), out.vmas.end(), [](const VmaView& a, const VmaView& b) {
        return std::pair(a.lo, a.hi) < std::pair(b.lo, b.hi);
    });
    for (std::size_t n = 0; n < mm.ptes.size(); ++n) {
        const auto& pte = mm.ptes[n];
        if (is_empty(pte) && mm.want[n].none()) continue;
        const std::string bits = std::string(pte.write ? "w" : "") + (pte.exec ? "x" : "") +
                                 (pte.dirty ? "d" : "") + (pte.protnone ? "n" : "") +
                                 (pte.swp_exclusive ? "e" : "");
        out.ptes.push_back({static_cast<int>(n),
                            pte.zero           ? "zero"
                            : pte.frame.some() ? "present"
                            : pte.slot.some()  ? "swap"
                                               : "none",
                            row_of(pte.frame), bits, mm.want[n].v, slot_of<M>(pte)});
    }
    return out;
}
template <class M>
FrameView frame_view(const typename M::Frame& f, int id) {
    FrameView out{id, f.refcount, f.mapcount, {}, row_of(f.anon_vma), f.index, f.value.v};
    const auto flag = [&](bool set, const char* name) {
        if (set) out.flags += (out.flags.empty() ? "" : " ") + std::string(name);
    };
    flag(f.anon_vma.some(), "anon");
    if constexpr (M::has_files)
        if (f.inode.some()) out.flags = "I" + std::to_string(row_of(f.inode));
    flag(f.exclusive, "excl");
    flag(f.uptodate, "uptodate");
    flag(f.batched, "batched");
    flag(f.lru, "lru");
    flag(f.slot.some(), "swapcache");
    flag(f.dirty, "dirty");
    flag(f.writeback, "writeback");
    flag(f.locked, "locked");
    out.slot = slot_of<M>(f);
    return out;
}
/// "mm=0 page=1 write": the fields of a task that are not zero.
template <class M>
std::string task_fields(const typename M::Task& task) {
    std::string text;
    each_field(task, [&](std::string_view name, const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        std::string value;
        if (name == "pc") return;
        if constexpr (std::is_same_v<Field, bool>) {
            if (!field) return;
        } else if constexpr (std::is_integral_v<Field>) {
            if (field == 0) return;
            value = "=" + std::to_string(field);
        } else {
            if (field.none()) return;
            value = "=" + std::to_string(row_of(field));
        }
        text += (text.empty() ? "" : " ") + std::string(name) + value;
    });
    return text;
}

template <class M>
void view_swap(const typename M::State& s, StateView& out) {
    for (int i = 0; i < M::B.slots; ++i) {
        const auto& e = s.slots[static_cast<std::size_t>(i)];
        if (!slot_unused(e))
            out.slots.push_back({i, row_of(e.device), e.count, e.value.v, e.cache});
    }
    for (int i = 0; i < M::B.swap_devices; ++i) {
        const auto& d = s.devices[static_cast<std::size_t>(i)];
        if (d.phase == device_off) continue;
        out.devices.push_back({i, std::string(d.phase == device_on ? "on" : "going") +
                                      (d.synchronous ? " synchronous" : "") +
                                      (d.stable ? " stable" : "")});
    }
}
template <class M>
void view_files(const typename M::State& s, StateView& out) {
    for (int r = 0; r < M::B.inodes; ++r) {
        const auto& i = s.inodes[static_cast<std::size_t>(r)];
        if (i.kind == inode_none) continue;
        InodeView v{r, i.kind == inode_file ? "file" : "shmem", {}, i.size, i.blocks, i.writable,
                    {}, {}, {}};
        each_field(i, [&](std::string_view name, const auto& field) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, bool>)
                if (field) v.flags += (v.flags.empty() ? "" : " ") + std::string(name);
        });
        for (std::size_t n = 0; n < i.pages.size(); ++n) {
            v.pages.push_back(row_of(i.pages[n]));
            v.disk.push_back(i.disk[n].v);
            v.want.push_back(i.want[n].v);
        }
        out.inodes.push_back(v);
    }
}
template <class M>
StateView view_of(const typename M::State& s) {
    StateView out;
    for (int i = 0; i < M::B.mms; ++i)
        if (s.mms[static_cast<std::size_t>(i)].phase != mm_free)
            out.mms.push_back(mm_view<M>(s, i));
    for (int i = 0; i < M::B.frames; ++i) {
        const auto& f = s.frames[static_cast<std::size_t>(i)];
        if (!(f.refcount == 0 && f.mapcount == 0)) out.frames.push_back(frame_view<M>(f, i));
    }
    for (int i = 0; i < M::B.anon_vmas; ++i) {
        const auto& a = s.anon_vmas[static_cast<std::size_t>(i)];
        if (a.live)
            out.anon_vmas.push_back({i, row_of(a.parent), row_of(a.root), a.refcount,
                                     a.num_children, a.num_active_vmas, a.age});
    }
    for (int i = 0; i < M::B.handles; ++i) {
        const auto& h = s.handles[static_cast<std::size_t>(i)];
        if (h.kind != gup_none)
            out.handles.push_back({i, h.kind == gup_pin ? "pin" : "get", h.write, h.attached,
                                   row_of(h.mm), h.page, row_of(h.frame)});
    }
    if constexpr (M::has_swap) view_swap<M>(s, out);
    if constexpr (M::has_files) view_files<M>(s, out);
    for (int i = 0; i < M::B.tasks; ++i) {
        const auto& t = s.tasks[static_cast<std::size_t>(i)];
        if (t.pc != pc_idle) out.tasks.push_back({i, pc_names[t.pc], task_fields<M>(t)});
    }
    return out;
}

}  // namespace faultline
