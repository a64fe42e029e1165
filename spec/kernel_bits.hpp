// spec/kernel_bits.hpp - the kernel's own numbers with their real values: flags, advice, errors.
//
// Why:    traces, reports and the live kernel speak in these numbers; a reader should see names,
//         and a number copied by hand should fail to compile when it is wrong.
// Source: each group names its header; values that changed between versions say so.
// Differs: names are lower case without prefix (VM_FAULT_OOM is vm_fault::oom), because
//         <sys/mman.h> and <cerrno> define the capital ones as macros.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace faultline::kernel {

/// A named group of bits. Tables are ordered: a decoder takes the first group wholly set.
struct Flag {
    std::uint64_t bits;
    std::string_view name;
};

/// VM_FAULT_*: what a fault handler answers. linux include/linux/mm_types.h:vm_fault_reason@v6.1
namespace vm_fault {
inline constexpr std::uint32_t oom = 0x1;
inline constexpr std::uint32_t sigbus = 0x2;
inline constexpr std::uint32_t major = 0x4;           ///< the fault waited for storage
inline constexpr std::uint32_t write = 0x8;           ///< 5.10 and 6.1 only; gone in 6.12
inline constexpr std::uint32_t hwpoison = 0x10;
inline constexpr std::uint32_t hwpoison_large = 0x20;  ///< bits 16..19 carry the hstate index
inline constexpr std::uint32_t sigsegv = 0x40;         // 0x80 is unused
inline constexpr std::uint32_t nopage = 0x100;         ///< the handler installed the entry itself
inline constexpr std::uint32_t locked = 0x200;         ///< the handler returned a locked page
inline constexpr std::uint32_t retry = 0x400;          ///< mmap_lock was dropped; start again
inline constexpr std::uint32_t fallback = 0x800;       ///< a huge fault falls back to small pages
inline constexpr std::uint32_t done_cow = 0x1000;
inline constexpr std::uint32_t needdsync = 0x2000;
inline constexpr std::uint32_t completed = 0x4000;  ///< done, mmap_lock dropped; in 6.1, not 5.10
inline constexpr std::uint32_t hindex_mask = 0xf0000;
inline constexpr std::uint32_t error =
    oom | sigbus | sigsegv | hwpoison | hwpoison_large | fallback;
inline constexpr Flag names[] = {
    {retry, "RETRY"},       {completed, "COMPLETED"}, {major, "MAJOR"},
    {write, "WRITE"},       {nopage, "NOPAGE"},       {locked, "LOCKED"},
    {done_cow, "DONE_COW"}, {needdsync, "NEEDDSYNC"}, {fallback, "FALLBACK"},
    {oom, "OOM"},           {sigbus, "SIGBUS"},       {sigsegv, "SIGSEGV"},
    {hwpoison, "HWPOISON"}, {hwpoison_large, "HWPOISON_LARGE"},
};
}  // namespace vm_fault

/// FAULT_FLAG_*: what a fault handler is told. linux include/linux/mm_types.h:fault_flag@v6.1
namespace fault_flag {
inline constexpr std::uint32_t write = 1u << 0;
inline constexpr std::uint32_t mkwrite = 1u << 1;
inline constexpr std::uint32_t allow_retry = 1u << 2;
inline constexpr std::uint32_t retry_nowait = 1u << 3;
inline constexpr std::uint32_t killable = 1u << 4;
inline constexpr std::uint32_t tried = 1u << 5;
inline constexpr std::uint32_t user = 1u << 6;
inline constexpr std::uint32_t remote = 1u << 7;
inline constexpr std::uint32_t instruction = 1u << 8;
inline constexpr std::uint32_t interruptible = 1u << 9;
inline constexpr std::uint32_t unshare = 1u << 10;         ///< 5.19 on
inline constexpr std::uint32_t orig_pte_valid = 1u << 11;  ///< 5.19 on
inline constexpr std::uint32_t vma_lock = 1u << 12;        ///< 6.4 on
/// FAULT_FLAG_DEFAULT. linux include/linux/mm.h@v6.1
inline constexpr std::uint32_t defaults = allow_retry | killable | interruptible;
inline constexpr Flag names[] = {
    {defaults, "DEFAULT"},
    {user, "USER"},
    {write, "WRITE"},
    {mkwrite, "MKWRITE"},
    {allow_retry, "ALLOW_RETRY"},
    {retry_nowait, "RETRY_NOWAIT"},
    {killable, "KILLABLE"},
    {tried, "TRIED"},
    {remote, "REMOTE"},
    {instruction, "INSTRUCTION"},
    {interruptible, "INTERRUPTIBLE"},
    {unshare, "UNSHARE"},
    {orig_pte_valid, "ORIG_PTE_VALID"},
    {vma_lock, "VMA_LOCK"},
};
}  // namespace fault_flag

/// FOLL_*: how pages are followed and pinned, up to 6.2. linux include/linux/mm.h@v6.1
namespace foll {
inline constexpr std::uint32_t write = 0x1;
inline constexpr std::uint32_t touch = 0x2;
inline constexpr std::uint32_t get = 0x4;
inline constexpr std::uint32_t dump = 0x8;
inline constexpr std::uint32_t force = 0x10;
inline constexpr std::uint32_t nowait = 0x20;
inline constexpr std::uint32_t hwpoison = 0x100;
inline constexpr std::uint32_t tried = 0x800;
inline constexpr std::uint32_t remote = 0x2000;
inline constexpr std::uint32_t cow_5_10 = 0x4000;  ///< 5.10 only
inline constexpr std::uint32_t anon = 0x8000;
inline constexpr std::uint32_t longterm = 0x10000;
inline constexpr std::uint32_t pin = 0x40000;
inline constexpr std::uint32_t fast_only = 0x80000;
inline constexpr Flag names[] = {
    {write, "WRITE"},       {touch, "TOUCH"},   {get, "GET"},
    {dump, "DUMP"},         {force, "FORCE"},   {nowait, "NOWAIT"},
    {hwpoison, "HWPOISON"}, {tried, "TRIED"},   {remote, "REMOTE"},
    {cow_5_10, "COW"},      {anon, "ANON"},     {longterm, "LONGTERM"},
    {pin, "PIN"},           {fast_only, "FAST_ONLY"},
};
}  // namespace foll

/// FOLL_* after the renumbering of 6.3. linux include/linux/mm_types.h and mm/internal.h@v6.12
namespace foll_v6_12 {
inline constexpr std::uint32_t write = 1u << 0;
inline constexpr std::uint32_t get = 1u << 1;
inline constexpr std::uint32_t dump = 1u << 2;
inline constexpr std::uint32_t force = 1u << 3;
inline constexpr std::uint32_t nowait = 1u << 4;
inline constexpr std::uint32_t nofault = 1u << 5;
inline constexpr std::uint32_t hwpoison = 1u << 6;
inline constexpr std::uint32_t anon = 1u << 7;
inline constexpr std::uint32_t longterm = 1u << 8;
inline constexpr std::uint32_t split_pmd = 1u << 9;
inline constexpr std::uint32_t touch = 1u << 16;
inline constexpr std::uint32_t tried = 1u << 17;
inline constexpr std::uint32_t remote = 1u << 18;
inline constexpr std::uint32_t pin = 1u << 19;
inline constexpr std::uint32_t fast_only = 1u << 20;
inline constexpr std::uint32_t unlockable = 1u << 21;
inline constexpr Flag names[] = {
    {write, "WRITE"},         {get, "GET"},
    {dump, "DUMP"},           {force, "FORCE"},
    {nowait, "NOWAIT"},       {nofault, "NOFAULT"},
    {hwpoison, "HWPOISON"},   {anon, "ANON"},
    {longterm, "LONGTERM"},   {split_pmd, "SPLIT_PMD"},
    {touch, "TOUCH"},         {tried, "TRIED"},
    {remote, "REMOTE"},       {pin, "PIN"},
    {fast_only, "FAST_ONLY"}, {unlockable, "UNLOCKABLE"},
};
}  // namespace foll_v6_12

/// VM_*: vm_area_struct::vm_flags. linux include/linux/mm.h@v6.1
namespace vm {
inline constexpr std::uint64_t read = 0x1;
inline constexpr std::uint64_t write = 0x2;
inline constexpr std::uint64_t exec = 0x4;
inline constexpr std::uint64_t shared = 0x8;
inline constexpr std::uint64_t mayread = 0x10;  ///< limit of what mprotect may grant
inline constexpr std::uint64_t maywrite = 0x20;
inline constexpr std::uint64_t mayexec = 0x40;
inline constexpr std::uint64_t mayshare = 0x80;
inline constexpr std::uint64_t growsdown = 0x100;
inline constexpr std::uint64_t uffd_missing = 0x200;
inline constexpr std::uint64_t pfnmap = 0x400;
inline constexpr std::uint64_t uffd_wp = 0x1000;
inline constexpr std::uint64_t locked = 0x2000;
inline constexpr std::uint64_t io = 0x4000;
inline constexpr std::uint64_t seq_read = 0x8000;
inline constexpr std::uint64_t rand_read = 0x10000;
inline constexpr std::uint64_t dontcopy = 0x20000;  ///< MADV_DONTFORK
inline constexpr std::uint64_t dontexpand = 0x40000;
inline constexpr std::uint64_t lockonfault = 0x80000;
inline constexpr std::uint64_t account = 0x100000;
inline constexpr std::uint64_t noreserve = 0x200000;
inline constexpr std::uint64_t hugetlb = 0x400000;
inline constexpr std::uint64_t sync = 0x800000;
inline constexpr std::uint64_t wipeonfork = 0x2000000;
inline constexpr std::uint64_t dontdump = 0x4000000;
inline constexpr std::uint64_t softdirty = 0x8000000;  ///< set: tracking is off for the whole area
inline constexpr std::uint64_t mixedmap = 0x10000000;
inline constexpr std::uint64_t hugepage = 0x20000000;
inline constexpr std::uint64_t nohugepage = 0x40000000;
inline constexpr std::uint64_t mergeable = 0x80000000;
inline constexpr std::uint64_t pkey_mask = 0xf00000000;
inline constexpr Flag names[] = {
    {read, "READ"},
    {write, "WRITE"},
    {exec, "EXEC"},
    {shared, "SHARED"},
    {mayread, "MAYREAD"},
    {maywrite, "MAYWRITE"},
    {mayexec, "MAYEXEC"},
    {mayshare, "MAYSHARE"},
    {growsdown, "GROWSDOWN"},
    {uffd_missing, "UFFD_MISSING"},
    {pfnmap, "PFNMAP"},
    {uffd_wp, "UFFD_WP"},
    {locked, "LOCKED"},
    {io, "IO"},
    {seq_read, "SEQ_READ"},
    {rand_read, "RAND_READ"},
    {dontcopy, "DONTCOPY"},
    {dontexpand, "DONTEXPAND"},
    {lockonfault, "LOCKONFAULT"},
    {account, "ACCOUNT"},
    {noreserve, "NORESERVE"},
    {hugetlb, "HUGETLB"},
    {sync, "SYNC"},
    {wipeonfork, "WIPEONFORK"},
    {dontdump, "DONTDUMP"},
    {softdirty, "SOFTDIRTY"},
    {mixedmap, "MIXEDMAP"},
    {hugepage, "HUGEPAGE"},
    {nohugepage, "NOHUGEPAGE"},
    {mergeable, "MERGEABLE"},
};
}  // namespace vm

/// PROT_*. linux include/uapi/asm-generic/mman-common.h@v6.1
namespace prot {
inline constexpr std::uint32_t none = 0, read = 1, write = 2, exec = 4, sem = 8;
inline constexpr std::uint32_t growsdown = 0x01000000, growsup = 0x02000000;
inline constexpr Flag names[] = {{read, "READ"},
                                 {write, "WRITE"},
                                 {exec, "EXEC"},
                                 {sem, "SEM"},
                                 {growsdown, "GROWSDOWN"},
                                 {growsup, "GROWSUP"}};
}  // namespace prot

/// MAP_*. linux include/uapi/linux/mman.h, asm-generic/mman-common.h, asm-generic/mman.h@v6.1;
/// 32bit: linux arch/x86/include/uapi/asm/mman.h@v6.1
namespace map {
inline constexpr std::uint32_t shared = 0x1, privately = 0x2, shared_validate = 0x3;
inline constexpr std::uint32_t type_mask = 0xf, droppable = 0x8;  ///< droppable: 6.11 on
inline constexpr std::uint32_t fixed = 0x10, anonymous = 0x20, low_32bit = 0x40;
inline constexpr std::uint32_t growsdown = 0x100, denywrite = 0x800, executable = 0x1000;
inline constexpr std::uint32_t locked = 0x2000, noreserve = 0x4000, populate = 0x8000;
inline constexpr std::uint32_t nonblock = 0x10000, stack = 0x20000, hugetlb = 0x40000;
inline constexpr std::uint32_t sync = 0x80000, fixed_noreplace = 0x100000;
inline constexpr Flag names[] = {
    {shared_validate, "SHARED_VALIDATE"},
    {shared, "SHARED"},
    {privately, "PRIVATE"},
    {droppable, "DROPPABLE"},
    {fixed, "FIXED"},
    {anonymous, "ANONYMOUS"},
    {low_32bit, "32BIT"},
    {growsdown, "GROWSDOWN"},
    {denywrite, "DENYWRITE"},
    {executable, "EXECUTABLE"},
    {locked, "LOCKED"},
    {noreserve, "NORESERVE"},
    {populate, "POPULATE"},
    {nonblock, "NONBLOCK"},
    {stack, "STACK"},
    {hugetlb, "HUGETLB"},
    {sync, "SYNC"},
    {fixed_noreplace, "FIXED_NOREPLACE"},
};
}  // namespace map

/// MREMAP_*. linux include/uapi/linux/mman.h@v6.1
namespace mremap {
inline constexpr std::uint32_t maymove = 1, fixed = 2, dontunmap = 4;
inline constexpr Flag names[] = {
    {maymove, "MAYMOVE"}, {fixed, "FIXED"}, {dontunmap, "DONTUNMAP"}};
}  // namespace mremap

/// MADV_*: numbers, not bits. linux include/uapi/asm-generic/mman-common.h@v6.1
namespace madv {
inline constexpr int normal = 0, random = 1, sequential = 2, willneed = 3, dontneed = 4;
inline constexpr int free = 8, remove = 9, dontfork = 10, dofork = 11;
inline constexpr int mergeable = 12, unmergeable = 13, hugepage = 14, nohugepage = 15;
inline constexpr int dontdump = 16, dodump = 17, wipeonfork = 18, keeponfork = 19;
inline constexpr int cold = 20, pageout = 21;
inline constexpr int populate_read = 22, populate_write = 23;  ///< 5.14 on
inline constexpr int dontneed_locked = 24;                     ///< 5.18 on
inline constexpr int collapse = 25;                            ///< 6.1 on
inline constexpr int guard_install = 102, guard_remove = 103;  ///< 6.13 on
inline constexpr int hwpoison = 100, soft_offline = 101;
}  // namespace madv

/// Error numbers. linux include/uapi/asm-generic/errno-base.h and errno.h@v6.1
namespace err {
inline constexpr int eperm = 1, enoent = 2, esrch = 3, eintr = 4, eio = 5;
inline constexpr int ebadf = 9, eagain = 11, enomem = 12, eacces = 13, efault = 14;
inline constexpr int ebusy = 16, eexist = 17, enodev = 19, einval = 22;
inline constexpr int enfile = 23, enospc = 28, erange = 34, enosys = 38;
inline constexpr int eoverflow = 75, eopnotsupp = 95, ehwpoison = 133;
struct Name {
    int number;
    std::string_view name;
};
inline constexpr Name names[] = {
    {eperm, "EPERM"},         {enoent, "ENOENT"},         {esrch, "ESRCH"},
    {eintr, "EINTR"},         {eio, "EIO"},               {ebadf, "EBADF"},
    {eagain, "EAGAIN"},       {enomem, "ENOMEM"},         {eacces, "EACCES"},
    {efault, "EFAULT"},       {ebusy, "EBUSY"},           {eexist, "EEXIST"},
    {enodev, "ENODEV"},       {einval, "EINVAL"},         {enfile, "ENFILE"},
    {enospc, "ENOSPC"},       {erange, "ERANGE"},         {enosys, "ENOSYS"},
    {eoverflow, "EOVERFLOW"}, {eopnotsupp, "EOPNOTSUPP"}, {ehwpoison, "EHWPOISON"},
};
}  // namespace err

/// Name of an error number (either sign), "?" when it is none of those above.
constexpr std::string_view errno_name(int number) {
    for (const err::Name& e : err::names)
        if (e.number == number || -e.number == number) return e.name;
    return "?";
}

/// Text of bounded length, for it must also work at compile time (libstdc++ 12's std::string does
/// not under clang). 400 bytes hold every name of the longest table above.
struct FlagText {
    char data[400] = {};
    std::size_t size = 0;

    constexpr std::string_view view() const { return {data, size}; }
    std::string str() const { return std::string(view()); }
    constexpr void append(std::string_view word) {
        for (char c : word)
            if (size < sizeof data) data[size++] = c;
    }
    friend constexpr bool operator==(const FlagText& a, std::string_view b) {
        return a.view() == b;
    }
};

/// Writes `value` as names joined by "|"; bits no name covers follow as hexadecimal; 0 is "0".
constexpr FlagText decode(std::uint64_t value, std::span<const Flag> names) {
    FlagText text;
    for (const Flag& flag : names) {
        if ((value & flag.bits) != flag.bits) continue;
        if (text.size != 0) text.append("|");
        text.append(flag.name);
        value &= ~flag.bits;
    }
    if (value == 0) {
        if (text.size == 0) text.append("0");
        return text;
    }
    text.append(text.size != 0 ? "|0x" : "0x");
    unsigned shift = 60;
    while ((value >> shift) == 0) shift -= 4;
    for (;; shift -= 4) {
        text.append(std::string_view("0123456789abcdef").substr((value >> shift) & 15, 1));
        if (shift == 0) return text;
    }
}
constexpr FlagText decode_vm_fault(std::uint64_t value) { return decode(value, vm_fault::names); }
constexpr FlagText decode_fault_flags(std::uint64_t value) {
    return decode(value, fault_flag::names);
}

static_assert(decode_fault_flags(597) == "DEFAULT|USER|WRITE");
static_assert(decode_fault_flags(533) == "DEFAULT|WRITE");
static_assert(decode_vm_fault(1032) == "RETRY|WRITE");
static_assert(decode_vm_fault(0) == "0");
static_assert(decode_vm_fault(0x81) == "OOM|0x80", "0x80 is no bit of vm_fault_t");
static_assert(vm_fault::error == 0x873);
static_assert(decode(0xffffffff, vm::names).size < sizeof(FlagText::data));
static_assert(errno_name(-12) == "ENOMEM");

}  // namespace faultline::kernel
