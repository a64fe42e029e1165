// fuzz/systems/linux_live/live_system.hpp - the kernel this runs on, as a system under test.
//
// Why:     the reference is judged through the same door as everything else. What it models today
//          is anonymous private memory; files and swap come as further files beside this one.
// Differs: all that is free outside the arena is fenced off, so that the kernel's own search for a
//          free range finds its place in the arena; the batch of new folios is drained before each
//          look; MAP_NORESERVE in every mmap (N-commit of spec/ABSTRACTIONS.md).
#pragma once
#include <memory>
#include <string>

#include "fuzz/systems/system.hpp"
#include "spec/trace.hpp"

namespace faultline::fuzz {

enum class LiveTier { user, proc, internal };
constexpr std::string_view tier_name(LiveTier t) {
    return t == LiveTier::internal ? "internal" : t == LiveTier::proc ? "proc" : "user";
}

/// The kernel's release as "6.18.44", and the newest rule set that is not newer than it.
struct LiveKernel {
    std::string release, rules;
    Pairs faults;           ///< rules that the kernel is known to break, as it breaks them
    bool assumed = false;   ///< the kernel is newer than the newest rule set
};
LiveKernel live_kernel();

class LiveSystem : public System {
  public:
    virtual LiveTier tier() const = 0;
    /// Why the tiers above are not used, one line, empty if it is the highest.
    virtual const std::string& shortfall() const = 0;
    /// Why nothing can be compared any more; empty if all is well.
    virtual const std::string& trouble() const = 0;
    /// brk works in the arena; pins and gets can be kept.
    virtual bool has_heap() const = 0;
    virtual bool has_pins() const = 0;
};
/// The live kernel at the highest tier up to `most` that this machine offers.
std::unique_ptr<LiveSystem> make_live_system(LiveTier most);

}  // namespace faultline::fuzz
