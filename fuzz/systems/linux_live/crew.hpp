// fuzz/systems/linux_live/crew.hpp - the helper processes: started, asked, forked, waited for.
//
// Why: everything that a trace does happens in processes that do nothing else; this side of the
//      futex protocol knows nothing of what is asked.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/systems/linux_live/protocol.hpp"

namespace faultline::live {

class Crew {
  public:
    Crew();
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// A fresh first process in slot 0, all others gone. `inherited` are descriptors it shall have.
    bool start(const std::vector<int>& inherited, std::string& problem);
    void stop();
    bool alive(int slot) const { return pids_[static_cast<std::size_t>(slot)] > 0; }
    int pid(int slot) const { return pids_[static_cast<std::size_t>(slot)]; }
    /// brk works in the arena.
    bool heap() const { return heap_; }

    /// System call in the process of a slot; the result as the kernel returns it.
    std::int64_t call(int slot, std::int64_t number, std::array<std::int64_t, 6> args = {});
    /// An access; the slot says what came of it.
    const Slot& access(int slot, Ask what, std::uint64_t address, std::uint64_t value = 0);
    /// 0, or -errno.
    std::int64_t fork(int slot, int child);
    /// Returns when the address space is gone.
    void leave(int slot);
    std::int64_t fence(int slot, std::uint64_t lo, std::uint64_t hi);
    /// Memory that calls may point to: here, and where the helpers see it.
    std::uint64_t* scratch() { return control_->scratch; }
    static std::int64_t scratch_address();
    /// A process died that nobody asked to.
    bool lost() const { return lost_; }

  private:
    Slot& slot(int n) { return control_->slots[n]; }
    void ask(Slot& s, int pid);
    void await(Slot& s, std::uint32_t before, int pid);
    static void reap(int pid);
    int spawn(const std::vector<int>& inherited);

    Control* control_ = nullptr;
    int memory_ = -1, program_ = -1;
    bool heap_ = false, lost_ = false;
    std::array<int, slot_count> pids_{};
};

/// While it lives, the calling thread and what it starts run on one CPU.
class OneCpu {
  public:
    OneCpu();
    ~OneCpu();
    OneCpu(const OneCpu&) = delete;
    OneCpu& operator=(const OneCpu&) = delete;
    int cpu() const { return cpu_; }

  private:
    std::array<std::uint64_t, 128> before_{};
    bool had_ = false;
    int cpu_ = 0;
};

}  // namespace faultline::live
