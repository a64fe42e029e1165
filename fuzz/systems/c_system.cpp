// fuzz/systems/c_system.cpp - translates operations, answers and observations.
//
// Why: see the header.
#include "fuzz/systems/c_system.hpp"

#include <array>
#include <stdexcept>

#include "fuzz/reference/perform.hpp"

namespace faultline::fuzz {
namespace {

static_assert(rule_infos.size() <= FL_RULES);
constexpr bool equal(int a, std::uint32_t b) { return static_cast<std::uint32_t>(a) == b; }
static_assert(equal(FL_SEES_RESULTS, sees_results) && equal(FL_SEES_PAGES, sees_pages) &&
              equal(FL_SEES_FAULT_KIND, sees_fault_kind) && equal(FL_SEES_VMAS, sees_vmas) &&
              equal(FL_SEES_CONTENTS, sees_contents) && equal(FL_SEES_PGOFF, sees_pgoff) &&
              equal(FL_SEES_ENTRIES, sees_entries) && equal(FL_SEES_SHARING, sees_sharing) &&
              equal(FL_SEES_ENTRY_BITS, sees_entry_bits) && equal(FL_SEES_RSS, sees_rss) &&
              equal(FL_SEES_MAPCOUNT, sees_mapcount) && equal(FL_SEES_REFCOUNT, sees_refcount) &&
              equal(FL_SEES_EXCLUSIVE, sees_exclusive) && equal(FL_SEES_LOCKED, sees_locked) &&
              equal(FL_SEES_MAP_COUNT, sees_map_count) && equal(FL_SEES_BRK, sees_brk) &&
              equal(FL_SEES_HANDLES, sees_handles));
static_assert(equal(FL_CAN_DENY, can_deny) && equal(FL_CAN_GUP, can_gup) &&
              equal(FL_CAN_DRAIN, can_drain));

/// Verbs of records in the order of fl_operation_kind.
constexpr std::array<std::uint8_t, FL_OPERATIONS> verbs{
    operation_id<OpMmap>(),  operation_id<OpMunmap>(),   operation_id<OpMprotect>(),
    operation_id<OpAdvise>(), operation_id<OpDontneed>(), operation_id<OpBrk>(),
    operation_id<OpMremap>(), operation_id<OpFault>(),    operation_id<OpFork>(),
    operation_id<OpExit>(),  operation_id<OpGup>(),      operation_id<OpGupFast>(),
    operation_id<OpStore>(), operation_id<OpUnpin>(),    operation_id<OpDma>(),
    operation_id<OpDrain>(), verb_load, verb_fetch, verb_write};
constexpr std::array<std::uint8_t, 4> mmap_kinds{op_mmap, op_mmap_hint, op_mmap_fixed,
                                                 op_mmap_noreplace};
constexpr std::array<std::uint8_t, 6> advices{op_dontfork,   op_dofork, op_wipeonfork,
                                              op_keeponfork, op_mlock,  op_munlock};
/// Results in the order of fl_result.
constexpr std::array<std::uint8_t, 15> results{
    res_ok,          res_zero_mapped, res_new_page, res_copied, res_reused,
    res_spurious,    res_segv_maperr, res_segv_accerr, res_oom, res_enomem,
    res_einval,      res_eexist,      res_efault,   res_eagain, res_eperm};
static_assert(FL_EPERM + 1 == results.size());

/// Where `value` stands, 0 if nowhere.
template <std::size_t N>
int index_in(const std::array<std::uint8_t, N>& table, int value) {
    for (std::size_t i = 0; i < N; ++i)
        if (table[i] == value) return static_cast<int>(i);
    return 0;
}
/// An answer that is no fl_result is no result either, and so differs from every one.
int result_of(std::int32_t r) {
    return r >= 0 && r < static_cast<std::int32_t>(results.size())
               ? int{results[static_cast<std::size_t>(r)]} : int{res_pending};
}
template <std::size_t N>
std::uint32_t codes_of(std::uint32_t bits, const std::array<std::uint8_t, N>& table) {
    std::uint32_t codes = 0;
    for (std::size_t i = 0; i < N; ++i)
        if ((bits >> i & 1) != 0) codes |= 1u << table[i];
    return codes;
}

class CSystem final : public System {
  public:
    explicit CSystem(const fl_system& table) : table_(table), self_(table.create()) {
        if (self_ == nullptr) throw std::invalid_argument("the C system could not be created");
    }
    ~CSystem() override { table_.destroy(self_); }
    CSystem(const CSystem&) = delete;
    CSystem& operator=(const CSystem&) = delete;

    std::string_view name() const override { return table_.name; }
    Capabilities capabilities() const override {
        Capabilities c;
        c.sees = table_.sees;
        c.can = table_.can;
        c.verbs = 0;
        for (std::size_t i = 0; i < verbs.size(); ++i)
            if ((table_.operations >> i & 1) != 0) c.verbs |= verb_bit(verbs[i]);
        c.op_codes = 1u << op_none | 1u << op_mprotect | codes_of(table_.mmap_kinds, mmap_kinds) |
                     codes_of(table_.advices, advices);
        c.flags = static_cast<std::uint8_t>(table_.flags & 0x7f);
        return c;
    }
    bool reset(const Bounds& b, const Rules& rules, std::string& problem) override {
        bounds_ = {b.mms, b.vmas, b.pages, b.frames, b.handles, b.values, b.stack_guard_gap,
                   b.stack_limit, b.memlock_limit, b.map_count_limit, b.move_slack, b.pin_bias,
                   b.batch_size};
        fl_rules r{};
        for (std::size_t i = 0; i < rule_infos.size(); ++i) r.option[i] = rule_infos[i].get(rules);
        lay_out();
        if (table_.reset(self_, &bounds_, &r) == 0) return true;
        problem = std::string(table_.name) + " cannot have these bounds or rules";
        return false;
    }
    Answered apply(const Record& r) override {
        fl_operation op{};
        op.kind = index_in(verbs, r.verb);
        op.who = r.who;
        op.page = r.page;
        op.end = r.end;
        op.to = r.to;
        op.span = r.span;
        op.flags = (r.flags & 0x7f) | (r.gup == gup_pin ? FL_PIN : 0);
        op.mmap_kind = index_in(mmap_kinds, r.op);
        op.advice = index_in(advices, r.op);
        op.value = r.value;
        op.deny = r.deny;
        fl_answer a{FL_OK, -1, 0, -1, -1, 0, 0};
        table_.apply(self_, &op, &a);
        Answered out;
        out.result = result_of(a.result);
        out.fault = a.fault < 0 ? int{res_pending} : result_of(a.fault);
        out.page = a.page;
        out.child = a.child;
        out.handle = a.handle;
        out.value = a.value;
        out.broken = a.broken != 0;
        return out;
    }
    void observe(Observation& out) override;
    std::string self_check() override {
        const char* text = table_.self_check == nullptr ? nullptr : table_.self_check(self_);
        return text == nullptr ? "" : text;
    }

  private:
    static std::size_t size(std::int32_t n) { return static_cast<std::size_t>(n); }
    void lay_out() {
        processes_.assign(size(bounds_.processes), {});
        vmas_.assign(size(bounds_.processes * bounds_.vmas), {});
        entries_.assign(size(bounds_.processes * bounds_.pages), {});
        frames_.assign(size(bounds_.frames), {});
        handles_.assign(size(bounds_.handles), 0);
        for (std::size_t p = 0; p < processes_.size(); ++p) {
            processes_[p].vmas = vmas_.data() + p * size(bounds_.vmas);
            processes_[p].entries = entries_.data() + p * size(bounds_.pages);
        }
    }

    const fl_system& table_;
    void* self_;
    fl_bounds bounds_{};
    std::vector<fl_process> processes_;
    std::vector<fl_vma> vmas_;
    std::vector<fl_entry> entries_;
    std::vector<fl_frame> frames_;
    std::vector<std::uint64_t> handles_;
};

void CSystem::observe(Observation& out) {
    lay_out();
    fl_observation o{processes_.data(), 0, frames_.data(), handles_.data(), -1};
    table_.observe(self_, &o);
    out.processes.resize(processes_.size());
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        const fl_process& x = processes_[p];
        SeenProcess& y = out.processes[p];
        y.alive = x.alive != 0;
        y.rss_anon = x.rss_anon;
        y.locked_vm = x.locked_vm;
        y.map_count = x.map_count;
        y.brk = x.brk;
        y.vmas.resize(size(std::min(std::max(x.vma_count, 0), bounds_.vmas)));
        for (std::size_t i = 0; i < y.vmas.size(); ++i) {
            const fl_vma& v = x.vmas[i];
            y.vmas[i] = {v.lo, v.hi, v.pgoff, static_cast<std::uint16_t>(v.flags), 0, {}};
        }
        y.entries.resize(size(bounds_.pages));
        for (std::size_t n = 0; n < y.entries.size(); ++n) {
            const fl_entry& e = x.entries[n];
            const auto kind = e.kind == FL_PRESENT ? EntryKind::present
                              : e.kind == FL_ZERO  ? EntryKind::zero
                                                   : EntryKind::none;
            y.entries[n] = {.kind = kind, .write = e.write != 0, .exec = e.exec != 0,
                            .protnone = e.protnone != 0, .dirty = e.dirty != 0, .frame = e.frame,
                            .value = e.value};
        }
    }
    out.frames.clear();
    for (std::int32_t f = 0; f < std::min(o.frame_count, bounds_.frames); ++f) {
        const fl_frame& x = frames_[size(f)];
        SeenFrame y;
        y.frame = x.frame;
        y.refcount = x.refcount;
        y.mapcount = x.mapcount;
        y.exclusive = x.exclusive != 0;
        out.frames.push_back(y);
    }
    out.anon_vmas.clear();
    out.handles.resize(handles_.size());
    for (std::size_t h = 0; h < handles_.size(); ++h)
        out.handles[h] = {handles_[h] != 0, handles_[h]};
    out.frames_used = o.frames_used;
    out.anon_vmas_live = -1;
}

}  // namespace

std::unique_ptr<System> make_c_system(const fl_system& table) {
    if (table.abi != FAULTLINE_ABI || table.size != sizeof(fl_system))
        throw std::invalid_argument("the C system was built for another version of faultline.h");
    if (table.name == nullptr || table.create == nullptr || table.destroy == nullptr ||
        table.reset == nullptr || table.apply == nullptr || table.observe == nullptr)
        throw std::invalid_argument("the C system's table is incomplete");
    return std::make_unique<CSystem>(table);
}

}  // namespace faultline::fuzz
