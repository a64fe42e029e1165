// spec/page_numbers.hpp - small arithmetic of page numbers: index and address of a page in a VMA,
// a guest frame number rounded to a level, a range aligned inside a larger one.
//
// Why:    one line each, and easy to get wrong by a unit, an offset or an overflow. They are
//         written over W like the codecs, so that proofs/x86/laws_pages.cpp decides them for all
//         64-bit values.
// Source: linux include/linux/pagemap.h:linear_page_index, mm/internal.h:vma_pgoff_address@v6.1;
//         linux arch/x86/include/asm/kvm_host.h:KVM_PAGES_PER_HPAGE,
//         arch/x86/kvm/mmu/mmu_internal.h:gfn_round_for_level@v6.8;
//         QEMU util/mmap-alloc.c:qemu_ram_mmap, include/qemu/osdep.h:QEMU_ALIGN_UP@v8.2.
#pragma once
#include "spec/x86_64/address.hpp"

namespace faultline::x86 {

/// Unsigned a < b: the borrow of a - b.
template <class W>
constexpr Truth<W> below(const W& a, const W& b) {
    return has((~a & b) | (~(a ^ b) & (a - b)), 63);
}

/// Which page of its object (for anonymous memory: of the address space it was made in) `address`
/// is, in a VMA that starts at `start` with vm_pgoff `pgoff`.
template <class W>
constexpr W linear_page_index(const W& address, const W& start, const W& pgoff) {
    return ((address - start) >> 12) + pgoff;
}
/// Where page `index` lies in such a VMA, if it does.
template <class W>
constexpr W page_address(const W& index, const W& start, const W& pgoff) {
    return start + ((index - pgoff) << 12);
}
/// Whether it does: the test the reverse map makes before it looks at an entry.
template <class W>
constexpr Truth<W> vma_holds_index(const W& index, const W& start, const W& end, const W& pgoff) {
    const W address = page_address(index, start, pgoff);
    return !below(index, pgoff) && !below(address, start) && below(address, end);
}

/// KVM_PAGES_PER_HPAGE: small pages that one entry of `level` maps.
constexpr std::uint64_t pages_per(Level level) { return bit(span_bits(level) - 12); }
/// First guest frame number of the large page that `gfn` is in.
template <class W>
constexpr W gfn_round_for_level(const W& gfn, Level level) {
    return gfn & W(~(pages_per(level) - 1));
}

/// The least multiple of `align`, a power of two, that is not below `n`.
template <class W>
constexpr W align_up(const W& n, const W& align) {
    return (n + (align - W(1))) & (W(0) - align);
}
/// How much address space is reserved so that `size` bytes fit at a multiple of `align`.
template <class W>
constexpr W reserved_size(const W& size, const W& align) {
    return size + align;
}
/// Where in the reservation at `base` the memory is activated.
template <class W>
constexpr W activated_at(const W& base, const W& align) {
    return align_up(base, align);
}

static_assert(pages_per(Level::pte) == 1 && pages_per(Level::pde) == 512);
static_assert(pages_per(Level::pdpte) == 0x40000);
static_assert(gfn_round_for_level(std::uint64_t{0x12345}, Level::pde) == 0x12200);
static_assert(linear_page_index<std::uint64_t>(0x7000, 0x5000, 0x10) == 0x12);
static_assert(page_address<std::uint64_t>(0x12, 0x5000, 0x10) == 0x7000);
// Eleven units at a multiple of four: fifteen are reserved, wherever they start.
static_assert(reserved_size<std::uint64_t>(11, 4) == 15);
static_assert(activated_at<std::uint64_t>(21, 4) == 24 && 24 + 11 <= 21 + 15);

}  // namespace faultline::x86
