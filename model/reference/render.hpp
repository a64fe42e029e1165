// model/reference/render.hpp - a state as the kernel prints it: /proc/PID/maps, the counts of
// smaps, pagemap, kpagecount, mincore.
//
// Why:     what a person can see of a real machine, so that the two can be compared with diff.
//          Rendered from the view, which has neither bounds nor value domain: a new kind of memory
//          is a new kind of row there and a line here.
// Source:  linux fs/proc/task_mmu.c:show_map_vma, show_smap, smaps_account,
//          pte_to_pagemap_entry@v6.1 and @v6.12; fs/proc/page.c:kpagecount_read@v6.1;
//          mm/mincore.c:mincore_pte_range@v6.1. The binary files are printed a word a line.
// Differs: A-rendering (no accessed bits, no VM_ACCOUNT, no soft-dirty, made-up frame numbers).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "spec/view.hpp"

namespace faultline {

enum class Rendering { maps, smaps, pagemap, kpagecount, mincore };

namespace render {

/// Page 0 of the arena, where the judge of live kernels has it too.
inline constexpr std::uint64_t arena_base = 0x200000000000u;
/// Frames have no place in the model; they get one behind the zero page.
inline constexpr std::uint64_t zero_pfn = 0x1000;
inline constexpr std::uint64_t pfn_of_frame(int frame) {
    return zero_pfn + 1 + static_cast<std::uint64_t>(frame);
}
inline constexpr std::uint64_t page_bytes = 4096;
/// How many bits below the point a proportional share is computed with.
inline constexpr unsigned pss_shift = 12;

/// What differs between kernels in these files.
struct Format {
    bool pss_dirty = true;     ///< 6.0 on [MEM]; there at v6.1
    bool ksm = true;           ///< 6.7 on [MEM]; there at v6.12, not at v6.1
    bool heap_touches = false; ///< up to 6.5 a VMA that only touches the heap was marked too
};
inline Format format_of(std::string_view kernel) {
    if (kernel == "linux_5_10") return {false, false, true};
    if (kernel == "linux_6_1") return {true, false, true};
    return {};
}

inline std::string hex(std::uint64_t value, std::size_t width) {
    std::string text;
    for (; value != 0 || text.empty(); value >>= 4) text += "0123456789abcdef"[value & 15];
    text.append(text.size() < width ? width - text.size() : 0, '0');
    return {text.rbegin(), text.rend()};
}
inline std::string address(int page) {
    return hex(arena_base + static_cast<std::uint64_t>(page) * page_bytes, 8);
}
/// "Rss:                   4 kB": 24 columns of name and number.
inline std::string line_kb(std::string_view name, std::uint64_t bytes) {
    const std::string number = std::to_string(bytes >> 10);
    std::string text = std::string(name) + ": ";
    text.append(text.size() < 16 ? 16 - text.size() : 0, ' ');
    const std::size_t used = text.size() + number.size();
    text.append(used < 24 ? 24 - used : 0, ' ');
    return text + number + " kB\n";
}
inline bool has_word(const std::string& words, std::string_view word) {
    return (" " + words + " ").find(" " + std::string(word) + " ") != std::string::npos;
}
/// Detached VMAs are in no tree any more.
inline bool shown(const VmaView& v) { return !has_word(v.flags, "detached"); }

inline const MmView* mm_of(const StateView& s, int row) {
    for (const MmView& mm : s.mms)
        if (mm.id == row) return &mm;
    return nullptr;
}
inline const PteView* entry_at(const MmView& mm, int page) {
    for (const PteView& pte : mm.ptes)
        if (pte.page == page && pte.kind != "none") return &pte;
    return nullptr;
}
inline int mapcount_of(const StateView& s, int frame) {
    for (const FrameView& f : s.frames)
        if (f.id == frame) return f.mapcount;
    return 0;
}

/// start_brk is page 0 of the arena if the process ever had a heap.
inline bool is_heap(const MmView& mm, const VmaView& v, const Format& format) {
    if (mm.brk == 0) return false;
    return format.heap_touches ? v.lo <= mm.brk : v.lo < mm.brk;
}
inline std::string map_line(const MmView& mm, const VmaView& v, const Format& format) {
    std::string text = address(v.lo) + "-" + address(v.hi) + " " + v.flags.substr(0, 3) +
                       "p 00000000 00:00 0 ";
    if (is_heap(mm, v, format)) {
        constexpr std::size_t name_column = 25 + 8 * 6 - 1;
        if (text.size() < name_column) text.append(name_column - text.size(), ' ');
        text += " [heap]";
    }
    return text + "\n";
}
inline std::string maps(const MmView& mm, const Format& format) {
    std::string text;
    for (const VmaView& v : mm.vmas)
        if (shown(v)) text += map_line(mm, v, format);
    return text;
}

/// Bytes of one VMA; the proportional ones with pss_shift bits behind the point.
struct Sizes {
    std::uint64_t resident = 0, pss = 0, pss_dirty = 0, pss_locked = 0;
    std::uint64_t shared_clean = 0, shared_dirty = 0, private_clean = 0, private_dirty = 0;
};
/// The zero page counts nowhere; PROT_NONE pages count like others.
inline Sizes sizes_of(const StateView& s, const MmView& mm, const VmaView& v) {
    Sizes sum;
    for (const PteView& pte : mm.ptes) {
        if (pte.page < v.lo || pte.page >= v.hi || pte.kind != "present") continue;
        const auto maps = static_cast<std::uint64_t>(mapcount_of(s, pte.frame));
        const bool dirty = pte.bits.find('d') != std::string::npos, shared = maps >= 2;
        const std::uint64_t share = (page_bytes << pss_shift) / (shared ? maps : 1);
        sum.resident += page_bytes;
        sum.pss += share;
        if (dirty) sum.pss_dirty += share;
        if (has_word(v.flags, "locked")) sum.pss_locked += share;
        (shared ? dirty ? sum.shared_dirty : sum.shared_clean
                : dirty ? sum.private_dirty : sum.private_clean) += page_bytes;
    }
    return sum;
}
inline std::string smaps(const StateView& s, const MmView& mm, const Format& format) {
    std::string text;
    for (const VmaView& v : mm.vmas) {
        if (!shown(v)) continue;
        const Sizes n = sizes_of(s, mm, v);
        text += map_line(mm, v, format);
        text += line_kb("Size", static_cast<std::uint64_t>(v.hi - v.lo) * page_bytes);
        text += line_kb("KernelPageSize", page_bytes) + line_kb("MMUPageSize", page_bytes);
        text += line_kb("Rss", n.resident) + line_kb("Pss", n.pss >> pss_shift);
        if (format.pss_dirty) text += line_kb("Pss_Dirty", n.pss_dirty >> pss_shift);
        text += line_kb("Shared_Clean", n.shared_clean) + line_kb("Shared_Dirty", n.shared_dirty);
        text += line_kb("Private_Clean", n.private_clean);
        text += line_kb("Private_Dirty", n.private_dirty);
        text += line_kb("Anonymous", n.resident);
        if (format.ksm) text += line_kb("KSM", 0);
        for (const char* absent : {"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped",
                                   "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"})
            text += line_kb(absent, 0);
        text += line_kb("Locked", n.pss_locked >> pss_shift);
    }
    return text;
}

/// Bits of a pagemap word. linux Documentation/admin-guide/mm/pagemap.rst@v6.1
inline constexpr std::uint64_t pm_mapped_once = std::uint64_t{1} << 56;
inline constexpr std::uint64_t pm_present = std::uint64_t{1} << 63;
inline std::uint64_t pagemap_word(const StateView& s, const MmView& mm, int page) {
    const PteView* pte = entry_at(mm, page);
    if (pte == nullptr) return 0;
    if (pte->kind == "zero") return pm_present | zero_pfn;
    const bool once = mapcount_of(s, pte->frame) == 1;
    return pm_present | (once ? pm_mapped_once : 0) | pfn_of_frame(pte->frame);
}
/// One line for each page of each VMA: its address, and what `word` says of it.
template <class Word>
std::string page_lines(const MmView& mm, Word word) {
    std::string text;
    for (const VmaView& v : mm.vmas)
        for (int page = v.lo; shown(v) && page < v.hi; ++page)
            text += address(page) + " " + word(page) + "\n";
    return text;
}
/// Frames in use, and the zero page, which nobody counts.
inline std::string kpagecount(const StateView& s) {
    std::string text = hex(zero_pfn, 8) + " 0\n";
    for (const FrameView& f : s.frames)
        text += hex(pfn_of_frame(f.id), 8) + " " + std::to_string(f.mapcount) + "\n";
    return text;
}

}  // namespace render

/// What a process of row `mm` reads in that file, "" when there is no such process.
inline std::string rendered(Rendering what, const StateView& s, int row, std::string_view kernel) {
    if (what == Rendering::kpagecount) return render::kpagecount(s);
    const MmView* mm = render::mm_of(s, row);
    if (mm == nullptr) return "";
    const render::Format format = render::format_of(kernel);
    switch (what) {
        case Rendering::maps: return render::maps(*mm, format);
        case Rendering::smaps: return render::smaps(s, *mm, format);
        case Rendering::pagemap:
            return render::page_lines(*mm, [&](int page) {
                return render::hex(render::pagemap_word(s, *mm, page), 16);
            });
        case Rendering::mincore:
            return render::page_lines(*mm, [&](int page) {
                return std::string(render::entry_at(*mm, page) != nullptr ? "1" : "0");
            });
        case Rendering::kpagecount: break;
    }
    return "";
}

}  // namespace faultline
