// tests/history/claims_test.cpp - every kernel keeps its claims over random histories, and the
// histories are worth it.
//
// Why: a generator whose draws are refused, or never reach an operation, finds nothing and says so
//      nowhere; the table of what was reached is part of the test.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/history/machines.hpp"

namespace faultline::fuzz {
namespace {

struct Totals {
    HistoryReport sum;
    void add(const HistoryReport& r) {
        sum.attempts += r.attempts;
        sum.enabled += r.enabled;
        sum.succeeded += r.succeeded;
        sum.disabled_steps += r.disabled_steps;
        for (std::size_t v = 0; v < r.tried.size(); ++v) {
            sum.tried[v] += r.tried[v];
            sum.ended[v] += r.ended[v];
            for (std::size_t k = 0; k < r.results[v].size(); ++k)
                sum.results[v][k] += r.results[v][k];
        }
    }
    void print(const char* title) const {
        std::printf("%s: %llu attempts\n%-10s%10s%10s  answers\n", title,
                    static_cast<unsigned long long>(sum.attempts), "operation", "tried", "ended");
        for (std::size_t v = 0; v < sum.tried.size(); ++v) {
            if (sum.tried[v] == 0) continue;
            std::printf("%-10s%10llu%10llu ", verb_names[v],
                        static_cast<unsigned long long>(sum.tried[v]),
                        static_cast<unsigned long long>(sum.ended[v]));
            for (std::size_t k = 0; k < sum.results[v].size(); ++k)
                if (sum.results[v][k] != 0)
                    std::printf(" %s=%llu", result_infos[k].text,
                                static_cast<unsigned long long>(sum.results[v][k]));
            std::printf("\n");
        }
    }
};

/// An assertion of the kernel that trips: the same history has broken a promise before, one of
/// those that these rules are known to break.
bool broke_a_promise_before(std::string_view bounds, HistoryConfig config, const HistoryReport& r) {
    config.excused = ClaimSet{};
    const HistoryReport strict = run_history(bounds, config);
    return r.problem == Problem::bug && strict.problem == Problem::claim &&
           strict.records.size() < r.records.size();
}
/// Several seeds at one bounds under every kernel; the totals over all of them.
Totals keep_claims(std::string_view bounds, bool interleaved, int stride, int operations) {
    Totals totals;
    for (const NamedRules& kernel : named_kernels)
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            HistoryConfig config;
            config.rules = kernel.rules;
            config.seed = seed + 100u * static_cast<std::uint64_t>(operations);
            config.operations = static_cast<std::uint64_t>(operations / thinner);
            config.length = 500;
            config.stride = stride;
            config.interleaved = interleaved;
            config.watch_disabled = true;
            config.excused = known_broken(kernel.rules, bounds_named(bounds));
            const HistoryReport r = run_history(bounds, config);
            EXPECT_TRUE(r.problem == Problem::none || broke_a_promise_before(bounds, config, r))
                << kernel.name << " at " << bounds << (interleaved ? " interleaved" : "")
                << " seed " << config.seed << ": " << told(r);
            totals.add(r);
        }
    return totals;
}
void expect_worthwhile(const Totals& totals, bool interleaved) {
    EXPECT_GE(2 * totals.sum.enabled, totals.sum.attempts) << "half of the attempts are refused";
    EXPECT_GE(2 * totals.sum.succeeded, totals.sum.enabled) << "half of the answers are errors";
    for (int row = 0; row < verb_count; ++row) {
        if (interleaved && row >= operation_count) continue;   // drawn as fault and store
        if (row < operation_count && operation_shape(row).swap) continue;   // see expect_swap
        if (row < operation_count && operation_shape(row).files) continue;  // no history has files
        EXPECT_GT(totals.sum.ended[static_cast<std::size_t>(row)], 0u)
            << verb_names[static_cast<std::size_t>(row)] << " is never reached";
    }
    const auto reached = [&](int row, int result) {
        return totals.sum.results[static_cast<std::size_t>(row)][static_cast<std::size_t>(result)];
    };
    for (const int answer : {res_zero_mapped, res_new_page, res_copied, res_reused, res_spurious,
                             res_segv_maperr, res_segv_accerr, res_oom})
        EXPECT_GT(reached(operation_id<OpFault>(), answer), 0u)
            << "no fault answers " << result_infos[static_cast<std::size_t>(answer)].text;
    EXPECT_GT(reached(operation_id<OpFork>(), res_enomem), 0u) << "no fork runs out of memory";
    if (interleaved) {
        EXPECT_GT(totals.sum.disabled_steps, 0u) << "no step ever waits";
    }
}

/// b1 is the one machine of these with swap space.
void expect_swap(const Totals& totals) {
    for (int row = 0; row < operation_count; ++row)
        if (operation_shape(row).swap) {
            EXPECT_GT(totals.sum.ended[static_cast<std::size_t>(row)], 0u)
                << verb_names[static_cast<std::size_t>(row)] << " is never reached";
        }
}

TEST(Claims, SequentialSmall) {
    Totals b1 = keep_claims("b1", false, 1, 60'000), b2 = keep_claims("b2", false, 1, 90'000);
    b1.add(b2.sum);
    b1.print("one task, b1 and b2");
    expect_worthwhile(b1, false);
    expect_swap(b1);
}
TEST(Claims, SequentialManyAnonVmas) {
    expect_worthwhile(keep_claims("m1", false, 1, 60'000), false);
}
TEST(Claims, SequentialLarge) {
    Totals f1 = keep_claims("f1", false, 16, 100'000);
    f1.print("one task, f1");
    expect_worthwhile(f1, false);
}
TEST(Claims, SequentialLargeAfterEach) { keep_claims("f1", false, 1, 5'000); }
TEST(Claims, InterleavedSmall) {
    Totals b1 = keep_claims("b1", true, 1, 60'000), b2 = keep_claims("b2", true, 1, 90'000);
    b1.add(b2.sum);
    b1.print("two tasks, b1 and b2");
    expect_worthwhile(b1, true);
    expect_swap(b1);
}
TEST(Claims, InterleavedLarge) {
    Totals f1 = keep_claims("f1.tasks", true, 16, 60'000);
    f1.print("four tasks, f1");
    expect_worthwhile(f1, true);
}

}  // namespace
}  // namespace faultline::fuzz
