// fuzz/replay/fast_machine.cpp - recordings on the fast path, at their own addresses.
//
// Why:     it has 47-bit address spaces, so nothing is laid out anew. What keeps mappings of
//          different files apart are bits of vm_flags that the engine copies and compares and never
//          reads. An address space that stays empty is forked whenever a new one is needed.
#include <algorithm>

#include "fuzz/replay/machine.hpp"
#include "fuzz/systems/fast.hpp"

namespace faultline::fuzz {
namespace {

namespace path = faultline::fast;
using path::Answer;
using path::Engine;
using path::Ret;

constexpr unsigned key_shift = 9;   // above every AreaFlag

/// As many frames as the recording can ever need at once.
std::uint64_t frames_for(const Recording& r) {
    std::uint64_t n = 1024;
    for (const Event& e : r.events) {
        n += e.deed == Deed::store;
        if (e.populate || e.deed == Deed::lock || e.deed == Deed::fill_write)
            n += std::min<Page>(e.hi - e.lo, 1u << 20);
        for (const Run& run : e.present) n += run.hi - run.lo;
    }
    return std::min<std::uint64_t>(n, 1u << 22);
}

class FastMachine final : public ReplayMachine {
  public:
    FastMachine(const Recording& r, const Rules& rules) : engine_(config_for(r, rules), rules) {}
    std::string_view name() const override { return "fast"; }
    int fresh() override { return fork(0); }
    int fork(int mm) override {
        engine_.begin();
        const Answer a = engine_.fork(id(mm));
        return a.ret == Ret::ok ? a.child : -1;
    }
    void exit(int mm) override {
        engine_.begin();
        engine_.exit(id(mm));
    }
    int map(int mm, Page lo, Page hi, std::uint16_t flags, std::uint32_t key,
            bool replace) override {
        if ((flags & (area_write | area_noreserve)) == area_write) flags |= area_account;
        return answer(engine_.mmap(id(mm), replace ? path::Place::fixed : path::Place::noreplace,
                                   lo, hi, flags | key << key_shift));
    }
    int unmap(int mm, Page lo, Page hi) override { return answer(engine_.munmap(id(mm), lo, hi)); }
    int protect(int mm, Page lo, Page hi, std::uint16_t flags) override;
    int remap(int mm, const Remap& m) override {
        return answer(engine_.mremap(id(mm), {m.lo, m.hi, m.moves ? m.to : 0, m.span, m.moves,
                                              m.moves, m.dontunmap}));
    }
    int dontneed(int mm, Page lo, Page hi) override {
        return answer(engine_.dontneed(id(mm), lo, hi));
    }
    int advise(int mm, Deed what, Page lo, Page hi) override {
        const auto nth = static_cast<int>(what) - static_cast<int>(Deed::dontfork);
        return answer(engine_.advise(id(mm), static_cast<path::Advice>(nth), lo, hi));
    }
    int access(int mm, Page page, Deed how) override {
        engine_.begin();
        return answer(how == Deed::store ? engine_.store(id(mm), page, 1)
                                         : engine_.load(id(mm), page, how == Deed::fetch));
    }
    std::uint16_t flags() const override { return (1u << key_shift) - 1; }
    std::vector<Area> areas(int mm) override;
    std::string check() override {
        const char* wrong = engine_.self_check();
        return wrong != nullptr ? wrong : "";
    }
    std::uint64_t frames() override { return engine_.zone().in_use(); }

  private:
    static path::MmId id(int mm) { return static_cast<path::MmId>(mm); }
    static path::Config config_for(const Recording& r, const Rules& rules) {
        path::Config c;
        c.mms = 4096;
        c.frames = static_cast<path::u32>(frames_for(r));
        c.stack_limit = r.stack_limit;
        c.memlock_limit = r.memlock_limit;
        c.low = 0;
        c.release = rules.fault_lock == FaultLock::mmap_lock ? x86::Release::v6_1
                                                             : x86::Release::v6_12;
        return c;
    }
    int answer(const Answer& a) {
        if (a.ret == Ret::blocked || a.ret == Ret::oom) trouble_ = "the fast path has no room";
        return fast::result_of(a.ret);
    }
    Engine engine_;
};
static_assert(static_cast<int>(Deed::unlock) - static_cast<int>(Deed::dontfork) ==
              static_cast<int>(path::Advice::unlock));

/// What becomes writable is accounted from then on, unless it was mapped with MAP_NORESERVE: one
/// call for each stretch where that is the same.
int FastMachine::protect(int mm, Page lo, Page hi, std::uint16_t flags) {
    const path::VmaStore& store = engine_.vmas();
    const path::u32 prot = flags & path::vma_prot;
    std::vector<std::pair<Page, bool>> stretches{{lo, true}};
    bool first = true;
    for (path::VmaId v = engine_.mm(id(mm)).vmas.first(); v != 0; v = store.vmas[v].next) {
        const path::Vma& x = store.vmas[v];
        if (x.hi <= lo || x.lo >= hi) continue;
        const bool accounts = (x.flags & area_noreserve) == 0;
        if (first) stretches.back().second = accounts;
        else if (stretches.back().second != accounts) stretches.push_back({x.lo, accounts});
        first = false;
    }
    int result = res_ok;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Page end = i + 1 < stretches.size() ? stretches[i + 1].first : hi;
        const bool adds = stretches[i].second && (prot & path::vma_write) != 0;
        const int one = answer(engine_.mprotect(id(mm), stretches[i].first, end,
                                                prot | (adds ? path::u32{area_account} : 0)));
        if (one != res_ok) result = one;
    }
    return result;
}
std::vector<Area> FastMachine::areas(int mm) {
    std::vector<Area> out;
    const path::VmaStore& store = engine_.vmas();
    for (path::VmaId v = engine_.mm(id(mm)).vmas.first(); v != 0; v = store.vmas[v].next) {
        const path::Vma& x = store.vmas[v];
        Area a;
        a.lo = x.lo;
        a.hi = x.hi;
        a.flags = static_cast<std::uint16_t>(x.flags & ((1u << key_shift) - 1));
        if (x.anon_vma != 0)   // else it has no anonymous page
            for (Page p = x.lo; p < x.hi; ++p) a.anon += path::is_frame(engine_.entry(id(mm), p));
        out.push_back(a);
    }
    return out;
}

}  // namespace

std::unique_ptr<ReplayMachine> make_fast_machine(const Recording& r, const Rules& rules) {
    return std::make_unique<FastMachine>(r, rules);
}

}  // namespace faultline::fuzz
