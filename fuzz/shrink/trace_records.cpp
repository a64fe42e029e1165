// fuzz/shrink/trace_records.cpp - names for rows, and rows for names, by running the reference.
//
// Why: see the header.
#include "fuzz/shrink/trace_records.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "spec/trace_words.hpp"

namespace faultline::fuzz {
namespace {

/// What a trace calls the rows: processes and handles, each in order of appearance.
class Names {
  public:
    int process_row(int name) const { return row_of(processes_, name); }
    int handle_row(int name) const { return row_of(handles_, name); }
    int process_of(int row) const { return name_of(processes_, row); }
    int handle_of(int row) const { return name_of(handles_, row); }
    int next_process() const { return static_cast<int>(processes_.size()); }
    int next_handle() const { return static_cast<int>(handles_.size()); }

    /// A task has begun a fork: its child has a name before it has a life.
    void fork_begins(int task) {
        unborn_[task] = next_process();
        processes_.push_back(gone);
    }
    /// After a start or a step of a task, which now is idle or still in flight.
    void after(int task, const Outcome& o, bool idle) {
        if (o.handle >= 0) bind(handles_, next_handle(), o.handle);
        const auto fork = unborn_.find(task);
        if (fork == unborn_.end()) return;
        const bool born = o.child >= 0 && o.result == res_ok;
        if (born) bind(processes_, fork->second, o.child);
        else if (!idle) return;
        else if (fork->second == next_process() - 1) processes_.pop_back();   // as TRACE.md has it
        unborn_.erase(fork);
    }

  private:
    static constexpr int gone = -1;
    static int row_of(const std::vector<int>& rows, int name) {
        return name >= 0 && name < static_cast<int>(rows.size())
                   ? rows[static_cast<std::size_t>(name)] : gone;
    }
    static int name_of(const std::vector<int>& rows, int row) {
        const auto found = std::find(rows.begin(), rows.end(), row);
        return found == rows.end() ? -1 : static_cast<int>(found - rows.begin());
    }
    /// The name gets the row; whoever had it before is gone.
    static void bind(std::vector<int>& rows, int name, int row) {
        std::replace(rows.begin(), rows.end(), row, gone);
        if (name == static_cast<int>(rows.size())) rows.push_back(gone);
        rows[static_cast<std::size_t>(name)] = row;
    }

    std::vector<int> processes_{0}, handles_;   ///< rows by name
    std::map<int, int> unborn_;                 ///< by task: the name of the child it makes
};

/// What a trace's verb is as a record, for the calls on one address space or one handle.
template <class Op>
constexpr std::uint8_t verb_of() {
    return static_cast<std::uint8_t>(operation_id<Op>());
}
constexpr std::array<std::uint8_t, 4> place_codes{op_mmap, op_mmap_hint, op_mmap_fixed,
                                                  op_mmap_noreplace};
constexpr std::array<std::uint8_t, 5> advice_codes{op_none, op_dontfork, op_dofork, op_wipeonfork,
                                                   op_keeponfork};

Protection prot_of(const Record& r) {
    return {r.has(flag_read), r.has(flag_write), r.has(flag_exec)};
}
AccessKind access_of(const Record& r) {
    return r.has(flag_exec)    ? AccessKind::fetch
           : r.has(flag_write) ? AccessKind::write
                               : AccessKind::read;
}
void advise(const Record& r, Operation& op) {
    op.verb = r.op == op_mlock ? Verb::mlock : r.op == op_munlock ? Verb::munlock : Verb::madvise;
    for (std::size_t i = 1; i < advice_codes.size(); ++i)
        if (advice_codes[i] == r.op) op.advice = static_cast<Advice>(i);
}
void place(const Record& r, Operation& op) {
    op.verb = Verb::mmap;
    for (std::size_t i = 0; i < place_codes.size(); ++i)
        if (place_codes[i] == r.op) op.place = static_cast<Place>(i);
    if (op.place == Place::anywhere) op.page.page = 0;
    op.prot = prot_of(r);
    op.growsdown = r.has(flag_grows);
}
void move(const Record& r, Operation& op) {
    op.verb = Verb::mremap;
    op.size = r.span;
    op.maymove = r.has(flag_maymove);
    op.dontunmap = r.has(flag_dontunmap);
    op.fixed = r.has(flag_fixed);
    op.target.page = op.fixed ? r.to : 0;
}
/// The line of a record, without names and answer.
Operation line_of(const Record& r) {
    Operation op;
    const auto range = [&] {
        op.page.page = r.page;
        op.length = r.end - r.page;
    };
    const auto access = [&](Verb verb) {
        op.verb = verb;
        op.page.page = r.page;
        if (trace_words::word_of(verb).form == trace_words::Form::access) op.access = access_of(r);
    };
    switch (r.verb) {
        case verb_of<OpMmap>(): range(); place(r, op); break;
        case verb_of<OpMunmap>(): range(); op.verb = Verb::munmap; break;
        case verb_of<OpMprotect>(): range(); op.verb = Verb::mprotect; op.prot = prot_of(r); break;
        case verb_of<OpAdvise>(): range(); advise(r, op); break;
        case verb_of<OpDontneed>(): range(); op.verb = Verb::madvise; break;
        case verb_of<OpBrk>(): op.verb = Verb::brk; op.page.page = r.end; break;
        case verb_of<OpMremap>(): range(); move(r, op); break;
        case verb_of<OpFault>(): access(Verb::fault); break;
        case verb_of<OpFork>(): op.verb = Verb::fork; break;
        case verb_of<OpExit>(): op.verb = Verb::exit; break;
        case verb_of<OpGup>(): access(r.gup == gup_pin ? Verb::pin : Verb::get); break;
        case verb_of<OpGupFast>(): access(r.gup == gup_pin ? Verb::pin_fast : Verb::get_fast);
            break;
        case verb_load: access(Verb::load); break;
        case verb_fetch: access(Verb::fetch); break;
        case verb_of<OpStore>():
        case verb_write: access(Verb::store); op.value = r.value; break;
        case verb_of<OpUnpin>(): op.verb = Verb::release; break;
        case verb_of<OpDma>(): op.verb = Verb::handle_store; op.value = r.value; break;
        case verb_of<OpReclaim>(): op.verb = Verb::reclaim; op.frame = r.who; break;
        case verb_of<OpFreeSwap>(): op.verb = Verb::free_swap; op.frame = r.who; break;
        case verb_of<OpSwapon>():
            op.verb = Verb::swapon;
            op.device = r.who;
            op.synchronous = r.has(flag_fixed);   // as fuzz/reference/perform.hpp reads it
            op.stable = r.has(flag_maymove);
            break;
        case verb_of<OpSwapoff>(): op.verb = Verb::swapoff; op.device = r.who; break;
        case verb_of<OpSwapoffEnd>(): op.verb = Verb::swapoff_end; op.device = r.who; break;
        case verb_of<OpUnuse>(): op.verb = Verb::unuse; op.page.page = r.page; break;
        default: op.verb = Verb::drain; break;
    }
    op.deny = r.deny;
    return op;
}
bool on_handle(Verb v) { return v == Verb::release || v == Verb::handle_store; }

class TraceWriter {
  public:
    explicit TraceWriter(const Arena& arena)
        : arena_(arena), machine_(make_reference(arena.bounds)) {
        std::string problem;
        machine_->reset(arena.limits, arena.rules, problem);
    }
    std::vector<Item> write(const std::vector<Record>& records) {
        for (const Record& r : records) record(r, &r == &records.back());
        return std::move(items_);
    }

  private:
    /// What is not enabled says nothing, but at the end, where the other side may have enabled it.
    void record(const Record& r, bool last) {
        const int before = machine_->pc(r.task);
        // An access that needs no fault needs no task.
        const bool by_frame = r.verb < operation_count && operation_shape(r.verb).by_frame;
        const FramePlace place = by_frame ? machine_->place_of(r.who) : FramePlace{};
        const bool served = r.verb >= verb_load && r.verb <= verb_write &&
                            machine_->serves(r.who, r.page, r.verb == verb_write,
                                             r.verb == verb_fetch);
        machine_->apply(r);
        const Outcome& o = machine_->last();
        const bool call_alone = r.verb != verb_step && !r.has(flag_begin);
        if (o.blocked && o.steps == 0 && !(last && call_alone)) return;
        if (r.verb == verb_step) step(r, before);
        else call(r, o, served, place);
        names_.after(r.task, o, machine_->pc(r.task) == pc_idle);
    }
    void step(const Record& r, int pc) {
        ScheduledStep s;
        s.task = r.task;
        s.step = pc_names[static_cast<std::size_t>(pc)];
        s.deny = r.deny != 0;
        s.answer.kind = Answer::Kind::any;
        add(s);
    }
    void call(const Record& r, const Outcome& o, bool served, const FramePlace& place) {
        Operation op = line_of(r);
        if (op.frame >= 0 && place.by == FramePlace::By::entry) {   // a page leads to it
            op.frame = -1;
            op.process = names_.process_of(place.row);
            op.page.page = place.page;
        }
        const bool event =
            served || (r.verb < operation_count && !operation_shape(r.verb).task);
        if (on_handle(op.verb)) op.handle = names_.handle_of(r.who);
        else if (op.verb != Verb::drain && op.frame < 0 && op.device < 0 && op.process < 0)
            op.process = names_.process_of(r.who);
        if (o.blocked && op.process < 0 && op.handle < 0 && op.device < 0) return;
        if (arena_.limits.tasks > 1 && !event) op.task = r.task;
        op.begin = !event && r.has(flag_begin) && machine_->pc(r.task) != pc_idle;
        const int child = names_.next_process();
        if (op.verb == Verb::fork) names_.fork_begins(r.task);
        answer(op, o, child);
        add(op);
    }
    void answer(Operation& op, const Outcome& o, int child) {
        Answer& a = op.answer;
        const auto number = [&](Answer::Kind kind, int n) {
            a.kind = kind;
            a.number = n;
        };
        if (o.blocked && o.steps == 0) {
            a.kind = Answer::Kind::blocked;
        } else if (op.begin) {
            if (op.verb == Verb::fork) return number(Answer::Kind::process, child);
            a.kind = Answer::Kind::any;
        } else if (o.blocked) {
            a.kind = Answer::Kind::blocked;
        } else if (o.result != res_ok) {
            a.kind = Answer::Kind::word;
            a.word = result_infos[static_cast<std::size_t>(o.result)].text;
        } else if (op.verb == Verb::load) {
            op.value = o.value;
        } else if (op.verb == Verb::fork) {
            number(Answer::Kind::process, child);
        } else if (o.handle >= 0) {
            number(Answer::Kind::handle, names_.next_handle());
        } else if (op.verb == Verb::mmap || op.verb == Verb::mremap || op.verb == Verb::brk) {
            number(Answer::Kind::number, o.page);
        }
    }
    template <class What>
    void add(What what) {
        Item item;
        item.what = std::move(what);
        items_.push_back(std::move(item));
    }

    const Arena& arena_;
    std::unique_ptr<Reference> machine_;
    Names names_;
    std::vector<Item> items_;
};

/// The other way: lines to records.
class TraceReader {
  public:
    TraceReader(const Arena& arena, std::string& problem)
        : arena_(arena), problem_(problem), machine_(make_reference(arena.bounds)) {
        machine_->reset(arena.limits, arena.rules, problem_);
    }
    std::optional<std::vector<Record>> read(const Trace& trace) {
        for (const Item& item : trace.items) {
            bool ok = true;
            if (const auto* op = std::get_if<Operation>(&item.what)) ok = line(*op);
            if (const auto* step = std::get_if<ScheduledStep>(&item.what)) ok = steps(*step);
            if (ok) continue;
            if (problem_.empty()) problem_ = "a line that names what does not exist";
            problem_ = "line " + std::to_string(item.line) + ": " + problem_;
            return std::nullopt;
        }
        return std::move(records_);
    }

  private:
    bool page_of(const PageRef& page, std::uint16_t& out) {
        int value = page.page;
        if (!page.name.empty()) {
            const auto found = pages_.find(page.name);
            if (found == pages_.end()) return false;
            value += found->second;
        }
        out = static_cast<std::uint16_t>(value);
        return value <= arena_.limits.pages;
    }
    void set_prot(Record& r, const Protection& p) {
        r.flags |= static_cast<std::uint8_t>((p.read ? flag_read : 0) | (p.write ? flag_write : 0) |
                                             (p.exec ? flag_exec : 0));
    }
    bool verb(const Operation& op, Record& r) {
        const auto gup = [&](std::uint8_t which, GupKind kind) {
            r.verb = which;
            r.gup = kind;
        };
        switch (op.verb) {
            case Verb::mmap:
                if (op.shared || op.file >= 0)
                    problem_ = "a mapping of a file, which records do not carry yet";
                if (!problem_.empty()) return false;
                r.verb = verb_of<OpMmap>();
                r.op = place_codes[static_cast<std::size_t>(op.place)];
                set_prot(r, op.prot);
                if (op.growsdown) r.flags |= flag_grows;
                break;
            case Verb::munmap: r.verb = verb_of<OpMunmap>(); break;
            case Verb::mprotect:
                r.verb = verb_of<OpMprotect>();
                r.op = op_mprotect;
                set_prot(r, op.prot);
                break;
            case Verb::madvise:
                r.verb = op.advice == Advice::dontneed ? verb_of<OpDontneed>()
                                                       : verb_of<OpAdvise>();
                r.op = advice_codes[static_cast<std::size_t>(op.advice)];
                break;
            case Verb::mlock: r.verb = verb_of<OpAdvise>(); r.op = op_mlock; break;
            case Verb::munlock: r.verb = verb_of<OpAdvise>(); r.op = op_munlock; break;
            case Verb::brk: r.verb = verb_of<OpBrk>(); break;
            case Verb::mremap: r.verb = verb_of<OpMremap>(); return move_of(op, r);
            case Verb::load: r.verb = verb_load; break;
            case Verb::store: r.verb = verb_write; break;
            case Verb::fetch: r.verb = verb_fetch; break;
            case Verb::fault: r.verb = verb_of<OpFault>(); break;
            case Verb::fork: r.verb = verb_of<OpFork>(); break;
            case Verb::exit: r.verb = verb_of<OpExit>(); break;
            case Verb::pin: gup(verb_of<OpGup>(), gup_pin); break;
            case Verb::get: gup(verb_of<OpGup>(), gup_get); break;
            case Verb::pin_fast: gup(verb_of<OpGupFast>(), gup_pin); break;
            case Verb::get_fast: gup(verb_of<OpGupFast>(), gup_get); break;
            case Verb::handle_store: r.verb = verb_of<OpDma>(); break;
            case Verb::release: r.verb = verb_of<OpUnpin>(); break;
            case Verb::drain: r.verb = verb_of<OpDrain>(); break;
            case Verb::reclaim: r.verb = verb_of<OpReclaim>(); break;
            case Verb::free_swap: r.verb = verb_of<OpFreeSwap>(); break;
            case Verb::swapon:
                r.verb = verb_of<OpSwapon>();
                r.flags |= static_cast<std::uint8_t>((op.synchronous ? flag_fixed : 0) |
                                                     (op.stable ? flag_maymove : 0));
                break;
            case Verb::swapoff: r.verb = verb_of<OpSwapoff>(); break;
            case Verb::swapoff_end: r.verb = verb_of<OpSwapoffEnd>(); break;
            case Verb::unuse: r.verb = verb_of<OpUnuse>(); break;
            case Verb::handle_load: return false;   // looks, and does nothing
            default: problem_ = "a call on a file, which records do not carry yet"; return false;
        }
        return true;
    }
    /// Records name a frame by its row; a line mostly by a page that leads to it.
    bool by_frame(const Operation& op, Record& r, int& who) {
        if (op.frame < 0) {
            who = machine_->frame_at({FramePlace::By::entry, who, r.page});
            r.page = 0;
        }
        return who >= 0;
    }
    bool move_of(const Operation& op, Record& r) {
        r.span = static_cast<std::uint16_t>(op.size);
        r.flags |= static_cast<std::uint8_t>((op.maymove ? flag_maymove : 0) |
                                             (op.dontunmap ? flag_dontunmap : 0) |
                                             (op.fixed ? flag_fixed : 0));
        return !op.fixed || page_of(op.target, r.to);
    }
    bool line(const Operation& op) {
        if (op.verb == Verb::handle_load) return true;
        Record r;
        int who = 0;
        if (op.handle >= 0) who = names_.handle_row(op.handle);
        else if (op.frame >= 0) who = op.frame;
        else if (op.device >= 0) who = op.device;
        else if (op.process >= 0) who = names_.process_row(op.process);
        if (who < 0 || !verb(op, r)) return false;
        r.task = static_cast<std::uint8_t>(op.task >= 0 ? op.task : idle_task());
        r.deny = static_cast<std::uint8_t>(op.deny);
        if (op.begin) r.flags |= flag_begin;
        if (op.value > 0 && op.verb != Verb::load) r.value = static_cast<std::uint8_t>(op.value);
        if (!page_of(op.page, r.page)) return false;
        const bool framed = op.verb == Verb::reclaim || op.verb == Verb::free_swap;
        if (framed && !by_frame(op, r, who)) return false;
        r.who = static_cast<std::uint8_t>(who);
        r.end = static_cast<std::uint16_t>(r.page + op.length);
        if (op.verb == Verb::brk) r.end = std::exchange(r.page, 0);
        const auto form = trace_words::word_of(op.verb).form;
        const bool access = form == trace_words::Form::access;
        if (framed || form == trace_words::Form::load || form == trace_words::Form::store ||
            form == trace_words::Form::page || access)
            r.end = op.verb == Verb::brk ? r.end : 0;
        if (op.verb == Verb::store || (access && op.access == AccessKind::write))
            r.flags |= flag_write;
        if (op.verb == Verb::fetch || (access && op.access == AccessKind::fetch))
            r.flags |= flag_exec;
        add(r);
        const Outcome& o = machine_->last();
        if (op.answer.kind == Answer::Kind::name && o.result == res_ok)
            pages_[op.answer.word] = o.page;
        return true;
    }
    bool steps(const ScheduledStep& s) {
        Record r;
        r.verb = verb_step;
        r.task = static_cast<std::uint8_t>(s.task);
        r.deny = s.deny != 0;
        int allocating = 0;
        for (int n = 0; n < call_step_limit; ++n) {
            if (s.step == "run") {
                const int pc = machine_->pc(s.task);
                if (pc == pc_idle) break;
                r.deny = step_allocates(pc) && ++allocating == s.deny;
            }
            add(r);
            if (s.step != "run" || machine_->last().blocked) break;
        }
        return true;
    }
    int idle_task() const {
        for (int i = 0; i < arena_.limits.tasks; ++i)
            if (machine_->pc(i) == pc_idle) return i;
        return 0;
    }
    void add(const Record& r) {
        machine_->apply(r);
        records_.push_back(r);
        const Outcome& o = machine_->last();
        if (o.blocked && o.steps == 0) return;
        if (r.verb == verb_of<OpFork>()) names_.fork_begins(r.task);
        names_.after(r.task, o, machine_->pc(r.task) == pc_idle);
    }

    const Arena& arena_;
    std::string& problem_;
    std::unique_ptr<Reference> machine_;
    Names names_;
    std::map<std::string, int> pages_;
    std::vector<Record> records_;
};

}  // namespace

std::string RulesInWords::text() const {
    std::string out = kernel;
    for (const auto& [rule, option] : changes)
        out += (&rule == &changes.front().first ? " with " : ", ") + rule + "=" + option;
    return out;
}
RulesInWords in_words(const Rules& rules) {
    RulesInWords best;
    for (const NamedRules& k : named_kernels) {
        RulesInWords here{std::string(k.name), {}};
        for (const RuleInfo& r : rule_infos)
            if (r.get(k.rules) != r.get(rules))
                here.changes.emplace_back(
                    std::string(r.name),
                    std::string(r.options[static_cast<std::size_t>(r.get(rules))]));
        if (best.kernel.empty() || here.changes.size() < best.changes.size()) best = here;
    }
    return best;
}
Trace trace_of(const std::vector<Record>& records, const Arena& arena, const std::string& title) {
    Trace trace;
    trace.title = title;
    const RulesInWords words = in_words(arena.rules);
    trace.kernel = words.kernel;
    trace.rules = words.changes;
    trace.bounds = arena.bounds;
    const Bounds capacity = capacity_of(arena.bounds);
    for (const auto& f : trace_words::limit_fields)
        if (arena.limits.*f.field != capacity.*f.field)
            trace.limits.emplace_back(std::string(f.name), arena.limits.*f.field);
    trace.items = TraceWriter(arena).write(records);
    return trace;
}
bool arena_of(const Trace& trace, Arena& arena, std::string& problem) {
    Bounds capacity;
    if (!resolve_rules(trace.kernel, trace.rules, arena.rules, problem) ||
        !resolve_bounds(trace, capacity, arena.limits, problem))
        return false;
    if (!has_reference(trace.bounds)) {   // records have no files yet
        problem = "no system runs at bounds " + trace.bounds;
        return false;
    }
    problem.clear();
    arena.bounds = trace.bounds;
    arena.excused = known_broken(arena.rules, arena.limits);
    return true;
}
std::optional<std::vector<Record>> records_of_trace(const Trace& trace, Arena& arena,
                                                    std::string& problem) {
    if (!arena_of(trace, arena, problem)) return std::nullopt;
    return TraceReader(arena, problem).read(trace);
}
std::string bytes_of(const std::vector<Record>& records) {
    std::string out;
    out.reserve(records.size() * record_bytes);
    for (const Record& r : records)
        for (const std::uint8_t b : to_bytes(r)) out.push_back(static_cast<char>(b));
    return out;
}

}  // namespace faultline::fuzz
