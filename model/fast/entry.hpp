// model/fast/entry.hpp - what Linux does to one page-table entry, on the real 64 bits.
//
// Why:    one place where permissions become bits; everything is made of the codecs in spec/x86_64.
// Source: linux arch/x86/include/asm/pgtable.h, arch/x86/mm/pgprot.c:protection_map@v6.12
#pragma once
#include "model/fast/mutants.hpp"
#include "model/fast/types.hpp"
#include "spec/x86_64/address.hpp"
#include "spec/x86_64/nonpresent.hpp"

namespace faultline::FL_FAST {

using Entry = u64;

namespace bits {
inline constexpr u64 present = x86::bit(x86::entry_bit::present);
inline constexpr u64 writable = x86::bit(x86::entry_bit::writable);
inline constexpr u64 user = x86::bit(x86::entry_bit::user);
inline constexpr u64 accessed = x86::bit(x86::entry_bit::accessed);
inline constexpr u64 dirty = x86::bit(x86::entry_bit::dirty);
inline constexpr u64 no_execute = x86::bit(x86::entry_bit::no_execute);
inline constexpr u64 prot_none = x86::bit(x86::soft_bit::prot_none);
inline constexpr u64 special = x86::bit(x86::soft_bit::special);
inline constexpr u64 swap_exclusive = x86::bit(x86::swap_bit::exclusive);
}  // namespace bits

/// vm_page_prot of a private VMA: never writable.
constexpr u64 page_prot(u32 flags) {
    if ((flags & vma_prot) == 0) return bits::prot_none | bits::accessed;
    return bits::present | bits::user | bits::accessed |
           ((flags & vma_exec) != 0 ? 0 : bits::no_execute);
}
constexpr bool is_none(Entry e) { return x86::pte_none(e); }
/// pte_present: to Linux, PROT_NONE or not.
constexpr bool is_present(Entry e) { return (e & (bits::present | bits::prot_none)) != 0; }
constexpr bool is_zero_page(Entry e) { return is_present(e) && (e & bits::special) != 0; }
constexpr bool is_frame(Entry e) { return is_present(e) && (e & bits::special) == 0; }
constexpr bool is_swap(Entry e) { return !is_none(e) && !is_present(e); }
constexpr bool is_swap_exclusive(Entry e) { return (e & bits::swap_exclusive) != 0; }
constexpr bool is_writable(Entry e) { return (e & bits::writable) != 0; }
constexpr bool is_prot_none(Entry e) { return x86::is_prot_none(e); }
constexpr bool is_executable(Entry e) {
    return (e & bits::present) != 0 && (e & bits::no_execute) == 0;
}
constexpr Pfn frame_of(Entry e) { return static_cast<Pfn>(x86::pte_pfn(e)); }

/// The bits that depend on the kernel: where dirtiness is parked in a read-only entry.
struct EntryKind {
    x86::Kernel kernel{};
    u64 saved_dirty = 0;   ///< 0: this kernel has no such bit
    constexpr explicit EntryKind(x86::Release release) {
        kernel.release = release;
        const unsigned n = x86::soft_bit::saved_dirty(kernel);
        saved_dirty = n == x86::soft_bit::absent ? 0 : x86::bit(n);
    }
    constexpr bool is_dirty(Entry e) const { return (e & (bits::dirty | saved_dirty)) != 0; }
    constexpr Entry wrprotect(Entry e) const { return x86::pte_wrprotect(e, kernel); }
    /// Dirtiness as it is written in an entry that is or is not writable.
    constexpr u64 dirty_bit(bool writable) const {
        return writable || saved_dirty == 0 ? bits::dirty : saved_dirty;
    }
    constexpr Entry mkwrite(Entry e) const {
        const u64 dirt = is_dirty(e) ? bits::dirty : 0;
        return (e & ~saved_dirty) | bits::writable | dirt;
    }
    constexpr Entry make(Pfn frame, u64 prot, bool write, bool dirty) const {
        return x86::make_pte(u64{frame}, prot | (write ? bits::writable : 0) |
                                             (dirty ? dirty_bit(write) : 0));
    }
    /// The same page under another protection. linux pgtable.h:pte_modify@v6.12
    constexpr Entry protect(Entry e, u64 prot, bool write) const {
        const bool dirt = is_dirty(e) && !FL_MUTANT(protect_loses_dirty);
        return x86::pte_with_flags(e, prot | (e & bits::special) |
                                          (write ? bits::writable : 0) |
                                          (dirt ? dirty_bit(write) : 0));
    }
};

}  // namespace faultline::FL_FAST
