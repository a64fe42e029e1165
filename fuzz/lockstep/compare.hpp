// fuzz/lockstep/compare.hpp - what two systems answered and showed, field by field.
//
// Why: the hammer's verdict is here. Only what both see is compared; frames and anon_vmas are equal
//      up to the bijection that earlier looks fixed. Texts are made only where something differs.
#pragma once
#include <string>
#include <vector>

#include "fuzz/systems/bijection.hpp"
#include "fuzz/systems/system.hpp"

namespace faultline::fuzz {

struct Difference {
    std::string where, field;        ///< "P0:3", "write"
    std::string reference, system;
    std::string text() const;
};
inline constexpr std::size_t difference_limit = 12;

/// Whether the answers to one record agree; `sees` is what both sides see.
bool same_answer(const Record& record, const Answered& reference, const Answered& system,
                 std::uint32_t sees, std::vector<Difference>* differences = nullptr);

class Comparison {
  public:
    void forget() {
        frames_.forget();
        anon_vmas_.forget();
    }
    /// Compares two looks. `one_access`: since the last look there was one access of one process,
    /// which makes its new page before it lets the old one go. Says the first few differences.
    bool look(const Observation& reference, const Observation& system, std::uint32_t sees,
              bool one_access, std::vector<Difference>& differences);
    const Bijection& frames() const { return frames_; }
    const Bijection& anon_vmas() const { return anon_vmas_; }

  private:
    class Look;
    Bijection frames_, anon_vmas_;
    FlatMap frame_places_, anon_places_, system_frames_, system_anons_;
};

}  // namespace faultline::fuzz
