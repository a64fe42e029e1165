// fuzz/replay/replay.cpp - one event after the other; see replay.hpp.
//
// Why: what is not private memory is kept here as ranges without meaning, so that a call over
//      several kinds reaches the model only where it has something.
#include "fuzz/replay/replay.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace faultline::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

/// What a range was mapped as.
struct Origin {
    Page lo = 0, hi = 0;
    bool modelled = false;
    std::uint32_t key = 0;
};
/// Sorted, without overlap.
class Origins {
  public:
    void erase(Page lo, Page hi) {
        std::vector<Origin> kept;
        for (const Origin& o : list_) {
            Origin below = o, above = o;
            below.hi = std::min(o.hi, lo);
            above.lo = std::max(o.lo, hi);
            if (below.lo < below.hi) kept.push_back(below);
            if (above.lo < above.hi) kept.push_back(above);
        }
        list_ = std::move(kept);
    }
    void insert(Origin o) {
        erase(o.lo, o.hi);
        list_.push_back(o);
        std::sort(list_.begin(), list_.end(), [](const Origin& a, const Origin& b) {
            return a.lo < b.lo;
        });
    }
    const Origin* at(Page page) const {
        for (const Origin& o : list_)
            if (o.lo <= page && page < o.hi) return &o;
        return nullptr;
    }
    /// A page that was mapped as something else than private memory.
    bool foreign(Page page) const {
        const Origin* o = at(page);
        return o != nullptr && !o->modelled;
    }
    /// [lo, hi) without what is foreign.
    std::vector<Run> modelled(Page lo, Page hi) const {
        std::vector<Run> out{{lo, hi}};
        for (const Origin& o : list_) {
            if (o.modelled || o.hi <= lo || o.lo >= hi) continue;
            const Page end = out.back().hi;
            out.back().hi = std::max(out.back().lo, o.lo);
            out.push_back({std::min(o.hi, end), end});
        }
        std::erase_if(out, [](const Run& r) { return r.lo >= r.hi; });
        return out;
    }

  private:
    std::vector<Origin> list_;
};
/// Calls without a place in the model after which nothing can be compared. Of the rest of what is
/// called `other`, advice about reclaim and calls that failed, nothing is left to see.
bool changes_memory(const std::string& name) {
    for (const std::string_view word : {"mlockall", "munlockall", "remap_file_pages", "mlock2",
                                        "process_vm_writev", "process_madvise", "userfaultfd",
                                        "pkey_mprotect", "madvise-9", "madvise-24"})
        if (name == word) return true;
    return false;
}
struct Space {
    int mm = -1;
    Origins origins;
    /// Advice has set flags that the model does not have: they cut VMAs, and where VMAs are cut
    /// decides which anon_vma the next one gets. Then neighbours that look alike count as one.
    bool coarse = false;
    bool unknown = false;   ///< a call that is not modelled has changed memory: no more looks
};

class Replay {
  public:
    Replay(const Recording& r, ReplayMachine& m, const Layout* layout, const ReplayConfig& c,
           const ProgressFn& progress)
        : recording_(r), machine_(m), layout_(layout), config_(c), progress_(progress),
          spaces_(static_cast<std::size_t>(r.processes)) {}
    ReplayOutcome run();

  private:
    void event(const Event& e, std::size_t n);
    void begin(const Event& e);
    void leave(int process);
    void fork(const Event& e);
    void map(Space& s, const Event& e);
    void heap(Space& s, const Event& e);
    void remap(Space& s, const Event& e);
    void ranged(Space& s, const Event& e);
    void access(Space& s, const Event& e, std::size_t n);
    void populate(Space& s, Page lo, Page hi, bool write);
    void look(Space& s, const Event& e);
    void check();
    std::vector<Area> comparable(const Space& s, std::vector<Area> areas, bool recorded);
    void pass_over(const std::string& what) { ++out_.passed_over[what]; }
    void expect(int result, const Event& e);
    void differ(const std::string& what);
    bool signal_follows(const Event& e, std::size_t n) const;
    bool going() const { return out_.difference.empty() && out_.problem.empty(); }

    const Recording& recording_;
    ReplayMachine& machine_;
    const Layout* layout_;
    const ReplayConfig& config_;
    const ProgressFn& progress_;
    std::vector<std::shared_ptr<Space>> spaces_;   // by process; none: unknown or gone
    Keys keys_;
    ReplayOutcome out_;
    std::size_t now_ = 0;
};

std::string area_text(const Area& a) {
    char text[96];
    std::snprintf(text, sizeof text, "%lx-%lx %s%s anon %lu", static_cast<unsigned long>(a.lo),
                  static_cast<unsigned long>(a.hi), flags_row(a.flags).c_str(),
                  a.kind == Kind::file ? " file" : "", static_cast<unsigned long>(a.anon));
    return text;
}

/// The failure: the event, what its process did before, and the sentence.
void Replay::differ(const std::string& what) {
    if (!going()) return;
    const Event& here = recording_.events[now_];
    std::vector<std::string> before;
    for (std::size_t n = now_ + 1; n-- > 0 && before.size() < 8;)
        if (recording_.events[n].process == here.process && recording_.events[n].deed != Deed::look)
            before.push_back(event_text(recording_.events[n]));
    for (auto at = before.rbegin(); at != before.rend(); ++at)
        out_.difference.push_back("trace   " + *at);
    out_.difference.push_back("differs event " + std::to_string(now_ + 1) + ", P" +
                              std::to_string(here.process) + ": " + what);
}
void Replay::expect(int result, const Event& e) {
    if (!machine_.trouble().empty()) {
        out_.problem = machine_.trouble() + ", at event " + std::to_string(now_ + 1);
        return;
    }
    if (is_refused(result) == !e.error.empty()) return;
    differ("the model answers " + std::string(result_infos[static_cast<std::size_t>(result)].text) +
           ", the kernel " + (e.error.empty() ? "0" : e.error) + " to " + event_text(e));
}

/// What execve made is as /proc showed it, pages of arguments and of data with their contents.
void Replay::begin(const Event& e) {
    leave(e.process);
    auto space = std::make_shared<Space>();
    space->mm = machine_.fresh();
    if (space->mm < 0) {
        out_.problem = "no room for another process";
        return;
    }
    spaces_[static_cast<std::size_t>(e.process)] = space;
    for (const Area& a : e.areas) {
        const bool modelled = a.kind != Kind::shared;
        const std::uint32_t key = keys_.of(a.kind, a.file, a.lo, a.offset);
        space->origins.insert({a.lo, a.hi, modelled, key});
        if (modelled) machine_.map(space->mm, a.lo, a.hi, a.flags, key, false);
    }
    for (const Run& r : e.present)
        for (Page p = r.lo; p < r.hi; ++p) {
            const int result = machine_.access(space->mm, p, Deed::store);
            if (!is_refused(result)) continue;   // a read-only page that the kernel wrote
            const Origin* o = space->origins.at(p);
            std::uint16_t flags = 0;
            for (const Area& a : e.areas)
                if (a.lo <= p && p < a.hi) flags = a.flags;
            if (o == nullptr) continue;
            machine_.protect(space->mm, p, p + 1, flags | area_write);
            machine_.access(space->mm, p, Deed::store);
            machine_.protect(space->mm, p, p + 1, flags);
        }
}
void Replay::leave(int process) {
    auto& space = spaces_[static_cast<std::size_t>(process)];
    if (space && space.use_count() == 1) machine_.exit(space->mm);
    space.reset();
}
void Replay::fork(const Event& e) {
    const auto& parent = spaces_[static_cast<std::size_t>(e.process)];
    auto& child = spaces_[static_cast<std::size_t>(e.child)];
    if (!parent) return;
    if (e.deed == Deed::share) {
        child = parent;
        return;
    }
    child = std::make_shared<Space>(*parent);
    child->mm = machine_.fork(parent->mm);
    if (child->mm < 0) out_.problem = "no room for another process";
}
void Replay::populate(Space& s, Page lo, Page hi, bool write) {
    for (Page p = lo; p < hi && going(); ++p)
        if (!s.origins.foreign(p)) machine_.access(s.mm, p, write ? Deed::store : Deed::load);
}
void Replay::map(Space& s, const Event& e) {
    const bool modelled = e.kind != Kind::shared;
    const std::uint32_t key = keys_.of(e.kind, e.file, e.lo, e.offset);
    if (!modelled) {
        if (e.fixed)
            for (const Run& r : s.origins.modelled(e.lo, e.hi)) machine_.unmap(s.mm, r.lo, r.hi);
        s.origins.insert({e.lo, e.hi, false, 0});
        return pass_over("shared mapping");
    }
    const std::uint16_t flags = e.flags & static_cast<std::uint16_t>(~area_locked);
    expect(machine_.map(s.mm, e.lo, e.hi, flags, key, e.fixed), e);
    s.origins.insert({e.lo, e.hi, true, key});
    if ((e.flags & area_locked) != 0) machine_.advise(s.mm, Deed::lock, e.lo, e.hi);
    else if (e.populate && (e.flags & 7) != 0)
        populate(s, e.lo, e.hi, (e.flags & area_write) != 0);
}
void Replay::heap(Space& s, const Event& e) {
    if (e.hi > e.lo) {
        expect(machine_.map(s.mm, e.lo, e.hi, area_read | area_write, Keys::heap, false), e);
        s.origins.insert({e.lo, e.hi, true, Keys::heap});
    } else {
        expect(machine_.unmap(s.mm, e.hi, e.lo), e);
        s.origins.erase(e.hi, e.lo);
    }
}
void Replay::remap(Space& s, const Event& e) {
    const Origin* o = s.origins.at(e.lo);
    const Origin was = o != nullptr ? *o : Origin{e.lo, e.hi, true, 0};
    if (!was.modelled) {
        pass_over("mremap of shared memory");
    } else {
        expect(machine_.remap(s.mm, {e.lo, e.hi, e.to, e.span, e.fixed || e.to != e.lo,
                                      e.dontunmap}),
               e);
    }
    if (!e.error.empty()) return;
    if (!e.dontunmap) s.origins.erase(e.lo, e.hi);
    s.origins.insert({e.to, e.to + e.span, was.modelled, was.key});
}
/// Calls over a range, performed on what of it the model has.
void Replay::ranged(Space& s, const Event& e) {
    const Origin* o = s.origins.at(e.lo);
    if (e.deed == Deed::wipeonfork && !e.error.empty() && o != nullptr && o->key != 0)
        return pass_over("wipeonfork of a file");
    const auto pieces = s.origins.modelled(e.lo, e.hi);
    int result = res_ok;
    for (const Run& r : pieces) {
        int one = res_ok;
        if (e.deed == Deed::unmap) one = machine_.unmap(s.mm, r.lo, r.hi);
        else if (e.deed == Deed::protect) one = machine_.protect(s.mm, r.lo, r.hi, e.flags);
        else if (e.deed == Deed::dontneed) one = machine_.dontneed(s.mm, r.lo, r.hi);
        else one = machine_.advise(s.mm, e.deed, r.lo, r.hi);
        if (is_refused(one)) result = one;
    }
    if (pieces.empty()) return pass_over("call on shared memory");
    expect(result, e);
    if (e.deed == Deed::unmap && e.error.empty()) s.origins.erase(e.lo, e.hi);
}
/// A signal in the same process comes next.
bool Replay::signal_follows(const Event& e, std::size_t n) const {
    for (std::size_t k = n + 1, seen = 0; k < recording_.events.size() && seen < 16; ++k) {
        if (recording_.events[k].process != e.process) continue;
        if (recording_.events[k].deed == Deed::signal) return true;
        ++seen;
    }
    return false;
}
void Replay::access(Space& s, const Event& e, std::size_t n) {
    if (s.origins.foreign(e.lo)) return pass_over("access to shared memory");
    const int result = machine_.access(s.mm, e.lo, e.deed);
    ++out_.accesses;
    if (!machine_.trouble().empty()) out_.problem = machine_.trouble();
    if (!is_refused(result)) {   // a stack may have grown down to it
        if (s.origins.at(e.lo) == nullptr) s.origins.insert({e.lo, e.lo + 1, true, 0});
        return;
    }
    if (e.in_kernel) return pass_over("access by the kernel that is refused");
    if (!signal_follows(e, n))
        differ("the model refuses " + event_text(e) + ", the program got no signal");
}

/// Both sides' VMAs, their kinds, and pieces joined where only the arena cuts.
std::vector<Area> Replay::comparable(const Space& s, std::vector<Area> areas, bool recorded) {
    std::vector<Area> out;
    for (Area a : areas) {
        if (a.kind == Kind::shared && recorded) continue;
        std::uint32_t key = 0;
        if (recorded) {
            key = keys_.of(a.kind, a.file, a.lo, a.offset);
        } else {
            const Origin* o = s.origins.at(a.hi - 1);
            key = o != nullptr && o->key != Keys::heap ? o->key : 0;
        }
        a.kind = key != 0 ? Kind::file : Kind::anon;
        a.file = static_cast<int>(key);
        a.offset = 0;
        a.flags = static_cast<std::uint16_t>(a.flags & machine_.flags());
        const bool cut = s.coarse || (layout_ != nullptr && layout_->is_cut(a.lo));
        const bool joins = !out.empty() && cut && out.back().hi == a.lo &&
                           out.back().flags == a.flags && out.back().file == a.file;
        if (joins) {
            out.back().hi = a.hi;
            out.back().anon += a.anon;
        } else {
            out.push_back(a);
        }
    }
    return out;
}
void Replay::look(Space& s, const Event& e) {
    const std::vector<Area> kernel = comparable(s, e.areas, true),
                            model = comparable(s, machine_.areas(s.mm), false);
    ++out_.looks;
    out_.areas += kernel.size();
    const auto at = [](const std::vector<Area>& all, std::size_t i) {
        return i < all.size() ? area_text(all[i]) : std::string("nothing");
    };
    for (std::size_t i = 0; i < std::max(kernel.size(), model.size()) && going(); ++i)
        if (i >= kernel.size() || i >= model.size() || !(kernel[i] == model[i]))
            differ("the kernel has " + at(kernel, i) + ", the model " + at(model, i));
    check();
}
void Replay::check() {
    ++out_.checks;
    const std::string broken = machine_.check();
    if (!broken.empty()) differ("the claim " + broken + " does not hold");
    out_.peak_pages = std::max(out_.peak_pages, machine_.frames());
}
void Replay::event(const Event& e, std::size_t n) {
    if (e.deed == Deed::exec) return begin(e);
    if (e.deed == Deed::exit) return leave(e.process);
    const auto space = spaces_[static_cast<std::size_t>(e.process)];
    if (!space) return pass_over("process whose beginning was not seen");
    switch (e.deed) {
        case Deed::fork:
        case Deed::share: fork(e); break;
        case Deed::map: map(*space, e); break;
        case Deed::brk: heap(*space, e); break;
        case Deed::remap: remap(*space, e); break;
        case Deed::load:
        case Deed::store:
        case Deed::fetch: return access(*space, e, n);
        case Deed::look:
            if (space->unknown) return pass_over("look after a call that is not modelled");
            return look(*space, e);
        case Deed::signal: break;
        case Deed::fill_read:
        case Deed::fill_write:
            if (!e.error.empty()) return pass_over("populate that failed in the middle");
            populate(*space, e.lo, e.hi, e.deed == Deed::fill_write);
            break;
        case Deed::mark:
            space->coarse = true;
            return pass_over(e.error);
        case Deed::other:
            space->unknown = space->unknown || changes_memory(e.error);
            return pass_over(e.error);
        default: ranged(*space, e);
    }
    ++out_.calls;
    ++out_.deeds[std::string(deed_name(e.deed))];
}
ReplayOutcome Replay::run() {
    const auto start = Clock::now();
    auto told = start;
    out_.machine = std::string(machine_.name());
    out_.processes = recording_.processes;
    if (recording_.lost != 0) pass_over("events lost by the tracer");
    for (now_ = 0; now_ < recording_.events.size() && going(); ++now_) {
        event(recording_.events[now_], now_);
        ++out_.events;
        if (config_.stride != 0 && now_ % config_.stride == config_.stride - 1 && going()) check();
        if (progress_ && Clock::now() - told > std::chrono::milliseconds(250)) {
            told = Clock::now();
            progress_({"replay " + out_.machine, out_.events,
                       recording_.events.size() - out_.events, 0, ""});
        }
    }
    out_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    out_.verdict = !out_.difference.empty()                     ? Verdict::violated
                   : !out_.problem.empty() || out_.looks == 0 ? Verdict::unknown
                                                                : Verdict::holds;
    return out_;
}

}  // namespace

ReplayOutcome replay(const Recording& recording, ReplayMachine& machine, const Layout* layout,
                     const ReplayConfig& config, const ProgressFn& progress) {
    return Replay(recording, machine, layout, config, progress).run();
}
std::string rules_of_release(const std::string& release) {
    int major = 0, minor = 0;
    std::sscanf(release.c_str(), "%d.%d", &major, &minor);
    std::string best;
    for (const NamedRules& r : named_kernels) {
        int a = 0, b = 0;
        std::sscanf(std::string(r.name).c_str(), "linux_%d_%d", &a, &b);
        if (best.empty() || a * 1000 + b <= major * 1000 + minor) best = std::string(r.name);
    }
    return best;
}
std::string replay_text(const Recording& r, const ReplayOutcome& o) {
    std::string out;
    for (const std::string& line : o.difference) out += "  " + line + "\n";
    if (!o.problem.empty()) out += "  problem     " + o.problem + "\n";
    const auto row = [&](const std::string& name, const std::string& value) {
        out += "  " + name + std::string(12 - std::min<std::size_t>(11, name.size()), ' ') + value +
               "\n";
    };
    row("program", r.command + ", Linux " + r.kernel);
    row("performed", std::to_string(o.calls) + " calls and " + std::to_string(o.accesses) +
                         " faults of " + std::to_string(o.processes) + " processes");
    std::string list;
    for (const auto& [name, n] : o.deeds)
        list += (list.empty() ? "" : ", ") + name + " " + std::to_string(n);
    row("calls", list);
    row("compared", std::to_string(o.looks) + " looks with " + std::to_string(o.areas) +
                        " VMAs; claims " + std::to_string(o.checks) + " times");
    row("peak", std::to_string(o.peak_pages) + " anonymous pages");
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f", o.seconds);
    row("seconds", seconds);
    list.clear();
    for (const auto& [name, n] : o.passed_over)
        list += (list.empty() ? "" : ", ") + name + " " + std::to_string(n);
    if (!list.empty()) row("not modelled", list);
    return out;
}

}  // namespace faultline::fuzz
