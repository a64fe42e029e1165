// fuzz/systems/reference_machine.hpp - the reference at one capacity; instantiated once per bounds.
//
// Why: see reference.hpp. Labels are rows with the number of lives the row has had, so that a row
//      used again is another object.
#pragma once
#include <bit>
#include <cstring>
#include <type_traits>

#include "fuzz/reference/generate.hpp"
#include "fuzz/systems/reference.hpp"
#include "model/reference/view.hpp"

namespace faultline::fuzz {

/// How often each row of a table has been given back. Exact if rows are looked at before any is
/// taken: one that is free then, and was not, has ended a life.
template <std::size_t Rows>
struct Lives {
    static constexpr std::size_t words = (Rows + 63) / 64;
    std::array<std::uint32_t, Rows> lives{};
    std::array<std::uint64_t, words> used{};
    template <class Table, class InUse>
    void see(const Table& table, InUse in_use) {
        for (std::size_t w = 0; w < words; ++w) {
            std::uint64_t now = 0;
            for (std::size_t row = w * 64; row < Rows && row < w * 64 + 64; ++row)
                now |= std::uint64_t{in_use(table[row])} << (row % 64);
            for (std::uint64_t gone = used[w] & ~now; gone != 0; gone &= gone - 1)
                ++lives[w * 64 + static_cast<std::size_t>(std::countr_zero(gone))];
            used[w] = now;
        }
    }
    /// Of a reference of the model: 0 names none.
    template <class Ref>
    Label label(const Ref& ref) const {
        return ref.v == 0 ? 0 : label_of_row(static_cast<std::size_t>(ref.v - 1));
    }
    Label label_of_row(std::size_t row) const { return Label{lives[row]} << 16 | (row + 1); }
};
/// The row of a label that `Lives` made.
constexpr int row_of_label(Label label) { return static_cast<int>(label & 0xffff) - 1; }

/// Rows here of the objects another system showed: those they are known to have, else a free one.
/// False if there are more objects than rows.
template <class Seen, class LabelOf>
bool place_rows(const std::vector<Seen>& seen, const Bijection& known, std::size_t capacity,
                LabelOf label, FlatMap& rows) {
    rows.clear();
    std::vector<bool> taken(capacity, false);
    for (const auto& [here, there] : known.pairs())
        if (row_of_label(here) < static_cast<int>(capacity))
            taken[static_cast<std::size_t>(row_of_label(here))] = true;
    std::size_t next = 0;
    for (const Seen& x : seen) {
        const Label there = label(x);
        if (there == 0 || rows.at(there) != 0) continue;
        int row = row_of_label(known.back(there));
        if (row < 0) {
            while (next < capacity && taken[next]) ++next;
            if (next == capacity) return false;
            taken[next] = true;
            row = static_cast<int>(next);
        }
        rows.insert(there, static_cast<std::uint64_t>(row) + 1);
    }
    return true;
}

template <Bounds B>
class ReferenceMachine final : public Reference {
  public:
    using M = Machine<Concrete, B>;
    using State = typename M::State;
    static_assert(std::is_trivially_copyable_v<State>);

    ReferenceMachine() : env_{linux_6_12, B}, generator_(env_, random_, false) { restart(); }

    bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) override {
        problem = fit_problem(bounds);
        if (!problem.empty()) return false;
        env_.limits = bounds;
        env_.rules = rules;
        restart();
        return true;
    }
    Answered apply(const Record& r) override {
        known_ = cannot_say;
        // A call may free a row and take it again: another object. So all rows are looked at
        // before each step that may take one.
        if (r.verb == verb_step && step_allocates(pc(r.task))) see_lives();
        last_ = perform<M>(env_, s_, r, [this, &r](const State& s, int) {
            if (step_allocates(s.tasks[r.task].pc)) see_lives();
        });
        return {last_.result, last_.fault, last_.page, last_.child,
                last_.handle, last_.value, last_.blocked, last_.bug};
    }
    void observe(Observation& out) override;

    const Env& env() const override { return env_; }
    const Outcome& last() const override { return last_; }
    Random& random() override { return random_; }
    void use(const Swarm& mixture, bool interleaved) override {
        generator_.use(mixture);
        generator_.interleave(interleaved);
    }
    bool draw(int task, Record& record) override { return generator_.draw(s_, task, record); }
    int violation(const ClaimSet& excused) override {
        return known_ = first_violation<M>(env_, s_, excused);
    }
    int violation_of(const Observation& seen, const Bijection& frames, const Bijection& anon_vmas,
                     const ClaimSet& excused) override;
    void save() override {
        std::memcpy(&saved_, &s_, sizeof s_);
        saved_frames_ = frames_;
        saved_anon_vmas_ = anon_vmas_;
    }
    void restore() override {
        std::memcpy(&s_, &saved_, sizeof s_);
        frames_ = saved_frames_;
        anon_vmas_ = saved_anon_vmas_;
        known_ = cannot_say;
    }
    StateView view() const override { return view_of<M>(s_); }
    int pc(int task) const override {
        return task >= 0 && task < B.tasks ? int{s_.tasks[static_cast<std::size_t>(task)].pc}
                                           : int{pc_idle};
    }
    bool forking(int task) const override {
        return is_fork(s_.tasks[static_cast<std::size_t>(task)]);
    }
    bool serves(int mm, int page, bool write, bool exec) const override {
        return mm >= 0 && mm < B.mms && page >= 0 && page < B.pages &&
               entry_serves<M>(s_, mm, page, write, exec);
    }
    FramePlace place_of(int frame) const override;
    int frame_at(const FramePlace& place) const override;

  private:
    static std::string fit_problem(const Bounds& b) {
        const bool fits = b.mms <= B.mms && b.vmas <= B.vmas && b.pages <= B.pages &&
                          b.frames <= B.frames && b.anon_vmas <= B.anon_vmas &&
                          b.tasks <= B.tasks && b.handles <= B.handles && b.values <= B.values &&
                          b.pin_bias <= B.pin_bias && b.slots <= B.slots &&
                          b.swap_devices <= B.swap_devices;
        if (!fits) return "these bounds exceed the reference's capacity";
        return std::string(bounds_problem(b));
    }
    void restart() {
        s_ = initial_state<M>();
        frames_ = {};
        anon_vmas_ = {};
        last_ = {};
        known_ = cannot_say;
    }
    void see_lives() {
        frames_.see(s_.frames, [](const auto& f) { return f.refcount != 0; });
        anon_vmas_.see(s_.anon_vmas, [](const auto& a) { return bool{a.live}; });
    }
    /// Rows of VMAs by address. One more than can be used: g++ sees an overrun otherwise.
    using VmaOrder = std::array<std::uint8_t, static_cast<std::size_t>(B.vmas) + 1>;
    static std::size_t order_vmas(const typename M::Mm& mm, VmaOrder& order) {
        std::size_t used = 0;
        order = {};
        for (std::size_t v = 0; v < mm.vmas.size(); ++v) {
            if (!mm.vmas[v].used) continue;
            std::size_t at = used++;
            for (; at > 0 && mm.vmas[order[at - 1]].lo > mm.vmas[v].lo; --at)
                order[at] = order[at - 1];
            order[at] = static_cast<std::uint8_t>(v);
        }
        return used;
    }
    void observe_process(const typename M::Mm& mm, SeenProcess& out) const;
    void observe_vma(const typename M::Vma& v, SeenVma& out) const;
    /// Rows here of the objects another system showed, plus one.
    struct Rows {
        FlatMap frames, anon_vmas;
    };
    template <class Ref>
    static bool to_ref(Label seen, const FlatMap& rows, Ref& out) {
        out.v = static_cast<decltype(out.v)>(seen == 0 ? 0 : rows.at(seen));
        return seen == 0 || out.v != 0;
    }
    bool process_of(const SeenProcess& seen, const Rows& rows, typename M::Mm& mm) const;
    // Swap space (reference_swap.hpp).
    void observe_entry(const typename M::Pte& pte, SeenEntry& out) const;
    void observe_swap(Observation& out) const;
    void show_swap(const Observation& seen);

    Env env_;
    Random random_{1};
    Generator<M> generator_;
    State s_{}, saved_{}, shown_{};
    Lives<static_cast<std::size_t>(B.frames)> frames_, saved_frames_;
    Lives<static_cast<std::size_t>(B.anon_vmas)> anon_vmas_, saved_anon_vmas_;
    std::array<std::size_t, static_cast<std::size_t>(B.anon_vmas)> by_age_{};
    Rows rows_;
    int known_ = cannot_say;   ///< what `violation` said of the state as it is
    Outcome last_;
};

template <Bounds B>
void ReferenceMachine<B>::observe_vma(const typename M::Vma& v, SeenVma& out) const {
    out.lo = v.lo;
    out.hi = v.hi;
    out.pgoff = v.pgoff;
    out.flags = static_cast<std::uint16_t>(
        (v.read ? vma_read : 0) | (v.write ? vma_write : 0) | (v.exec ? vma_exec : 0) |
        (v.growsdown ? vma_growsdown : 0) | (v.locked ? vma_locked : 0) |
        (v.dontfork ? vma_dontfork : 0) | (v.wipeonfork ? vma_wipeonfork : 0));
    out.anon_vma = anon_vmas_.label(v.anon_vma);
    out.chain.clear();
    if (unlinked<M>(v)) return;
    for (const std::size_t a : by_age_)
        if (v.links[a]) out.chain.push_back(anon_vmas_.label_of_row(a));
}
template <Bounds B>
void ReferenceMachine<B>::observe_process(const typename M::Mm& mm, SeenProcess& out) const {
    out.alive = mm.phase == mm_alive;
    out.rss_anon = mm.rss_anon;
    out.rss_swap = mm.rss_swap;
    out.locked_vm = mm.locked_vm;
    out.map_count = mm.map_count;
    out.brk = mm.brk;
    VmaOrder order;
    const std::size_t used = order_vmas(mm, order);
    out.vmas.resize(used);
    for (std::size_t i = 0; i < used; ++i) observe_vma(mm.vmas[order[i]], out.vmas[i]);
    out.entries.resize(static_cast<std::size_t>(env_.limits.pages));
    for (std::size_t n = 0; n < out.entries.size(); ++n) observe_entry(mm.ptes[n], out.entries[n]);
}
template <Bounds B>
void ReferenceMachine<B>::observe(Observation& out) {
    see_lives();
    for (std::size_t a = 0; a < by_age_.size(); ++a) {   // oldest first, by insertion
        std::size_t at = a;
        for (; at > 0 && s_.anon_vmas[by_age_[at - 1]].age > s_.anon_vmas[a].age; --at)
            by_age_[at] = by_age_[at - 1];
        by_age_[at] = a;
    }
    out.processes.resize(static_cast<std::size_t>(env_.limits.mms));
    for (std::size_t p = 0; p < out.processes.size(); ++p) {
        if (s_.mms[p].phase == mm_alive) observe_process(s_.mms[p], out.processes[p]);
        else out.processes[p].alive = false;
    }
    out.frames.clear();
    out.frames_used = out.anon_vmas_live = 0;
    for (std::size_t f = 0; f < s_.frames.size(); ++f) {
        const auto& x = s_.frames[f];
        if (x.refcount == 0) continue;
        ++out.frames_used;
        out.frames.push_back({frames_.label_of_row(f), x.refcount, x.mapcount, x.index,
                              x.exclusive, x.batched, x.lru, anon_vmas_.label(x.anon_vma),
                              slot_of<M>(x) + 1, bool{x.dirty}});
    }
    out.anon_vmas.clear();
    for (std::size_t a = 0; a < s_.anon_vmas.size(); ++a) {
        const auto& x = s_.anon_vmas[a];
        if (!x.live) continue;
        ++out.anon_vmas_live;
        out.anon_vmas.push_back({anon_vmas_.label_of_row(a), anon_vmas_.label(x.root),
                                 anon_vmas_.label(x.parent), x.refcount, x.num_children,
                                 x.num_active_vmas});
    }
    out.handles.resize(static_cast<std::size_t>(env_.limits.handles));
    for (std::size_t h = 0; h < out.handles.size(); ++h)
        out.handles[h] = {s_.handles[h].kind != gup_none, frames_.label(s_.handles[h].frame)};
    observe_swap(out);
}

template <Bounds B>
bool ReferenceMachine<B>::process_of(const SeenProcess& seen, const Rows& rows,
                                     typename M::Mm& mm) const {
    mm.phase = seen.alive ? mm_alive : mm_free;
    if (!seen.alive) return true;
    if (seen.vmas.size() > mm.vmas.size() || seen.entries.size() > mm.ptes.size()) return false;
    const auto put = [](auto& field, int value) {
        field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    };
    bool ok = true;
    put(mm.rss_anon, seen.rss_anon);
    if constexpr (M::has_swap) put(mm.rss_swap, seen.rss_swap);
    put(mm.locked_vm, seen.locked_vm);
    put(mm.map_count, seen.map_count);
    put(mm.brk, seen.brk);
    // In the rows they have here, so that equal states are equal bytes.
    VmaOrder order;
    std::size_t used = order_vmas(mm, order);
    for (std::size_t row = 0; row < mm.vmas.size() && used < seen.vmas.size(); ++row)
        if (!mm.vmas[row].used) order[used++] = static_cast<std::uint8_t>(row);
    mm.vmas = {};
    for (std::size_t i = 0; i < seen.vmas.size(); ++i) {
        const SeenVma& x = seen.vmas[i];
        auto& v = mm.vmas[order[i]];
        v.used = true;
        put(v.lo, x.lo);
        put(v.hi, x.hi);
        put(v.pgoff, x.pgoff);
        v.read = (x.flags & vma_read) != 0;
        v.write = (x.flags & vma_write) != 0;
        v.exec = (x.flags & vma_exec) != 0;
        v.growsdown = (x.flags & vma_growsdown) != 0;
        v.locked = (x.flags & vma_locked) != 0;
        v.dontfork = (x.flags & vma_dontfork) != 0;
        v.wipeonfork = (x.flags & vma_wipeonfork) != 0;
        ok = ok && to_ref(x.anon_vma, rows.anon_vmas, v.anon_vma);
        for (const Label a : x.chain) {
            const std::uint64_t row = rows.anon_vmas.at(a);
            ok = ok && row != 0;
            if (row != 0) v.links[static_cast<std::size_t>(row - 1)] = true;
        }
    }
    for (std::size_t n = 0; n < seen.entries.size(); ++n) {
        const SeenEntry& e = seen.entries[n];
        auto& pte = mm.ptes[n];
        pte = {};
        pte.zero = e.kind == EntryKind::zero;
        pte.write = e.write;
        pte.exec = e.exec;
        pte.protnone = e.protnone;
        pte.dirty = e.dirty;
        ok = ok && to_ref(e.frame, rows.frames, pte.frame);
        if constexpr (M::has_swap) {
            put(pte.slot.v, e.slot);
            pte.swp_exclusive = e.swp_exclusive;
        }
    }
    return ok;
}
template <Bounds B>
int ReferenceMachine<B>::violation_of(const Observation& seen, const Bijection& frames,
                                      const Bijection& anon_vmas, const ClaimSet& excused) {
    Rows& rows = rows_;
    if (!place_rows(seen.frames, frames, s_.frames.size(),
                    [](const SeenFrame& f) { return f.frame; }, rows.frames) ||
        !place_rows(seen.anon_vmas, anon_vmas, s_.anon_vmas.size(),
                    [](const SeenAnonVma& a) { return a.anon_vma; }, rows.anon_vmas) ||
        seen.processes.size() > s_.mms.size() || seen.handles.size() > s_.handles.size())
        return cannot_say;
    // Ghosts, the kind of each reference and what only this side knows stay.
    std::memcpy(&shown_, &s_, sizeof s_);
    bool ok = true;
    for (std::size_t p = 0; p < seen.processes.size(); ++p)
        ok = ok && process_of(seen.processes[p], rows, shown_.mms[p]);
    for (auto& f : shown_.frames) f = {};
    for (auto& a : shown_.anon_vmas) a.live = false;
    for (const SeenFrame& x : seen.frames) {
        const auto row = static_cast<std::size_t>(rows.frames.at(x.frame) - 1);
        auto& f = shown_.frames[row];
        f = s_.frames[row];
        if (s_.frames[row].refcount == 0) f.uptodate = true;   // nothing here corresponds to it
        f.refcount = static_cast<decltype(f.refcount)>(x.refcount);
        f.mapcount = static_cast<decltype(f.mapcount)>(x.mapcount);
        f.index = static_cast<decltype(f.index)>(x.index);
        f.exclusive = x.exclusive;
        f.batched = x.batched;
        f.lru = x.lru;
        if constexpr (M::has_swap) {
            f.slot.v = static_cast<decltype(f.slot.v)>(x.slot);
            f.dirty = x.dirty;
        }
        ok = ok && to_ref(x.anon_vma, rows.anon_vmas, f.anon_vma);
    }
    for (const SeenProcess& p : seen.processes)
        for (const SeenEntry& e : p.entries)
            if (p.alive && e.frame != 0 && rows.frames.at(e.frame) != 0) {
                auto& f = shown_.frames[static_cast<std::size_t>(rows.frames.at(e.frame) - 1)];
                f.value.v = static_cast<decltype(f.value.v)>(e.value);
            }
    for (const SeenAnonVma& x : seen.anon_vmas) {
        auto& a = shown_.anon_vmas[static_cast<std::size_t>(rows.anon_vmas.at(x.anon_vma) - 1)];
        a.live = true;
        a.refcount = static_cast<decltype(a.refcount)>(x.refcount);
        a.num_children = static_cast<decltype(a.num_children)>(x.num_children);
        a.num_active_vmas = static_cast<decltype(a.num_active_vmas)>(x.num_active_vmas);
        ok = ok && to_ref(x.root, rows.anon_vmas, a.root) &&
             to_ref(x.parent, rows.anon_vmas, a.parent);
    }
    for (auto& a : shown_.anon_vmas)
        if (!a.live) a = {};
    for (std::size_t h = 0; h < seen.handles.size(); ++h)
        ok = ok && to_ref(seen.handles[h].frame, rows.frames, shown_.handles[h].frame);
    if constexpr (M::has_swap) show_swap(seen);
    if (!ok) return cannot_say;
    // The bytes of the state here: its claims are known.
    if (std::memcmp(&shown_, &s_, sizeof s_) == 0 && known_ >= -1) return known_;
    return first_violation<M>(env_, shown_, excused);
}

template <Bounds B>
std::unique_ptr<Reference> make_reference_at() {
    return std::make_unique<ReferenceMachine<B>>();
}

}  // namespace faultline::fuzz

#include "fuzz/systems/reference_swap.hpp"
