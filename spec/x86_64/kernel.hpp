// spec/x86_64/kernel.hpp - what of an entry's encoding depends on the kernel: version and options.
//
// Why:    software bits and swap type numbers moved between versions, and type numbers shift with
//         configuration; a decoder for one kernel misreads another's entries.
// Source: linux include/linux/swap.h and arch/x86/include/asm/pgtable_types.h at the tags named.
#pragma once
#include <string_view>

namespace faultline::x86 {

enum class Release { v5_10, v6_1, v6_12, v6_18 };

/// The name of the rule set in spec/rules.hpp that models this release.
constexpr std::string_view release_name(Release r) {
    switch (r) {
        case Release::v5_10: return "linux_5_10";
        case Release::v6_1: return "linux_6_1";
        case Release::v6_12: return "linux_6_12";
        case Release::v6_18: return "linux_6_18";
    }
    return "?";
}

/// A kernel as far as its page tables show it. Defaults: Debian options plus device memory.
struct Kernel {
    Release release = Release::v6_1;
    bool device_private = true;   ///< CONFIG_DEVICE_PRIVATE; Debian 6.1 and 6.12 leave it off
    bool migration = true;        ///< CONFIG_MIGRATION
    bool memory_failure = true;   ///< CONFIG_MEMORY_FAILURE
    bool pte_marker = true;       ///< CONFIG_PTE_MARKER; 5.19 to 6.1, always on later
    unsigned phys_bits = 46;      ///< MAX_PHYSMEM_BITS: 46 with 4 levels, 52 with 5
};
constexpr bool at_least(const Kernel& k, Release r) { return k.release >= r; }

}  // namespace faultline::x86
