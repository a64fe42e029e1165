// fuzz/lockstep/hammer.cpp - threads that take one history after the other.
//
// Why: see the header. Which history has which seed does not depend on the number of threads, so a
//      run without a corpus finds the same with one job and with many.
#include "fuzz/lockstep/hammer.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "fuzz/lockstep/corpus.hpp"

namespace faultline::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

/// What a finding is sorted by: the claim or the field, and the last call.
std::string bucket_of(const Finding& f, const std::vector<Record>& records) {
    std::string bucket = f.id;
    if (!f.claim.empty()) bucket = f.claim;
    else if (!f.differences.empty()) bucket += " " + f.differences.front().field;
    if (records.empty()) return bucket;
    const int row = verb_row(records.back().verb);
    return bucket + (row < 0 ? "" : std::string(" after ") +
                                        verb_names[static_cast<std::size_t>(row)]);
}

class Crew {
  public:
    Crew(const MakeSystem& make, const HammerConfig& config, const HammerProgress& progress)
        : make_(make), config_(config), progress_(progress), start_(Clock::now()) {}

    HammerReport run() {
        if (!config_.corpus.empty() && !corpus_.open(config_.corpus, report_.problem))
            return report_;
        read_ = corpus_.take_read();
        // Corpus files are performed before anything is drawn, each once.
        const auto work = [this] { this->work(); };
        std::vector<std::thread> others;
        for (int j = 1; j < config_.jobs; ++j) others.emplace_back(work);
        work();
        for (std::thread& t : others) t.join();
        if (corpus_.kept()) {
            report_.features = corpus_.features();
            corpus_.minimise();
            corpus_.close(next_);
            report_.corpus_read = corpus_.read();
            report_.corpus_added = corpus_.added();
            report_.corpus_kept = corpus_.size();
        }
        report_.seconds = elapsed();
        return report_;
    }
    HammerReport replay(const std::vector<Record>& records) {
        const auto system = make_();
        Lockstep lockstep(*system, config_.arena);
        take(lockstep, lockstep.replay(records, 1), 1);
        report_.seconds = elapsed();
        return report_;
    }

  private:
    double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

    void work() {
        const auto system = make_();
        Lockstep lockstep(*system, config_.arena);
        Features features;
        if (corpus_.kept()) lockstep.watch(&features);
        for (std::size_t i = next_read_++; i < read_.size() && !stopped_; i = next_read_++)
            finish(lockstep, lockstep.replay(read_[i], config_.stride), features);
        const auto length = static_cast<std::uint64_t>(config_.length);
        while (!stopped_) {
            const std::uint64_t n = next_++;
            LockstepConfig c;
            c.stride = config_.stride;
            c.length = config_.length;
            c.operations = length;
            if (config_.operations > 0) {
                if (n * length >= config_.operations) break;
                c.operations = std::min(length, config_.operations - n * length);
            }
            if (config_.seconds > 0 && elapsed() > config_.seconds) break;
            c.seed = mixed(config_.seed) + corpus_.histories_before() + n;
            std::vector<Record> prefix;
            if (corpus_.kept() && n % 2 == 1) prefix = corpus_.pick(mixed(c.seed) >> 8);
            finish(lockstep, lockstep.history(c, prefix), features);
        }
    }
    void finish(Lockstep& lockstep, LockstepReport one, const Features& features) {
        if (corpus_.kept() && !one.finding) corpus_.offer(lockstep.records(), features);
        take(lockstep, std::move(one), config_.stride);
    }
    void take(Lockstep& lockstep, LockstepReport one, int stride) {
        std::uint64_t after = 0;
        {
            const std::lock_guard lock(mutex_);
            after = report_.operations += one.operations;
            report_.refused += one.refused;
            report_.passed_over += one.passed_over;
            report_.looks += one.looks;
            report_.claim_checks += one.claim_checks + one.system_claim_checks;
            report_.digest += one.digest;
            ++report_.histories;
            if (!one.problem.empty()) {
                report_.problem = one.problem;
                stopped_ = true;
            }
            if (one.finding && !config_.keep_going) {
                if (stopped_) return;
                stopped_ = true;
            }
            tell();
        }
        if (one.finding) found(lockstep, std::move(one), stride, after);
    }
    void found(Lockstep& lockstep, LockstepReport one, int stride, std::uint64_t after) {
        Hammered h;
        h.seconds = elapsed();
        h.after = after;
        h.found_in = one.operations;
        h.records = one.records;
        h.finding = *one.finding;
        const std::string first = bucket_of(h.finding, h.records);
        if (seen_before(first)) return;
        if (config_.shrinks) {
            const Shrunk s =
                shrink_finding(lockstep, h.records, config_.arena, h.finding, stride);
            h.records = s.records;
            h.tries = s.tries;
        }
        const LockstepReport last = lockstep.replay(h.records, stride);
        if (last.finding) h.finding = *last.finding;
        h.bucket = bucket_of(h.finding, h.records);
        h.trace = trace_of(h.records, config_.arena, h.bucket);
        const std::lock_guard lock(mutex_);
        for (Hammered& known : report_.findings)
            if (known.bucket == h.bucket) {
                ++known.times;
                if (h.records.size() >= known.records.size()) return;
                h.times = known.times;
                h.after = known.after;
                h.seconds = known.seconds;
                known = std::move(h);
                return;
            }
        report_.findings.push_back(std::move(h));
    }
    /// A long run meets the same bug again and again: it is shrunk a few times, then only counted.
    bool seen_before(const std::string& bucket) {
        const std::lock_guard lock(mutex_);
        const int times = ++met_[bucket];
        if (times <= 3) return false;
        for (Hammered& known : report_.findings) known.times += known.bucket == bucket;
        return true;
    }
    /// A few times a second.
    void tell() {
        if (!progress_ || elapsed() < told_ + 0.25) return;
        told_ = elapsed();
        progress_({report_.operations, told_, corpus_.size(), corpus_.features(),
                   report_.findings.size()});
    }

    const MakeSystem& make_;
    const HammerConfig& config_;
    const HammerProgress& progress_;
    const Clock::time_point start_;
    Corpus corpus_;
    std::vector<std::vector<Record>> read_;
    std::atomic<std::size_t> next_read_ = 0;
    std::atomic<std::uint64_t> next_ = 0;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;
    HammerReport report_;
    std::map<std::string, int> met_;
    double told_ = 0;
};

}  // namespace

HammerReport hammer(const MakeSystem& make, const HammerConfig& config,
                    const HammerProgress& progress) {
    return Crew(make, config, progress).run();
}
HammerReport hammer_records(const MakeSystem& make, const HammerConfig& config,
                            const std::vector<Record>& records) {
    const HammerProgress silent;
    return Crew(make, config, silent).replay(records);
}

}  // namespace faultline::fuzz
