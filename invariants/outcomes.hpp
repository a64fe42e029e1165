// invariants/outcomes.hpp - claims about one step: the task before it, what it answered, the task
// after it.
//
// Why:    what a fault may answer is no property of a state: a task that has answered is gone. The
//         prover puts these beside the state claims of every cell, and bounded reachability beside
//         those of every depth. A fault that is told to retry is started anew by its caller, so
//         there is no FAULT_FLAG_TRIED: what it forbids is said of the lock that is held.
// Source: linux arch/x86/mm/fault.c:do_user_addr_fault@v6.12; mm/memory.c:handle_mm_fault@v6.12
#pragma once
#include "invariants/claim.hpp"

namespace faultline {

/// A fault of any kind, whoever caused it; a start has no task yet.
constexpr auto faults(const auto& t) { return is_fault(t) || is_swapin(t) || is_file_fault(t); }

struct FaultRetries {
    static constexpr const char* id = "fault.retries-unlocked";
    static constexpr const char* says =
        "Only a fault that holds its VMA's lock and not mmap_lock is told to try again, and it has "
        "let go of everything; the second attempt, under mmap_lock, never is.";
    static constexpr const char* source =
        "linux mm/memory.c:__vmf_anon_prepare@v6.12; arch/x86/mm/fault.c:do_user_addr_fault@v6.12";
    template <class M>
    static constexpr void check(const Env& env, const typename M::Task& was,
                                const typename M::Task& is, const typename M::Out& out,
                                auto&& rep) {
        const typename M::Bool retries = out.fault == res_retry || out.result == res_retry;
        rep(implies(retries, faults(was) && was.vlock && was.gup == gup_none));
        rep(implies(retries, out.fault == out.result));
        rep(implies(retries, is.pc == pc_idle));
        if (env.rules.fault_lock == FaultLock::mmap_lock) rep(!retries);
    }
};
struct FaultAnswers {
    static constexpr const char* id = "fault.answers-fit";
    static constexpr const char* says =
        "A fault answers once, with one outcome, which its access can have: the zero page for a "
        "read, a new page for a write, a page copied or reused for a write or an unshare.";
    static constexpr const char* source =
        "linux mm/memory.c:handle_pte_fault, do_anonymous_page, do_wp_page@v6.1; include/linux/"
        "mm_types.h:VM_FAULT_ERROR@v6.1";
    template <class M>
    static constexpr void check(const Env&, const typename M::Task& was, const typename M::Task& is,
                                const typename M::Out& out, auto&& rep) {
        using Bool = typename M::Bool;
        const auto& f = out.fault;
        const Bool looks = f == res_pending || f == res_spurious || f == res_segv_maperr ||
                           f == res_segv_accerr;
        rep(implies(!faults(was), looks));   // only the steps of a fault change an entry
        rep(implies(f == res_zero_mapped, !was.write));
        rep(implies(f == res_new_page, was.write));
        rep(implies(f == res_copied || f == res_reused, was.write || was.unshare));
        rep(implies(f != res_pending, f >= res_zero_mapped && f <= res_oom));
        // Who faulted for itself is told this answer and no other; who did for GUP or to populate
        // looks again, or is told an errno.
        const Bool own = faults(was) && was.gup == gup_none && !is_unuse(was);
        rep(implies(own, out.result == f));
        rep(implies(own && f != res_pending, is.pc == pc_idle));
        rep(implies(faults(was) && !is_unuse(was) && out.result != res_pending,
                    f != res_pending));
    }
};

inline constexpr auto step_claims = boost::hana::tuple_t<FaultRetries, FaultAnswers>;
inline constexpr int step_claim_count =
    static_cast<int>(decltype(boost::hana::length(step_claims))::value);

/// Calls fn(index, condition) for each conjunct of each claim about a step.
template <class M, class Fn>
constexpr void each_step_claim(const Env& env, const typename M::Task& was,
                               const typename M::Task& is, const typename M::Out& out, Fn&& fn) {
    int index = 0;
    boost::hana::for_each(step_claims, [&](auto type) {
        decltype(type)::type::template check<M>(
            env, was, is, out, [&](const typename M::Bool& ok) { fn(index, ok); });
        ++index;
    });
}

}  // namespace faultline
