// fuzz/bench/measured_fast.cpp - the fast path does a workload.
//
// Why:     machines are made before the clock starts; what is timed is a loop of calls.
// Differs: a page's content is one version word: no 4 KiB are zeroed or copied. A call costs a
//          function call, not a trap.
#include "fuzz/bench/measured_fast.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "fuzz/bench/stopwatch.hpp"
#include "model/fast/engine.hpp"

namespace faultline::fuzz {
namespace {

using namespace faultline::fast;

constexpr Vpn arena = 0x10000;

Config sized(u64 pages, u32 mms) {
    Config c;
    c.frames = static_cast<u32>(pages + 64);
    c.mms = mms;
    return c;
}
Vpn map(Engine& e, u64 pages, MmId mm = 0) {
    return e.mmap(mm, Place::anywhere, 0, pages, vma_read | vma_write).page;
}
void touch(Engine& e, Vpn lo, u64 pages, Access how, MmId mm = 0) {
    for (u64 i = 0; i < pages; ++i) e.fault(mm, lo + i, how);
}

/// Faults of `how` on n fresh pages, after faults of `before`.
double faults(u64 n, Access how, bool read_before) {
    Engine e(sized(n, 2), linux_6_12);
    // The first round brings the engine's memory in; the second is timed.
    for (int round = 0;; ++round) {
        const Vpn lo = map(e, n);
        if (read_before) touch(e, lo, n, Access::read);
        Stopwatch clock;
        touch(e, lo, n, how);
        const double ns = clock.ns(n);
        if (round == 1) return ns;
        e.munmap(0, lo, lo + n);
    }
}
double forking(u64 n, Workload which) {
    const u64 frames = which == Workload::copy_after_fork ? 2 * n : n;
    Engine e(sized(frames, 3), linux_6_12);
    const Vpn lo = map(e, n);
    touch(e, lo, n, Access::write);
    for (int round = 0;; ++round) {
        Stopwatch forked;
        const auto child = static_cast<MmId>(e.fork(0).child);
        if (which == Workload::fork && round == 1) return forked.ns(n);
        if (which == Workload::reuse_after_fork) {
            e.exit(0);
            Stopwatch clock;
            touch(e, lo, n, Access::write, child);
            return clock.ns(n);
        }
        if (which == Workload::copy_after_fork) {
            Stopwatch clock;
            touch(e, lo, n, Access::write, child);
            if (round == 1) return clock.ns(n);
        }
        e.exit(child);
    }
}
double exiting(u64 n) {
    Engine e(sized(n, 3), linux_6_12);
    const auto child = static_cast<MmId>(e.fork(0).child);
    const Vpn lo = map(e, n, child);
    touch(e, lo, n, Access::write, child);
    Stopwatch clock;
    e.exit(child);
    return clock.ns(n);
}
/// n VMAs of two pages, every second page pair apart; n below Linux's map limit.
void fill_with_vmas(Engine& e, u64 n) {
    for (u64 i = 0; i < n; ++i)
        e.mmap(0, Place::fixed, arena + 6 * i, arena + 6 * i + 3, vma_read | vma_write);
}
double churn(u64 n, bool protect) {
    Engine e(sized(64, 2), linux_6_12);
    fill_with_vmas(e, n);
    constexpr u64 pairs = 4096;
    Noise noise;
    Stopwatch clock;
    for (u64 i = 0; i < pairs; ++i) {
        const Vpn at = arena + 6 * noise.below(n);
        if (protect) {
            e.mprotect(0, at + 1, at + 2, vma_read);
            e.mprotect(0, at + 1, at + 2, vma_read | vma_write);
        } else {
            // Gone and back at another place, which the search has to find.
            e.munmap(0, at, at + 3);
            e.mmap(0, Place::fixed, at, at + 3, vma_read | vma_write);
            const Vpn found = e.mmap(0, Place::anywhere, 0, 2, vma_read).page;
            e.munmap(0, found, found + 2);
        }
    }
    return clock.ns(protect ? pairs : 2 * pairs);
}
double walk(u64 n) {
    Engine e(sized(64, static_cast<u32>(n) + 1), linux_6_12);
    const Vpn lo = map(e, 4);
    touch(e, lo, 4, Access::write);
    for (u64 i = 1; i < n; ++i) e.fork(0);
    const Pfn frame = frame_of(e.entry(0, lo));
    u64 found = 0, rounds = std::max<u64>(1, 20'000 / n);
    Stopwatch clock;
    for (u64 i = 0; i < rounds; ++i) e.rmap_walk(frame, [&](VmaId, Vpn) { ++found; });
    const double ns = clock.ns(rounds * n);
    return found == rounds * n ? ns : -1;
}
double lookups(u64 n) {
    Engine e(sized(64, 2), linux_6_12);
    fill_with_vmas(e, n);
    constexpr u64 times = 100'000;
    Noise noise;
    u64 sum = 0;
    Stopwatch clock;
    for (u64 i = 0; i < times; ++i)
        sum += e.mm(0).vmas.search(e.vmas(), arena + noise.below(6 * n));
    keep(sum);
    return clock.ns(times);
}
double loads(u64 n) {
    Engine e(sized(n, 2), linux_6_12);
    const Vpn lo = map(e, n);
    touch(e, lo, n, Access::write);
    u64 sum = 0;
    Stopwatch clock;
    for (u64 i = 0; i < n; ++i) sum += e.load(0, lo + i).value;
    keep(sum);
    return clock.ns(n);
}

/// n pages go out to a device that is a table of words, and come back.
double swapping(u64 n, Workload which) {
    Config c = sized(n, 2);
    c.slots = static_cast<u32>(n);
    Engine e(c, linux_6_12);
    e.swapon(0, false, false);
    const Vpn lo = map(e, n);
    // The first round brings the engine's memory in; the second is timed.
    for (int round = 0;; ++round) {
        touch(e, lo, n, Access::write);
        e.drain();
        std::vector<Pfn> pages(n);
        for (u64 i = 0; i < n; ++i) pages[i] = frame_of(e.entry(0, lo + i));
        Stopwatch going;
        for (const Pfn p : pages) e.reclaim(p);
        const double out = going.ns(n);
        if (e.zone().in_use() != 0) return -1;
        Stopwatch coming;
        touch(e, lo, n, Access::read);
        const double in = coming.ns(n);
        if (round == 1) return which == Workload::swap_out ? out : in;
        e.munmap(0, lo, lo + n);
        e.mmap(0, Place::fixed, lo, lo + n, vma_read | vma_write);
    }
}

}  // namespace

std::optional<double> MeasuredFast::measure(Workload which, std::uint64_t n) {
    switch (which) {
        case Workload::write_fault: return faults(n, Access::write, false);
        case Workload::zero_read: return faults(n, Access::read, false);
        case Workload::zero_then_write: return faults(n, Access::write, true);
        case Workload::fork:
        case Workload::copy_after_fork:
        case Workload::reuse_after_fork: return forking(n, which);
        case Workload::exit: return exiting(n);
        case Workload::map_churn: return churn(n, false);
        case Workload::protect_churn: return churn(n, true);
        case Workload::rmap_walk: return walk(n);
        case Workload::lookup: return lookups(n);
        case Workload::load_hit: return loads(n);
        case Workload::swap_out:
        case Workload::swap_in: return swapping(n, which);
    }
    return std::nullopt;
}
double fast_bytes_a_page(std::uint64_t n) {
    Engine e(sized(n, 2), linux_6_12);
    touch(e, map(e, n), n, Access::write);
    const double tables = static_cast<double>(e.tables().live()) * sizeof(Table);
    return sizeof(Page) + tables / static_cast<double>(n);
}
double fast_bytes_a_vma() {
    constexpr u64 n = 10'000;
    Engine e(sized(n, 2), linux_6_12);
    fill_with_vmas(e, n);
    for (u64 i = 0; i < n; ++i) e.fault(0, arena + 6 * i, Access::write);
    const double nodes = static_cast<double>(e.vmas().nodes.live()) * sizeof(IndexNode);
    return sizeof(Vma) + sizeof(Avc) + sizeof(AnonVma) + nodes / static_cast<double>(n);
}

}  // namespace faultline::fuzz
