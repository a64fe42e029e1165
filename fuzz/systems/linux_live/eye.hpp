// fuzz/systems/linux_live/eye.hpp - how the state of the kernel is looked at, tier by tier.
//
// Why: the same trace is judged with and without privilege; an eye says what it sees and fills in
//      just that.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/systems/system.hpp"

namespace faultline::live {

/// A process to look at, and what its counters are with an empty arena.
struct Watched {
    int row = 0, pid = 0;
    long rss_anon = 0;
    int map_count = 0;
};
/// The frame of a reference a caller keeps; 0 where the handle is free or the frame unknown.
struct Kept {
    bool kept = false;
    std::uint64_t frame = 0;
};

class Eye {
  public:
    virtual ~Eye() = default;
    virtual std::string_view tier() const = 0;
    virtual std::uint32_t sees() const = 0;
    /// Looks at pages [0, pages) of every process; `kept` in the order of handles.
    virtual bool look(std::span<const Watched> processes, int pages, std::span<const Kept> kept,
                      fuzz::Observation& out, std::string& problem) = 0;
    /// Counters as they are, for `Watched`; nothing is done where they are not seen.
    virtual void weigh(Watched& process) = 0;
    /// Frame that a page of a process maps, 0 for none or the zero page or where it is not seen.
    virtual std::uint64_t frame_at(int pid, int page) = 0;
};

/// Null, with one line in `why_not`, where this machine or build does not offer it.
std::unique_ptr<Eye> open_internal_eye(std::string& why_not);
std::unique_ptr<Eye> open_proc_eye(std::string& why_not);
/// What calls and signals alone say.
inline constexpr std::uint32_t seen_by_user =
    fuzz::sees_results | fuzz::sees_pages | fuzz::sees_contents;

}  // namespace faultline::live
