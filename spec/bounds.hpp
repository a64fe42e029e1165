// spec/bounds.hpp - how large the machine is: table capacities and the numeric limits of the
// kernel, by name.
//
// Why: proofs and exhaustive exploration need a small machine, a fuzzer a large one. A capacity is
//      a template argument (few instantiations); the same struct at run time narrows loops within a
//      capacity. Limits that Linux fixes (guard gap, pin bias, map count) are fields here; a scaled
//      one is an entry of spec/ABSTRACTIONS.md with its side condition.
#pragma once
#include <array>
#include <string_view>

namespace faultline {

struct Bounds {
    int mms = 2;         ///< processes alive at a time
    int vmas = 2;        ///< VMA rows a process
    int pages = 2;       ///< pages in each process's arena
    int frames = 3;      ///< page frames
    int anon_vmas = 4;   ///< anon_vma rows
    int tasks = 2;       ///< threads with an operation in flight
    int handles = 1;     ///< GUP references kept by a caller (FOLL_GET or FOLL_PIN)
    int values = 1;      ///< contents other than zero
    // Areas; one without rows is not there at all (spec/decisions/0013-optional-areas.md).
    int slots = 0;          ///< pages of swap space, over all devices
    int swap_devices = 1;   ///< swap devices, if there are slots
    int inodes = 0;         ///< files, tmpfs files, memfds and unnamed shared memory
    int inode_pages = 1;    ///< pages of each, if there are inodes
    // Limits.
    int stack_guard_gap = 1;   ///< pages; 256 in Linux
    int stack_limit = 2;       ///< RLIMIT_STACK in pages
    int memlock_limit = 2;     ///< RLIMIT_MEMLOCK in pages
    int map_count_limit = 2;   ///< sysctl_max_map_count; 65530 in Linux; at most `vmas`
    int move_slack = 0;        ///< map_count a move leaves free; 3 in Linux
    int target_slack = 0;      ///< and so many more a move to a given place; 2 in Linux
    /// GUP_PIN_COUNTING_BIAS; 1024 in Linux; exceeds all ordinary references
    int pin_bias = 16;
    int batch_size = 15;       ///< folios a per-CPU LRU batch takes before it drains by itself
    /// Largest page offset a VMA may have; moved VMAs keep theirs, so it exceeds the arena.
    constexpr int max_pgoff() const { return 2 * pages - 1; }
    constexpr bool has_swap() const { return slots > 0; }
    constexpr bool has_files() const { return inodes > 0; }
    /// A page of a file may be mapped at every page, an anonymous one once in a process.
    constexpr int max_maps() const { return has_files() ? mms * pages : mms; }
    /// References that are not pins: maps, the batch, gets, two a task, the swap or page cache.
    constexpr int max_plain_refs() const {
        return max_maps() + 1 + handles + 2 * tasks + (has_swap() || has_files() ? 1 : 0);
    }
    constexpr int max_refs() const { return max_plain_refs() + pin_bias * (handles + tasks); }
    friend constexpr bool operator==(const Bounds&, const Bounds&) = default;
};

/// Why a Bounds value is not usable, or "" when it is.
constexpr std::string_view bounds_problem(const Bounds& b) {
    if (b.mms < 1 || b.vmas < 1 || b.pages < 1 || b.frames < 1) return "every table needs a row";
    if (b.anon_vmas < 1 || b.tasks < 1 || b.handles < 1 || b.values < 1)
        return "every table needs a row";
    if (b.slots < 0 || b.swap_devices < 1) return "swap space needs a device";
    if (b.inodes < 0 || b.inode_pages < 1 || b.inode_pages > b.pages)
        return "an inode has between one page and those of the arena";
    if (b.has_swap() && b.has_files()) return "swap space and files are not in one machine yet";
    if (b.map_count_limit > b.vmas) return "map_count_limit exceeds the VMA rows";
    if (b.pin_bias <= b.max_plain_refs()) return "pin_bias does not exceed all ordinary references";
    return "";
}

struct NamedBounds {
    std::string_view name, purpose;
    Bounds bounds;
};

inline constexpr Bounds bounds_b1{.slots = 2};
/// b1 with a file of two pages instead of swap space, and a frame for each page of it besides one
/// for each process.
inline constexpr Bounds bounds_b1f{.frames = 4, .inodes = 1, .inode_pages = 2};
inline constexpr Bounds bounds_b2{.mms = 3, .vmas = 2, .pages = 3, .frames = 4, .anon_vmas = 5,
                                  .tasks = 2, .handles = 2, .values = 1, .stack_guard_gap = 1,
                                  .stack_limit = 2, .memlock_limit = 2, .map_count_limit = 2,
                                  .pin_bias = 16};
inline constexpr Bounds bounds_e1{.mms = 2, .vmas = 1, .pages = 1, .frames = 3, .anon_vmas = 3,
                                  .tasks = 1, .handles = 1, .values = 1, .stack_guard_gap = 1,
                                  .stack_limit = 1, .memlock_limit = 1, .map_count_limit = 1,
                                  .pin_bias = 16};
inline constexpr Bounds bounds_e2{.mms = 2, .vmas = 1, .pages = 1, .frames = 2, .anon_vmas = 2,
                                  .tasks = 2, .handles = 1, .values = 1, .stack_guard_gap = 1,
                                  .stack_limit = 1, .memlock_limit = 1, .map_count_limit = 1,
                                  .pin_bias = 16};
/// One page and one slot.
inline constexpr Bounds bounds_e3{.mms = 2, .vmas = 1, .pages = 1, .frames = 2, .anon_vmas = 2,
                                  .tasks = 2, .handles = 1, .values = 1, .slots = 1,
                                  .stack_guard_gap = 1, .stack_limit = 1, .memlock_limit = 1,
                                  .map_count_limit = 1, .pin_bias = 16};
/// One page and one file of one page.
inline constexpr Bounds bounds_e4{.mms = 2, .vmas = 1, .pages = 1, .frames = 2, .anon_vmas = 2,
                                  .tasks = 2, .handles = 1, .values = 1, .inodes = 1,
                                  .stack_guard_gap = 1, .stack_limit = 1, .memlock_limit = 1,
                                  .map_count_limit = 1, .pin_bias = 16};
inline constexpr Bounds bounds_m1{.mms = 4, .vmas = 2, .pages = 2, .frames = 3, .anon_vmas = 7,
                                  .tasks = 1, .handles = 1, .values = 1, .stack_guard_gap = 1,
                                  .stack_limit = 2, .memlock_limit = 2, .map_count_limit = 2,
                                  .pin_bias = 16};
inline constexpr Bounds bounds_f1{.mms = 12, .vmas = 12, .pages = 24, .frames = 48, .anon_vmas = 36,
                                  .tasks = 1, .handles = 12, .values = 3, .stack_guard_gap = 2,
                                  .stack_limit = 12, .memlock_limit = 12, .map_count_limit = 11,
                                  .move_slack = 3, .target_slack = 2, .pin_bias = 1024};
/// The same machine with two swap devices.
inline constexpr Bounds bounds_f2 = [] {
    Bounds b = bounds_f1;
    b.slots = 16;
    b.swap_devices = 2;
    return b;
}();

/// What a live kernel is compared at: Linux's own limits where an arena of so many pages can reach
/// them, tables that never are full. Not an engine's capacity, so not in named_bounds.
inline constexpr Bounds bounds_live{.mms = 6, .vmas = 32, .pages = 24, .frames = 152,
                                    .anon_vmas = 96, .tasks = 1, .handles = 4, .values = 3,
                                    .stack_guard_gap = 256, .stack_limit = 2048,
                                    .memlock_limit = 2048, .map_count_limit = 32, .move_slack = 3,
                                    .target_slack = 2, .pin_bias = 1024, .batch_size = 255};

/// Every named bound; each is also a capacity that the engines are instantiated for.
inline constexpr std::array<NamedBounds, 10> named_bounds{{
    {"b1", "proof: two processes, two VMAs, two pages, two tasks", bounds_b1},
    {"b2", "proof: three processes, three pages", bounds_b2},
    {"e1", "exploration to the end of the state space", bounds_e1},
    {"e2", "exploration to the end with two operations in flight", bounds_e2},
    {"e3", "exploration to the end with swap space and two operations in flight", bounds_e3},
    {"m1", "museum: four processes, seven anon_vmas", bounds_m1},
    {"f1", "random histories, dozens of each", bounds_f1},
    {"b1f", "proof: b1 with a file of two pages instead of swap space", bounds_b1f},
    {"e4", "exploration to the end with shared memory and two operations in flight", bounds_e4},
    {"f2", "random histories with swap space", bounds_f2},
}};
static_assert(bounds_problem(bounds_b1).empty());
static_assert(bounds_problem(bounds_b2).empty());
static_assert(bounds_problem(bounds_e1).empty());
static_assert(bounds_problem(bounds_e2).empty());
static_assert(bounds_problem(bounds_e3).empty());
static_assert(bounds_problem(bounds_b1f).empty());
static_assert(bounds_problem(bounds_e4).empty());
static_assert(bounds_problem(bounds_m1).empty());
static_assert(bounds_problem(bounds_f1).empty());
static_assert(bounds_problem(bounds_f2).empty());
static_assert(bounds_problem(bounds_live).empty());
static_assert(bounds_live.map_count_limit >
                  bounds_live.pages + bounds_live.move_slack + bounds_live.target_slack,
              "Linux's limit of 65530 is out of reach, and so must this one be");

}  // namespace faultline
