// tests/constexpr/script.hpp - a scenario as a constant expression: operations, checks, every
// claim.
//
// Why: the compiler is the first reader of the model. A scenario is a function that returns the
//      number of the first operation that went wrong, 0 if none did.
#pragma once
#include "invariants/registry.hpp"
#include "invariants/residue.hpp"
#include "model/reference/operate.hpp"
#include "model/reference/rmap.hpp"

namespace faultline::script {

enum Prot : int { none = 0, r = 1, w = 2, x = 4, rw = 3, rx = 5 };

template <class M>
class Script {
  public:
    using State = typename M::State;
    constexpr explicit Script(const Rules& rules) : env_{rules, M::B} { claims_hold(); }

    constexpr int failed() const { return failed_; }
    constexpr int operations() const { return count_; }
    constexpr void expect(bool ok) {
        if (!ok && failed_ == 0) failed_ = count_ == 0 ? -1 : count_;
    }

    constexpr void mmap(int mm, int code, int page, int pages, Prot prot, int result, int at = 0) {
        Args<M> a = range(page, pages);
        a.op = static_cast<decltype(a.op)>(code);
        protect(a, prot);
        const Outcome o = run<OpMmap>(mm, a, result);
        expect(result != res_ok || o.page == at);
    }
    constexpr void munmap(int mm, int page, int pages, int result = res_ok, int deny = 0) {
        run<OpMunmap>(mm, range(page, pages), result, deny);
    }
    constexpr void mprotect(int mm, int page, int pages, Prot prot, int result = res_ok,
                            int deny = 0) {
        Args<M> a = range(page, pages);
        a.op = op_mprotect;
        protect(a, prot);
        run<OpMprotect>(mm, a, result, deny);
    }
    constexpr void advise(int mm, int code, int page, int pages, int result = res_ok) {
        Args<M> a = range(page, pages);
        a.op = static_cast<decltype(a.op)>(code);
        run<OpAdvise>(mm, a, result);
    }
    constexpr void dontneed(int mm, int page, int pages, int result = res_ok) {
        run<OpDontneed>(mm, range(page, pages), result);
    }
    constexpr void brk(int mm, int end, int result = res_ok) {
        Args<M> a{};
        a.end = static_cast<typename M::Page>(end);
        run<OpBrk>(mm, a, result);
    }
    constexpr void mremap_to(int mm, int page, int pages, int to, int result = res_ok) {
        Args<M> a = range(page, pages);
        a.span = static_cast<typename M::Page>(pages);
        a.to = static_cast<typename M::Page>(to);
        a.fixed = a.maymove = true;
        run<OpMremap>(mm, a, result);
    }
    constexpr void fork(int mm, int child, int result = res_ok, int deny = 0) {
        const Outcome o = run<OpFork>(mm, Args<M>{}, result, deny);
        expect(result != res_ok || o.child == child);
    }
    constexpr void exit(int mm) { run<OpExit>(mm, Args<M>{}, res_ok); }
    constexpr void gup(int mm, int kind, int page, bool write, int result = res_ok, int deny = 0) {
        Args<M> a{};
        a.page = static_cast<typename M::Page>(page);
        a.gup = static_cast<decltype(a.gup)>(kind);
        a.write = write;
        run<OpGup>(mm, a, result, deny);
    }
    constexpr void release(int handle) { run<OpUnpin>(handle, Args<M>{}, res_ok); }
    constexpr void device_store(int handle, int value) {
        Args<M> a{};
        a.value.v = static_cast<decltype(a.value.v)>(value);
        run<OpDma>(handle, a, res_ok);
    }
    /// A fault without an access: how it ended.
    constexpr void fault(int mm, int page, bool write, int result, int deny = 0) {
        Args<M> a{};
        a.page = static_cast<typename M::Page>(page);
        a.write = write;
        run<OpFault>(mm, a, result, deny);
    }
    constexpr void store(int mm, int page, int value, int result = res_ok, int deny = 0) {
        ++count_;
        const State before = s_;
        CallOptions options{};
        options.deny_at = deny;
        settle(faultline::store<M>(env_, s_, mm, page, value, options), result);
        refused(before, "fault", mm, Args<M>{}, result);
    }
    constexpr void load(int mm, int page, int value, int result = res_ok) {
        ++count_;
        const Outcome o = faultline::load<M>(env_, s_, mm, page);
        settle(o, result);
        expect(result != res_ok || o.value == value);
    }

    constexpr int frame(int mm, int page) const {
        return s_.mms[at(mm)].ptes[at(page)].frame.v - 1;
    }
    constexpr const auto& frame_row(int mm, int page) const {
        return s_.frames[at(frame(mm, page))];
    }
    constexpr bool writable(int mm, int page) const { return s_.mms[at(mm)].ptes[at(page)].write; }
    constexpr int handle_frame(int handle) const { return s_.handles[at(handle)].frame.v - 1; }
    constexpr int vmas(int mm) const { return s_.mms[at(mm)].map_count; }
    constexpr int rss(int mm) const { return s_.mms[at(mm)].rss_anon; }
    constexpr int anon_vmas() const {
        return count<M>(s_.anon_vmas, [](const auto& a) { return a.live; });
    }
    constexpr int frames() const {
        return count<M>(s_.frames, [](const auto& f) { return f.mapcount != 0; });
    }
    constexpr int walk(int mm, int page) const { return visits<M>(s_, frame(mm, page)); }

  private:
    static constexpr std::size_t at(int row) { return static_cast<std::size_t>(row); }
    static constexpr Args<M> range(int page, int pages) {
        Args<M> a{};
        a.page = static_cast<typename M::Page>(page);
        a.end = static_cast<typename M::Page>(page + pages);
        return a;
    }
    static constexpr void protect(Args<M>& a, Prot prot) {
        a.read = (prot & r) != 0;
        a.write = (prot & w) != 0;
        a.exec = (prot & x) != 0;
    }
    template <class Op>
    constexpr Outcome run(int who, const Args<M>& args, int result, int deny = 0) {
        ++count_;
        const State before = s_;
        CallOptions options{};
        options.deny_at = deny;
        const Outcome o = call<M>(env_, s_, operation_id<Op>(), who, args, options);
        settle(o, result);
        refused(before, Op::name, who, args, result);
        return o;
    }
    constexpr void settle(const Outcome& o, int result) {
        expect(o.result == result && !o.blocked && !o.bug);
        claims_hold();
    }
    constexpr void refused(const State& before, std::string_view name, int who, const Args<M>& args,
                           int result) {
        if (!result_infos[at(result)].refused) return;
        expect(residue_breach<M>(before, s_, name, who, args, result).empty());
    }
    constexpr void claims_hold() { expect(first_violation<M>(env_, s_) < 0); }

    Env env_;
    State s_ = initial_state<M>();
    int failed_ = 0, count_ = 0;
};

}  // namespace faultline::script
