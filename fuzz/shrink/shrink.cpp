// fuzz/shrink/shrink.cpp - the passes: fewer records, fewer processes, lower pages, plainer
// arguments.
//
// Why: see the header. Each pass only ever lowers (records, weight), so that shrinking ends.
#include "fuzz/shrink/shrink.hpp"

#include <algorithm>
#include <bit>

namespace faultline::fuzz {
namespace {

/// A record whose process and handle are names, in order of creation.
struct Named {
    Record record;
    int process = -1, handle = -1;           ///< what it is performed on
    int makes_process = -1, makes_handle = -1;
    FramePlace place;                        ///< of its frame, with the name of a process or handle
};
using History = std::vector<Named>;

bool is_task_step(const Record& r) { return r.verb == verb_step || r.has(flag_begin); }
OpShape shape_of(const Record& r) {
    if (r.verb < operation_count) return operation_shape(r.verb);
    OpShape shape{};
    shape.by_mm = shape.page = true;
    return shape;
}
template <class Op>
bool is(const Record& r) {
    return r.verb == operation_id<Op>();
}

/// How plain a record is; each candidate of a pass must be lighter.
std::uint64_t weight(const Record& r) {
    std::uint64_t w = 0;
    const auto flags = static_cast<unsigned>(r.flags);
    const bool prot = is<OpMmap>(r) || is<OpMprotect>(r);
    w += 3u * static_cast<unsigned>(std::popcount(flags));
    if (prot && (flags & 7) == (flag_read | flag_write)) w -= 6;   // rw is plainer than w
    w += r.deny == 0 ? 0 : 10u + r.deny;
    w += r.page + r.to + 2u * r.end + 2u * r.span;
    w += r.value == 0 ? 2 : r.value;
    w += is<OpGupFast>(r) ? 5 : 0;
    if (r.op == op_mmap) w += 200;
    if (r.op == op_mmap_fixed) w += 20;
    if (r.op == op_mmap_noreplace) w += 30;
    return w + r.task;
}
std::uint64_t weight(const History& h) {
    std::uint64_t w = 0;
    for (const Named& n : h) w += weight(n.record);
    return w;
}

class Shrinker {
  public:
    Shrinker(const Arena& arena, const FailsAfter& fails, std::uint64_t max_tries)
        : arena_(arena), fails_(fails), max_tries_(max_tries),
          machine_(make_reference(arena.bounds)) {}

    Shrunk run(const std::vector<Record>& records) {
        by_name_ = std::none_of(records.begin(), records.end(), is_task_step);
        best_ = named(records);
        best_records_ = records;
        accept(best_);   // cuts off what comes after the failure
        for (bool again = true; again && !out_of_tries();) {
            again = remove_chunks();
            again = remove_processes() || again;
            again = merge_processes() || again;
            again = mmaps_where_they_land() || again;
            again = undo_moves() || again;
            again = remove_pages() || again;
            again = plainer_records() || again;
        }
        return {best_records_, tries_, !out_of_tries()};
    }

  private:
    bool out_of_tries() const { return tries_ >= max_tries_; }

    /// Gives each record the names of what it is performed on and of what it makes.
    History named(const std::vector<Record>& records) {
        History out;
        std::vector<int> processes(256, -1), handles(256, -1);
        processes[0] = 0;
        int next_process = 1, next_handle = 0;
        std::string problem;
        machine_->reset(arena_.limits, arena_.rules, problem);
        for (const Record& r : records) {
            Named n;
            n.record = r;
            if (by_name_) {
                const OpShape shape = shape_of(r);
                if (shape.by_mm) n.process = processes[r.who];
                if (shape.by_handle) n.handle = handles[r.who];
                if (shape.by_frame) {
                    n.place = machine_->place_of(r.who);
                    const auto row = static_cast<std::size_t>(n.place.row);
                    if (n.place.by == FramePlace::By::entry) n.place.row = processes[row];
                    if (n.place.by == FramePlace::By::handle) n.place.row = handles[row];
                }
                machine_->apply(r);
                const Outcome& o = machine_->last();
                if (o.blocked && &r != &records.back()) continue;
                if (o.child >= 0 && o.result == res_ok)
                    processes[static_cast<std::size_t>(o.child)] = n.makes_process = next_process++;
                if (o.handle >= 0)
                    handles[static_cast<std::size_t>(o.handle)] = n.makes_handle = next_handle++;
                if (is<OpExit>(r)) processes[r.who] = -1;
                if (is<OpUnpin>(r)) handles[r.who] = -1;
            }
            out.push_back(n);
        }
        return out;
    }
    /// The rows again; drops what is performed on nobody or is not enabled.
    std::vector<Record> bound(History& h) {
        std::vector<Record> out;
        if (!by_name_) {
            for (const Named& n : h) out.push_back(n.record);
            return out;
        }
        std::vector<int> processes(h.size() + 64, -1), handles(h.size() + 64, -1);
        const auto row = [](std::vector<int>& rows, int name) -> int& {
            if (static_cast<std::size_t>(name) >= rows.size())
                rows.resize(static_cast<std::size_t>(name) + 64, -1);
            return rows[static_cast<std::size_t>(name)];
        };
        processes[0] = 0;
        History kept;
        std::string problem;
        machine_->reset(arena_.limits, arena_.rules, problem);
        for (std::size_t i = 0; i < h.size(); ++i) {
            Named n = h[i];
            Record& r = n.record;
            const OpShape shape = shape_of(r);
            int who = r.who;
            if (shape.by_mm) who = n.process < 0 ? -1 : row(processes, n.process);
            if (shape.by_handle) who = n.handle < 0 ? -1 : row(handles, n.handle);
            if (shape.by_frame) {
                FramePlace place = n.place;
                if (place.row >= 0 && place.by == FramePlace::By::entry)
                    place.row = row(processes, place.row);
                if (place.row >= 0 && place.by == FramePlace::By::handle)
                    place.row = row(handles, place.row);
                who = machine_->frame_at(place);
            }
            if (who < 0) continue;
            r.who = static_cast<std::uint8_t>(who);
            machine_->apply(r);
            const Outcome& o = machine_->last();
            // The last may be what only the other side does.
            if (o.blocked && i + 1 != h.size()) continue;
            if (n.makes_process >= 0)
                row(processes, n.makes_process) = o.result == res_ok ? o.child : -1;
            if (n.makes_handle >= 0) row(handles, n.makes_handle) = o.handle;
            if (is<OpExit>(r)) row(processes, n.process) = -1;
            if (is<OpUnpin>(r)) row(handles, n.handle) = -1;
            kept.push_back(n);
            out.push_back(r);
        }
        h = std::move(kept);
        return out;
    }
    /// Keeps a candidate if it still fails.
    bool accept(History candidate) {
        if (out_of_tries()) return false;
        ++tries_;
        std::vector<Record> records = bound(candidate);
        const auto needed = fails_(records);
        if (!needed) return false;
        records.resize(std::min(records.size(), *needed));
        candidate.resize(std::min(candidate.size(), *needed));
        best_ = std::move(candidate);
        best_records_ = std::move(records);
        return true;
    }
    bool accept_lighter(const History& candidate) {
        if (weight(candidate) >= weight(best_) && candidate.size() >= best_.size()) return false;
        return accept(candidate);
    }
    template <class Pred>
    bool accept_without(Pred drop) {
        History candidate;
        for (std::size_t i = 0; i < best_.size(); ++i)
            if (!drop(i, best_[i])) candidate.push_back(best_[i]);
        return candidate.size() < best_.size() && accept(std::move(candidate));
    }

    bool remove_chunks() {
        bool any = false;
        for (std::size_t size = std::max<std::size_t>(best_.size() / 2, 1); size > 0; size /= 2)
            for (std::size_t end = best_.size(); end > 0 && !out_of_tries();) {
                const std::size_t from = end > size ? end - size : 0;
                any = accept_without([&](std::size_t i, const Named&) {
                          return i >= from && i < end;
                      }) || any;
                end = std::min(from, best_.size());
            }
        return any;
    }
    bool remove_processes() {
        bool any = false;
        int most = 0;
        for (const Named& n : best_) most = std::max(most, n.makes_process);
        for (int p = most; p > 0 && !out_of_tries(); --p)
            any = accept_without([&](std::size_t, const Named& n) {
                      return n.process == p || n.makes_process == p;
                  }) || any;
        return any;
    }
    /// A child that could as well be its parent: the fork goes, the parent does what it did.
    bool merge_processes() {
        bool any = false;
        for (std::size_t i = best_.size(); i-- > 0 && !out_of_tries();) {
            if (i >= best_.size() || best_[i].makes_process < 0) continue;
            const int child = best_[i].makes_process, parent = best_[i].process;
            History candidate;
            for (std::size_t n = 0; n < best_.size(); ++n) {
                if (n == i || (best_[n].process == child && is<OpExit>(best_[n].record))) continue;
                candidate.push_back(best_[n]);
                Named& last = candidate.back();
                if (last.process == child) last.process = parent;
                if (last.place.by == FramePlace::By::entry && last.place.row == child)
                    last.place.row = parent;
            }
            any = accept(std::move(candidate)) || any;
        }
        return any;
    }
    /// "mmap 2" becomes "mmap 22+2", which can then move down.
    bool mmaps_where_they_land() {
        bool any = false;
        for (std::size_t i = 0; i < best_.size(); ++i) {
            if (!is<OpMmap>(best_[i].record) || best_[i].record.op != op_mmap) continue;
            const int page = answered_page(i);
            for (const std::uint8_t op : {op_mmap_hint, op_mmap_fixed}) {
                History candidate = best_;
                Record& r = candidate[i].record;
                const int length = r.end - r.page;
                r.op = op;
                r.page = static_cast<std::uint16_t>(page);
                r.end = static_cast<std::uint16_t>(page + length);
                if (!accept_lighter(candidate)) continue;
                any = true;
                break;
            }
        }
        return any;
    }
    /// A move that does not matter: what came after happens where the pages were.
    bool undo_moves() {
        bool any = false;
        for (std::size_t i = best_.size(); i-- > 0 && !out_of_tries();) {
            if (i >= best_.size() || !is<OpMremap>(best_[i].record)) continue;
            const Record move = best_[i].record;
            const int to = answered_page(i);
            const auto back = [&](std::uint16_t& page, int last) {
                if (page >= to && page < to + move.span + last)
                    page = static_cast<std::uint16_t>(page - to + move.page);
            };
            History candidate;
            for (std::size_t n = 0; n < best_.size(); ++n) {
                if (n == i) continue;
                candidate.push_back(best_[n]);
                Record& r = candidate.back().record;
                const OpShape shape = shape_of(r);
                if (n < i || !(shape.page || shape.range) || r.op == op_mmap) continue;
                back(r.page, 0);
                if (shape.range) back(r.end, 1);
            }
            any = accept(std::move(candidate)) || any;
        }
        return any;
    }
    int answered_page(std::size_t which) {
        std::string problem;
        machine_->reset(arena_.limits, arena_.rules, problem);
        for (std::size_t i = 0; i <= which && i < best_records_.size(); ++i)
            machine_->apply(best_records_[i]);
        return machine_->last().page;
    }
    /// Takes a page out of every arena: what lies above moves down.
    bool remove_pages() {
        bool any = false;
        for (int page = arena_.limits.pages - 1; page >= 0 && !out_of_tries(); --page) {
            History candidate = best_;
            const auto lower = [&](std::uint16_t& x) {
                if (x > page) --x;
            };
            bool fits = true;
            for (Named& n : candidate) {
                Record& r = n.record;
                const OpShape shape = shape_of(r);
                if (n.place.page > page) --n.place.page;
                if (shape.range && r.op != op_mmap) {
                    const bool within = r.page <= page && page < r.end;
                    if (r.end == 0 && within) fits = false;
                    lower(r.end);
                    lower(r.page);
                    if (within && r.span > 1) --r.span;
                    fits = fits && r.page < r.end;
                } else if (shape.end) {
                    lower(r.end);
                } else if (shape.page) {
                    lower(r.page);
                }
                lower(r.to);
            }
            any = (fits && accept_lighter(candidate)) || any;
        }
        return any;
    }
    bool plainer_records() {
        bool any = false;
        for (std::size_t i = 0; i < best_.size(); ++i)
            for (bool again = true; again && !out_of_tries();) {
                again = false;
                for (const Record& r : plainer(best_[i].record)) {
                    if (weight(r) >= weight(best_[i].record)) continue;
                    History candidate = best_;
                    candidate[i].record = r;
                    if (!accept_lighter(candidate) || i >= best_.size()) continue;
                    again = any = true;
                    break;
                }
                again = again && i < best_.size();
            }
        return any;
    }
    /// Records that say less than this one.
    static std::vector<Record> plainer(const Record& r) {
        std::vector<Record> out;
        const auto with = [&](auto change) {
            Record x = r;
            change(x);
            if (!(x == r)) out.push_back(x);
        };
        const OpShape shape = shape_of(r);
        with([](Record& x) { x.deny = 0; });
        with([](Record& x) { x.value = x.value == 0 ? x.value : std::uint8_t{1}; });
        if (shape.prot)
            with([](Record& x) { x.flags = static_cast<std::uint8_t>((x.flags & ~7) | 3); });
        for (unsigned bit = 1; bit < flag_begin; bit *= 2)
            with([&](Record& x) { x.flags = static_cast<std::uint8_t>(x.flags & ~bit); });
        if (is<OpGupFast>(r))
            with([](Record& x) { x.verb = static_cast<std::uint8_t>(operation_id<OpGup>()); });
        if (is<OpMmap>(r) && r.op != op_mmap) with([](Record& x) { x.op = op_mmap_hint; });
        if (shape.range) {
            with([](Record& x) { x.end = static_cast<std::uint16_t>(x.page + 1); });
            with([](Record& x) { x.end = std::max<std::uint16_t>(x.end, 1) - 1; });
            with([](Record& x) { if (x.page + 1 < x.end) ++x.page; });
        }
        if (shape.end) with([](Record& x) { x.end = std::max<std::uint16_t>(x.end, 1) - 1; });
        if (shape.move) {
            with([](Record& x) { x.span = static_cast<std::uint16_t>(x.end - x.page); });
            with([](Record& x) { x.span = std::max<std::uint16_t>(x.span, 2) - 1; });
            with([](Record& x) { x.to = 0; });
        }
        return out;
    }

    const Arena& arena_;
    const FailsAfter& fails_;
    const std::uint64_t max_tries_;
    std::unique_ptr<Reference> machine_;
    bool by_name_ = true;
    History best_;
    std::vector<Record> best_records_;
    std::uint64_t tries_ = 0;
};

}  // namespace

Shrunk shrink(const std::vector<Record>& records, const Arena& arena, const FailsAfter& fails,
              std::uint64_t max_tries) {
    return Shrinker(arena, fails, max_tries).run(records);
}
FailsAfter fails_in_lockstep(Lockstep& lockstep, const Finding& wanted, int stride) {
    const bool claims_matter =
        wanted.kind == FindingKind::claim || wanted.kind == FindingKind::shown_claim;
    return [&lockstep, wanted, stride, claims_matter](const std::vector<Record>& records)
               -> std::optional<std::size_t> {
        const LockstepReport report = lockstep.replay(records, stride, claims_matter);
        if (!report.finding || !alike(*report.finding, wanted)) return std::nullopt;
        return report.read;
    };
}
Shrunk shrink_finding(Lockstep& lockstep, const std::vector<Record>& records, const Arena& arena,
                      const Finding& finding, int& stride) {
    Shrunk out{records, 0, true};
    const auto stage = [&](int at) {
        const FailsAfter fails = fails_in_lockstep(lockstep, finding, at);
        ++out.tries;
        if (!fails(out.records)) return false;
        const Shrunk more = shrink(out.records, arena, fails);
        out = {more.records, out.tries + more.tries, more.finished};
        return true;
    };
    if (finding.kind == FindingKind::answer) stage(0);
    if (stage(1)) stride = 1;
    else if (stride > 1) stage(stride);
    return out;
}
FailsAfter breaks_claim(Reference& reference, const Arena& arena, int claim) {
    return [&reference, &arena, claim](const std::vector<Record>& records)
               -> std::optional<std::size_t> {
        std::string problem;
        if (!reference.reset(arena.limits, arena.rules, problem)) return std::nullopt;
        for (std::size_t i = 0; i < records.size(); ++i) {
            reference.apply(records[i]);
            const int bad = reference.violation(arena.excused);
            if (bad == claim) return i + 1;
            if (bad >= 0) return std::nullopt;
        }
        return std::nullopt;
    };
}

}  // namespace faultline::fuzz
