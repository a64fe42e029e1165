// tests/targets/targets_test.cpp - bytes are histories, seeds are what the traces make them, and a
// target that is given something wrong says so.
//
// Why: a seed that no longer means what it meant, or a decoder that makes something else of it,
//      is found by nobody while a fuzzer runs on happily from nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/systems/systems.hpp"
#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"
#include "fuzz/targets/seeds.hpp"

namespace faultline::fuzz {
namespace {

namespace fs = std::filesystem;
const fs::path root = FAULTLINE_SOURCE_DIR;

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
Files files_below(const fs::path& folder, const std::string& extension = "") {
    Files out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const fs::path& path = entry.path();
        if (!entry.is_regular_file() || path.parent_path().filename() == "known_wrong") continue;
        if (extension.empty()) out[path.filename().string()] = read(path);
        else if (path.extension() == extension) out[path.stem().string()] = read(path);
    }
    return out;
}
std::span<const std::uint8_t> bytes_of_text(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
Record random_record(Random& random) {
    std::array<std::uint8_t, record_bytes> bytes{};
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random.below(random.one_in(2) ? 256 : 8));
    return from_bytes(bytes);
}

TEST(Tidy, IsIdempotent) {
    Random random(1);
    for (int n = 0; n < 50'000; ++n) {
        const Bounds& limits = random.one_in(2) ? bounds_f1_tasks : bounds_b1;
        const Style style = random.one_in(2) ? Style::calls : Style::steps;
        const Record once = tidy(random_record(random), limits, style);
        ASSERT_EQ(tidy(once, limits, style), once);
        ASSERT_LE(once.end, limits.pages);
        ASSERT_TRUE(once.verb == verb_step || verb_row(once.verb) >= 0);
    }
}
/// What the generator draws is tidy as it is: corpora of the hammer mean the same here.
TEST(Tidy, LeavesDrawnOperationsAlone) {
    for (const char* bounds : {"f1", "f1.tasks", "b1"}) {   // b1 has swap space
        const auto machine = make_reference(bounds);
        const int tasks = machine->env().limits.tasks;
        const bool interleaved = tasks > 1;
        machine->use(draw_swarm(machine->random()), interleaved);
        int drawn = 0;
        for (int n = 0; n < 5'000; ++n) {
            Record r;
            const int task = n % tasks;
            if (machine->pc(task) != pc_idle) {
                r.verb = verb_step;
                r.task = static_cast<std::uint8_t>(task);
            } else if (!machine->draw(task, r)) {
                continue;
            }
            const Record same =
                tidy(r, machine->env().limits, interleaved ? Style::steps : Style::calls);
            EXPECT_EQ(same, r) << "verb " << int{r.verb} << " op " << int{r.op};
            machine->apply(r);
            ++drawn;
        }
        EXPECT_GT(drawn, 3'000) << bounds;
    }
}
TEST(Bytes, AHistorySurvives) {
    Random random(2);
    for (int n = 0; n < 2'000; ++n) {
        const Style style = n % 2 == 0 ? Style::calls : Style::steps;
        const std::span<const std::string_view> places =
            style == Style::calls ? std::span<const std::string_view>(fault_path_places)
                                  : std::span<const std::string_view>(schedule_places);
        Arena arena;
        arena.rules = named_kernels[static_cast<std::size_t>(random.below(4))].rules;
        arena.bounds = std::string(places[static_cast<std::size_t>(random.below(3))]);
        arena.limits = capacity_of(arena.bounds);
        std::vector<Record> records;
        for (int k = random.below(40); k > 0; --k) {
            Record r = random_record(random);
            if (style == Style::steps && random.one_in(2)) r.verb = verb_step;
            records.push_back(tidy(r, arena.limits, style));
        }
        const std::string bytes = bytes_of_history(records, arena, places);
        const BytesHistory back = history_of_bytes(bytes_of_text(bytes), places, style, 1'000);
        ASSERT_EQ(back.records, records);
        ASSERT_EQ(back.arena.bounds, arena.bounds);
        ASSERT_EQ(back.arena.rules, arena.rules);
        if (style == Style::steps) {
            ASSERT_LE(bytes.size(), record_bytes * (records.size() + 1));
        }
    }
}

/// Each committed file is what the trace of its name makes today.
void expect_made(const std::string& folder, const Files& made) {
    const Files committed = files_below(root / "fuzz/targets/corpus" / folder);
    EXPECT_GE(committed.size(), 10u);
    for (const auto& [name, text] : committed) {
        const auto found = made.find(name);
        ASSERT_NE(found, made.end()) << name << ": no trace makes it";
        EXPECT_EQ(found->second, text)
            << folder << "/" << name << " is old: make_seeds tests fuzz/targets NAME...";
    }
}
TEST(Seeds, AreWhatTheTracesMake) {
    Files traces = files_below(root / "tests/traces", ".fl");
    traces.merge(files_below(root / "tests/museum", ".fl"));
    expect_made("fault_path", fault_path_seeds(traces));
    expect_made("schedule", schedule_seeds(traces));
    expect_made("codec", codec_seeds());
    for (const auto& [name, text] : dictionaries())
        EXPECT_EQ(read(root / "fuzz/targets" / name), text) << name << " is old: run make_seeds";
}
void expect_same(Reference& here, Reference& there, const std::string& name) {
    Observation a, b;
    here.observe(a);
    there.observe(b);
    EXPECT_EQ(a.processes, b.processes) << name;
    EXPECT_EQ(a.frames, b.frames) << name;
    EXPECT_EQ(a.anon_vmas, b.anon_vmas) << name;
    EXPECT_EQ(a.handles, b.handles) << name;
    for (int task = 0; task < here.env().limits.tasks; ++task)
        EXPECT_EQ(here.pc(task), there.pc(task)) << name << " T" << task;
}
/// A scheduled trace and its seed end in one state: packing and tidying keep who moves when.
TEST(Seeds, KeepTheSchedulesOfTheirTraces) {
    Files traces = files_below(root / "tests/traces", ".fl");
    traces.merge(files_below(root / "tests/museum", ".fl"));
    int kept = 0;
    for (const auto& [name, text] : schedule_seeds(traces)) {
        Trace trace;
        TraceError error;
        ASSERT_TRUE(parse_trace(traces[name], name, trace, error)) << error.text();
        if (trace.bounds == "f1") continue;   // no schedule in it: it moves to f1.tasks
        trace.rules.clear();
        trace.limits.clear();
        Arena arena;
        std::string problem;
        const auto told = records_of_trace(trace, arena, problem);
        ASSERT_TRUE(told) << name << ": " << problem;
        const BytesHistory seed =
            history_of_bytes(bytes_of_text(text), schedule_places, Style::steps, 1'000);
        if (seed.arena.bounds != trace.bounds) continue;
        EXPECT_EQ(seed.arena.rules, arena.rules) << name;
        const auto here = make_reference(trace.bounds), there = make_reference(trace.bounds);
        ASSERT_TRUE(here->reset(arena.limits, arena.rules, problem)) << problem;
        ASSERT_TRUE(there->reset(arena.limits, arena.rules, problem)) << problem;
        for (const Record& r : *told) here->apply(r);
        for (const Record& r : seed.records) there->apply(r);
        expect_same(*here, *there, name);
        ++kept;
    }
    EXPECT_GT(kept, 4);
}
/// A seed does something: most of its records are enabled.
TEST(Seeds, AreEnabled) {
    for (const auto& [name, text] : files_below(root / "fuzz/targets/corpus/schedule")) {
        const BytesHistory h =
            history_of_bytes(bytes_of_text(text), schedule_places, Style::steps, 1'000);
        const auto machine = make_reference(h.arena.bounds);
        std::string problem;
        ASSERT_TRUE(machine->reset(h.arena.limits, h.arena.rules, problem)) << problem;
        std::size_t enabled = 0;
        for (const Record& r : h.records) enabled += !machine->apply(r).blocked;
        EXPECT_GE(enabled * 4, h.records.size() * 3) << name;
    }
}
/// The canary of the system_c target: with its bug, the C example differs on seeds of the target.
TEST(Seeds, FindTheBugOfTheExample) {
    const NamedSystem* const named = system_named("example-c");
    ASSERT_NE(named, nullptr);
    int found = 0, agree = 0;
    for (const auto& [name, text] : files_below(root / "fuzz/targets/corpus/fault_path")) {
        BytesHistory h =
            history_of_bytes(bytes_of_text(text), system_c_places, Style::calls, 1'000);
        if (named->pages != 0) h.arena.limits.pages = named->pages;
        for (Record& r : h.records) r = tidy(r, h.arena.limits, Style::calls);
        for (const bool bug : {false, true}) {
            const auto system = named->make(h.arena.bounds, bug);
            const bool differs = Lockstep(*system, h.arena).replay(h.records).finding.has_value();
            if (bug) found += differs;
            else agree += !differs;
            EXPECT_TRUE(bug || !differs) << name;
        }
    }
    EXPECT_GT(found, 0);
    EXPECT_GT(agree, 0);
}

}  // namespace
}  // namespace faultline::fuzz
