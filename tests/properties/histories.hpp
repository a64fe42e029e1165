// tests/properties/histories.hpp - draws histories of enabled operations, counts what they reach.
//
// Why: the mixture is another one each time (swarm) and every operation is drawn from the state it
//      meets; a law that is only ever asked about refusals or empty machines says nothing, so what
//      was reached is counted here and tests look at the counts.
#pragma once
#include <array>
#include <cstdio>

#include "fuzz/reference/generate.hpp"
#include "spec/reflect.hpp"
#include "tests/properties/property.hpp"

namespace faultline::properties {

using fuzz::Random;
using fuzz::Record;

struct Coverage {
    std::uint64_t histories = 0, attempts = 0, enabled = 0, refused = 0;
    std::array<std::array<std::uint64_t, result_count>, fuzz::verb_count> results{};
    void saw(const Record& r, const Outcome& o) {
        const int row = fuzz::verb_row(r.verb);
        if (row < 0) return;
        ++attempts;
        if (o.blocked) return;
        ++enabled;
        const auto result = static_cast<std::size_t>(o.result);
        refused += result_infos[result].refused;
        ++results[static_cast<std::size_t>(row)][result];
    }
    std::uint64_t ended(int row) const {
        std::uint64_t sum = 0;
        for (const auto n : results[static_cast<std::size_t>(row)]) sum += n;
        return sum;
    }
    std::uint64_t reached(int row, int result) const {
        return results[static_cast<std::size_t>(row)][static_cast<std::size_t>(result)];
    }
    void print(const char* title) const {
        std::printf("%s: %llu histories, %llu operations, %llu enabled, %llu refused\n", title,
                    static_cast<unsigned long long>(histories),
                    static_cast<unsigned long long>(attempts),
                    static_cast<unsigned long long>(enabled),
                    static_cast<unsigned long long>(refused));
    }
};

template <Bounds B>
struct Histories {
    using M = Machine<Concrete, B>;
    using State = typename M::State;
    std::string_view bounds;   ///< the name of B
    int longest = 100;
    bool interleaved = false;
    int deny = -1;             ///< of 256 operations, in how many memory is refused; -1 as drawn

    Case draw(std::uint64_t seed, int size, Coverage& seen) const {
        Random random(seed);
        Case c;
        c.bounds = std::string(bounds);
        c.kernel = static_cast<std::size_t>(random.below(static_cast<int>(named_kernels.size())));
        c.pick = random.next();
        const Env env{c.rules(), B};
        fuzz::Generator<M> generator(env, random, interleaved);
        fuzz::Swarm swarm = fuzz::draw_swarm(random);
        if (deny >= 0) swarm.deny = deny;
        generator.use(swarm);
        auto s = initial_state<M>();
        ++seen.histories;
        for (int n = 1 + random.below(1 + longest * size / 100); n > 0; --n) {
            Record r;
            const int task = interleaved ? random.below(B.tasks) : 0;
            if (interleaved && s.tasks[static_cast<std::size_t>(task)].pc != pc_idle) {
                r.verb = fuzz::verb_step;
                r.task = static_cast<std::uint8_t>(task);
            } else if (!generator.draw(s, task, r)) {
                continue;
            }
            const Outcome o = fuzz::perform<M>(env, s, r);
            seen.saw(r, o);
            c.records.push_back(r);
        }
        return c;
    }
    Draw draws(Coverage& seen) const {
        return [*this, &seen](std::uint64_t seed, int size) { return draw(seed, size, seen); };
    }
};

/// The state after a history.
template <class M>
typename M::State played(const Env& env, const std::vector<Record>& records) {
    auto s = initial_state<M>();
    for (const Record& r : records) fuzz::perform<M>(env, s, r);
    return s;
}
template <class M>
int some_alive(const typename M::State& s, Random& random) {
    const int first = random.below(M::B.mms);
    for (int i = 0; i < M::B.mms; ++i) {
        const int p = (first + i) % M::B.mms;
        if (s.mms[static_cast<std::size_t>(p)].phase == mm_alive) return p;
    }
    return -1;
}
template <class T>
bool same_leaves(const T& a, const T& b) {
    bool same = true;
    each_leaf_pair(a, b, [&](const auto& x, const auto& y) { same = same && x == y; });
    return same;
}
/// Forgets the LRU batch: it fills and drains by what everybody does, and takes the references it
/// held along, maybe the last.
template <class M>
typename M::State without_batch(typename M::State s) {
    for (auto& f : s.frames) {
        if (f.batched) f.refcount = static_cast<decltype(f.refcount)>(f.refcount - 1);
        f.lru = f.lru || f.batched;
        f.batched = false;
        if (f.refcount == 0) f = {};
    }
    return s;
}
inline bool answered(const Outcome& o) {
    return !o.blocked && !is_refused(o.result);
}
inline Record record_of(int operation, int who, int page, int end, int op = op_none) {
    Record r;
    r.verb = static_cast<std::uint8_t>(operation);
    r.who = static_cast<std::uint8_t>(who);
    r.page = static_cast<std::uint16_t>(page);
    r.end = static_cast<std::uint16_t>(end);
    r.op = static_cast<std::uint8_t>(op);
    return r;
}

}  // namespace faultline::properties
