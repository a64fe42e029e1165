// fuzz/systems/linux_live/protocol.hpp - what the controller and its helper processes write to each
// other.
//
// Why: one slot of shared memory a process and two futex words are the cheapest way to have another
//      process make a system call: three microseconds a round trip, and nothing else of the
//      helper's memory changes. The helper is a static program of its own, so only plain types.
#pragma once
#include <cstdint>

namespace faultline::live {

inline constexpr std::uint64_t page_bytes = 4096;
/// Page 0 of the arena, in every process. A table of page-table entries starts here.
inline constexpr std::uint64_t arena_base = 0x200000000000u;
/// Where a helper maps the shared memory below.
inline constexpr std::uint64_t control_base = 0x300000000000u;
inline constexpr int slot_count = 16;

enum class Ask : std::uint32_t {
    call,         ///< system call `number` with `args`
    load,         ///< the first and the last word of the page at args[0]
    store,        ///< writes args[1] into both
    touch,        ///< a write that changes nothing: one fault as a write makes it
    fetch,        ///< executes one instruction at args[0]
    fork,         ///< the child answers in slot args[0]
    leave,        ///< _exit(0); the controller waits for the process, not for an answer
    fence,        ///< maps all that is free outside [args[0], args[1]) without access
};
/// Two cache lines for the futex words, so that neither side's wait disturbs the other's.
struct Slot {
    alignas(64) std::uint32_t asked;    ///< raised by the controller
    alignas(64) std::uint32_t answered; ///< raised by the helper
    Ask what;
    std::int32_t pid;                   ///< of the process that answers here
    std::int64_t number, args[6];
    std::int64_t result;                ///< as the kernel returns it: -errno for an error
    std::int32_t signal, code;          ///< the signal an access got, 0 for none
    std::uint64_t word, last_word;      ///< what a load read
};
struct Control {
    std::int32_t controller;            ///< its pid: helpers leave when it is gone
    std::int32_t descriptor;            ///< of this memory, in a helper
    Slot slots[slot_count];
    alignas(64) std::uint64_t scratch[512];   ///< arguments that calls point to
};
inline constexpr std::uint64_t control_bytes = 2 * page_bytes * 2;
static_assert(sizeof(Control) <= control_bytes);

}  // namespace faultline::live
