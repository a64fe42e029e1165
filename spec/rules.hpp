// spec/rules.hpp - where kernels differ: one enumeration a rule, kernel versions and bugs as
// values.
//
// Why:    the model asks a rule wherever Linux versions disagree; a historical bug is a version
//         with one field changed. Rules are plain values given to every step, never symbolic.
// Source: each option names where it was read; [MEM] marks what was recalled and awaits a source.
#pragma once
#include <array>
#include <type_traits>
#include <utility>
#include <string_view>

namespace faultline {

/// What makes a write fault on a write-protected anonymous page reuse the page in place.
enum class CowReuse {
    mapcount,    ///< mapcount + swapcount == 1; up to 5.7. linux mm/memory.c:do_wp_page@v5.7
    page_count,  ///< page_count == 1; 5.9 to 5.18. linux mm/memory.c:do_wp_page@v5.10
    exclusive,   ///< PG_anon_exclusive, else refcount == 1 after a drain; 5.19 on. @v6.1
};
/// When a fork child may adopt an anon_vma of its parent's chain.
enum class AnonVmaReuse {
    never,   ///< always a fresh one; up to 3.18
    degree,  ///< one ambiguous counter, children plus users, below 2; 3.19 to 5.19
    split,   ///< num_children < 2 and num_active_vmas == 0; 6.0 on. commit linux 2555283eb40d
};
/// Whether a VMA without an anon_vma merges with a faulted neighbour.
enum class MergeAnon {
    /// A new range joins a faulted singular neighbour, never the reverse; up to 6.15
    neighbour_singular,
    /// Either side may lack one if the other is no fork child; 6.16. 879bca0a2c4f
    either_singular,
};
/// What excludes a page fault from running while its mm is being forked.
enum class FaultLock {
    mmap_lock,         ///< faults hold mmap_lock for reading; up to 6.3
    vma_lock,          ///< faults hold their VMA's lock, fork locks every VMA first; 6.5 on
    vma_lock_ignored,  ///< faults hold their VMA's lock, fork only mmap_lock; 6.4.0. fb49c455323f
};
/// Whether GUP-fast notices a fork that began after it sampled.
enum class GupForkSeq {
    none,     ///< no: 5.10 and before
    checked,  ///< write_protect_seq; 5.11, 5.10.x. commit linux 57efa1fe5957
};
/// Whether fork copies a page at once that is pinned for DMA.
enum class ForkPinned {
    share,  ///< shares it read-only like any other; up to 5.8
    copy,   ///< copies it for the child at once; 5.9 on. commit linux 70e806e4e645
};
/// Whether a read-only pin (FOLL_PIN without FOLL_WRITE) of a shared anonymous page first makes it
/// exclusive.
enum class GupUnshare {
    no,   ///< pins what is mapped; up to 5.18
    yes,  ///< FAULT_FLAG_UNSHARE; 5.19 on. linux mm/gup.c:gup_must_unshare@v6.1
};
/// Whether mprotect makes an exclusive page writable without a fault.
enum class MprotectUpgrade {
    no,               ///< up to 5.19
    exclusive_dirty,  ///< a dirty one; 6.0. linux mm/mprotect.c:can_change_pte_writable@v6.1
    exclusive,        ///< any; linux mm/mprotect.c:can_change_private_pte_writable@v6.12
};
/// Whether a private page that is reused moves to its VMA's own anon_vma.
enum class ReuseMovesRmap {
    no,   ///< 5.9 to 5.18. linux mm/memory.c:do_wp_page@v5.10
    yes,  ///< page_move_anon_rmap; before 5.9 and from 5.19. @v6.1
};
/// Whether mremap(MREMAP_DONTUNMAP) detaches the emptied range from its anon_vmas.
enum class DontunmapUnlinks {
    no,        ///< 5.10 [MEM]
    yes,       ///< linux mm/mremap.c:dontunmap_complete@v6.16; seen on 6.18.44
    restarts,  ///< and its page offset starts anew; move_vma in 6.1.192 and 6.12.117
};
/// Whether the copy that mremap(MREMAP_DONTUNMAP) makes of a range without pages may merge with it.
enum class DontunmapMerge {
    itself,      ///< yes, and then source and copy are one VMA; seen on 6.18.44; 5.10 [MEM]
    not_itself,  ///< with other VMAs only; linux mm/vma.c:copy_vma in 6.12.117
    not_beside,  ///< a copy beside its source merges with nothing; mm/mmap.c:copy_vma in 6.1.192
};
/// What mremap(MREMAP_DONTUNMAP) of locked memory does to locked_vm.
enum class DontunmapLocked {
    /// Counts the copy and forgets to count the source off; seen on 6.18.44.
    /// linux mm/mremap.c:vrm_stat_account, dontunmap_complete@v6.16
    counts_twice,
    /// Cuts the range out first, so that the count can stay; 6.1.192 and 6.12.117, 5.10 [MEM]
    splits,
};
/// When mremap to a given place looks at the old range.
enum class MremapChecks {
    late,   ///< after the target was unmapped; up to 6.16. mm/mremap.c:mremap_to@v6.1
    early,  ///< before anything is done; 6.17 on. mm/mremap.c:check_prep_vma; seen on 6.18.44
};
/// Whether mremap that grows in place merges with the VMA above.
enum class MremapGrow {
    alone,   ///< up to 5.18 [MEM]
    merges,  ///< and needs memory for it. SYSCALL_DEFINE5(mremap)@v6.1, vma_merge_extend@v6.12
};
/// Which neighbour a new mapping is compared with first.
enum class MmapMerge {
    below_first,  ///< 5.10 [MEM], and vma_merge_new_range@v6.12
    /// The one above, and then the one below with that one's anon_vma. mmap_region@v6.1
    above_first,
};
/// What mprotect and kin do when a merge runs out of memory.
enum class MergeOom {
    splits,  ///< go on without it. vma_merge@v6.1
    fails,   ///< fail. vma_modify@v6.12
};
/// When mlock empties the LRU batch.
enum class MlockDrains {
    each_page,   ///< at each page that it finds or has faulted in; up to 5.17 [MEM]
    each_range,  ///< with each VMA. mlock_vma_pages_range, populate_vma_page_range@v6.1
};

/// Whether a fault on a synchronous swap device reads past the swap cache, and what holds the slot
/// while it does.
enum class SwapSkip {
    never,     ///< always through the cache; up to 4.14
    unpinned,  ///< nothing: 4.15 to 6.7 (CVE-2024-26759). commit linux 0bcac06f27d7
    pinned,    ///< SWAP_HAS_CACHE; 6.8, 6.1.80. commit linux 13ddaf26be32
};
/// What a page that comes back from swap space may be written by.
enum class Swapin {
    /// A write fault, if map and swap count are one. linux mm/memory.c:do_swap_page@v5.10
    reuse,
    exclusive,  ///< a write fault, if the entry or the reference count says so. @v6.1
    writable,   ///< any fault, then: mapped writable at once. linux mm/memory.c:do_swap_page@v6.12
};
/// Whether a page under writeback may be made writable on a device that needs stable pages.
enum class StableWrites {
    ignored,    ///< yes; up to 4.9
    respected,  ///< no. commit linux f05714293a59; linux mm/memory.c:do_swap_page@v6.1
};
/// Whether a fault on a swap entry holds the swap device while it works.
enum class SwapDeviceRef {
    none,  ///< no: swapoff may free the device under it; up to 5.13. @v5.10
    held,  ///< get_swap_device, or the fault is done again; 5.14. commit linux 2799e77529c2
};

/// What a failed fallocate of shmem takes back.
enum class FallocUndo {
    inclusive,  ///< up to and with the page it failed at; 3.5 to 4.6 (b9b4bb26af01)
    exclusive,  ///< the pages before it. linux mm/shmem.c:shmem_fallocate@v6.1
};
/// Which entries serve a forced write (FOLL_FORCE, as ptrace does) where the VMA forbids writes.
enum class ForcedWrite {
    /// After a fault has broken copy-on-write, any that serves a read; up to 4.8 (CVE-2016-5195).
    drops_write,
    cow_flag,   ///< then those that are dirty; 4.9 to 5.19. commit linux 19be0eaffa3a
    exclusive,  ///< those of exclusive anonymous pages. mm/gup.c:can_follow_write_pte@v6.1
};
/// What mremap(MREMAP_DONTUNMAP) may move.
enum class DontunmapKinds {
    private_anon,  ///< private anonymous memory; 5.7 to 5.12
    any,           ///< also mappings of files; 5.13 on. commit linux a4609387859f
};
/// When the seals that F_SEAL_EXEC implies are added to those asked for.
enum class SealExec {
    none,           ///< there is no such seal; up to 6.2
    implied_late,   ///< after the check for writers; 6.3 to 7.0 (CVE-2026-63952). c4f75bc8bd6b
    implied_first,  ///< before it. linux mm/memfd.c:memfd_add_seals@v6.12
};

struct Rules {
    CowReuse cow_reuse = CowReuse::exclusive;
    AnonVmaReuse anon_vma_reuse = AnonVmaReuse::split;
    MergeAnon merge_anon = MergeAnon::neighbour_singular;
    FaultLock fault_lock = FaultLock::vma_lock;
    GupForkSeq gup_fork_seq = GupForkSeq::checked;
    ForkPinned fork_pinned = ForkPinned::copy;
    GupUnshare gup_unshare = GupUnshare::yes;
    MprotectUpgrade mprotect_upgrade = MprotectUpgrade::exclusive;
    ReuseMovesRmap reuse_moves_rmap = ReuseMovesRmap::yes;
    DontunmapUnlinks dontunmap_unlinks = DontunmapUnlinks::restarts;
    DontunmapMerge dontunmap_merge = DontunmapMerge::not_itself;
    DontunmapLocked dontunmap_locked = DontunmapLocked::splits;
    MremapChecks mremap_checks = MremapChecks::late;
    MremapGrow mremap_grow = MremapGrow::merges;
    MmapMerge mmap_merge = MmapMerge::below_first;
    MergeOom merge_oom = MergeOom::fails;
    MlockDrains mlock_drains = MlockDrains::each_range;
    SwapSkip swap_skip = SwapSkip::pinned;
    Swapin swapin = Swapin::writable;
    StableWrites stable_writes = StableWrites::respected;
    FallocUndo falloc_undo = FallocUndo::exclusive;
    SealExec seal_exec = SealExec::implied_first;
    ForcedWrite forced_write = ForcedWrite::exclusive;
    DontunmapKinds dontunmap_kinds = DontunmapKinds::any;
    SwapDeviceRef swap_device_ref = SwapDeviceRef::held;
    friend constexpr bool operator==(const Rules&, const Rules&) = default;
};

inline constexpr Rules linux_5_10{.cow_reuse = CowReuse::page_count,
                                  .fault_lock = FaultLock::mmap_lock,
                                  .gup_unshare = GupUnshare::no,
                                  .mprotect_upgrade = MprotectUpgrade::no,
                                  .reuse_moves_rmap = ReuseMovesRmap::no,
                                  .dontunmap_unlinks = DontunmapUnlinks::no,
                                  .dontunmap_merge = DontunmapMerge::itself,
                                  .mremap_grow = MremapGrow::alone,
                                  .merge_oom = MergeOom::splits,
                                  .mlock_drains = MlockDrains::each_page,
                                  .swap_skip = SwapSkip::unpinned,
                                  .swapin = Swapin::reuse,
                                  .seal_exec = SealExec::none,
                                  .forced_write = ForcedWrite::cow_flag,
                                  .dontunmap_kinds = DontunmapKinds::private_anon,
                                  .swap_device_ref = SwapDeviceRef::none};
inline constexpr Rules linux_6_1{.fault_lock = FaultLock::mmap_lock,
                                 .mprotect_upgrade = MprotectUpgrade::exclusive_dirty,
                                 .dontunmap_merge = DontunmapMerge::not_beside,
                                 .mmap_merge = MmapMerge::above_first,
                                 .merge_oom = MergeOom::splits,
                                 .swapin = Swapin::exclusive,
                                 .seal_exec = SealExec::none};
inline constexpr Rules linux_6_12{};
inline constexpr Rules linux_6_18{.merge_anon = MergeAnon::either_singular,
                                  .dontunmap_unlinks = DontunmapUnlinks::yes,
                                  .dontunmap_merge = DontunmapMerge::itself,
                                  .mremap_checks = MremapChecks::early};

struct NamedRules {
    std::string_view name, text;
    Rules rules;
};
inline constexpr std::array<NamedRules, 4> named_kernels{{
    {"linux_5_10", "5.10.262 as Debian carries it: split counters, page_count reuse", linux_5_10},
    {"linux_6_1", "6.1: PG_anon_exclusive, faults under mmap_lock", linux_6_1},
    {"linux_6_12", "6.12: faults under the per-VMA lock", linux_6_12},
    {"linux_6_18", "6.18: merges of unfaulted with faulted ranges (since 6.16)", linux_6_18},
}};

/// One rule as the command line and the report see it.
struct RuleInfo {
    std::string_view name, question;
    std::array<std::string_view, 3> options;   ///< in enumeration order, "" past the last
    int (*get)(const Rules&);
    void (*set)(Rules&, int);
};
template <auto Field>
struct RuleAccess {
    using Value = std::remove_reference_t<decltype(std::declval<Rules&>().*Field)>;
    static constexpr int get(const Rules& r) { return static_cast<int>(r.*Field); }
    static constexpr void set(Rules& r, int v) { r.*Field = static_cast<Value>(v); }
};
template <auto Field>
constexpr RuleInfo rule_info(std::string_view name, std::string_view question,
                             std::array<std::string_view, 3> options) {
    return {name, question, options, RuleAccess<Field>::get, RuleAccess<Field>::set};
}
inline constexpr std::array<RuleInfo, 25> rule_infos{
    rule_info<&Rules::cow_reuse>("cow_reuse", "When does a write fault reuse an anonymous page?",
                                 {"mapcount", "page_count", "exclusive"}),
    rule_info<&Rules::anon_vma_reuse>("anon_vma_reuse", "When may a fork child adopt an anon_vma?",
                                      {"never", "degree", "split"}),
    rule_info<&Rules::merge_anon>("merge_anon", "Does an unfaulted VMA merge with a faulted one?",
                                  {"neighbour_singular", "either_singular", ""}),
    rule_info<&Rules::fault_lock>("fault_lock", "What excludes a fault from a fork of its mm?",
                                  {"mmap_lock", "vma_lock", "vma_lock_ignored"}),
    rule_info<&Rules::gup_fork_seq>("gup_fork_seq", "Does GUP-fast notice a concurrent fork?",
                                    {"none", "checked", ""}),
    rule_info<&Rules::fork_pinned>("fork_pinned", "Does fork copy pinned pages at once?",
                                   {"share", "copy", ""}),
    rule_info<&Rules::gup_unshare>("gup_unshare", "Does a read pin unshare first?",
                                   {"no", "yes", ""}),
    rule_info<&Rules::mprotect_upgrade>("mprotect_upgrade",
                                        "Does mprotect map exclusive pages writable?",
                                        {"no", "exclusive_dirty", "exclusive"}),
    rule_info<&Rules::reuse_moves_rmap>("reuse_moves_rmap",
                                        "Does a reused page move to its VMA's anon_vma?",
                                        {"no", "yes", ""}),
    rule_info<&Rules::dontunmap_unlinks>("dontunmap_unlinks",
                                         "Does MREMAP_DONTUNMAP unlink the old range's anon_vmas?",
                                         {"no", "yes", "restarts"}),
    rule_info<&Rules::dontunmap_merge>("dontunmap_merge",
                                       "May a MREMAP_DONTUNMAP copy merge with its source?",
                                       {"itself", "not_itself", "not_beside"}),
    rule_info<&Rules::dontunmap_locked>("dontunmap_locked",
                                        "What does MREMAP_DONTUNMAP do to locked_vm?",
                                        {"counts_twice", "splits", ""}),
    rule_info<&Rules::mremap_checks>("mremap_checks",
                                     "When does mremap to a given place look at the old range?",
                                     {"late", "early", ""}),
    rule_info<&Rules::mremap_grow>("mremap_grow",
                                   "Does mremap that grows in place merge upwards?",
                                   {"alone", "merges", ""}),
    rule_info<&Rules::mmap_merge>("mmap_merge", "Which neighbour does mmap merge with first?",
                                  {"below_first", "above_first", ""}),
    rule_info<&Rules::merge_oom>("merge_oom", "Does a call fail if a merge runs out of memory?",
                                 {"splits", "fails", ""}),
    rule_info<&Rules::mlock_drains>("mlock_drains", "When does mlock empty the LRU batch?",
                                    {"each_page", "each_range", ""}),
    rule_info<&Rules::swap_skip>("swap_skip", "Is a synchronous swap device read past the cache?",
                                 {"never", "unpinned", "pinned"}),
    rule_info<&Rules::swapin>("swapin", "When is a page from swap space mapped writable?",
                              {"reuse", "exclusive", "writable"}),
    rule_info<&Rules::stable_writes>("stable_writes",
                                     "Does swap writeback on stable devices forbid writes?",
                                     {"ignored", "respected", ""}),
    rule_info<&Rules::falloc_undo>("falloc_undo", "What does a failed fallocate take back?",
                                   {"inclusive", "exclusive", ""}),
    rule_info<&Rules::seal_exec>("seal_exec", "When are the seals that SEAL_EXEC implies added?",
                                 {"none", "implied_late", "implied_first"}),
    rule_info<&Rules::forced_write>("forced_write",
                                    "Which read-only entries serve a forced write?",
                                    {"drops_write", "cow_flag", "exclusive"}),
    rule_info<&Rules::dontunmap_kinds>("dontunmap_kinds",
                                       "What may MREMAP_DONTUNMAP move?",
                                       {"private_anon", "any", ""}),
    rule_info<&Rules::swap_device_ref>("swap_device_ref",
                                       "Does a fault hold the swap device it reads?",
                                       {"none", "held", ""}),
};

}  // namespace faultline
