// invariants/run_player.hpp - one trace on one machine: performs lines, checks claims after each
// small step.
//
// Why: the only templates of the runner; instantiated in run_even.cpp and run_odd.cpp.
#pragma once
#include "invariants/bounded.hpp"
#include "invariants/registry.hpp"
#include "invariants/residue.hpp"
#include "invariants/run_session.hpp"
#include "model/reference/rmap.hpp"
#include "model/reference/view.hpp"

namespace faultline::running {

template <class M>
class Player {
  public:
    explicit Player(Session& session) : run_(session), env_(session.env), s_(initial_state<M>()) {}
    void play();

  private:
    using State = typename M::State;
    struct Watch {
        Player& player;
        void operator()(const State&, int pc) const { player.small_step(pc); }
    };

    void perform(int line, const Operation& op);
    void perform(int line, const ScheduledStep& step);
    bool prepare(int line, const Operation& op, int& id, int& who, Args<M>& args);
    void dispatch(int line, const Operation& op, Told& told);
    void call_line(int line, const Operation& op, Told& told);
    void access_line(int line, const Operation& op, Told& told);
    void end_line(int line, const Answer& answer, const std::string& text, const Told& told);
    void check_refused(const State& before, int id, int who, const Args<M>& args, int result);
    void before_refusal(State& s, int mm, const Args<M>& args, CallOptions options) const;
    void check(int line, const Expectation& e);
    std::string ask(int line, const Expectation& e);
    std::string ask_page(const Expectation& e, int mm, int page, int frame);
    void small_step(int pc);
    void check_claims(const std::string& after);
    void sweep_names();
    int idle_task() const;
    bool inside(int line, int page, int length);
    const typename M::Vma* vma_of(int mm, int page) const;
    int frame_at(int mm, int page) const;
    bool frame_row(int line, const Operation& op, int& who);
    std::string ask_swap(const Expectation& e, int mm, int page, int frame);
    bool locate(int line, const Subject& subject, int& mm, int& page, int& frame);

    Session& run_;
    const Env env_;
    State s_;
    AnonVmaFew<M> few_;
    int since_check_ = 0;
    int vm_fault_ = -1;
    bool major_ = false;
    FaultCounts counted_{};   ///< by the line before
};

template <class M>
void Player<M>::play() {
    run_.report().before = view_of<M>(s_);
    check_claims("the start");
    run_.check_announced(0);
    const auto& items = run_.trace().items;
    for (std::size_t i = 0; i < items.size() && !run_.stopped(); ++i) {
        const Item& item = items[i];
        if (const auto* op = std::get_if<Operation>(&item.what)) perform(item.line, *op);
        if (const auto* step = std::get_if<ScheduledStep>(&item.what)) perform(item.line, *step);
        if (const auto* e = std::get_if<Expectation>(&item.what)) check(item.line, *e);
        run_.check_announced(i + 1);
    }
    run_.report().processes = run_.names.processes;
}
template <class M>
void Player<M>::small_step(int pc) {
    ++run_.report().small_steps;
    if (++since_check_ >= run_.config().stride)
        check_claims(pc == pc_idle ? "start" : pc_names[static_cast<std::size_t>(pc)]);
}
template <class M>
void Player<M>::check_claims(const std::string& after) {
    since_check_ = 0;
    std::array<bool, static_cast<std::size_t>(claim_count)> bad{};
    each_claim<M>(env_, s_, [&](int index, auto, bool ok) {
        if (!ok) bad[static_cast<std::size_t>(index)] = true;
    });
    run_.report().claim_checks += claim_count;
    int index = 0;
    boost::hana::for_each(claims, [&](auto type) {
        using Claim = typename decltype(type)::type;
        const bool failed = bad[static_cast<std::size_t>(index++)] && !run_.seen(Claim::id);
        if (!failed) return;
        if (Claim::kind == ClaimKind::support && run_.undermined(Claim::id)) return;
        run_.violated(Claim::id, Claim::says, Claim::source, after, view_of<M>(s_));
    });
}

template <class M>
int Player<M>::idle_task() const {
    for (int i = 0; i < env_.limits.tasks; ++i)
        if (s_.tasks[static_cast<std::size_t>(i)].pc == pc_idle) return i;
    return -1;
}
template <class M>
bool Player<M>::inside(int line, int page, int length) {
    if (page + length <= env_.limits.pages && length <= env_.limits.pages) return true;
    run_.stop(line, "pages of the arena (0 to " + std::to_string(env_.limits.pages - 1) + ")",
              std::to_string(page) + (length == 1 ? "" : "+" + std::to_string(length)));
    return false;
}

/// The registered operation and the arguments a line stands for.
template <class M>
bool Player<M>::prepare(int line, const Operation& op, int& id, int& who, Args<M>& args) {
    const int page = run_.page_of(line, op.page);
    if (op.handle >= 0) who = run_.handle_row(line, op.handle);
    if (op.process >= 0) who = run_.process_row(line, op.process);
    if (run_.off()) return false;
    using Page = typename M::Page;
    const auto range = [&] {
        args.page = static_cast<Page>(page);
        args.end = static_cast<Page>(page + op.length);
        return inside(line, page, op.length);
    };
    const auto edit = [&](int code) {
        id = operation_id<OpAdvise>();
        args.op = static_cast<decltype(args.op)>(code);
        return range();
    };
    const auto gup = [&](int which, int kind) {
        id = which;
        args.page = static_cast<Page>(page);
        args.gup = static_cast<decltype(args.gup)>(kind);
        args.write = op.access == AccessKind::write;
        return inside(line, page, 1);
    };
    args.read = op.prot.read;
    args.write = op.prot.write;
    args.exec = op.prot.exec;
    switch (op.verb) {
        case Verb::mmap: {
            constexpr int codes[] = {op_mmap, op_mmap_hint, op_mmap_fixed, op_mmap_noreplace};
            id = operation_id<OpMmap>();
            args.op = static_cast<decltype(args.op)>(codes[static_cast<std::size_t>(op.place)]);
            args.grows = op.growsdown;
            return range();
        }
        case Verb::munmap: id = operation_id<OpMunmap>(); return range();
        case Verb::mprotect:
            id = operation_id<OpMprotect>();
            args.op = op_mprotect;
            return range();
        case Verb::madvise: {
            constexpr int codes[] = {op_none, op_dontfork, op_dofork, op_wipeonfork, op_keeponfork};
            if (op.advice != Advice::dontneed)
                return edit(codes[static_cast<std::size_t>(op.advice)]);
            id = operation_id<OpDontneed>();
            return range();
        }
        case Verb::mlock: return edit(op_mlock);
        case Verb::munlock: return edit(op_munlock);
        case Verb::brk:
            id = operation_id<OpBrk>();
            args.end = static_cast<Page>(page);
            return inside(line, page, 0);
        case Verb::mremap: {
            const int to = run_.page_of(line, op.target);
            id = operation_id<OpMremap>();
            if (run_.off() || !inside(line, 0, op.size) || (op.fixed && !inside(line, to, 0)))
                return false;
            args.span = static_cast<Page>(op.size);
            args.to = static_cast<Page>(op.fixed ? to : 0);
            args.fixed = op.fixed;
            args.maymove = op.maymove;
            args.dontunmap = op.dontunmap;
            return range();
        }
        case Verb::fault:
            id = operation_id<OpFault>();
            args.page = static_cast<Page>(page);
            args.write = op.access == AccessKind::write;
            args.exec = op.access == AccessKind::fetch;
            return inside(line, page, 1);
        case Verb::fork: id = operation_id<OpFork>(); return true;
        case Verb::exit: id = operation_id<OpExit>(); return true;
        case Verb::pin: return gup(operation_id<OpGup>(), gup_pin);
        case Verb::get: return gup(operation_id<OpGup>(), gup_get);
        case Verb::pin_fast: return gup(operation_id<OpGupFast>(), gup_pin);
        case Verb::get_fast: return gup(operation_id<OpGupFast>(), gup_get);
        case Verb::release: id = operation_id<OpUnpin>(); return true;
        case Verb::drain:
            id = operation_id<OpDrain>();
            who = 0;
            return true;
        case Verb::reclaim: id = operation_id<OpReclaim>(); return frame_row(line, op, who);
        case Verb::free_swap: id = operation_id<OpFreeSwap>(); return frame_row(line, op, who);
        case Verb::swapon:
            id = operation_id<OpSwapon>();
            who = op.device;
            args.synchronous = op.synchronous;
            args.stable = op.stable;
            return true;
        case Verb::swapoff:
            id = operation_id<OpSwapoff>();
            who = op.device;
            return true;
        case Verb::swapoff_end:
            id = operation_id<OpSwapoffEnd>();
            who = op.device;
            return true;
        case Verb::unuse:
            id = operation_id<OpUnuse>();
            args.page = static_cast<Page>(page);
            return inside(line, page, 1);
        case Verb::handle_store:
            id = operation_id<OpDma>();
            args.value.v = static_cast<decltype(args.value.v)>(op.value);
            return true;
        case Verb::load:
        case Verb::store:
        case Verb::fetch:
        case Verb::handle_load: break;
    }
    return false;
}
template <class M>
void Player<M>::call_line(int line, const Operation& op, Told& told) {
    int id = -1, who = -1;
    Args<M> args{};
    if (!prepare(line, op, id, who, args)) return;
    CallOptions options{op.deny, op.task >= 0 ? op.task : idle_task(), -1};
    const bool event = !operation_shape(id).task;
    if (event) options.task = 0;
    told.address = op.verb == Verb::mmap || op.verb == Verb::mremap || op.verb == Verb::brk;
    told.handle = operation_shape(id).gup;
    const State before = s_;
    if (op.verb == Verb::fork) options.child = free_mm_row<M>(env_, s_);
    Outcome& o = told.outcome;
    o.blocked = options.task < 0 || (op.verb == Verb::fork && options.child < 0) ||
                !start_task<M>(env_, s_, id, who, args, options, o, Watch{*this});
    if (o.blocked) return;
    if (op.verb == Verb::fork) {
        told.child = static_cast<int>(run_.names.processes.size());
        run_.names.unborn[options.task] = told.child;
        run_.names.processes.push_back(options.child);
    }
    const auto& task = s_.tasks[static_cast<std::size_t>(options.task)];
    told.pending = op.begin && !event && task.pc != pc_idle;
    if (!event && !op.begin) finish_task<M>(env_, s_, options, o, Watch{*this});
    if (op.verb == Verb::fault && !told.pending && !o.blocked)
        vm_fault_ = vm_fault_bits(o.result, env_.rules);
    if (op.verb == Verb::fault) major_ = o.major;
    if (o.handle >= 0) run_.names.handles.push_back(o.handle);
    if (!op.begin && !o.blocked && leaves_only_residue(o.result))
        check_refused(before, id, who, args, o.result);
}
template <class M>
void Player<M>::access_line(int line, const Operation& op, Told& told) {
    const int page = run_.page_of(line, op.page);
    const int mm = run_.process_row(line, op.process);
    if (run_.off() || !inside(line, page, 1)) return;
    if (op.value > env_.limits.values)
        return run_.stop(line, "a value up to " + std::to_string(env_.limits.values),
                         std::to_string(op.value));
    const CallOptions options{op.deny, op.task >= 0 ? op.task : idle_task(), -1};
    told.outcome.blocked = options.task < 0 || options.task >= env_.limits.tasks ||
                           s_.tasks[static_cast<std::size_t>(options.task)].pc != pc_idle;
    if (told.outcome.blocked) return;
    State before = s_;
    if (op.verb == Verb::store)
        told.outcome = store<M>(env_, s_, mm, page, op.value, options, Watch{*this});
    else
        told.outcome = load<M>(env_, s_, mm, page, op.verb == Verb::fetch, options, Watch{*this});
    const Outcome& o = told.outcome;
    major_ = o.major;
    vm_fault_ = o.fault == res_pending ? -1 : vm_fault_bits(o.fault, env_.rules);
    if (op.verb == Verb::load && o.result == res_ok) run_.expected_value(line, op.value, o.value);
    if (o.blocked || !result_infos[static_cast<std::size_t>(o.result)].refused) return;
    Args<M> args{};
    args.page = static_cast<typename M::Page>(page);
    args.write = op.verb == Verb::store;
    args.exec = op.verb == Verb::fetch;
    before_refusal(before, mm, args, options);
    check_refused(before, operation_id<OpFault>(), mm, args, o.result);
}
/// An access faults until it is served or refused: a fetch from where nothing may be executed first
/// fills the entry. Only the fault that was refused must leave nothing behind.
template <class M>
void Player<M>::before_refusal(State& s, int mm, const Args<M>& args, CallOptions options) const {
    for (;;) {
        State next = s;
        const Outcome f = call<M>(env_, next, operation_id<OpFault>(), mm, args, options);
        if (f.blocked || result_infos[static_cast<std::size_t>(f.result)].refused) return;
        s = next;
        if (options.deny_at > 0) options.deny_at = std::max(options.deny_at - f.allocating, 0);
    }
}
template <class M>
void Player<M>::dispatch(int line, const Operation& op, Told& told) {
    const bool event = op.handle >= 0 || op.verb == Verb::drain || op.device >= 0 ||
                       op.verb == Verb::free_swap;
    if (op.task >= env_.limits.tasks)
        return run_.stop(line, "a task below T" + std::to_string(env_.limits.tasks),
                         "T" + std::to_string(op.task));
    if (op.begin &&
        (event || op.verb == Verb::load || op.verb == Verb::store || op.verb == Verb::fetch))
        return run_.stop(line, "'begin' on a call of several steps",
                         "'" + write_operation(op) + "'");
    if (op.verb == Verb::handle_load) {
        const int row = run_.handle_row(line, op.handle);
        if (row < 0) return;
        const auto frame = s_.handles[static_cast<std::size_t>(row)].frame;
        told.outcome.result = res_ok;
        run_.expected_value(line, op.value,
                            s_.frames[static_cast<std::size_t>(frame.v - 1)].value.v);
        return;
    }
    if (op.verb == Verb::handle_store && op.value > env_.limits.values)
        return run_.stop(line, "a value up to " + std::to_string(env_.limits.values),
                         std::to_string(op.value));
    if (op.verb == Verb::load || op.verb == Verb::store || op.verb == Verb::fetch)
        access_line(line, op, told);
    else
        call_line(line, op, told);
}
template <class M>
void Player<M>::perform(int line, const Operation& op) {
    const std::string text = write_operation(op, false);
    run_.set_line(line, text);
    Told told;
    dispatch(line, op, told);
    if (!run_.off()) end_line(line, op.answer, text, told);
}
template <class M>
void Player<M>::perform(int line, const ScheduledStep& step) {
    const std::string text = write_step(step, false);
    run_.set_line(line, text);
    if (step.task >= env_.limits.tasks)
        return run_.stop(line, "a task below T" + std::to_string(env_.limits.tasks),
                         "T" + std::to_string(step.task));
    const auto& task = s_.tasks[static_cast<std::size_t>(step.task)];
    const std::string next = pc_names[task.pc];
    if (task.pc == pc_idle || (step.step != "run" && step.step != next)) {
        if (!run_.config().fixed)
            return run_.stop(line, "the next step of T" + std::to_string(step.task) + ", " + next,
                             "'" + step.step + "'");
        if (task.pc == pc_idle) return;
    }
    Told told;
    told.address = task.op >= op_mmap;
    const auto fork = run_.names.unborn.find(step.task);
    if (is_fork(task) && fork != run_.names.unborn.end()) told.child = fork->second;
    told.handle = task.gup != gup_none;
    const CallOptions options{step.deny, step.task, -1};
    if (step.step == "run")
        finish_task<M>(env_, s_, options, told.outcome, Watch{*this});
    else
        told.outcome.blocked =
            !step_task<M>(env_, s_, step.task, step.deny != 0, told.outcome, Watch{*this});
    if (told.outcome.handle >= 0) run_.names.handles.push_back(told.outcome.handle);
    told.pending = told.outcome.result == res_pending;
    if (told.pending) told.child = -1;
    end_line(line, step.answer, text, told);
}
template <class M>
void Player<M>::end_line(int line, const Answer& answer, const std::string& text,
                         const Told& told) {
    counted_ = told.outcome.faults;
    check_claims("the line");
    if (!few_.observe(s_) && !run_.seen(few_.id))
        run_.violated(few_.id, few_.says, few_.source, "", view_of<M>(s_));
    if (told.outcome.bug && !run_.seen("kernel.assertion"))
        run_.violated("kernel.assertion", "No kernel assertion fails and every call ends.",
                      "linux BUG_ON, VM_WARN_ON", "", view_of<M>(s_));
    const std::string result = run_.settle(line, answer, told);
    sweep_names();
    run_.add_step(text, result, run_.config().views ? view_of<M>(s_) : StateView{});
}
/// Names of what is gone; a process that was never born gives its name back if it is the last.
template <class M>
void Player<M>::sweep_names() {
    Names& names = run_.names;
    for (int& row : names.processes)
        if (row >= 0 && s_.mms[static_cast<std::size_t>(row)].phase == mm_free) row = -1;
    for (auto fork = names.unborn.begin(); fork != names.unborn.end();) {
        const auto name = static_cast<std::size_t>(fork->second);
        const int row = names.processes[name];
        if (row < 0 && name + 1 == names.processes.size()) names.processes.pop_back();
        const bool ended = row < 0 || s_.mms[static_cast<std::size_t>(row)].phase == mm_alive;
        fork = ended ? names.unborn.erase(fork) : std::next(fork);
    }
    for (int& row : names.handles)
        if (row >= 0 && s_.handles[static_cast<std::size_t>(row)].kind == gup_none) row = -1;
}
template <class M>
void Player<M>::check_refused(const State& before, int id, int who, const Args<M>& args,
                              int result) {
    std::string_view name;
    int index = 0;
    boost::hana::for_each(operations, [&](auto type) {
        if (index++ == id) name = decltype(type)::type::name;
    });
    const std::string_view breach = residue_breach<M>(before, s_, name, who, args, result);
    if (!breach.empty() && !run_.seen("result.residue"))
        run_.violated("result.residue",
                      "A call that did not do its work changes nothing outside its declared "
                       "residue: " +
                          std::string(breach) + ".",
                      "invariants/residue.hpp", "", view_of<M>(s_));
}

template <class M>
const typename M::Vma* Player<M>::vma_of(int mm, int page) const {
    for (const auto& v : s_.mms[static_cast<std::size_t>(mm)].vmas)
        if (covers(v, page)) return &v;
    return nullptr;
}
/// The frame a page maps or has in the swap cache, -1 if none.
template <class M>
int Player<M>::frame_at(int mm, int page) const {
    const auto& pte = s_.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    if constexpr (M::has_swap)
        for (int f = 0; f < M::B.frames; ++f)
            if (pte.slot.some() && s_.frames[static_cast<std::size_t>(f)].slot == pte.slot)
                return f;
    return row_of(pte.frame);
}
/// The frame an operation on frames is about.
template <class M>
bool Player<M>::frame_row(int line, const Operation& op, int& who) {
    if (op.frame >= 0) {
        who = op.frame;
        return true;
    }
    const int mm = run_.process_row(line, op.process), page = run_.page_of(line, op.page);
    if (run_.off() || !inside(line, page, 1)) return false;
    who = frame_at(mm, page);
    if (who < 0) run_.missing(line, "a page that maps a frame or has one in the swap cache",
                              "P" + std::to_string(op.process) + ":" + std::to_string(page));
    return who >= 0;
}
template <class M>
bool Player<M>::locate(int line, const Subject& subject, int& mm, int& page, int& frame) {
    mm = page = frame = -1;
    if (subject.handle >= 0) {
        const int row = run_.handle_row(line, subject.handle);
        if (row >= 0) frame = row_of(s_.handles[static_cast<std::size_t>(row)].frame);
        return row >= 0;
    }
    mm = run_.process_row(line, subject.process);
    page = run_.page_of(line, subject.page);
    if (run_.off() || !inside(line, page, 1)) return false;
    frame = frame_at(mm, page);
    return true;
}
/// The answer in words, as the expectation would write it.
template <class M>
std::string Player<M>::ask(int line, const Expectation& e) {
    int mm = -1, page = -1, frame = -1;
    if (!e.subjects.empty() && !locate(line, e.subjects[0], mm, page, frame)) return "";
    const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
    switch (e.query) {
        case Query::anon_vmas:
            return std::to_string(count<M>(s_.anon_vmas, [](const auto& a) { return a.live; }));
        case Query::frames:
            return std::to_string(
                count<M>(s_.frames, [](const auto& f) { return f.refcount != 0; }));
        case Query::min_flt: return std::to_string(counted_.min_flt);
        case Query::maj_flt: return std::to_string(counted_.maj_flt);
        case Query::pgfault: return std::to_string(counted_.pgfault);
        case Query::vm_fault: return vm_fault_ < 0 ? "none" : std::to_string(vm_fault_);
        case Query::vmas:
            return std::to_string(count<M>(s_.mms[static_cast<std::size_t>(mm)].vmas,
                                           [](const auto& v) { return in_tree(v); }));
        case Query::rss: return std::to_string(s_.mms[static_cast<std::size_t>(mm)].rss_anon);
        case Query::major: return yes(major_);
        case Query::swap:
        case Query::slots:
        case Query::swapcount:
        case Query::swapcache:
        case Query::dirty: return ask_swap(e, mm, page, frame);
        case Query::locked: return std::to_string(s_.mms[static_cast<std::size_t>(mm)].locked_vm);
        case Query::same_frame:
        case Query::same_anon_vma: {
            int mm2 = -1, page2 = -1, frame2 = -1;
            if (!locate(line, e.subjects[1], mm2, page2, frame2)) return "";
            if (e.query == Query::same_frame) return yes(frame >= 0 && frame == frame2);
            const auto* a = mm >= 0 ? vma_of(mm, page) : nullptr;
            const auto* b = mm2 >= 0 ? vma_of(mm2, page2) : nullptr;
            return yes(a && b && a->anon_vma.some() && a->anon_vma == b->anon_vma);
        }
        default: return ask_page(e, mm, page, frame);
    }
}
template <class M>
std::string Player<M>::ask_swap(const Expectation& e, int mm, int page, int frame) {
    if constexpr (!M::has_swap) {
        return "no swap space";
    } else {
        const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
        if (e.query == Query::swap)
            return std::to_string(s_.mms[static_cast<std::size_t>(mm)].rss_swap);
        if (e.query == Query::slots)
            return std::to_string(
                count<M>(s_.slots, [](const auto& slot) { return !slot_unused(slot); }));
        int slot = frame >= 0 ? row_of(s_.frames[static_cast<std::size_t>(frame)].slot) : -1;
        if (e.query == Query::swapcache) return yes(slot >= 0);
        if (e.query == Query::dirty)
            return yes(frame >= 0 && s_.frames[static_cast<std::size_t>(frame)].dirty);
        if (mm >= 0 && slot < 0)
            slot = row_of(s_.mms[static_cast<std::size_t>(mm)]
                              .ptes[static_cast<std::size_t>(page)].slot);
        if (slot < 0) return "no slot";
        return std::to_string(s_.slots[static_cast<std::size_t>(slot)].count);
    }
}
template <class M>
std::string Player<M>::ask_page(const Expectation& e, int mm, int page, int frame) {
    const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
    const auto* f = frame >= 0 ? &s_.frames[static_cast<std::size_t>(frame)] : nullptr;
    const auto* v = mm >= 0 ? vma_of(mm, page) : nullptr;
    switch (e.query) {
        case Query::refcount: return f ? std::to_string(f->refcount) : "no frame";
        case Query::mapcount: return f ? std::to_string(f->mapcount) : "no frame";
        case Query::exclusive: return yes(f && f->exclusive);
        case Query::visits: return f ? std::to_string(visits<M>(s_, frame)) : "no frame";
        case Query::batched: return yes(f && f->batched);
        case Query::lru: return yes(f && f->lru);
        case Query::active:
        case Query::children: {
            if (!f || f->anon_vma.none()) return "no anon_vma";
            const auto& a = s_.anon_vmas[static_cast<std::size_t>(row_of(f->anon_vma))];
            return std::to_string(e.query == Query::active ? a.num_active_vmas : a.num_children);
        }
        default: break;
    }
    if (mm < 0) return "no page";
    const auto& pte = s_.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    if (e.query == Query::writable) return yes(pte.write);
    if (e.query == Query::entry)
        return pte.zero ? "zero" : pte.frame.some() ? "present" : pte.slot.some() ? "swap" : "none";
    if (!v) return "no VMA";
    switch (e.query) {
        case Query::range: return std::to_string(v->lo) + "+" + std::to_string(v->hi - v->lo);
        case Query::pgoff: return std::to_string(v->pgoff + page - v->lo);
        case Query::chain: return std::to_string(count<M>(v->links, [](bool l) { return l; }));
        case Query::prot: {
            const std::string bits =
                std::string(v->read ? "r" : "") + (v->write ? "w" : "") + (v->exec ? "x" : "");
            return bits.empty() ? "none" : bits;
        }
        default: return "";
    }
}
template <class M>
void Player<M>::check(int line, const Expectation& e) {
    const std::string text = write_expectation(e);
    run_.set_line(line, text);
    if (e.query == Query::violated) {
        if (!run_.seen(e.word)) run_.unmet(line, "'" + e.word + "' violated", "it holds");
        return;
    }
    const std::string found = ask(line, e);
    if (run_.off()) return;
    std::string expected = e.word;
    if (e.query == Query::range)
        expected = std::to_string(e.number) + "+" + std::to_string(e.length);
    else if (found == "yes" || found == "no")
        expected = "yes";
    else if (e.word.empty())
        expected = std::to_string(e.number);
    if ((found == expected) == e.negated) run_.unmet(line, "'" + text.substr(7) + "'", found);
}

template <std::size_t... Index>
bool play_one_of(Session& session, std::size_t index, std::index_sequence<Index...>) {
    bool done = false;
    const auto one = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
        if (I != index) return;
        Player<Machine<Concrete, named_bounds[I].bounds>>(session).play();
        done = true;
    };
    (one(std::integral_constant<std::size_t, Index>{}), ...);
    return done;
}

}  // namespace faultline::running
