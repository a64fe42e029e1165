// fuzz/bench/measured_reference.cpp - the reference does a workload, as far as its tables go.
//
// Why:     the text that is proved is no engine: every search is over a whole table. The column
//          says what a clear text costs, and how that grows.
#include "fuzz/bench/measured_reference.hpp"

#include <memory>

#include "fuzz/bench/stopwatch.hpp"
#include "model/reference/operate.hpp"
#include "model/reference/rmap.hpp"

namespace faultline::fuzz {
namespace {

constexpr Bounds bench_bounds = [] {
    Bounds b = bounds_f1;
    b.vmas = 104;
    b.map_count_limit = 104;
    b.pages = 1000;
    b.frames = 2048;
    b.anon_vmas = 16;
    b.slots = 128;
    return b;
}();
using M = Machine<Concrete, bench_bounds>;

class Reference {
  public:
    Reference() : s_(std::make_unique<M::State>(initial_state<M>())) {}
    const M::State& state() const { return *s_; }
    template <class Op>
    Outcome call(int who, const Args<M>& args = {}) {
        return faultline::call<M>(env_, *s_, operation_id<Op>(), who, args);
    }
    void map(int lo, int hi, OpCode how, bool write = true) {
        call<OpMmap>(0, range(lo, hi, how, write));
    }
    void touch(int pages, bool write, int mm = 0) {
        Args<M> a{};
        a.write = write;
        for (int i = 0; i < pages; ++i) {
            a.page = static_cast<M::Page>(i);
            call<OpFault>(mm, a);
        }
    }
    static Args<M> range(int lo, int hi, OpCode how, bool write) {
        Args<M> a{};
        a.page = static_cast<M::Page>(lo);
        a.end = static_cast<M::Page>(hi);
        a.op = how;
        a.read = true;
        a.write = write;
        return a;
    }

  private:
    Env env_{linux_6_12, bench_bounds};
    std::unique_ptr<M::State> s_;
};

std::optional<double> pages(Workload which, int n) {
    Reference r;
    const auto units = static_cast<std::uint64_t>(n);
    r.map(0, n, op_mmap_fixed);
    const bool reads = which == Workload::zero_read;
    if (which == Workload::zero_then_write) r.touch(n, false);
    if (which == Workload::write_fault || reads || which == Workload::zero_then_write) {
        Stopwatch clock;
        r.touch(n, !reads);
        return clock.ns(units);
    }
    r.touch(n, true);
    Stopwatch forking;
    const int child = r.call<OpFork>(0).child;
    if (which == Workload::fork) return forking.ns(units);
    if (which == Workload::exit) r.touch(n, true, child);
    if (which == Workload::reuse_after_fork) r.call<OpExit>(0);
    Stopwatch clock;
    if (which == Workload::exit) r.call<OpExit>(child);
    else r.touch(n, true, child);
    return clock.ns(units);
}
std::optional<double> ranges(Workload which, int n) {
    Reference r;
    for (int i = 0; i < n; ++i) r.map(6 * i, 6 * i + 3, op_mmap_fixed);
    constexpr int times = 100;
    Noise noise;
    std::uint64_t sum = 0;
    Stopwatch clock;
    for (int i = 0; i < times; ++i) {
        const int lo = 6 * static_cast<int>(noise.below(static_cast<std::uint64_t>(n)));
        if (which == Workload::lookup) {
            sum += static_cast<std::uint64_t>(vma_at<M::Step>(r.state().mms[0], lo + 1).row);
        } else if (which == Workload::protect_churn) {
            r.call<OpMprotect>(0, Reference::range(lo + 1, lo + 2, op_mprotect, false));
            r.call<OpMprotect>(0, Reference::range(lo + 1, lo + 2, op_mprotect, true));
        } else {
            r.call<OpMunmap>(0, Reference::range(lo, lo + 3, op_none, false));
            r.map(lo, lo + 3, op_mmap_fixed);
            const int at = r.call<OpMmap>(0, Reference::range(0, 2, op_mmap, false)).page;
            r.call<OpMunmap>(0, Reference::range(at, at + 2, op_none, false));
        }
    }
    keep(sum);
    return clock.ns(which == Workload::map_churn ? 2 * times : times);
}
std::optional<double> walk(int n) {
    Reference r;
    r.map(0, 4, op_mmap_fixed);
    r.touch(4, true);
    for (int i = 1; i < n; ++i) r.call<OpFork>(0);
    const int frame = r.state().mms[0].ptes[0].frame.v - 1;
    int found = 0;
    Stopwatch clock;
    for (int mm = 0; mm < n; ++mm) found += chain_walk_finds<M>(r.state(), frame, mm, 0);
    return found == n ? std::optional(clock.ns(static_cast<std::uint64_t>(n))) : std::nullopt;
}

std::optional<double> swapping(Workload which, int n) {
    Reference r;
    r.map(0, n, op_mmap_fixed);
    r.touch(n, true);
    r.call<OpDrain>(0);
    r.call<OpSwapon>(0);
    int out = 0;
    const auto units = static_cast<std::uint64_t>(n);
    Stopwatch going;
    for (int i = 0; i < n; ++i) {
        const int frame = r.state().mms[0].ptes[static_cast<std::size_t>(i)].frame.v - 1;
        out += r.call<OpReclaim>(frame).result == res_reclaimed;
    }
    const double ns = going.ns(units);
    if (out != n) return std::nullopt;
    if (which == Workload::swap_out) return ns;
    Stopwatch coming;
    r.touch(n, false);
    return coming.ns(units);
}

}  // namespace

std::optional<double> MeasuredReference::measure(Workload which, std::uint64_t n) {
    switch (which) {
        case Workload::map_churn:
        case Workload::protect_churn:
        case Workload::lookup:
            return n <= 100 ? ranges(which, static_cast<int>(n)) : std::nullopt;
        case Workload::rmap_walk: return n <= 10 ? walk(static_cast<int>(n)) : std::nullopt;
        case Workload::load_hit: return std::nullopt;
        case Workload::swap_out:
        case Workload::swap_in:
            return n <= 10 ? swapping(which, static_cast<int>(n)) : std::nullopt;
        default: return n <= 1000 ? pages(which, static_cast<int>(n)) : std::nullopt;
    }
}

}  // namespace faultline::fuzz
