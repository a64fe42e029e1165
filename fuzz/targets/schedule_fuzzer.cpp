// fuzz/targets/schedule_fuzzer.cpp - interleavings of two tasks on the reference, all claims after
// every step.
//
// Why: the order of steps is data here, so an engine can search it. Byte 0 chooses the kernel, a
//      record is a step of its task while that has an operation in flight, else a new operation.
#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/targets/target.hpp"

namespace faultline::fuzz {
namespace {

class ScheduleTarget {
  public:
    int run(const std::uint8_t* data, std::size_t size) {
        if (size < 1 + record_bytes) return useless;
        Arena arena;
        arena.rules = named_kernels[data[0] % named_kernels.size()].rules;
        arena.bounds = "b2";
        arena.limits = bounds_b2;
        arena.excused = known_broken(arena.rules);
        std::string problem;
        if (!reference_->reset(arena.limits, arena.rules, problem)) fail(problem);
        std::vector<Record> done;
        for (Record r : records_of({data + 1, size - 1})) {
            r.task = static_cast<std::uint8_t>(r.task % arena.limits.tasks);
            const bool in_flight = reference_->pc(r.task) != pc_idle;
            if (in_flight) r = {.verb = verb_step, .task = r.task, .deny = r.deny};
            else if (r.verb < operation_count && operation_shape(r.verb).task) r.flags |= flag_begin;
            else if (r.verb >= operation_count) continue;
            const Answered a = reference_->apply(r);
            if (a.blocked && reference_->last().steps == 0) continue;
            done.push_back(r);
            if (a.broken) fail("VIOLATED  kernel.assertion\n" + text(done, arena, "assertion"));
            const int bad = reference_->violation(arena.excused);
            if (bad >= 0)
                fail("VIOLATED  " + std::string(claim_id(bad)) + "\n" +
                     text(done, arena, std::string(claim_id(bad))));
        }
        return done.empty() ? useless : 0;
    }

  private:
    static std::string text(const std::vector<Record>& records, const Arena& arena,
                            const std::string& title) {
        return write_trace(trace_of(records, arena, title));
    }
    std::unique_ptr<Reference> reference_ = make_reference("b2");
};

}  // namespace
}  // namespace faultline::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static faultline::fuzz::ScheduleTarget target;
    return target.run(data, size);
}
