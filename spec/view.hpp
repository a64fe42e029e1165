// spec/view.hpp - a machine state as plain rows, for people: what printers, diffs and drawings
// read.
//
// Why: the model's State is templated on bounds and value domain; nothing that prints or draws
//      wants that. A view is made from a state by reflection-aware code in model/reference/view.hpp
//      and is never read back.
#pragma once
#include <string>
#include <vector>

namespace faultline {

struct VmaView {
    int lo = 0, hi = 0;            ///< pages [lo, hi) of the arena
    int pgoff = 0;                 ///< page offset of `lo`, as vm_pgoff
    std::string flags;  ///< e.g. "rw- p", plus " growsdown locked dontfork wipeonfork detached"
    int anon_vma = -1;             ///< index of the anon_vma new pages get, -1 none
    std::vector<int> chain;        ///< anon_vmas linked, oldest first
};
struct PteView {
    int page = 0;                  ///< page of the arena
    std::string kind;              ///< "none", "zero", "present", "swap"
    int frame = -1;                ///< frame when present
    std::string bits;  ///< "w" writable, "x", "d" dirty, "n" PROT_NONE, "e" exclusive swap entry
    int want = 0;                  ///< ghost: value this process must see here
    int slot = -1;                 ///< swap slot when swapped out
};
struct MmView {
    int id = 0;
    std::string state;             ///< "free", "alive", "busy"
    int rss_anon = 0, map_count = 0, brk = 0;
    std::vector<VmaView> vmas;     ///< sorted by lo, only rows in use
    std::vector<PteView> ptes;     ///< only entries that are not none, or whose want is not zero
    int rss_swap = -1;             ///< -1 in a machine without swap space
    int rss_file = -1, rss_shmem = -1;   ///< -1 in a machine without files
};
struct FrameView {
    int id = 0, refcount = 0, mapcount = 0;
    /// "excl", "batched", "lru", "anon", "uptodate", "swapcache", "dirty", "writeback", "locked"
    std::string flags;
    int anon_vma = -1, index = 0, value = 0;
    int slot = -1;                 ///< swap slot, in the swap cache
};
struct AnonVmaView {
    int id = 0, parent = 0, root = 0, refcount = 0, num_children = 0, num_active_vmas = 0, age = 0;
};
struct SlotView {
    int id = 0, device = 0, count = 0, value = 0;
    bool cache = false;            ///< SWAP_HAS_CACHE
};
struct DeviceView {
    int id = 0;
    std::string state;             ///< "on", "going"; with " synchronous", " stable"
};
/// A file: pages and contents in the order of its pages.
struct InodeView {
    int id = 0;
    std::string kind;              ///< "file", "shmem"
    std::string flags;             ///< "open", "exec", "seal_write" ...
    int size = 0, blocks = 0, writable = 0;
    std::vector<int> pages;        ///< frame, -1 none
    std::vector<int> disk, want;   ///< contents on the device; what everybody must find
};
struct HandleView {
    int id = 0;
    std::string kind;              ///< "get" or "pin"
    bool write = false, attached = false;
    int mm = -1, page = 0, frame = 0;
};
struct TaskView {
    int id = 0;
    std::string step;              ///< name of the next step, "idle" when none
    std::string fields;            ///< role=value pairs in use
};
/// One machine state. Only rows in use appear; ids are the model's own.
struct StateView {
    std::vector<MmView> mms;
    std::vector<FrameView> frames;
    std::vector<AnonVmaView> anon_vmas;
    std::vector<HandleView> handles;
    std::vector<TaskView> tasks;
    std::vector<SlotView> slots;       ///< only slots in use
    std::vector<DeviceView> devices;   ///< only those that are on
    std::vector<InodeView> inodes;     ///< only files that exist
};

}  // namespace faultline
