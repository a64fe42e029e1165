// fuzz/systems/system.hpp - the system under test: whatever can be reset, told an operation, and
// looked at.
//
// Why: the reference, the fast path, a live kernel and a reader's own code are judged through this
//      one door. Operations are records (fuzz/reference/record.hpp), so that a fuzzer's bytes, a
//      property test and a trace mean the same on every system. What a system cannot see is not
//      compared; it is never taken as equal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/reference/record.hpp"
#include "spec/bounds.hpp"
#include "spec/rules.hpp"
#include "spec/state.hpp"

namespace faultline::fuzz {

/// What a system answers about itself, one bit each: a comparison looks at what both sides see.
enum Sees : std::uint32_t {
    sees_results = 1u << 0,      ///< the answer of a call: success, errno, signal with its code
    sees_pages = 1u << 1,        ///< the page mmap, mremap and brk return
    sees_fault_kind = 1u << 2,   ///< how a fault ended: zero-page, new-page, copied, reused ...
    sees_contents = 1u << 3,     ///< the value of each present page
    sees_vmas = 1u << 4,         ///< ranges and flags of VMAs
    sees_pgoff = 1u << 5,        ///< their page offsets
    sees_entries = 1u << 6,      ///< kind of each entry: none, zero, present
    sees_entry_bits = 1u << 7,   ///< write, exec, PROT_NONE and dirty of each entry
    sees_sharing = 1u << 8,      ///< which entries map the same frame, and whether it is a new one
    sees_mapcount = 1u << 9,
    sees_refcount = 1u << 10,
    sees_exclusive = 1u << 11,   ///< PG_anon_exclusive
    sees_lru = 1u << 12,         ///< on the LRU, or in a batch
    sees_mapping = 1u << 13,     ///< page->mapping and page->index
    sees_anon_vmas = 1u << 14,   ///< anon_vma of each VMA, root, parent and the counters
    sees_chains = 1u << 15,      ///< each VMA's chain, in order
    sees_rss = 1u << 16,         ///< MM_ANONPAGES
    sees_locked = 1u << 17,      ///< locked_vm
    sees_map_count = 1u << 18,
    sees_brk = 1u << 19,
    sees_handles = 1u << 20,     ///< which frame each kept GUP reference names
    sees_swap = 1u << 21,        ///< swap entries, MM_SWAPENTS, slots, devices, the swap cache
    sees_everything = (1u << 22) - 1
};
/// What a system can be asked to do beyond plain calls.
enum Can : std::uint32_t {
    can_deny = 1u << 0,        ///< refuse memory at the nth allocating step of a call
    can_gup = 1u << 1,         ///< keep references for a caller (pin, get)
    can_interleave = 1u << 2,  ///< begin an operation and run it step by step
    can_drain = 1u << 3,       ///< drain the LRU batch when told
    can_block = 1u << 4,       ///< answer `blocked`, and do nothing, where the reference does
};
struct Capabilities {
    std::uint32_t sees = 0, can = 0;
    std::uint64_t verbs = ~std::uint64_t{0};     ///< operations it implements, as verb_bit
    std::uint32_t op_codes = ~std::uint32_t{0};  ///< OpCodes among them, a bit each
    std::uint8_t flags = 0xff;                   ///< RecordFlags it knows
};
/// Whether a system implements what the record asks for; what it does not is never drawn.
constexpr bool implements(const Capabilities& c, const Record& r) {
    const bool gup = r.gup == 0 || (c.can & can_gup) != 0;
    const bool step = r.verb != verb_step && !r.has(flag_begin);
    return gup && (step || (c.can & can_interleave) != 0) &&
           (r.verb == verb_step || (c.verbs & verb_bit(r.verb)) != 0) &&
           r.op < 32 && ((c.op_codes >> r.op) & 1) != 0 &&
           (r.flags & ~c.flags & ~flag_begin) == 0 &&
           (r.deny == 0 || (c.can & can_deny) != 0);
}

/// Name of an object as its system knows it (a row, a frame number, an address); 0 names none.
/// Lives as long as the object: the comparison carries its own bijection from look to look.
using Label = std::uint64_t;

enum VmaFlag : std::uint16_t {
    vma_read = 1, vma_write = 2, vma_exec = 4, vma_growsdown = 8, vma_locked = 16,
    vma_dontfork = 32, vma_wipeonfork = 64
};
struct SeenVma {
    int lo = 0, hi = 0, pgoff = 0;   ///< pages of the arena
    std::uint16_t flags = 0;         ///< VmaFlag
    Label anon_vma = 0;
    std::vector<Label> chain;        ///< anon_vmas linked, oldest first
    friend bool operator==(const SeenVma&, const SeenVma&) = default;
};
enum class EntryKind : std::uint8_t { none, zero, present, swap };
struct SeenEntry {
    EntryKind kind = EntryKind::none;
    bool write = false, exec = false, protnone = false, dirty = false;
    bool swp_exclusive = false;      ///< of a swap entry: it remembers PG_anon_exclusive
    int slot = 0;                    ///< the slot a swap entry names, counted from 1
    Label frame = 0;
    int value = 0;                   ///< content of the page, 0 for zeros
    friend bool operator==(const SeenEntry&, const SeenEntry&) = default;
};
struct SeenProcess {
    bool alive = false;
    int rss_anon = 0, rss_swap = 0, locked_vm = 0, map_count = 0, brk = 0;
    std::vector<SeenVma> vmas;       ///< by address
    std::vector<SeenEntry> entries;  ///< one a page of the arena
    friend bool operator==(const SeenProcess&, const SeenProcess&) = default;
};
struct SeenFrame {
    Label frame = 0;
    int refcount = 0, mapcount = 0, index = 0;
    bool exclusive = false, batched = false, lru = false;
    Label anon_vma = 0;
    int slot = 0;                    ///< in the swap cache under this slot, counted from 1
    bool dirty = false;              ///< PG_dirty, kept in the swap cache only
    friend bool operator==(const SeenFrame&, const SeenFrame&) = default;
};
struct SeenAnonVma {
    Label anon_vma = 0, root = 0, parent = 0;
    int refcount = 0, num_children = 0, num_active_vmas = 0;
    friend bool operator==(const SeenAnonVma&, const SeenAnonVma&) = default;
};
struct SeenHandle {
    bool kept = false;
    Label frame = 0;
    friend bool operator==(const SeenHandle&, const SeenHandle&) = default;
};
/// A page of swap space. Slots have the same numbers on both sides: the lowest free one is taken.
struct SeenSlot {
    int device = 0;                  ///< counted from 1; 0: of no device
    int count = 0;                   ///< entries that name it
    Label frame = 0;                 ///< its page in the swap cache
    bool cache = false;              ///< SWAP_HAS_CACHE
    int value = 0;                   ///< what the device holds
    friend bool operator==(const SeenSlot&, const SeenSlot&) = default;
};
struct SeenDevice {
    int phase = 0;                   ///< DevicePhase
    bool synchronous = false, stable = false;
    friend bool operator==(const SeenDevice&, const SeenDevice&) = default;
};
/// One look at a system. Frames and anon_vmas in any order: those that an entry, a VMA, a chain or
/// a handle names.
struct Observation {
    std::vector<SeenProcess> processes;   ///< one a row of Bounds::mms
    std::vector<SeenFrame> frames;
    std::vector<SeenAnonVma> anon_vmas;
    std::vector<SeenHandle> handles;      ///< one a row of Bounds::handles
    std::vector<SeenSlot> slots;          ///< one a row of Bounds::slots
    std::vector<SeenDevice> devices;      ///< one a row of Bounds::swap_devices, if there are slots
    /// Frames in use and anon_vmas alive, named or not: a leak shows here. -1: not seen.
    int frames_used = -1, anon_vmas_live = -1;
};

/// The answer of one operation. A refused call is an answer; `blocked` is not enabled, and nothing
/// changed.
struct Answered {
    int result = res_pending;         ///< Result of spec/state.hpp
    int fault = res_pending;          ///< accesses: how the last fault ended, pending if none
    int page = 0;                     ///< mmap, mremap, brk
    int child = -1, handle = -1;      ///< rows: the lowest free one is taken
    int value = 0;                    ///< load: what was read
    bool blocked = false;
    bool broken = false;              ///< the system found a fault in itself (an assertion)
    friend bool operator==(const Answered&, const Answered&) = default;
};

/// A frame as both sides can name it: by an entry that maps it or finds it in the swap cache, by a
/// handle, or by the slot whose page it is.
struct FramePlace {
    enum class By : std::uint8_t { nothing, entry, handle, slot };
    By by = By::nothing;
    int row = 0;                     ///< process, handle or slot (counted from 0)
    int page = 0;
};

class System {
  public:
    virtual ~System() = default;
    virtual std::string_view name() const = 0;
    virtual Capabilities capabilities() const = 0;
    /// Back to one empty process in row 0. False, with one line in `problem`, if these bounds or
    /// rules cannot be had.
    virtual bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) = 0;
    virtual Answered apply(const Record& record) = 0;
    /// What frame the next record means, if its operation is performed on one: the record itself
    /// names a row of the reference.
    virtual void point_at(const FramePlace&) {}
    /// Fills `out`, whose vectors are kept from look to look.
    virtual void observe(Observation& out) = 0;
    /// What the system itself finds wrong with its state: one sentence, empty if nothing. Costly
    /// ones are called at the stride of the claims.
    virtual std::string self_check() { return {}; }
};

}  // namespace faultline::fuzz
