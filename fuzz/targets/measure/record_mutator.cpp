// fuzz/targets/measure/record_mutator.cpp - a libFuzzer mutator that thinks in operations.
//
// Why: to be measured against none (fuzz/targets/README.md has the numbers). Half of the time it
//      leaves the
//      bytes to libFuzzer; else it inserts an operation that is enabled after the records before
//      it, takes some out, or says some twice.
#include <algorithm>
#include <cstring>

#include "fuzz/targets/history_bytes.hpp"
#include "fuzz/targets/places.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {
using namespace faultline::fuzz;
constexpr std::size_t most_records = 256;

void insert_enabled(BytesHistory& history, std::size_t at, Random& random) {
    const std::unique_ptr<Reference> machine = make_reference(history.arena.bounds);
    std::string problem;
    if (!machine->reset(history.arena.limits, history.arena.rules, problem)) return;
    for (std::size_t i = 0; i < at; ++i) machine->apply(history.records[i]);
    machine->random() = random;
    machine->use(draw_swarm(random), false);
    for (int n = 1 + random.below(4); n > 0; --n, ++at) {
        Record r;
        if (!machine->draw(0, r)) return;
        machine->apply(r);
        history.records.insert(history.records.begin() + static_cast<std::ptrdiff_t>(at), r);
    }
}
}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
    Random random(seed);
    if (random.one_in(2) || most < 2 * record_bytes) return LLVMFuzzerMutate(data, size, most);
    BytesHistory history =
        history_of_bytes({data, size}, fault_path_places, Style::calls, most_records);
    auto& records = history.records;
    const auto place = [&] {
        return static_cast<std::size_t>(random.below(static_cast<int>(records.size()) + 1));
    };
    std::size_t from = place(), to = place();
    if (from > to) std::swap(from, to);
    to = std::min(to, from + 8);
    const auto begin = records.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = records.begin() + static_cast<std::ptrdiff_t>(to);
    switch (records.empty() ? 0 : random.below(4)) {
        case 2: records.erase(begin, end); break;
        case 3: {
            const std::vector<Record> again(begin, end);
            records.insert(records.begin() + static_cast<std::ptrdiff_t>(place()), again.begin(),
                           again.end());
            break;
        }
        default: insert_enabled(history, place(), random);
    }
    const std::string bytes = bytes_of_history(records, history.arena, fault_path_places);
    const std::size_t kept = std::min(bytes.size(), most) / record_bytes * record_bytes;
    std::memcpy(data, bytes.data(), kept);
    return kept;
}
