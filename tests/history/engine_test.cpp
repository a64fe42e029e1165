// tests/history/engine_test.cpp - the engine of histories: one seed, one history; records replay
// and survive as bytes; any bytes are a history.
//
// Why: a failure that cannot be repeated from what was reported is no finding.
#include <gtest/gtest.h>

#include "fuzz/reference/bench.hpp"
#include "fuzz/reference/random.hpp"
#include "tests/history/machines.hpp"

namespace faultline::fuzz {
namespace {

TEST(Engine, SameSeedSameHistory) {
    for (const bool interleaved : {false, true}) {
        HistoryConfig config;
        config.seed = 11;
        config.operations = 5'000;
        config.stride = 0;
        config.interleaved = interleaved;
        const char* bounds = interleaved ? "f1.tasks" : "f1";
        const HistoryReport a = run_history(bounds, config), b = run_history(bounds, config);
        EXPECT_EQ(a.digest, b.digest);
        EXPECT_EQ(a.results, b.results);
        EXPECT_EQ(a.steps, b.steps);
        config.stride = 7;   // looking changes nothing
        EXPECT_EQ(a.digest, run_history(bounds, config).digest);
        config.seed = 12;
        EXPECT_NE(a.digest, run_history(bounds, config).digest);
    }
}
TEST(Engine, RandomNumbersAreOurs) {
    Random random(1);
    EXPECT_EQ(random.next(), 12966619160104079557u) << "histories changed their meaning";
}
TEST(Engine, RecordsSurviveAsBytes) {
    Random random(3);
    for (int i = 0; i < 1000; ++i) {
        std::array<std::uint8_t, record_bytes> bytes{};
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.below(256));
        EXPECT_EQ(to_bytes(from_bytes(bytes)), bytes);
    }
}
TEST(Engine, ViolationReplays) {
    HistoryConfig config;
    config.rules.anon_vma_reuse = AnonVmaReuse::degree;
    config.operations = 200'000;
    config.stride = 1;
    const HistoryReport found = run_history("m1", config);
    ASSERT_EQ(found.problem, Problem::claim);
    ASSERT_FALSE(found.records.empty());
    std::vector<std::uint8_t> bytes;
    for (const Record& r : found.records)
        for (const std::uint8_t b : to_bytes(r)) bytes.push_back(b);
    const HistoryReport again = replay_history("m1", config, records_of(bytes));
    EXPECT_EQ(again.problem, Problem::claim);
    EXPECT_EQ(again.violated, found.violated);
    auto shorter = found.records;
    shorter.pop_back();
    EXPECT_EQ(replay_history("m1", config, shorter).problem, Problem::none);
}
TEST(Engine, AnyBytesAreAHistory) {
    Random random(5);
    for (const std::string_view bounds : history_bounds)
        for (int i = 0; i < 400 / thinner; ++i) {
            std::vector<Record> records(200);
            for (Record& r : records) {
                std::array<std::uint8_t, record_bytes> bytes{};
                // Mostly small numbers: most of the others name nothing.
                for (auto& b : bytes)
                    b = static_cast<std::uint8_t>(random.below(random.one_in(16) ? 256 : 20));
                for (std::size_t b = 9; b < record_bytes; b += 2) bytes[b] = 0;
                r = from_bytes(bytes);
            }
            HistoryConfig config;
            config.watch_disabled = true;
            config.stride = 8;
            const HistoryReport report = replay_history(bounds, config, records);
            // Bytes may start a call and then call with the same task: that is refused, not a bug.
            EXPECT_TRUE(report.problem == Problem::none || report.problem == Problem::stuck)
                << bounds << " " << told(report);
        }
}
TEST(Engine, UnknownBoundsAreRefused) {
    EXPECT_THROW(run_history("b9", {}), std::invalid_argument);
    EXPECT_EQ(bounds_named("f1").mms, 12);
}
TEST(Engine, Bench) {
    const auto rows = bench_reference(0.2 / thinner);
    ASSERT_GE(rows.size(), 7u);
    for (const BenchResult& row : rows) {
        EXPECT_GT(row.value, 0) << row.name;
        std::printf("%-45s%14.1f %s (%s)\n", row.name.c_str(), row.value, row.unit.c_str(),
                    row.note.c_str());
    }
}

}  // namespace
}  // namespace faultline::fuzz
