// fuzz/reference/perform.hpp - performs one record on the reference.
//
// Why: a history that is drawn, one that is replayed and one that a fuzzer's bytes spell must mean
//      the same. Any record is safe: what names nothing, or is not enabled, is blocked.
#pragma once
#include "fuzz/reference/record.hpp"
#include "model/reference/operate.hpp"

namespace faultline::fuzz {

/// Rows of the table of counts: the operations of the registry, then a user's accesses.
inline constexpr int user_load = operation_count, user_fetch = operation_count + 1,
                     user_write = operation_count + 2, verb_count = operation_count + 3;
constexpr std::array<const char*, verb_count> make_verb_names() {
    std::array<const char*, verb_count> names{};
    std::size_t i = 0;
    boost::hana::for_each(operations, [&](auto type) { names[i++] = decltype(type)::type::name; });
    names[user_load] = "load";
    names[user_fetch] = "fetch";
    names[user_write] = "write";
    return names;
}
inline constexpr std::array<const char*, verb_count> verb_names = make_verb_names();
/// The row of a record's verb, -1 for a step or an unknown verb.
constexpr int verb_row(std::uint8_t verb) {
    if (verb < operation_count) return verb;
    if (verb >= verb_load && verb <= verb_write) return verb - verb_load + operation_count;
    return -1;
}
constexpr std::uint8_t verb_of_row(int row) {
    return static_cast<std::uint8_t>(row < operation_count ? row
                                                           : row - operation_count + verb_load);
}

template <class M>
constexpr Args<M> args_of(const Record& r) {
    using Page = typename M::Page;
    Args<M> a{};
    a.page = static_cast<Page>(r.page);
    a.end = static_cast<Page>(r.end);
    a.to = static_cast<Page>(r.to);
    a.span = static_cast<Page>(r.span);
    a.read = r.has(flag_read);
    a.write = r.has(flag_write);
    a.exec = r.has(flag_exec);
    a.grows = r.has(flag_grows);
    a.fixed = r.has(flag_fixed);
    a.maymove = r.has(flag_maymove);
    a.dontunmap = r.has(flag_dontunmap);
    a.synchronous = r.has(flag_fixed);   // of swapon, which has no use for these flags
    a.stable = r.has(flag_maymove);
    a.gup = r.gup;
    a.op = r.op;
    a.value.v = r.value;
    return a;
}
/// The step or the call a record asks for. `blocked` means not enabled; for a call by one task
/// alone, and for a start or a step, nothing has changed then.
/// `after` is called after each step of a call (model/reference/operate.hpp), not after a lone
/// step.
template <class M, class After = NoObserver>
Outcome perform(const Env& env, typename M::State& s, const Record& r, After&& after = {}) {
    Outcome o;
    CallOptions options;
    options.task = r.task;
    options.deny_at = r.deny;
    const bool page_fits = r.page <= M::B.pages && r.end <= M::B.pages && r.to <= M::B.pages &&
                           r.span <= M::B.pages && r.value <= M::B.values;
    if (r.task >= M::B.tasks || r.task >= env.limits.tasks || !page_fits) {
        o.blocked = true;
        return o;
    }
    if (r.verb == verb_step) {
        o.blocked = !step_task<M>(env, s, r.task, r.deny != 0, o);
        return o;
    }
    if (r.verb == verb_write) return store<M>(env, s, r.who, r.page, r.value, options, after);
    if (r.verb == verb_load || r.verb == verb_fetch)
        return load<M>(env, s, r.who, r.page, r.verb == verb_fetch, options, after);
    const Args<M> args = args_of<M>(r);
    o.blocked = !start_task<M>(env, s, r.verb, r.who, args, options, o, after);
    if (!o.blocked && !r.has(flag_begin)) finish_task<M>(env, s, options, o, after);
    return o;
}

}  // namespace faultline::fuzz
