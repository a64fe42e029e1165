// model/fast/mutants.hpp - bugs one could write, each a switch that only the mutation build has.
//
// Why:     a hammer is worth what it finds. FL_MUTANT(name) is `false` in the engine that ships, so
//          that nothing of this is in it; in the mutation build (FAULTLINE_MUTANTS, a namespace of
//          its own) one of them at a time is on, a thread.
#pragma once
#include <array>
#include <string_view>

// X(name, group, what it does wrong)
#define FAULTLINE_FAST_MUTANTS(X)                                                                  \
    X(batch_takes_no_reference, "pages", "a page in an LRU batch is not referenced by it")         \
    X(drain_keeps_reference, "pages", "a drained page keeps the batch's reference")                \
    X(drain_does_nothing, "pages", "a drain that was asked for is forgotten")                      \
    X(new_page_not_batched, "pages", "a new page never gets into a batch")                         \
    X(unmapped_stays_exclusive, "pages", "a page without maps keeps PG_anon_exclusive")            \
    X(zap_keeps_mapcount, "pages", "zapping an entry forgets the mapcount")                        \
    X(copy_keeps_mapcount, "pages", "a copy leaves the old page's mapcount")                       \
    X(copy_keeps_reference, "pages", "a copy leaks the old page")                                  \
    X(zero_to_page_not_counted, "pages", "a write over the zero page is not counted in RSS")       \
    X(new_page_not_exclusive, "faults", "a new page is not exclusive")                             \
    X(new_page_clean, "faults", "a new page's entry is not dirty")                                 \
    X(copy_forgets_content, "faults", "a copy is a page of zeros")                                 \
    X(zero_page_writable, "faults", "the zero page is mapped writable")                            \
    X(reuse_without_drain, "faults", "the batch is not drained before the count is looked at")     \
    X(reuse_by_mapcount, "faults", "a page of one map is reused whoever else refers to it")        \
    X(reuse_keeps_rmap, "faults", "a reused page stays with the old anon_vma")                     \
    X(reuse_not_exclusive, "faults", "a reused page does not become exclusive")                    \
    X(reuse_not_dirty, "faults", "a reused page's entry is not dirty")                             \
    X(guard_gap_off_by_one, "faults", "a stack grows one page too near")                           \
    X(expand_keeps_pgoff, "faults", "a grown stack keeps its page offset")                         \
    X(expand_not_accounted, "faults", "growth of a locked stack is not counted")                   \
    X(gup_grows_stack, "pins", "GUP grows stacks")                                                 \
    X(gup_ignores_vma_flags, "pins", "GUP goes on where the VMA does not allow the access")        \
    X(pin_not_announced, "pins", "slow GUP does not set MMF_HAS_PINNED")                           \
    X(fast_pin_not_announced, "pins", "fast GUP does not set MMF_HAS_PINNED")                      \
    X(pin_never_unshares, "pins", "a read pin takes a shared page")                                \
    X(fast_pin_never_unshares, "pins", "a fast read pin takes a shared page")                      \
    X(pin_counts_one, "pins", "a pin takes one reference, not the bias")                           \
    X(unpin_drops_one, "pins", "unpinning drops one reference, not the bias")                      \
    X(dma_is_lost, "pins", "what a device writes does not arrive")                                 \
    X(fork_keeps_parent_writable, "fork", "the parent's entry stays writable")                     \
    X(fork_keeps_exclusive, "fork", "a shared page stays exclusive")                               \
    X(fork_not_mapcounted, "fork", "the child's map is not counted")                               \
    X(fork_takes_no_reference, "fork", "the child's map holds no reference")                       \
    X(fork_rss_not_counted, "fork", "the child's pages are not counted in its RSS")                \
    X(fork_shares_pinned, "fork", "a pinned page is shared, not copied")                           \
    X(fork_child_loses_dirty, "fork", "the child's entries are clean")                             \
    X(fork_ignores_dontfork, "fork", "MADV_DONTFORK is ignored")                                   \
    X(fork_ignores_wipeonfork, "fork", "MADV_WIPEONFORK is ignored")                               \
    X(fork_keeps_locked, "fork", "the child inherits VM_LOCKED")                                   \
    X(fork_parent_is_root, "rmap", "a new anon_vma hangs under the root, not the parent")          \
    X(fork_takes_no_root_reference, "rmap", "a new anon_vma does not keep its root alive")         \
    X(reuse_with_two_children, "rmap", "an anon_vma with two children is reused")                  \
    X(reuse_while_active, "rmap", "an anon_vma in use is reused")                                  \
    X(clone_skips_oldest, "rmap", "a clone leaves the oldest anon_vma out")                        \
    X(clone_not_active, "rmap", "a clone is not counted as an active VMA")                         \
    X(unlink_keeps_active, "rmap", "num_active_vmas never falls")                                  \
    X(unlink_keeps_child_count, "rmap", "num_children never falls")                                \
    X(unmap_skips_unlink, "rmap", "an unmapped VMA stays in the trees")                            \
    X(exit_skips_unlink, "rmap", "an exiting process's VMAs stay in the trees")                    \
    X(augment_forgets_right, "rmap", "a tree node's maximum forgets its right side")               \
    X(resize_leaves_interval, "rmap", "a resized VMA keeps its interval in the trees")             \
    X(new_page_names_root, "rmap", "a new page names the root's anon_vma")                         \
    X(index_ignores_pgoff, "rmap", "page->index is the address, not the page offset")              \
    X(prepare_never_shares, "rmap", "a neighbour's anon_vma is never shared")                      \
    X(split_keeps_pgoff, "vmas", "the upper part of a split keeps the offset")                     \
    X(split_pgoff_off_by_one, "vmas", "the upper part of a split is off by one page")              \
    X(merge_ignores_pgoff, "vmas", "a merge does not look at page offsets")                        \
    X(merge_drops_chain, "vmas", "the survivor of a merge does not inherit the chain")             \
    X(merge_with_fork_child, "vmas", "a new range joins a fork child's VMA")                       \
    X(merge_right_keeps_pgoff, "vmas", "a VMA that grows down in a merge keeps its offset")        \
    X(three_way_merge_unchecked, "vmas", "three VMAs merge although the outer two differ")         \
    X(map_limit_off_by_one, "vmas", "one VMA more than the limit")                                 \
    X(unmap_ignores_map_limit, "vmas", "a hole may be cut beyond the map limit")                   \
    X(mmap_pgoff_zero, "vmas", "a new mapping's offset is not its address")                        \
    X(hint_ignores_guard, "vmas", "a hint is taken inside a stack's guard gap")                    \
    X(search_ignores_guard, "vmas", "the search places ranges inside a guard gap")                 \
    X(brk_touches_neighbour, "vmas", "the heap grows up to the next VMA")                          \
    X(erase_keeps_gap, "vmas", "the index does not see the gap that an erased VMA leaves")         \
    X(resize_keeps_gap, "vmas", "the index does not see the gap that a shrunk VMA leaves")         \
    X(table_freed_under_neighbour, "tables", "a page table that a neighbour uses is freed")        \
    X(table_cache_survives_free, "tables", "the cached page table is used after it is freed")      \
    X(protect_loses_dirty, "tables", "mprotect loses the dirty bit")                               \
    X(protect_keeps_write, "tables", "mprotect leaves writable entries writable")                  \
    X(upgrade_shared, "tables", "mprotect makes a shared page writable")                           \
    X(move_loses_write, "tables", "a moved entry is read-only")                                    \
    X(move_restarts_pgoff, "tables", "a moved VMA takes its address as offset")                    \
    X(dontunmap_stays_linked, "tables", "MREMAP_DONTUNMAP leaves the old range linked")            \
    X(mremap_ignores_memlock, "tables", "a locked range grows beyond RLIMIT_MEMLOCK")              \
    X(copy_skips_flush, "tlb", "no flush after a copy")                                            \
    X(zap_skips_flush, "tlb", "no flush after unmapping")                                          \
    X(protect_skips_flush, "tlb", "no flush after mprotect")                                       \
    X(fork_skips_flush, "tlb", "no flush after the parent was write-protected")                    \
    X(move_skips_flush, "tlb", "no flush after entries moved away")                                \
    X(flush_misses_last_page, "tlb", "a range is flushed except its last page")                    \
    X(unmap_skips_drain, "calls", "munmap does not drain the batch")                               \
    X(dontneed_skips_drain, "calls", "MADV_DONTNEED does not drain the batch")                     \
    X(exit_skips_drain, "calls", "exit does not drain the batch")                                  \
    X(dontneed_zaps_locked, "calls", "MADV_DONTNEED empties locked memory")                        \
    X(dontneed_ignores_holes, "calls", "MADV_DONTNEED reports no holes")                           \
    X(locked_vm_never_falls, "calls", "locked_vm is never counted down")                           \
    X(mlock_fills_nothing, "calls", "mlock faults nothing in")                                     \
    X(move_failure_loses_pages, "tables", "entries do not move back when a move fails")            \
    X(mlock_unlimited, "calls", "mlock ignores RLIMIT_MEMLOCK")                                    \
    X(populate_only_reads, "calls", "mlock leaves writable memory on the zero page")               \
    X(populate_skips_drain, "calls", "mlock and munlock drain nothing")                            \
    X(populate_never_again, "calls", "mlock gives up a VMA when memory runs out in it")            \
    X(populate_hides_oom, "calls", "mlock does not report that memory ran out")                    \
    X(move_target_stays, "tables", "MREMAP_FIXED leaves what was mapped at the target")            \
    X(move_tail_stays, "tables", "a shrinking move leaves its tail behind")                        \
    X(move_ignores_map_limit, "tables", "a move needs no spare VMAs below the map limit")          \
    X(dontunmap_stays_locked, "tables", "what MREMAP_DONTUNMAP leaves behind is still locked")     \
    X(grown_not_populated, "calls", "locked memory that grew is not faulted in")                   \
    X(swap_out_not_counted, "swap", "an entry that is swapped out is not counted in swap_map")     \
    X(swap_out_loses_marker, "swap", "a swap entry does not remember PG_anon_exclusive")           \
    X(swap_out_loses_dirty, "swap", "an entry's dirty bit is lost when it is swapped out")         \
    X(swap_out_skips_flush, "swap", "no flush after an entry is swapped out")                      \
    X(swap_out_starts_clean, "swap", "a page enters the swap cache clean and is never written")    \
    X(page_out_writes_nothing, "swap", "a dirty page is freed without a write to the device")      \
    X(page_out_ignores_references, "swap", "a page that somebody refers to is reclaimed")          \
    X(reclaimed_stays_in_cache, "swap", "a reclaimed page is not removed from the swap cache")     \
    X(reclaim_ignores_pins, "swap", "a pinned page is swapped out")                                \
    X(reclaim_ignores_mlock, "swap", "a page of locked memory is swapped out")                     \
    X(unpin_leaves_page_clean, "swap", "a page written through a pin stays clean")                 \
    X(swapin_keeps_count, "swap", "the slot keeps the count of an entry that came in")             \
    X(swapin_reads_zeros, "swap", "what the device holds is not read")                             \
    X(swapin_ignores_marker, "swap", "a swapped-in page is not exclusive though the entry says so")\
    X(swapin_always_exclusive, "swap", "a shared page comes back exclusive")                       \
    X(swapin_names_own, "swap", "a shared page comes back under the faulting VMA's anon_vma")      \
    X(swapin_rss_not_counted, "swap", "a swapped-in page is not counted in RSS")                   \
    X(swapin_skips_drain, "swap", "a write fault counts the LRU batch as an owner")                \
    X(swapin_write_keeps_swap, "swap", "a write fault keeps swap space that nobody needs")         \
    X(mlock_keeps_swap_space, "swap", "locked memory keeps its swap space")                        \
    X(skip_ignores_count, "swap", "a shared slot is read past the swap cache")                     \
    X(reuse_keeps_swap_cache, "swap", "the swap cache counts as an owner when a page is reused")   \
    X(reuse_ignores_swap_count, "swap", "a page whose slot others name is reused")                 \
    X(fork_swap_not_counted, "swap", "a child's swap entry is not counted in swap_map")            \
    X(fork_keeps_swap_marker, "swap", "swap entries shared by fork stay exclusive")                \
    X(zap_keeps_swap_count, "swap", "unmapping a swap entry leaves its count")                     \
    X(last_map_keeps_swap_cache, "swap", "a page without entries stays in the swap cache")         \
    X(swap_cache_keeps_reference, "swap", "the swap cache's reference is not dropped")             \
    X(protect_takes_swap_entries, "swap", "mprotect changes swap entries as if they were pages")   \
    X(swapoff_still_gives, "swap", "a device that goes gives out slots")                           \
    X(swapoff_leaves_slots, "swap", "a device goes while its slots are in use")                    \
    X(unuse_keeps_swap_cache, "swap", "what swapoff brings in stays in the swap cache")

namespace faultline::fast_mutants {

enum class Mutant : int {
    none,
#define FL_ENUMERATOR(name, group, text) name,
    FAULTLINE_FAST_MUTANTS(FL_ENUMERATOR)
#undef FL_ENUMERATOR
    count
};
struct MutantRow {
    int id;                       ///< 1 and up
    std::string_view name, group, text;
};
inline constexpr auto mutants = std::to_array<MutantRow>({
#define FL_ROW(name, group, text) {static_cast<int>(Mutant::name), #name, group, text},
    FAULTLINE_FAST_MUTANTS(FL_ROW)
#undef FL_ROW
});
static_assert(static_cast<int>(Mutant::count) == static_cast<int>(mutants.size()) + 1);

#ifdef FAULTLINE_MUTANTS
/// The bug that is on in this thread; Mutant::none for the engine as it is.
inline Mutant& active_mutant() {
    thread_local Mutant active = Mutant::none;
    return active;
}
#define FL_MUTANT(name)                                                                \
    (::faultline::fast_mutants::active_mutant() == ::faultline::fast_mutants::Mutant::name)
#else
#define FL_MUTANT(name) (::faultline::fast_mutants::Mutant::name == \
                         ::faultline::fast_mutants::Mutant::none)
#endif

}  // namespace faultline::fast_mutants
