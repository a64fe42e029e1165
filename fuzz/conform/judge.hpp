// fuzz/conform/judge.hpp - the live kernel beside the reference, one operation at a time.
//
// Why:  like the hammer's lockstep, with what a kernel needs: memory never runs out there, the
//       batch is drained before each look, and a difference may be one that is known and accepted.
//       Every accepted one has an id, is counted, and stands in tests/conformance/deviations.md.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/lockstep/compare.hpp"
#include "fuzz/systems/linux_live/live_system.hpp"
#include "fuzz/systems/reference.hpp"

namespace faultline::fuzz {

/// Where reference and kernel are known to part, or cannot be compared.
struct Deviation {
    std::string_view id, says;
    bool compared;   ///< false: the operation was not performed on the kernel
};
enum DeviationId : int {
    dev_memory, dev_heap_end, dev_commit, dev_gup_kind, dev_no_heap, dev_pgoff, dev_memlock_overlap,
    dev_mremap_multi, dev_mprotect_populates, dev_mlock_exec, dev_growth_prepares, deviation_count
};
inline constexpr std::array<Deviation, deviation_count> deviations{{
    {"D-memory", "The reference has no row or frame left, the kernel has memory.", false},
    {"D-heap-end", "A heap that ends with the arena would touch the fence around it.", false},
    {"D-commit", "The heap carries VM_ACCOUNT, mappings are made with MAP_NORESERVE: no merge.",
     false},
    {"D-gup-kind", "No call of Linux keeps a read pin or a plain write reference.", false},
    {"D-no-heap", "Moving the heap into the arena needs CAP_SYS_RESOURCE.", false},
    {"D-pgoff", "The reference refuses page offsets outside [0, 2 * pages).", true},
    {"D-memlock-overlap", "The reference counts locked pages of the range twice.", true},
    {"D-mremap-multi", "Since 6.17 mremap to a given place moves several VMAs at once.", true},
    {"D-mprotect-populates", "mprotect faults in locked memory that becomes writable.", true},
    {"D-mlock-exec", "mlock of memory that is executable alone fails on 6.18.44.", true},
    {"D-growth-prepares", "A stack that may not grow got its anon_vma before the limits were read.",
     true},
}};

enum class Judged { agrees, passed_over, deviates, differs, not_enabled, trouble };

class Judge {
  public:
    Judge(LiveSystem& kernel, const Rules& rules);

    /// Both anew. False with a line in `problem`.
    bool restart(const Bounds& limits, std::string& problem);
    /// Performs the record on both and compares. After `deviates` and `differs` only restart() is
    /// meaningful.
    Judged one(Record record);

    Reference& reference() { return *reference_; }
    LiveSystem& kernel() { return kernel_; }
    const Bounds& limits() const { return limits_; }
    const Rules& rules() const { return rules_; }
    /// Of the last record: what was performed, what came of it, and the differences.
    const Record& record() const { return record_; }
    const Answered& expected() const { return expected_; }
    const std::vector<Difference>& differences() const { return differences_; }
    int deviation() const { return deviation_; }
    /// Both sides as they were last seen, names made common.
    std::string reference_text() const;
    std::string kernel_text() const;

  private:
    /// What page of the arena belongs to: pages of different classes never merge in the kernel.
    enum class Account : std::uint8_t { none, mapped, heap, heap_unaccounted };
    using Accounts = std::vector<std::vector<Account>>;

    Judged pass_over(int deviation);
    void adapt(Record& record) const;
    bool offered(const Record& record, int& deviation) const;
    void follow_accounts(const Record& record, const Answered& answer, int old_brk);
    bool accounts_touch() const;
    bool look(const Record& record);
    int known_deviation(const Record& record) const;

    LiveSystem& kernel_;
    const Rules rules_;
    Bounds limits_ = bounds_live;
    std::unique_ptr<Reference> reference_;
    Comparison comparison_;
    Observation before_, here_, there_;
    Answered expected_, answered_;
    std::vector<Difference> differences_;
    Accounts accounts_, saved_accounts_;
    bool heap_ = false;   ///< somebody has one
    Record record_{};
    int deviation_ = -1;
};

/// A look as lines, for people: VMAs, entries, frames, anon_vmas. `names` maps labels to numbers
/// common to both sides; a label without one is shown as it is.
std::string observation_text(const Observation& seen, std::uint32_t sees, bool reference,
                             const Bijection& frames, const Bijection& anon_vmas);

}  // namespace faultline::fuzz
