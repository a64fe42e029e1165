// tools/trace_path.cpp - the first calls of a trace as a path of atomic steps, for an exploration
// that starts behind.
//
// Why: the explorer replays rows and steps; a prefix is written in names. Only whole calls can
//      stand in a prefix.
#include <algorithm>
#include <stdexcept>

#include "proofs/induction/path_instance.hpp"
#include "tools/engines_common.hpp"
#include "tools/engines_explore.hpp"

namespace faultline {
namespace {

using explore::PathStep;

int operation_index(const std::string& name) {
    for (int i = 0; i < operation_count; ++i) {
        bool hit = false;
        proofs::with_operation(i, [&](const char* n, const OpShape&) { hit = name == n; });
        if (hit) return i;
    }
    throw std::logic_error("no operation " + name);
}
int place_code(Place place) {
    switch (place) {
        case Place::anywhere: return op_mmap;
        case Place::hint: return op_mmap_hint;
        case Place::fixed: return op_mmap_fixed;
        case Place::noreplace: return op_mmap_noreplace;
    }
    return op_mmap;
}
/// Name in `operations` and arguments of one call.
std::string call_of(const Operation& o, explore::PlainArgs& a) {
    a.page = o.page.page;
    a.end = o.page.page + o.length;
    a.read = o.prot.read;
    a.write = o.prot.write;
    a.exec = o.prot.exec;
    switch (o.verb) {
        case Verb::open:
            a.end = o.length;
            a.exec = o.executable;
            a.op = op_open_file + static_cast<int>(o.kind);
            a.value = std::max(o.value, 0);
            return "open";
        case Verb::close: return "close";
        case Verb::pwrite: a.end = 0; a.value = o.value; return "pwrite";
        case Verb::truncate: a.end = o.size; return "truncate";
        case Verb::fallocate: return "fallocate";
        case Verb::mmap:
            a.shared = o.shared;
            a.inode = o.file + 1;
            a.to = o.offset;
            a.op = place_code(o.place);
            if (o.place == Place::anywhere) { a.page = 0; a.end = o.length; }
            a.grows = o.growsdown;
            return "mmap";
        case Verb::munmap: return "munmap";
        case Verb::mprotect: a.op = op_mprotect; return "mprotect";
        case Verb::fork: a = {}; return "fork";
        case Verb::exit: a = {}; return "exit";
        case Verb::drain: a = {}; return "drain";
        case Verb::reclaim: a = {}; return "reclaim";
        case Verb::free_swap: a = {}; return "free_swap";
        case Verb::swapoff: a = {}; return "swapoff";
        case Verb::swapoff_end: a = {}; return "swapoff_end";
        case Verb::unuse:
            a = {};
            a.page = o.page.page;
            return "unuse";
        case Verb::swapon:
            a = {};
            a.synchronous = o.synchronous;
            a.stable = o.stable;
            return "swapon";
        case Verb::pin: case Verb::get: case Verb::pin_fast: case Verb::get_fast:
            a = {};
            a.page = o.page.page;
            a.write = o.access == AccessKind::write;
            a.force = o.force;
            a.gup = o.verb == Verb::pin || o.verb == Verb::pin_fast ? gup_pin : gup_get;
            return o.verb == Verb::pin || o.verb == Verb::get ? "gup" : "gup_fast";
        default:
            throw UsageError("a prefix may hold only mmap, munmap, mprotect, store, fork, exit, "
                             "pin, get, drain, reclaim, free_swap, swapon, swapoff, unuse, "
                             "open, close, pwrite, truncate, fallocate");
    }
}

template <Bounds B>
class Recorder {
  public:
    explicit Recorder(const Rules& rules) : env_{rules, B}, s_(initial_state<M>()) {}
    std::vector<PathStep> record(const Trace& trace) {
        rows_ = {0};
        for (const auto& item : trace.items)
            if (const auto* o = std::get_if<Operation>(&item.what)) operation(*o);
            else if (std::holds_alternative<ScheduledStep>(item.what))
                throw UsageError("a prefix may not hold scheduled steps");
        return path_;
    }

  private:
    using M = Machine<Concrete, B>;

    int row(int process) const {
        if (process < 0 || process >= static_cast<int>(rows_.size()))
            throw UsageError("a prefix names a process that does not exist");
        return rows_[static_cast<std::size_t>(process)];
    }
    void operation(const Operation& o) {
        if (o.verb == Verb::store) return store(row(o.process), o.page.page, o.value);
        PathStep p;
        const std::string name = call_of(o, p.args);
        p.op = operation_index(name);
        p.row = o.process >= 0 ? row(o.process) : 0;
        if (o.verb == Verb::reclaim || o.verb == Verb::free_swap) p.row = frame_row(o);
        if (o.device >= 0) p.row = o.device;
        if (o.inode >= 0) p.row = o.inode;
        if (o.verb == Verb::fork) {
            while (p.child < B.mms && s_.mms[static_cast<std::size_t>(p.child)].phase != mm_free)
                ++p.child;
            if (p.child == B.mms)
                throw UsageError("a prefix forks more processes than the bounds hold");
            rows_.push_back(p.child);
        }
        call(p, o.deny, o.verb != Verb::drain && o.verb != Verb::free_swap &&
                            o.device < 0 && o.verb != Verb::open && o.verb != Verb::close);
    }
    int frame_row(const Operation& o) const {
        if (o.frame >= 0) return o.frame;
        const auto& pte = s_.mms[static_cast<std::size_t>(row(o.process))]
                              .ptes[static_cast<std::size_t>(o.page.page)];
        for (int f = 0; f < B.frames; ++f)
            if (finds_frame(s_, pte, M::FrameRef::row(f))) return f;
        throw UsageError("a prefix reclaims a page that has no frame");
    }
    void store(int mm, int page, int value) {
        for (int tries = 0; tries < 8; ++tries) {
            const auto& pte =
                s_.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
            PathStep p;
            p.row = mm;
            p.args.page = page;
            const bool can = pte.frame.some() && pte.write;
            p.op = operation_index(can ? "store" : "fault");
            if (can) p.args.value = value;
            else p.args.write = true;
            call(p, 0, !can);
            if (can) return;
        }
        throw UsageError("a prefix stores where it may not");
    }
    void call(PathStep p, int deny, bool task) {
        p.start = true;
        p.task = task ? 0 : -1;
        perform(p);
        int allocations = 0;
        while (s_.tasks[0].pc != pc_idle) {
            PathStep q;
            q.task = 0;
            q.pc = s_.tasks[0].pc;
            if (step_allocates(q.pc)) q.deny = ++allocations == deny;
            perform(q);
        }
    }
    void perform(PathStep p) {
        typename M::Out out{};
        if (!proofs::perform<M>(env_, s_, p, out))
            throw UsageError("a prefix does not run to its end");
        p.result = out.result;
        path_.push_back(p);
    }

    Env env_;
    typename M::State s_;
    std::vector<int> rows_;
    std::vector<PathStep> path_;
};

}  // namespace

std::vector<explore::PathStep> path_of_trace(const std::string& bounds, const Rules& rules,
                                             const Trace& trace) {
    std::vector<explore::PathStep> path;
    if (at_named_bounds(bounds, [&]<Bounds B>() { path = Recorder<B>(rules).record(trace); }))
        return path;
    throw UsageError("no explorer at bounds " + bounds);
}

}  // namespace faultline
