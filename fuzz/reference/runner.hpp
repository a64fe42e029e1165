// fuzz/reference/runner.hpp - the loop of a history at one capacity; instantiated once per bounds.
//
// Why: see history.hpp. The loop must cost less than the operations it performs: no allocation, no
//      copy of the state unless asked for.
#pragma once
#include <cstring>
#include <type_traits>

#include "fuzz/reference/generate.hpp"
#include "fuzz/reference/history.hpp"
#include "spec/reflect.hpp"

namespace faultline::fuzz {

template <Bounds B>
class Runner {
  public:
    using M = Machine<Concrete, B>;
    using State = typename M::State;
    static_assert(std::is_trivially_copyable_v<State>);
    explicit Runner(const HistoryConfig& config)
        : config_(config), env_{config.rules, B}, random_(config.seed),
          generator_(env_, random_, config.interleaved) {}

    HistoryReport run() {
        while (report_.attempts < config_.operations && report_.problem == Problem::none) {
            restart();
            generator_.use(draw_swarm(random_, config_.plain));
            const auto left = config_.operations - report_.attempts;
            const auto stop = report_.attempts +
                              std::min(left, static_cast<std::uint64_t>(config_.length));
            while (report_.attempts < stop && report_.problem == Problem::none) {
                if (config_.interleaved) tick();
                else call_next();
            }
            if (report_.problem == Problem::none && config_.stride > 0) check();
            digest_state();
        }
        return finished();
    }
    HistoryReport replay(const std::vector<Record>& records) {
        restart();
        for (const Record& r : records) {
            if (report_.problem != Problem::none) break;
            perform_one(r);
        }
        if (report_.problem == Problem::none && config_.stride > 0) check();
        digest_state();
        return finished();
    }

  private:
    /// So many steps that are not enabled, one after the other, mean that tasks wait in a circle.
    static constexpr int patience = 10'000;
    void restart() {
        waiting_ = 0;
        s_ = initial_state<M>();
        flights_ = {};
        records_.clear();
        ++report_.starts;
    }
    HistoryReport finished() {
        if (report_.problem != Problem::none) report_.records = records_;
        return report_;
    }
    void call_next() {
        Record r;
        if (!generator_.draw(s_, 0, r)) {
            ++report_.attempts;   // so that a history always ends; counted as not enabled
            return;
        }
        perform_one(r);
    }
    /// One step of a task in flight, or a new operation by an idle one.
    void tick() {
        const int tasks = env_.limits.tasks;
        const int task = random_.below(tasks);
        Record r;
        if (s_.tasks[static_cast<std::size_t>(task)].pc == pc_idle) {
            if (generator_.draw(s_, task, r)) perform_one(r);
            else ++report_.attempts;
            return;
        }
        r.verb = verb_step;
        r.task = static_cast<std::uint8_t>(task);
        r.deny = random_.below(256) < 2;
        perform_one(r);
    }

    void perform_one(const Record& r) {
        records_.push_back(r);
        if (config_.watch_disabled) std::memcpy(&copy_, &s_, sizeof s_);
        const Outcome o = perform<M>(env_, s_, r);
        report_.steps += static_cast<std::uint64_t>(o.steps);
        if (o.bug) report_.problem = Problem::bug;
        if (config_.watch_disabled && o.blocked && o.steps == 0 &&
            std::memcmp(&copy_, &s_, sizeof s_) != 0)
            report_.problem = Problem::touched;
        if (r.verb == verb_step) after_step(r, o);
        else after_call(r, o);
        if (config_.stride > 0 && ++since_ >= config_.stride) check();
    }
    void after_call(const Record& r, const Outcome& o) {
        const int row = verb_row(r.verb);
        if (row < 0) return;
        ++report_.attempts;
        ++report_.tried[static_cast<std::size_t>(row)];
        const bool in_flight =
            !o.blocked && s_.tasks[r.task].pc != pc_idle && r.has(flag_begin);
        if (in_flight) {
            flights_[r.task] = {row, o.result};
            return;
        }
        if (!o.blocked) ended(row, o.result, o.page);
        else if (o.steps != 0 && !config_.interleaved) report_.problem = Problem::stuck;
    }
    void after_step(const Record& r, const Outcome& o) {
        if (o.blocked) {
            ++report_.disabled_steps;
            if (++waiting_ > patience) report_.problem = Problem::stuck;
            return;
        }
        waiting_ = 0;
        auto& flight = flights_[r.task];
        if (flight.result == res_pending) flight.result = o.result;
        if (s_.tasks[r.task].pc == pc_idle) ended(flight.row, flight.result, o.page);
    }
    void ended(int row, int result, int page) {
        const auto verb = static_cast<std::size_t>(row), answer = static_cast<std::size_t>(result);
        ++report_.enabled;
        ++report_.ended[verb];
        ++report_.results[verb][answer];
        if (!result_infos[answer].refused) ++report_.succeeded;
        digest(static_cast<std::uint64_t>(row << 16 | result << 8 | page));
    }
    void check() {
        since_ = 0;
        ++report_.checks;
        if (report_.problem != Problem::none) return;
        const int bad = first_violation<M>(env_, s_, config_.excused);
        if (bad < 0) return;
        report_.problem = Problem::claim;
        report_.violated = bad;
    }
    /// FNV-1a, a word at a time.
    void digest(std::uint64_t value) {
        report_.digest = (report_.digest ^ value) * 0x100000001b3u;
    }
    void digest_state() {
        each_leaf(s_, [&](const auto& leaf) {
            std::uint64_t value = 0;
            if constexpr (requires { leaf.v; }) value = leaf.v;
            else value = leaf;
            digest(value);
        });
    }

    struct Flight {
        int row = 0, result = res_pending;
    };
    const HistoryConfig config_;
    const Env env_;
    Random random_;
    Generator<M> generator_;
    State s_{}, copy_{};
    std::array<Flight, static_cast<std::size_t>(B.tasks)> flights_{};
    std::vector<Record> records_;
    int since_ = 0, waiting_ = 0;   // waiting: steps not enabled since the last that was
    HistoryReport report_;
};

template <Bounds B>
HistoryReport run_at(const HistoryConfig& config) {
    return Runner<B>(config).run();
}
template <Bounds B>
HistoryReport replay_at(const HistoryConfig& config, const std::vector<Record>& records) {
    return Runner<B>(config).replay(records);
}
#define FAULTLINE_HISTORY(bounds)                                      \
    template HistoryReport run_at<bounds>(const HistoryConfig&);       \
    template HistoryReport replay_at<bounds>(const HistoryConfig&, const std::vector<Record>&);

}  // namespace faultline::fuzz
