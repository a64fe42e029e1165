// model/fast/rows.hpp - which numbers of a small table are free, a bit each.
#pragma once
#include <bit>
#include <vector>

#include "model/fast/types.hpp"

namespace faultline::FL_FAST {

class Rows {
  public:
    explicit Rows(u32 count) : count_(count), used_((count + 63) / 64) {}
    /// The lowest free row, -1 if there is none.
    int lowest_free() const {
        for (u32 w = 0; w < used_.size(); ++w)
            if (used_[w] != ~u64{0}) {
                const u32 row = w * 64 + static_cast<u32>(std::countr_one(used_[w]));
                return row < count_ ? static_cast<int>(row) : -1;
            }
        return -1;
    }
    void take(u32 row) { used_[row / 64] |= u64{1} << (row % 64); }
    void give(u32 row) { used_[row / 64] &= ~(u64{1} << (row % 64)); }
    bool taken(u32 row) const { return (used_[row / 64] >> (row % 64) & 1) != 0; }

  private:
    u32 count_;
    std::vector<u64> used_;
};

}  // namespace faultline::FL_FAST
