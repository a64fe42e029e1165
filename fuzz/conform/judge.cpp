// fuzz/conform/judge.cpp - performs, compares, and knows what is accepted; see judge.hpp.
//
// Why: what is passed over is decided before the kernel is asked, from the reference alone; what is
//      accepted afterwards is recognized by its cause, never by its looks.
#include "fuzz/conform/judge.hpp"

#include <algorithm>

#include "fuzz/reference/perform.hpp"

namespace faultline::fuzz {
namespace {

bool is_gup(const Record& r) {
    return r.verb == operation_id<OpGup>() || r.verb == operation_id<OpGupFast>();
}
bool is_access(const Record& r) { return r.verb >= verb_load && r.verb <= verb_write; }
const SeenVma* vma_at(const SeenProcess& p, int page) {
    for (const SeenVma& v : p.vmas)
        if (v.lo <= page && page < v.hi) return &v;
    return nullptr;
}

}  // namespace

Judge::Judge(LiveSystem& kernel, const Rules& rules)
    : kernel_(kernel), rules_(rules), reference_(make_reference("live")) {}

bool Judge::restart(const Bounds& limits, std::string& problem) {
    limits_ = limits;
    if (!reference_->reset(limits, rules_, problem) || !kernel_.reset(limits, rules_, problem))
        return false;
    comparison_.forget();
    accounts_.assign(static_cast<std::size_t>(limits.mms),
                     std::vector<Account>(static_cast<std::size_t>(limits.pages) + 1));
    heap_ = false;
    reference_->observe(before_);
    return true;
}
Judged Judge::pass_over(int deviation) {
    deviation_ = deviation;
    return Judged::passed_over;
}

/// A fault alone is no more than what an access makes; memory is never refused.
void Judge::adapt(Record& r) const {
    r.deny = 0;
    if (is_gup(r) && r.gup == gup_get) r.verb = operation_id<OpGupFast>();   // so is vmsplice
    if (r.verb != operation_id<OpFault>()) return;
    r.verb = r.has(flag_exec) ? verb_fetch : r.has(flag_write) ? verb_write : verb_load;
    if (r.verb == verb_write && r.value == 0) r.value = static_cast<std::uint8_t>(limits_.values);
}
bool Judge::offered(const Record& r, int& deviation) const {
    if (r.verb == operation_id<OpBrk>()) {
        if (!kernel_.has_heap()) deviation = dev_no_heap;
        else if (r.end >= limits_.pages) deviation = dev_heap_end;
    }
    if (is_gup(r)) {
        const bool kind = (r.gup == gup_pin) == r.has(flag_write);
        if (!kind || !kernel_.has_pins()) deviation = dev_gup_kind;
    }
    return deviation < 0;
}

void Judge::follow_accounts(const Record& r, const Answered& a, int old_brk) {
    if (is_refused(a.result)) return;
    const auto set = [&](int who, int lo, int hi, Account to) {
        for (int n = lo; n < hi; ++n)
            accounts_[static_cast<std::size_t>(who)][static_cast<std::size_t>(n)] = to;
    };
    if (r.verb >= operation_count || r.who >= limits_.mms) return;
    auto& mine = accounts_[r.who];
    switch (r.verb) {
        case operation_id<OpMmap>():
            return set(r.who, a.page, a.page + (r.end - r.page), Account::mapped);
        case operation_id<OpMunmap>(): return set(r.who, r.page, r.end, Account::none);
        case operation_id<OpBrk>():
            heap_ = true;
            if (r.end > old_brk) set(r.who, old_brk, r.end, Account::heap);
            else set(r.who, r.end, old_brk, Account::none);
            return;
        case operation_id<OpMremap>(): {
            const Account kind = mine[r.page];
            if (!r.has(flag_dontunmap)) set(r.who, r.page, r.end, Account::none);
            return set(r.who, a.page, a.page + r.span, kind);
        }
        case operation_id<OpMprotect>():
            // Since 6.8 mprotect gives back the account of what was never faulted in.
            for (int n = r.page; n < r.end; ++n) {
                auto& x = mine[static_cast<std::size_t>(n)];
                const SeenVma* v = vma_at(here_.processes[r.who], n);
                if (x != Account::heap && x != Account::heap_unaccounted) continue;
                if (r.has(flag_write)) x = Account::heap;
                else if (v != nullptr && v->anon_vma == 0) x = Account::heap_unaccounted;
            }
            return;
        case operation_id<OpFork>(): accounts_[static_cast<std::size_t>(a.child)] = mine; return;
        default: return;
    }
}
bool Judge::accounts_touch() const {
    for (std::size_t p = 0; p < accounts_.size(); ++p) {
        const SeenProcess& seen = here_.processes[p];
        if (!seen.alive) continue;
        for (int n = 0; n + 1 < limits_.pages; ++n) {
            const auto& x = accounts_[p];
            const auto at = static_cast<std::size_t>(n);
            if (x[at] != x[at + 1] && vma_at(seen, n) != nullptr && vma_at(seen, n + 1) != nullptr)
                return true;
        }
    }
    return false;
}

Judged Judge::one(Record r) {
    deviation_ = -1;
    differences_.clear();
    adapt(r);
    record_ = r;
    int deviation = -1;
    if (!offered(r, deviation)) return pass_over(deviation);
    reference_->save();
    expected_ = reference_->apply(r);
    if (expected_.broken) return Judged::trouble;
    if (expected_.blocked || expected_.result == res_oom) {
        reference_->restore();
        return expected_.blocked ? Judged::not_enabled : pass_over(dev_memory);
    }
    Record drain;
    drain.verb = operation_id<OpDrain>();
    reference_->apply(drain);
    reference_->observe(here_);
    saved_accounts_ = accounts_;
    const int old_brk = r.who < limits_.mms ? before_.processes[r.who].brk : 0;
    follow_accounts(r, expected_, old_brk);
    if (heap_ && accounts_touch()) {
        reference_->restore();
        accounts_ = saved_accounts_;
        return pass_over(dev_commit);
    }
    answered_ = kernel_.apply(r);
    const std::uint32_t sees = kernel_.capabilities().sees;
    bool same = same_answer(r, expected_, answered_, sees | sees_contents, &differences_);
    if (!same && expected_.page != answered_.page)
        differences_.push_back({"answer", "place", std::to_string(expected_.page),
                                std::to_string(answered_.page)});
    same = look(r) && same;
    if (!kernel_.trouble().empty()) {
        differences_.push_back({"kernel", "trouble", "", kernel_.trouble()});
        return Judged::trouble;
    }
    if (same) {
        std::swap(before_, here_);
        return Judged::agrees;
    }
    deviation_ = known_deviation(r);
    return deviation_ >= 0 ? Judged::deviates : Judged::differs;
}
bool Judge::look(const Record& r) {
    kernel_.observe(there_);
    return comparison_.look(here_, there_, kernel_.capabilities().sees, is_access(r), differences_);
}

/// The causes of accepted differences, read off the state before the operation.
int Judge::known_deviation(const Record& r) const {
    if (r.who >= limits_.mms) return -1;
    const SeenProcess& p = before_.processes[r.who];
    const bool refused = is_refused(expected_.result);
    const bool served = !is_refused(answered_.result);
    // A stack whose offset would fall below zero; grown, it serves or says SIGSEGV/ACCERR.
    if (is_access(r) && expected_.result == res_segv_maperr) {
        for (const SeenVma& v : p.vmas)
            if ((v.flags & vma_growsdown) != 0 && v.lo > r.page && v.pgoff + r.page < v.lo)
                return dev_pgoff;
    }
    if (is_access(r) && expected_.result == res_segv_maperr) {
        const SeenVma* above = nullptr;   // the stack that the access would have grown
        for (const SeenVma& v : p.vmas)
            if (v.lo > r.page && (above == nullptr || v.lo < above->lo)) above = &v;
        if (above != nullptr && (above->flags & vma_growsdown) != 0 && above->anon_vma == 0)
            return dev_growth_prepares;
    }
    if (r.verb == operation_id<OpMremap>()) {
        const SeenVma* v = vma_at(p, r.page);
        const bool beyond = v != nullptr &&
                            v->pgoff + (r.page - v->lo) + r.span > 2 * bounds_live.pages;
        if (refused && served && beyond) return dev_pgoff;
        const bool several = v != nullptr && v->hi < r.end && r.has(flag_fixed) &&
                             r.span == r.end - r.page;
        if (several && rules_.mremap_checks == MremapChecks::early) return dev_mremap_multi;
    }
    const auto some_vma = [&](auto fits) {
        for (const SeenVma& v : p.vmas)
            if (v.lo < r.end && v.hi > r.page && fits(v)) return true;
        return false;
    };
    if (r.verb == operation_id<OpMprotect>() && r.has(flag_write) && some_vma([](const SeenVma& v) {
            return (v.flags & vma_locked) != 0 && (v.flags & vma_write) == 0;
        }))
        return dev_mprotect_populates;
    const bool locks = r.verb == operation_id<OpAdvise>() && r.op == op_mlock;
    if (locks && some_vma([](const SeenVma& v) { return (v.flags & 7) == vma_exec; }))
        return dev_mlock_exec;
    if (r.verb == operation_id<OpAdvise>() && r.op == op_mlock && refused && served)
        for (const SeenVma& v : p.vmas)
            if ((v.flags & vma_locked) != 0 && v.lo < r.end && v.hi > r.page)
                return dev_memlock_overlap;
    return -1;
}

std::string Judge::reference_text() const {
    return observation_text(here_, kernel_.capabilities().sees, true, comparison_.frames(),
                            comparison_.anon_vmas());
}
std::string Judge::kernel_text() const {
    return observation_text(there_, kernel_.capabilities().sees, false, comparison_.frames(),
                            comparison_.anon_vmas());
}

std::string observation_text(const Observation& seen, std::uint32_t sees, bool reference,
                             const Bijection& frames, const Bijection& anon_vmas) {
    const auto name = [&](char kind, const Bijection& known, Label label) -> std::string {
        if (label == 0) return "-";
        const Label here = reference ? label : known.back(label);
        if (here == 0) return std::string(1, kind) + "?";
        return kind + std::to_string((here & 0xffff) - 1);
    };
    std::string out;
    for (std::size_t p = 0; p < seen.processes.size(); ++p) {
        const SeenProcess& x = seen.processes[p];
        if (!x.alive) continue;
        out += "  P" + std::to_string(p);
        if ((sees & sees_rss) != 0) out += " rss " + std::to_string(x.rss_anon);
        if ((sees & sees_locked) != 0) out += " locked " + std::to_string(x.locked_vm);
        if ((sees & sees_map_count) != 0) out += " maps " + std::to_string(x.map_count);
        if ((sees & sees_brk) != 0) out += " brk " + std::to_string(x.brk);
        out += "\n";
        for (const SeenVma& v : x.vmas) {
            out += "    [" + std::to_string(v.lo) + ".." + std::to_string(v.hi) + ") ";
            static constexpr std::string_view letters = "rwxgldf";
            for (std::size_t b = 0; b < letters.size(); ++b)
                if ((v.flags >> b & 1) != 0) out += letters[b];
            if ((sees & sees_pgoff) != 0) out += " pgoff " + std::to_string(v.pgoff);
            if ((sees & sees_anon_vmas) != 0) out += " " + name('A', anon_vmas, v.anon_vma);
            for (std::size_t n = 0; n < v.chain.size(); ++n)
                out += (n == 0 ? " chain " : ",") + name('A', anon_vmas, v.chain[n]);
            out += "\n     ";
            for (int n = v.lo; n < v.hi && n < static_cast<int>(x.entries.size()); ++n) {
                const SeenEntry& e = x.entries[static_cast<std::size_t>(n)];
                if (e.kind == EntryKind::none) continue;
                out += " " + std::to_string(n) + ":" +
                       (e.kind == EntryKind::zero ? "zero" : name('F', frames, e.frame));
                if ((sees & sees_entry_bits) != 0)
                    out += std::string(e.write ? "w" : "") + (e.exec ? "x" : "") +
                           (e.dirty ? "d" : "") + (e.protnone ? "n" : "");
                if (e.kind == EntryKind::present) out += "=" + std::to_string(e.value);
            }
            if (out.back() == ' ') out.erase(out.size() - 6);
            else out += "\n";
        }
    }
    for (const SeenFrame& f : seen.frames) {
        out += "  " + name('F', frames, f.frame) + " refs " + std::to_string(f.refcount) +
               " maps " + std::to_string(f.mapcount) + (f.exclusive ? " exclusive" : "") +
               (f.lru ? "" : " off the LRU") + " " + name('A', anon_vmas, f.anon_vma) + " index " +
               std::to_string(f.index) + "\n";
    }
    for (const SeenAnonVma& a : seen.anon_vmas)
        out += "  " + name('A', anon_vmas, a.anon_vma) + " root " + name('A', anon_vmas, a.root) +
               " parent " + name('A', anon_vmas, a.parent) + " refs " + std::to_string(a.refcount) +
               " children " + std::to_string(a.num_children) + " active " +
               std::to_string(a.num_active_vmas) + "\n";
    return out;
}

}  // namespace faultline::fuzz
