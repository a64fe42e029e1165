// fuzz/conform/conform.cpp - the loops, and shrinking; see conform.hpp.
//
// Why: a finding is made short on the kernel itself, for only the kernel knows whether it is still
//      one.
#include "fuzz/conform/conform.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "fuzz/reference/swarm.hpp"
#include "fuzz/shrink/shrink.hpp"
#include "fuzz/shrink/trace_records.hpp"

namespace faultline::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

/// Bounds of a written trace: those of `f1`, which every tool knows, with Linux's limits.
Arena written_arena(const Rules& rules, const Bounds& limits) {
    Arena arena;
    arena.rules = rules;
    arena.limits.stack_guard_gap = limits.stack_guard_gap;
    arena.limits.stack_limit = limits.stack_limit;
    arena.limits.memlock_limit = limits.memlock_limit;
    return arena;
}

class Conformance {
  public:
    Conformance(const ConformOptions& options, const ProgressFn& progress)
        : options_(options), progress_(progress) {}
    ConformReport run();

  private:
    bool prepare();
    void random_histories();
    void history(Bounds limits);
    bool draw(Record& record);
    void traces();
    void trace(const std::string& path);
    bool restart(const Bounds& limits);
    /// False if the history cannot go on.
    bool count(Judged judged);
    void report_finding(const std::string& found_by, const std::vector<Record>& records);
    std::vector<Record> shrunk(const std::vector<Record>& records, std::uint64_t& tries);
    std::optional<std::size_t> differs_after(const std::vector<Record>& records);
    bool enough() const {
        return static_cast<int>(report_.findings.size()) >= options_.most_findings ||
               !report_.problem.empty();
    }
    void tell(std::uint64_t left);
    double seconds() const {
        return std::chrono::duration<double>(Clock::now() - start_).count();
    }

    const ConformOptions& options_;
    const ProgressFn& progress_;
    ConformReport report_;
    Rules rules_;
    Bounds limits_ = bounds_live;
    std::unique_ptr<LiveSystem> kernel_;
    std::unique_ptr<Judge> judge_;
    Random random_{1};
    std::vector<Record> records_;
    std::uint64_t drawn_ = 0;
    Clock::time_point start_ = Clock::now(), told_ = start_;
};

bool Conformance::prepare() {
    const LiveKernel live = live_kernel();
    report_.kernel = live.release;
    report_.rules = options_.rules_name.empty() ? live.rules : options_.rules_name;
    report_.assumed = live.assumed && options_.rules_name.empty() && options_.changes.empty();
    Pairs changes = options_.rules_name.empty() ? live.faults : Pairs{};
    changes.insert(changes.end(), options_.changes.begin(), options_.changes.end());
    for (const auto& [name, option] : changes) report_.changes.push_back(name + "=" + option);
    std::string expected;
    if (!resolve_rules(report_.rules, changes, rules_, expected)) {
        report_.problem = "expected " + expected;
        return false;
    }
    kernel_ = make_live_system(options_.most);
    report_.tier = tier_name(kernel_->tier());
    report_.shortfall = kernel_->shortfall();
    judge_ = std::make_unique<Judge>(*kernel_, rules_);
    random_ = Random(options_.seed);
    return true;
}
bool Conformance::restart(const Bounds& limits) {
    records_.clear();
    ++report_.starts;
    limits_ = limits;
    return judge_->restart(limits, report_.problem);
}
void Conformance::tell(std::uint64_t left) {
    const auto now = Clock::now();
    if (!progress_ || now - told_ < std::chrono::milliseconds(250)) return;
    told_ = now;
    progress_({"conform", report_.operations, left,
               static_cast<double>(report_.operations) / seconds(), report_.tier});
}
bool Conformance::count(Judged judged) {
    switch (judged) {
        case Judged::not_enabled: ++report_.not_enabled; return true;
        case Judged::passed_over: ++report_.deviated[judge_->deviation()]; return true;
        case Judged::trouble:
            report_.problem = judge_->differences().empty()
                                  ? "an assertion of the reference failed"
                                  : judge_->differences().back().system;
            return false;
        default: break;
    }
    records_.push_back(judge_->record());
    ++report_.operations;
    ++report_.looks;
    const int result = judge_->expected().result;
    const auto verb = static_cast<std::size_t>(verb_row(judge_->record().verb));
    ++report_.coverage[verb][static_cast<std::size_t>(result)];
    if (!is_refused(result)) ++report_.succeeded;
    if (judged == Judged::deviates) ++report_.deviated[judge_->deviation()];
    return judged == Judged::agrees;
}

bool Conformance::draw(Record& r) {
    return judge_->reference().draw(0, r);
}
/// One start, one mixture. Every fourth start has limits that an arena can reach.
void Conformance::history(Bounds limits) {
    if (!restart(limits)) return;
    Reference& reference = judge_->reference();
    reference.random() = Random(random_.next());
    reference.use(draw_swarm(reference.random()), false);
    for (int n = 0; n < options_.length && drawn_ < options_.operations; ++n) {
        Record r;
        ++drawn_;
        if (!draw(r)) continue;
        const Judged judged = judge_->one(r);
        if (judged == Judged::differs) {
            count(judged);
            report_finding("seed " + std::to_string(options_.seed) + ", operation " +
                               std::to_string(drawn_),
                           records_);
            return;
        }
        if (!count(judged)) return;
    }
}
void Conformance::random_histories() {
    while (drawn_ < options_.operations && !enough()) {
        Bounds limits = bounds_live;
        if (random_.one_in(4)) {
            limits.memlock_limit = 2 + random_.below(8);
            limits.stack_limit = 40;   // the helper's own stack must fit
        }
        history(limits);
        tell(options_.operations - drawn_);
    }
}

std::optional<std::size_t> Conformance::differs_after(const std::vector<Record>& records) {
    std::string problem;
    if (!judge_->restart(limits_, problem)) return std::nullopt;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Judged judged = judge_->one(records[i]);
        if (judged == Judged::differs) return i + 1;
        if (judged == Judged::deviates || judged == Judged::trouble) return std::nullopt;
    }
    return std::nullopt;
}
std::vector<Record> Conformance::shrunk(const std::vector<Record>& records, std::uint64_t& tries) {
    Arena arena;
    arena.bounds = "live";
    arena.rules = rules_;
    arena.limits = limits_;
    const Shrunk s = shrink(
        records, arena, [&](const std::vector<Record>& r) { return differs_after(r); }, 4'000);
    tries = s.tries;
    return s.records;
}
void Conformance::report_finding(const std::string& found_by, const std::vector<Record>& records) {
    Disagreement d;
    d.found_by = found_by;
    d.operations = records.size();
    std::vector<Record> few = shrunk(records, d.tries);
    if (!differs_after(few)) {   // it was there once: shown as it is, unshrunk
        few = records;
        if (!differs_after(few)) d.found_by += " (it did not come again)";
    }
    d.differences = judge_->differences();
    d.reference = judge_->reference_text();
    d.kernel = judge_->kernel_text();
    const Trace trace = trace_of(few, written_arena(rules_, limits_),
                                 "Linux " + report_.kernel + " differs: " +
                                     (d.differences.empty() ? "?" : d.differences[0].text()));
    for (const Item& item : trace.items)
        if (const auto* op = std::get_if<Operation>(&item.what))
            d.trace.push_back(write_operation(*op));
    d.text = write_trace(trace);
    report_.findings.push_back(std::move(d));
}

void Conformance::trace(const std::string& path) {
    TraceVerdict v{path, "skipped", ""};
    Trace t;
    TraceError error;
    Arena arena;
    std::optional<std::vector<Record>> records;
    if (!load_trace(path, t, error)) v.detail = error.text();
    else records = records_of_trace(t, arena, v.detail);
    bool alone = true;
    if (records)
        for (const Record& r : *records)
            alone = alone && r.verb != verb_step && !r.has(flag_begin) && r.deny == 0;
    if (records && !alone) v.detail = "operations in flight, or memory refused";
    Bounds limits = bounds_live;
    for (const auto& [name, value] : t.limits)   // the one limit that a small arena can reach
        if (name == "memlock_limit") limits.memlock_limit = std::min(value, limits.memlock_limit);
    if (!records || !alone || !restart(limits)) {
        report_.traces.push_back(v);
        return;
    }
    v.verdict = "agrees";
    std::size_t passed_over = 0;
    for (const Record& r : *records) {
        const Judged judged = judge_->one(r);
        if (judged == Judged::passed_over) {
            ++passed_over;
            v.detail = deviations[static_cast<std::size_t>(judge_->deviation())].id;
        }
        if (judged == Judged::deviates) {
            v.verdict = "deviates";
            v.detail = deviations[static_cast<std::size_t>(judge_->deviation())].id;
        }
        if (judged == Judged::differs) {
            v.verdict = "differs";
            v.detail = judge_->differences().empty() ? "" : judge_->differences()[0].text();
        }
        if (!count(judged)) break;
    }
    if (passed_over == records->size()) v.verdict = "skipped";
    report_.traces.push_back(v);
    if (v.verdict == "differs" && !enough()) report_finding(path, records_);
}
void Conformance::traces() {
    for (const std::string& path : options_.traces) {
        if (!report_.problem.empty()) return;
        trace(path);
    }
}

ConformReport Conformance::run() {
    if (!prepare()) {
        report_.exit = Exit::usage;
        return report_;
    }
    traces();
    random_histories();
    report_.seconds = seconds();
    const bool differs = !report_.findings.empty();
    report_.exit = !report_.problem.empty() ? Exit::tool_error
                   : !differs               ? Exit::holds
                   : report_.assumed        ? Exit::unknown
                                            : Exit::violated;
    if (report_.exit == Exit::holds && report_.operations == 0) report_.exit = Exit::unknown;
    return report_;
}

}  // namespace

ConformReport conform(const ConformOptions& options, const ProgressFn& progress) {
    return Conformance(options, progress).run();
}

}  // namespace faultline::fuzz
