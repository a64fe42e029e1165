// fuzz/replay/recording.hpp - what a real program did to its address spaces, as data and as text.
//
// Why:     a trace speaks of an arena of a few pages and of machines of one kind; a program has
//          addresses of 47 bits, files, and processes that begin another program. So a recording is
//          its own small format (spec/TRACE.md, "Recordings"; spec/decisions/0014): calls and
//          faults in order, and in between what /proc/PID/smaps said.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/state.hpp"

namespace faultline::fuzz {

using Page = std::uint64_t;   ///< page of an address space: address / 4096

/// mark: advice that only sets a flag of VMAs which the model does not have.
enum class Deed : std::uint8_t {
    map, unmap, protect, remap, brk, dontneed, dontfork, dofork, wipeonfork, keeponfork, lock,
    unlock, fill_read, fill_write, load, store, fetch, fork, share, exec, exit, signal, look, mark,
    other
};
/// What a mapping is of. shared: shared memory and whatever else no private page comes from
/// (vdso, devices); the model has no such thing.
enum class Kind : std::uint8_t { anon, file, shared };

enum AreaFlag : std::uint16_t {
    area_read = 1, area_write = 2, area_exec = 4, area_grows = 8, area_locked = 16,
    area_dontfork = 32, area_wipeonfork = 64,
    area_account = 128, area_noreserve = 256   ///< VM_ACCOUNT, VM_NORESERVE
};
/// A line of /proc/PID/smaps; `anon` counts its anonymous pages.
struct Area {
    Page lo = 0, hi = 0;
    std::uint16_t flags = 0;   ///< AreaFlag
    Kind kind = Kind::anon;
    int file = -1;             ///< index into Recording::files
    Page offset = 0;           ///< of the file, in pages
    std::uint64_t anon = 0;
    friend bool operator==(const Area&, const Area&) = default;
};
struct Run {
    Page lo = 0, hi = 0;
    friend bool operator==(const Run&, const Run&) = default;
};
struct Event {
    Deed deed = Deed::other;
    int process = 0;
    Page lo = 0, hi = 0;          ///< range, or the page of an access; brk: old and new end
    // map and protect; a remap has its new place in `to` and its new length in `span`.
    std::uint16_t flags = 0;      ///< AreaFlag
    Kind kind = Kind::anon;
    int file = -1;
    Page offset = 0;
    bool fixed = false, populate = false, dontunmap = false, maymove = false;
    bool in_kernel = false;       ///< access: the kernel's own, for a call of the program
    Page to = 0, span = 0;
    int child = -1;               ///< fork, share
    std::string error;            ///< the call failed: its errno; signal: its name; other: its name
    // look, and what an exec left.
    std::vector<Area> areas;
    std::vector<Run> present;     ///< exec: pages that are anonymous already
    friend bool operator==(const Event&, const Event&) = default;
};
struct Recording {
    std::string command, kernel, tracer;
    std::uint64_t lost = 0;         ///< events the tracer could not keep
    Page stack_limit = 2048, memlock_limit = ~Page{0};
    std::vector<std::string> files;
    std::vector<Event> events;
    int processes = 0;
    friend bool operator==(const Recording&, const Recording&) = default;
};

std::string write_recording(const Recording& recording);
std::string_view deed_name(Deed deed);
/// The event's line, without what a look or an exec found.
std::string event_text(const Event& event);
/// One letter a flag: "rwxgldkan" in the order of AreaFlag, a dash for one that is not set.
std::string flags_row(std::uint16_t flags);
/// False with "NAME:LINE: expected ..." in `problem`.
bool parse_recording(std::string_view text, const std::string& name, Recording& out,
                     std::string& problem);

}  // namespace faultline::fuzz
