// fuzz/replay/reference_machine.cpp - recordings on the reference, laid into its arena.
//
// Why: the text that is proved is the one that performs the program; all its claims are checked. A
//      range that the layout cuts is performed piece by piece, lowest first.
#include "fuzz/reference/perform.hpp"
#include "fuzz/replay/machine.hpp"
#include "fuzz/systems/reference.hpp"
#include "fuzz/replay/bounds.hpp"

namespace faultline::fuzz {
namespace {

class ReferenceReplay final : public ReplayMachine {
  public:
    explicit ReferenceReplay(const Layout& layout)
        : layout_(layout), reference_(make_reference("replay")) {}
    bool start(const Recording& r, const Rules& rules, std::string& problem) {
        limits_ = bounds_replay;
        limits_.stack_limit = static_cast<int>(
            std::min<Page>(r.stack_limit, static_cast<Page>(limits_.pages)));
        limits_.memlock_limit = limits_.pages;
        if (layout_.pages() > limits_.pages) {
            problem = "the reference has " + std::to_string(limits_.pages) +
                      " pages, the recording needs " + std::to_string(layout_.pages());
            return false;
        }
        return reference_->reset(limits_, rules, problem);
    }
    std::string_view name() const override { return "reference"; }
    int fresh() override { return fork(0); }
    int fork(int mm) override {
        Record r = record(operation_id<OpFork>(), mm);
        const Answered a = reference_->apply(r);
        return a.result == res_ok ? a.child : -1;
    }
    void exit(int mm) override { apply(record(operation_id<OpExit>(), mm)); }
    int map(int mm, Page lo, Page hi, std::uint16_t flags, std::uint32_t, bool replace) override {
        Record r = record(operation_id<OpMmap>(), mm);
        r.op = replace ? op_mmap_fixed : op_mmap_noreplace;
        r.flags = prot_of(flags);
        if ((flags & area_grows) != 0) r.flags |= flag_grows;
        const int result = each(lo, hi, r);
        if (result == res_enomem) trouble_ = "the reference has no row left";   // the place is free
        return result;
    }
    int unmap(int mm, Page lo, Page hi) override {
        return each(lo, hi, record(operation_id<OpMunmap>(), mm));
    }
    int protect(int mm, Page lo, Page hi, std::uint16_t flags) override {
        Record r = record(operation_id<OpMprotect>(), mm);
        r.op = op_mprotect;
        r.flags = prot_of(flags);
        return each(lo, hi, r);
    }
    int remap(int mm, const Remap& m) override;
    int dontneed(int mm, Page lo, Page hi) override {
        return each(lo, hi, record(operation_id<OpDontneed>(), mm));
    }
    int advise(int mm, Deed what, Page lo, Page hi) override {
        Record r = record(operation_id<OpAdvise>(), mm);
        r.op = static_cast<std::uint8_t>(op_dontfork + static_cast<int>(what) -
                                         static_cast<int>(Deed::dontfork));
        return each(lo, hi, r);
    }
    int access(int mm, Page page, Deed how) override {
        const int at = layout_.to_arena(page);
        if (at < 0) return res_segv_maperr;
        Record r = record(how == Deed::store   ? verb_write
                          : how == Deed::fetch ? verb_fetch
                                               : verb_load,
                          mm);
        r.page = static_cast<std::uint16_t>(at);
        r.value = how == Deed::store ? 1 : 0;
        return apply(r);
    }
    std::uint16_t flags() const override { return area_account - 1; }
    std::vector<Area> areas(int mm) override;
    std::string check() override {
        const int broken = reference_->violation({});
        return broken >= 0 ? std::string(claim_id(broken)) : "";
    }
    std::uint64_t frames() override {
        reference_->observe(seen_);
        return static_cast<std::uint64_t>(seen_.frames_used);
    }

  private:
    static Record record(std::uint8_t verb, int mm) {
        Record r;
        r.verb = verb;
        r.who = static_cast<std::uint8_t>(mm);
        return r;
    }
    static std::uint8_t prot_of(std::uint16_t flags) {
        return static_cast<std::uint8_t>(((flags & area_read) != 0 ? flag_read : 0) |
                                         ((flags & area_write) != 0 ? flag_write : 0) |
                                         ((flags & area_exec) != 0 ? flag_exec : 0));
    }
    int apply(const Record& r) {
        const Answered a = reference_->apply(r);
        if (a.blocked || a.result == res_oom) trouble_ = "the reference has no row left";
        if (a.broken) trouble_ = "an assertion of the reference failed";
        return a.blocked ? int{res_enomem} : a.result;
    }
    int each(Page lo, Page hi, Record r) {
        int result = res_ok;
        for (const Run& piece : layout_.pieces(lo, hi)) {
            r.page = static_cast<std::uint16_t>(layout_.to_arena(piece.lo));
            r.end = static_cast<std::uint16_t>(r.page + (piece.hi - piece.lo));
            const int one = apply(r);
            if (is_refused(one)) result = one;
        }
        return result;
    }

    const Layout& layout_;
    std::unique_ptr<Reference> reference_;
    Bounds limits_{};
    Observation seen_;
};

int ReferenceReplay::remap(int mm, const Remap& m) {
    Record r = record(operation_id<OpMremap>(), mm);
    const auto from = layout_.pieces(m.lo, m.hi), to = layout_.pieces(m.to, m.to + m.span);
    if (from.size() != 1 || to.size() != 1 || from[0].hi - from[0].lo != m.hi - m.lo) {
        trouble_ = "the layout cuts a range that is moved";
        return res_enomem;
    }
    r.page = static_cast<std::uint16_t>(layout_.to_arena(m.lo));
    r.end = static_cast<std::uint16_t>(r.page + (m.hi - m.lo));
    r.span = static_cast<std::uint16_t>(m.span);
    if (m.moves) {
        r.to = static_cast<std::uint16_t>(layout_.to_arena(m.to));
        r.flags = flag_maymove | flag_fixed;
    }
    if (m.dontunmap) r.flags |= flag_dontunmap;
    return apply(r);
}
std::vector<Area> ReferenceReplay::areas(int mm) {
    reference_->observe(seen_);
    std::vector<Area> out;
    const SeenProcess& p = seen_.processes[static_cast<std::size_t>(mm)];
    for (const SeenVma& v : p.vmas) {
        Area a;
        a.lo = layout_.from_arena(v.lo);
        a.hi = a.lo + static_cast<Page>(v.hi - v.lo);
        a.flags = v.flags;
        for (int n = v.lo; n < v.hi; ++n)
            a.anon += p.entries[static_cast<std::size_t>(n)].kind == EntryKind::present;
        out.push_back(a);
    }
    return out;
}

}  // namespace

std::unique_ptr<ReplayMachine> make_reference_machine(const Recording& recording,
                                                      const Layout& layout, const Rules& rules,
                                                      std::string& problem) {
    auto machine = std::make_unique<ReferenceReplay>(layout);
    if (!machine->start(recording, rules, problem)) return nullptr;
    return machine;
}

}  // namespace faultline::fuzz
