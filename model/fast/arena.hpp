// model/fast/arena.hpp - objects of one type, named by small numbers, that never move.
//
// Why: a slab: chunks of many objects, a list of free ones, no search. A reference stays valid when
//      the arena grows, so that readers without a lock can hold one.
#pragma once
#include <memory>
#include <vector>

#include "model/fast/types.hpp"

namespace faultline::FL_FAST {

template <class T, unsigned ChunkBits = 10>
class Arena {
  public:
    T& operator[](u32 id) { return chunks_[id >> ChunkBits][id & mask]; }
    const T& operator[](u32 id) const { return chunks_[id >> ChunkBits][id & mask]; }

    /// A cleared object. Number 0 is never given out.
    u32 make() {
        u32 id = 0;
        if (!free_.empty()) {
            id = free_.back();
            free_.pop_back();
        } else {
            if ((next_ & mask) == 0 || chunks_.empty())
                chunks_.push_back(std::make_unique<T[]>(std::size_t{1} << ChunkBits));
            id = next_++;
        }
        ++live_;
        (*this)[id] = T{};
        return id;
    }
    void release(u32 id) {
        free_.push_back(id);
        --live_;
    }
    u32 live() const { return live_; }
    u32 end() const { return next_; }     ///< every number in use is below
    const std::vector<u32>& free_list() const { return free_; }
    void clear() {
        free_.clear();
        next_ = 1;
        live_ = 0;
    }

  private:
    static constexpr u32 mask = (u32{1} << ChunkBits) - 1;
    std::vector<std::unique_ptr<T[]>> chunks_;
    std::vector<u32> free_;
    u32 next_ = 1, live_ = 0;
};

}  // namespace faultline::FL_FAST
