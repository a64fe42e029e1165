// fuzz/lockstep/lockstep.hpp - a system beside the reference, operation by operation.
//
// Why: every operation is performed on both; answers are compared at once, observations and all
//      claims at a stride. What differs is a finding: kind, claim, differences, and the records
//      that lead there.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "fuzz/lockstep/compare.hpp"
#include "fuzz/reference/known_broken.hpp"
#include "fuzz/systems/reference.hpp"

namespace faultline::fuzz {

/// Where a history takes place.
struct Arena {
    Rules rules = linux_6_12;
    std::string bounds = "f1";   ///< capacity: has_reference(bounds)
    Bounds limits = bounds_f1;   ///< within that capacity
    ClaimSet excused{};          ///< claims these rules are known to break
};

enum class FindingKind {
    answer,        ///< a call answered differently
    observation,   ///< what the systems show differs
    claim,         ///< the reference itself breaks a claim
    shown_claim,   ///< what the system shows breaks a claim, while nothing observed differs
    broken,        ///< an assertion of the system, or its self check
    reference_bug  ///< an assertion of the reference, or a call that does not end
};
/// What decides, in one word: the claim's id, or "lockstep.answer", ...
struct Finding {
    FindingKind kind = FindingKind::answer;
    std::string id, says, source;
    std::string claim;                     ///< a claim that what the system shows breaks, if any
    std::vector<Difference> differences;
    bool at_once = false;                  ///< seen right after the last record
};
/// Whether two findings are the same kind of failure, for shrinking and triage.
bool alike(const Finding& a, const Finding& b);

struct LockstepConfig {
    Arena arena;
    std::uint64_t seed = 1;
    std::uint64_t operations = 10'000;
    int length = 2'000;       ///< operations until both start anew, with another mixture
    int stride = 64;          ///< operations between two looks, 1: after each; 0: never
    bool plain = false;       ///< the plain mixture for every start
};
struct LockstepReport {
    std::uint64_t operations = 0;   ///< performed on both and compared
    std::uint64_t refused = 0;      ///< of those, answered with an error or a signal
    std::uint64_t passed_over = 0;  ///< drawn or read, but not enabled or not implemented
    std::uint64_t looks = 0, claim_checks = 0, system_claim_checks = 0, starts = 0;
    std::uint64_t read = 0;         ///< replay: records read until the finding, or all
    std::uint64_t digest = 0;       ///< of every answer: equal for equal seeds
    std::optional<Finding> finding;
    std::vector<Record> records;    ///< since the last start, when there is a finding
    std::string problem;            ///< the system could not be reset: one line
};

/// What histories did, as numbers below `count`: each pair of calls in a row by a process with
/// their answers, each shape of a state at a look. New ones make a history worth keeping.
class Features {
  public:
    static constexpr std::size_t count = 1u << 16;
    void start() {
        here_.clear();
        ++epoch_;
        last_ = {};
    }
    void call(const Record& record, const Answered& answer);
    void shape(const Observation& seen);
    /// Since `start`, each once, with the number of records it took.
    struct Hit {
        std::uint16_t feature;
        std::uint32_t records;
    };
    const std::vector<Hit>& here() const { return here_; }
    void records(std::size_t n) { records_ = static_cast<std::uint32_t>(n); }

  private:
    void add(std::uint64_t value);
    std::vector<Hit> here_;
    std::vector<std::uint32_t> marks_ = std::vector<std::uint32_t>(count, 0);
    std::uint32_t epoch_ = 0, records_ = 0;
    std::array<std::uint32_t, 256> last_{};   ///< what each row did before
};

/// One reference and one system, kept from history to history.
class Lockstep {
  public:
    Lockstep(System& system, const Arena& arena);
    /// Random histories until the operations are used up or something is found.
    LockstepReport run(const LockstepConfig& config);
    /// One history: the records of `prefix`, then `length` more drawn from config.seed.
    LockstepReport history(const LockstepConfig& config, const std::vector<Record>& prefix = {});
    /// Counts what histories do from here on; null: no more.
    void watch(Features* features) { features_ = features; }
    /// The records since the last start.
    const std::vector<Record>& records() const { return records_; }
    /// These records from the start, looking every `stride` and at the end; 0: at answers only.
    LockstepReport replay(const std::vector<Record>& records, int stride = 1,
                          bool with_claims = true);
    Reference& reference() { return *reference_; }

  private:
    bool restart();
    void draw_on(const LockstepConfig& config, std::uint64_t operations);
    void one(const Record& record);
    void look(bool one_access);
    void passed_over_there(const Record& r, const Answered& a);
    void judge(const Record& record, const Answered& a, const Answered& b);
    void found(FindingKind kind, int claim, std::vector<Difference> differences);

    System& system_;
    const Arena arena_;
    const Capabilities can_;
    const bool may_run_out_;   ///< it counts memory as the reference does
    std::unique_ptr<Reference> reference_;
    Comparison comparison_;
    Observation here_, there_;
    std::vector<Difference> differences_;
    std::vector<Record> records_;
    LockstepReport report_;
    Features* features_ = nullptr;
    bool with_claims_ = true;
    int since_ = 0, stride_ = 64;
};

}  // namespace faultline::fuzz
