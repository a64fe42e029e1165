// spec/x86_64/fault_code.hpp - the error code a page-fault exception pushes.
//
// Why:    the walker produces it, the kernel's handler and the user's signal frame show it.
// Source: SDM3A "Page-Fault Exceptions"; linux arch/x86/include/asm/trap_pf.h@v6.12.
#pragma once
#include <cstdint>
#include <span>

#include "spec/kernel_bits.hpp"

namespace faultline::x86::fault_code {

inline constexpr std::uint32_t protection = 1u << 0;  ///< P: 0 means an entry was not present
inline constexpr std::uint32_t write = 1u << 1;       ///< W/R
inline constexpr std::uint32_t user = 1u << 2;        ///< U/S: a user-mode access
inline constexpr std::uint32_t reserved = 1u << 3;    ///< RSVD; only together with P
inline constexpr std::uint32_t fetch = 1u << 4;       ///< I/D; only with NXE or SMEP on
inline constexpr std::uint32_t pkey = 1u << 5;        ///< PK
inline constexpr std::uint32_t shadow_stack = 1u << 6;
inline constexpr std::uint32_t sgx = 1u << 15;
inline constexpr std::uint32_t rmp = 1u << 31;  ///< AMD SEV-SNP

inline constexpr kernel::Flag names[] = {
    {protection, "P"}, {write, "W"},           {user, "U"},  {reserved, "RSVD"}, {fetch, "I"},
    {pkey, "PK"},      {shadow_stack, "SHSTK"}, {sgx, "SGX"}, {rmp, "RMP"},
};
/// "P|W|U" and the like; a read of a page not present by the kernel is "0".
constexpr kernel::FlagText decode(std::uint32_t code) { return kernel::decode(code, names); }

static_assert(decode(protection | write | user) == "P|W|U");

}  // namespace faultline::x86::fault_code
