// tools/path_trace.cpp - names for rows, by running the path once.
//
// Why: which handle a pin got, and which process a fork made, only the state knows.
#include "tools/path_trace.hpp"

#include <stdexcept>

#include "proofs/induction/path_instance.hpp"
#include "spec/trace_words.hpp"
#include "tools/engines_common.hpp"

namespace faultline {
namespace {

using explore::PathStep;

/// Names given so far; a name is never used again.
struct Names {
    std::vector<int> process, handle;   ///< by row, -1 none
    int processes = 1, handles = 0;
};

AccessKind access_of(const explore::PlainArgs& a) {
    return a.exec ? AccessKind::fetch : a.write ? AccessKind::write : AccessKind::read;
}
Place place_of(int op) {
    switch (op) {
        case op_mmap_hint: return Place::hint;
        case op_mmap_fixed: return Place::fixed;
        case op_mmap_noreplace: return Place::noreplace;
        default: return Place::anywhere;
    }
}
void advise(Operation& o, int op) {
    o.verb = op == op_mlock ? Verb::mlock : op == op_munlock ? Verb::munlock : Verb::madvise;
    switch (op) {
        case op_dontfork: o.advice = Advice::dontfork; break;
        case op_dofork: o.advice = Advice::dofork; break;
        case op_wipeonfork: o.advice = Advice::wipeonfork; break;
        case op_keeponfork: o.advice = Advice::keeponfork; break;
        default: break;
    }
}
/// A call on a file, or what is done to a page of one.
bool call_on_file(Operation& o, const std::string& name, const explore::PlainArgs& a) {
    for (const auto& [verb, word, form] : trace_words::verbs) {
        if (name != word || !trace_words::on_file(form)) continue;
        o.verb = verb;
        if (verb == Verb::open) o.kind = static_cast<FileKind>(a.op - op_open_file);
        if (verb == Verb::open) o.length = a.end;
        if (verb == Verb::truncate) o.size = a.end;
        if (verb == Verb::seal) o.which = static_cast<Seal>(a.op - op_seal_seal);
        o.executable = a.exec;
        return true;
    }
    return false;
}
/// The operation of a start, without task, answer or denial.
Operation operation_of(const PathStep& p, const Names& names) {
    Operation o;
    std::string name;
    OpShape shape;
    proofs::with_operation(p.op, [&](const char* n, const OpShape& s) {
        name = n;
        shape = s;
    });
    const auto row = static_cast<std::size_t>(p.row);
    if (shape.by_mm) o.process = names.process[row];
    if (shape.by_handle) o.handle = names.handle[row];
    const auto& a = p.args;
    o.page.page = a.page;
    if (shape.range) o.length = a.end - a.page;
    if (shape.prot) o.prot = {a.read, a.write, a.exec};
    o.growsdown = a.grows;
    o.access = access_of(a);
    if (shape.value) o.value = a.value;
    if (shape.by_inode) o.inode = p.row;
    o.force = a.force;
    if (name == "mmap") {
        o.verb = Verb::mmap;
        o.place = place_of(a.op);
        o.shared = a.shared;
        o.file = a.inode - 1;
        o.offset = a.to;
    }
    else if (name == "munmap") o.verb = Verb::munmap;
    else if (name == "mprotect") o.verb = Verb::mprotect;
    else if (name == "advise") advise(o, a.op);
    else if (name == "dontneed") { o.verb = Verb::madvise; o.advice = Advice::dontneed; }
    else if (name == "brk") { o.verb = Verb::brk; o.page.page = a.end; }
    else if (name == "mremap") {
        o.verb = Verb::mremap;
        o.size = a.span;
        o.maymove = a.maymove;
        o.dontunmap = a.dontunmap;
        o.fixed = a.fixed;
        o.target.page = a.to;
    }
    else if (name == "fault") o.verb = Verb::fault;
    else if (name == "fork") o.verb = Verb::fork;
    else if (name == "exit") o.verb = Verb::exit;
    else if (name == "gup") o.verb = a.gup == gup_pin ? Verb::pin : Verb::get;
    else if (name == "gup_fast") o.verb = a.gup == gup_pin ? Verb::pin_fast : Verb::get_fast;
    else if (name == "store") o.verb = Verb::store;
    else if (name == "unpin") o.verb = Verb::release;
    else if (name == "dma") o.verb = Verb::handle_store;
    else if (name == "drain") o.verb = Verb::drain;
    else if (name == "reclaim") { o.verb = Verb::reclaim; o.frame = p.row; }
    else if (name == "free_swap") { o.verb = Verb::free_swap; o.frame = p.row; }
    else if (name == "swapon") {
        o.verb = Verb::swapon;
        o.device = p.row;
        o.synchronous = a.synchronous;
        o.stable = a.stable;
    }
    else if (name == "swapoff") { o.verb = Verb::swapoff; o.device = p.row; }
    else if (name == "swapoff_end") { o.verb = Verb::swapoff_end; o.device = p.row; }
    else if (name == "unuse") o.verb = Verb::unuse;
    else if (name == "clean") { o.verb = Verb::clean; o.frame = p.row; }
    else if (name == "drop_page") { o.verb = Verb::drop_page; o.frame = p.row; }
    else if (!call_on_file(o, name, a))
        throw std::logic_error("no trace line for operation " + name);
    return o;
}

template <Bounds B>
class Writer {
  public:
    Writer(const Rules& rules, const std::vector<PathStep>& path)
        : env_{rules, B}, path_(path), state_(initial_state<M>()) {
        names_.process.assign(static_cast<std::size_t>(B.mms), -1);
        names_.handle.assign(static_cast<std::size_t>(B.handles), -1);
        names_.process[0] = 0;
    }
    std::vector<Item> write() {
        for (std::size_t i = 0; i < path_.size();) i = path_[i].start ? start(i) : step(i);
        return items_;
    }

  private:
    using M = Machine<Concrete, B>;

    void perform(const PathStep& p) {
        typename M::Out out{};
        if (!proofs::perform<M>(env_, state_, p, out))
            throw std::logic_error("a path does not replay");
        for (std::size_t h = 0; h < names_.handle.size(); ++h) {
            const bool used = state_.handles[h].kind != gup_none;
            if (used && names_.handle[h] < 0) names_.handle[h] = names_.handles++;
            if (!used) names_.handle[h] = -1;
        }
    }
    /// A call and its steps; whole if nobody comes between.
    std::size_t start(std::size_t i) {
        const PathStep& p = path_[i];
        Operation o = operation_of(p, names_);
        if (o.verb == Verb::clean || o.verb == Verb::drop_page) name_by_file(o);
        else if (o.frame >= 0) name_by_page(o);
        perform(p);
        std::size_t end = i + 1;
        int denied = 0, allocations = 0;
        while (p.task >= 0 && end < path_.size() && !path_[end].start &&
               path_[end].task == p.task &&
               state_.tasks[static_cast<std::size_t>(p.task)].pc != pc_idle) {
            if (step_allocates(path_[end].pc)) ++allocations;
            if (path_[end].deny) denied = allocations;
            perform(path_[end]);
            ++end;
        }
        const bool whole =
            p.task < 0 || state_.tasks[static_cast<std::size_t>(p.task)].pc == pc_idle;
        o.answer.kind = Answer::Kind::any;
        if (o.verb == Verb::fork) {
            const auto child = static_cast<std::size_t>(p.child);
            names_.process[child] = names_.processes++;
            o.answer.kind = Answer::Kind::process;
            o.answer.number = names_.process[child];
            if (whole && state_.mms[child].phase == mm_free) o.answer.kind = Answer::Kind::any;
        }
        if (whole) {
            o.deny = denied;
            add(o);
            return end;
        }
        o.task = p.task;
        o.begin = true;
        add(o);
        for (std::size_t n = i + 1; n < end; ++n) add_step(path_[n]);
        return end;
    }
    void name_by_file(Operation& o) {
        const auto& f = state_.frames[static_cast<std::size_t>(o.frame)];
        if constexpr (B.has_files()) {
            o.inode = static_cast<int>(f.inode.v) - 1;
            o.page.page = f.index;
        }
        o.frame = -1;
    }
    /// A frame is better named by a page that leads to it.
    void name_by_page(Operation& o) {
        for (std::size_t m = 0; m < state_.mms.size() && o.frame >= 0; ++m)
            for (std::size_t n = 0; n < state_.mms[m].ptes.size() && o.frame >= 0; ++n) {
                const auto row = M::FrameRef::row(o.frame);
                if (names_.process[m] < 0 || !finds_frame(state_, state_.mms[m].ptes[n], row))
                    continue;
                o.process = names_.process[m];
                o.page.page = static_cast<int>(n);
                o.frame = -1;
            }
    }
    std::size_t step(std::size_t i) {
        perform(path_[i]);
        add_step(path_[i]);
        return i + 1;
    }
    void add_step(const PathStep& p) {
        ScheduledStep s;
        s.task = p.task;
        s.step = pc_names[static_cast<std::size_t>(p.pc)];
        s.deny = p.deny ? 1 : 0;
        s.answer.kind = Answer::Kind::any;
        add(s);
    }
    template <class What>
    void add(What what) {
        Item item;
        item.what = std::move(what);
        items_.push_back(std::move(item));
    }

    Env env_;
    const std::vector<PathStep>& path_;
    typename M::State state_;
    Names names_;
    std::vector<Item> items_;
};

}  // namespace

std::vector<Item> items_of_path(const std::string& bounds, const Rules& rules,
                                const std::vector<PathStep>& path) {
    std::vector<Item> items;
    if (at_named_bounds(bounds, [&]<Bounds B>() { items = Writer<B>(rules, path).write(); }))
        return items;
    throw ToolError("no explorer at bounds " + bounds);
}
Pairs rule_pairs(const std::string& kernel, const Rules& rules) {
    Pairs out;
    const Rules& base = kernel_named(kernel).rules;
    for (const auto& r : rule_infos)
        if (r.get(base) != r.get(rules))
            out.emplace_back(std::string(r.name),
                             std::string(r.options[static_cast<std::size_t>(r.get(rules))]));
    return out;
}

}  // namespace faultline
