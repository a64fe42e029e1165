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
    bool prepare_map(int line, const Operation& op, Args<M>& args);
    bool prepare_file(int line, const Operation& op, int& id, int& who, Args<M>& args);
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
    std::string ask_file(const Expectation& e, int page, int frame);
    bool file_there(int line, int inode, int page);
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
        if constexpr (M::has_files) args.force = op.force;
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
            return range() && prepare_map(line, op, args);
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
        default: return prepare_file(line, op, id, who, args);
    }
    return false;
}
/// What mmap maps, and how.
template <class M>
bool Player<M>::prepare_map(int line, const Operation& op, Args<M>& args) {
    if (op.file < 0 && !op.shared) return true;
    if (!file_there(line, std::max(op.file, 0), op.offset)) return false;
    if constexpr (M::has_files) {
        args.shared = op.shared;
        if (op.file >= 0) args.inode = M::InodeRef::row(op.file);
        args.to = static_cast<typename M::Page>(op.offset);
    }
    return true;
}
/// The machine has such a file, and it such a page.
template <class M>
bool Player<M>::file_there(int line, int inode, int page) {
    if (inode < env_.limits.inodes && page < env_.limits.inode_pages) return true;
    run_.stop(line, "a page of a file of these bounds",
              "I" + std::to_string(inode) + ":" + std::to_string(page));
    return false;
}
template <class M>
bool Player<M>::prepare_file(int line, const Operation& op, int& id, int& who, Args<M>& args) {
    const int last = op.page.page + std::max(op.length, 1) - 1;
    const bool sized = op.verb == Verb::open || op.verb == Verb::truncate;
    const int size = op.verb == Verb::truncate ? op.size : op.length;
    if (op.inode < 0 || !file_there(line, op.inode, sized ? std::max(size - 1, 0) : last))
        return false;
    who = op.inode;
    args.page = static_cast<typename M::Page>(op.page.page);
    args.end = static_cast<typename M::Page>(sized ? size : op.page.page + op.length);
    args.value.v = static_cast<decltype(args.value.v)>(std::max(op.value, 0));
    args.exec = op.executable;
    const auto code = [&](int first, auto which) {
        args.op = static_cast<decltype(args.op)>(first + static_cast<int>(which));
    };
    switch (op.verb) {
        case Verb::open:
            id = operation_id<OpOpen>();
            code(op_open_file, op.kind);
            return true;
        case Verb::close: id = operation_id<OpClose>(); return true;
        case Verb::evict: id = operation_id<OpEvict>(); return true;
        case Verb::pwrite: id = operation_id<OpPwrite>(); return true;
        case Verb::pread:
            id = operation_id<OpPread>();
            args.value = typename M::Value{};
            return true;
        case Verb::truncate: id = operation_id<OpTruncate>(); return true;
        case Verb::punch: id = operation_id<OpPunch>(); return true;
        case Verb::fallocate: id = operation_id<OpFallocate>(); return true;
        case Verb::seal:
            id = operation_id<OpSeal>();
            code(op_seal_seal, op.which);
            return true;
        case Verb::clean:
        case Verb::drop_page:
            id = op.verb == Verb::clean ? operation_id<OpClean>() : operation_id<OpDropPage>();
            who = row_of(cached_frame<M>(s_, op.inode, op.page.page));
            if (who < 0) run_.missing(line, "a page in the cache", "none");
            return who >= 0;
        default: return false;
    }
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
    if (op.verb == Verb::pread && o.result == res_ok)
        run_.expected_value(line, op.value, file_reads<M>(s_, op.inode, op.page.page));
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
    if (o.blocked || !is_refused(o.result)) return;
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
        if (f.blocked || is_refused(f.result)) return;
        s = next;
        if (options.deny_at > 0) options.deny_at = std::max(options.deny_at - f.allocating, 0);
    }
}
template <class M>
void Player<M>::dispatch(int line, const Operation& op, Told& told) {
    const bool event = op.handle >= 0 || op.verb == Verb::drain || op.device >= 0 ||
                       op.verb == Verb::free_swap || op.verb == Verb::open ||
                       op.verb == Verb::close || op.verb == Verb::evict ||
                       op.verb == Verb::seal || op.verb == Verb::drop_page;
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
    const bool writes = op.verb == Verb::handle_store || op.inode >= 0;
    if (writes && op.value > env_.limits.values)
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
