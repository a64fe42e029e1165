// fuzz/systems/linux_live/guardian.hpp - swap space on zram, machine-wide, taken and given back.
//
// Why: a setting of the whole machine must come back also if this program is killed. A process of
//      its own holds the lock and the settings, ignores signals from the terminal, and puts
//      everything back when the pipe to it closes, for whatever reason. A machine that has swap
//      space already, or whose zram device is in use, is left alone.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace faultline::live {

class Guardian {
  public:
    /// Swap space of so many bytes on a zram device. Null with one line in `problem`.
    static std::unique_ptr<Guardian> swap_on_zram(std::uint64_t bytes, std::string& problem);
    /// Returns when everything is as it was.
    ~Guardian();
    Guardian(const Guardian&) = delete;
    Guardian& operator=(const Guardian&) = delete;
    int process() const { return process_; }

  private:
    Guardian(int process, int pipe) : process_(process), pipe_(pipe) {}
    int process_, pipe_;
};

}  // namespace faultline::live
