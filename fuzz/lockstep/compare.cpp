// fuzz/lockstep/compare.cpp - walks two observations in step.
//
// Why: see the header. The order is that of the tables, so that the first difference is where a
//      reader would look first.
#include "fuzz/lockstep/compare.hpp"

namespace faultline::fuzz {
namespace {

std::string result_word(int result) {
    const bool known = result >= 0 && result < result_count;
    return known ? result_infos[static_cast<std::size_t>(result)].text : std::to_string(result);
}
bool refused(int result) {
    return result < 0 || result >= result_count ||
           is_refused(result);
}
/// How a fault ended, as far as one can see it who does not see which way it was resolved.
int coarse(int result) { return refused(result) || result == res_pending ? result : int{res_ok}; }

bool has_page(const Record& r) {
    return r.verb < verb_load &&
           (r.op == op_mmap || r.op == op_mmap_hint || r.op == op_mmap_fixed ||
            r.op == op_mmap_noreplace);
}
bool is_access(const Record& r) { return r.verb >= verb_load && r.verb <= verb_write; }

}  // namespace

std::string Difference::text() const {
    return where + (where.empty() ? "" : "  ") + field + "  reference " + reference + "  system " +
           system;
}

bool same_answer(const Record& r, const Answered& a, const Answered& b, std::uint32_t sees,
                 std::vector<Difference>* out) {
    bool same = true;
    const auto differ = [&](const char* field, const std::string& x, const std::string& y) {
        same = false;
        if (out) out->push_back({"answer", field, x, y});
    };
    const auto number = [&](const char* field, int x, int y) {
        if (x != y) differ(field, std::to_string(x), std::to_string(y));
    };
    if (b.broken) differ("assertion", "holds", "failed");
    if (a.blocked != b.blocked)
        differ("enabled", a.blocked ? "no" : "yes", b.blocked ? "no" : "yes");
    if ((sees & sees_results) != 0) {
        const bool fine = (sees & sees_fault_kind) != 0;
        const int x = fine ? a.result : coarse(a.result), y = fine ? b.result : coarse(b.result);
        if (x != y) differ("result", result_word(x), result_word(y));
    }
    if (refused(a.result) || refused(b.result)) return same;
    if ((sees & sees_fault_kind) != 0 && is_access(r) && a.fault != b.fault)
        differ("fault", result_word(a.fault), result_word(b.fault));
    const bool returns_page = a.page != 0 || b.page != 0 || has_page(r);
    if ((sees & sees_pages) != 0 && returns_page) number("page", a.page, b.page);
    if (a.child != b.child) number("child", a.child, b.child);
    if (a.handle != b.handle) number("handle", a.handle, b.handle);
    if ((sees & sees_contents) != 0 && r.verb == verb_load) number("value", a.value, b.value);
    return same;
}

/// One comparison: the two looks, what both see, and where differences go.
class Comparison::Look {
  public:
    Look(Comparison& own, const Observation& a, const Observation& b, std::uint32_t sees,
         bool one_access, std::vector<Difference>& out)
        : own_(own), a_(a), b_(b), sees_(sees), fresh_(one_access), out_(out) {}

    bool compare() {
        own_.frames_.next_look();
        own_.anon_vmas_.next_look();
        const std::size_t processes = std::max(a_.processes.size(), b_.processes.size());
        for (std::size_t p = 0; p < processes; ++p) process(p);
        handles();
        if (on(sees_swap)) swap_space();
        if (on(sees_sharing)) frames();
        if (on(sees_anon_vmas)) anon_vmas();
        if (a_.frames_used >= 0 && b_.frames_used >= 0)
            number([] { return std::string("machine"); }, "frames in use", a_.frames_used,
                   b_.frames_used);
        if (a_.anon_vmas_live >= 0 && b_.anon_vmas_live >= 0)
            number([] { return std::string("machine"); }, "anon_vmas alive", a_.anon_vmas_live,
                   b_.anon_vmas_live);
        return same_;
    }

  private:
    bool on(std::uint32_t bit) const { return (sees_ & bit) != 0; }
    template <class Where>
    void differ(Where where, const char* field, const std::string& x, const std::string& y) {
        same_ = false;
        if (out_.size() < difference_limit) out_.push_back({where(), field, x, y});
    }
    template <class Where>
    void number(Where where, const char* field, int x, int y) {
        if (x != y) differ(where, field, std::to_string(x), std::to_string(y));
    }
    template <class Where>
    void flag(Where where, const char* field, bool x, bool y) {
        if (x != y) differ(where, field, x ? "yes" : "no", y ? "yes" : "no");
    }
    std::string known(const Bijection& names, Label b) const {
        if (b == 0) return "none";
        const Label here = names.back(b);
        return here == 0 ? "another, new here" : std::to_string((here & 0xffff) - 1);
    }
    template <class Where>
    void name(Where where, const char* field, Bijection& names, Label x, Label y) {
        if (!names.match(x, y, fresh_))
            differ(where, field, x == 0 ? "none" : std::to_string((x & 0xffff) - 1),
                   known(names, y));
    }

    void process(std::size_t p) {
        const auto where = [&] { return "P" + std::to_string(p); };
        const bool here = p < a_.processes.size() && a_.processes[p].alive;
        const bool there = p < b_.processes.size() && b_.processes[p].alive;
        if (here != there) return flag(where, "alive", here, there);
        if (!here) return;
        const SeenProcess &x = a_.processes[p], &y = b_.processes[p];
        if (on(sees_map_count)) number(where, "map_count", x.map_count, y.map_count);
        if (on(sees_rss)) number(where, "rss_anon", x.rss_anon, y.rss_anon);
        if (on(sees_swap)) number(where, "rss_swap", x.rss_swap, y.rss_swap);
        if (on(sees_locked)) number(where, "locked_vm", x.locked_vm, y.locked_vm);
        if (on(sees_brk)) number(where, "brk", x.brk, y.brk);
        if (on(sees_vmas)) vmas(p, x, y);
        if (on(sees_entries)) entries(p, x, y);
    }
    void vmas(std::size_t p, const SeenProcess& x, const SeenProcess& y) {
        const auto where = [&] { return "P" + std::to_string(p); };
        number(where, "VMAs", static_cast<int>(x.vmas.size()), static_cast<int>(y.vmas.size()));
        for (std::size_t i = 0; i < std::min(x.vmas.size(), y.vmas.size()); ++i) {
            const SeenVma &v = x.vmas[i], &w = y.vmas[i];
            const auto at = [&] {
                return "P" + std::to_string(p) + "[" + std::to_string(v.lo) + ".." +
                       std::to_string(v.hi) + ")";
            };
            number(at, "lo", v.lo, w.lo);
            number(at, "hi", v.hi, w.hi);
            number(at, "flags", v.flags, w.flags);
            if (on(sees_pgoff)) number(at, "pgoff", v.pgoff, w.pgoff);
            if (on(sees_anon_vmas)) name(at, "anon_vma", own_.anon_vmas_, v.anon_vma, w.anon_vma);
            if (!on(sees_chains)) continue;
            number(at, "chain length", static_cast<int>(v.chain.size()),
                   static_cast<int>(w.chain.size()));
            for (std::size_t n = 0; n < std::min(v.chain.size(), w.chain.size()); ++n)
                name(at, "chain", own_.anon_vmas_, v.chain[n], w.chain[n]);
        }
    }
    void entries(std::size_t p, const SeenProcess& x, const SeenProcess& y) {
        for (std::size_t n = 0; n < std::max(x.entries.size(), y.entries.size()); ++n) {
            const SeenEntry none;
            const SeenEntry& e = n < x.entries.size() ? x.entries[n] : none;
            const SeenEntry& f = n < y.entries.size() ? y.entries[n] : none;
            const auto at = [&] { return "P" + std::to_string(p) + ":" + std::to_string(n); };
            if (e.kind != f.kind) {
                static constexpr std::array kinds{"none", "zero", "present", "swap"};
                differ(at, "entry", kinds[static_cast<std::size_t>(e.kind)],
                       kinds[static_cast<std::size_t>(f.kind) % kinds.size()]);
            }
            if (e.kind == EntryKind::none || e.kind != f.kind) continue;
            if (e.kind == EntryKind::swap && on(sees_swap)) {
                number(at, "slot", e.slot, f.slot);
                flag(at, "swp_exclusive", e.swp_exclusive, f.swp_exclusive);
            }
            if (on(sees_entry_bits)) {
                flag(at, "write", e.write, f.write);
                flag(at, "exec", e.exec, f.exec);
                flag(at, "protnone", e.protnone, f.protnone);
                flag(at, "dirty", e.dirty, f.dirty);
            }
            if (e.kind != EntryKind::present) continue;
            if (on(sees_sharing)) name(at, "frame", own_.frames_, e.frame, f.frame);
            if (on(sees_contents)) number(at, "value", e.value, f.value);
        }
    }
    void handles() {
        if (!on(sees_handles)) return;
        for (std::size_t h = 0; h < std::max(a_.handles.size(), b_.handles.size()); ++h) {
            const SeenHandle none;
            const SeenHandle& x = h < a_.handles.size() ? a_.handles[h] : none;
            const SeenHandle& y = h < b_.handles.size() ? b_.handles[h] : none;
            const auto at = [&] { return "handle " + std::to_string(h); };
            flag(at, "kept", x.kept, y.kept);
            if (x.kept && y.kept) name(at, "frame", own_.frames_, x.frame, y.frame);
        }
    }
    void swap_space() {
        number([] { return std::string("machine"); }, "slots", static_cast<int>(a_.slots.size()),
               static_cast<int>(b_.slots.size()));
        for (std::size_t i = 0; i < std::min(a_.slots.size(), b_.slots.size()); ++i) {
            const SeenSlot &x = a_.slots[i], &y = b_.slots[i];
            const auto at = [&] { return "slot " + std::to_string(i); };
            number(at, "device", x.device, y.device);
            number(at, "count", x.count, y.count);
            flag(at, "cache", x.cache, y.cache);
            number(at, "value", x.value, y.value);
            name(at, "frame", own_.frames_, x.frame, y.frame);
        }
        for (std::size_t d = 0; d < std::min(a_.devices.size(), b_.devices.size()); ++d) {
            const SeenDevice &x = a_.devices[d], &y = b_.devices[d];
            const auto at = [&] { return "device " + std::to_string(d); };
            number(at, "phase", x.phase, y.phase);
            flag(at, "synchronous", x.synchronous, y.synchronous);
            flag(at, "stable", x.stable, y.stable);
        }
    }
    void frames() {
        places(a_.frames, own_.frame_places_, [](const SeenFrame& f) { return f.frame; });
        places(b_.frames, own_.system_frames_, [](const SeenFrame& f) { return f.frame; });
        const auto& pairs = own_.frames_.pairs();
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto [here, there] = pairs[i];
            const std::uint64_t p = own_.frame_places_.at(here);
            const std::uint64_t q = own_.system_frames_.at(there);
            const auto at = [row = here] {
                return "frame " + std::to_string((row & 0xffff) - 1);
            };
            const bool asks = (sees_ & (sees_refcount | sees_mapcount | sees_exclusive | sees_lru |
                                        sees_mapping)) != 0;
            if (!asks || p == 0) continue;
            if (q == 0) {
                flag(at, "shown", true, false);
                continue;
            }
            frame(at, a_.frames[static_cast<std::size_t>(p - 1)],
                  b_.frames[static_cast<std::size_t>(q - 1)]);
        }
    }
    template <class Where>
    void frame(Where at, const SeenFrame& x, const SeenFrame& y) {
        if (on(sees_refcount)) number(at, "refcount", x.refcount, y.refcount);
        if (on(sees_mapcount)) number(at, "mapcount", x.mapcount, y.mapcount);
        if (on(sees_exclusive)) flag(at, "exclusive", x.exclusive, y.exclusive);
        if (on(sees_swap)) {
            number(at, "slot", x.slot, y.slot);
            flag(at, "PG_dirty", x.dirty, y.dirty);
        }
        if (on(sees_lru)) {
            flag(at, "batched", x.batched, y.batched);
            flag(at, "lru", x.lru, y.lru);
        }
        if (!on(sees_mapping)) return;
        number(at, "index", x.index, y.index);
        if (on(sees_anon_vmas)) name(at, "anon_vma", own_.anon_vmas_, x.anon_vma, y.anon_vma);
    }
    void anon_vmas() {
        places(a_.anon_vmas, own_.anon_places_, [](const SeenAnonVma& a) { return a.anon_vma; });
        places(b_.anon_vmas, own_.system_anons_, [](const SeenAnonVma& a) { return a.anon_vma; });
        // Matching a root or a parent adds a pair, which is looked at in its turn.
        for (std::size_t i = 0; i < own_.anon_vmas_.pairs().size(); ++i) {
            const auto [here, there] = own_.anon_vmas_.pairs()[i];
            const std::uint64_t p = own_.anon_places_.at(here);
            const std::uint64_t q = own_.system_anons_.at(there);
            const auto at = [row = here] {
                return "anon_vma " + std::to_string((row & 0xffff) - 1);
            };
            if (p == 0) continue;
            if (q == 0) {
                flag(at, "shown", true, false);
                continue;
            }
            const SeenAnonVma& x = a_.anon_vmas[static_cast<std::size_t>(p - 1)];
            const SeenAnonVma& y = b_.anon_vmas[static_cast<std::size_t>(q - 1)];
            name(at, "root", own_.anon_vmas_, x.root, y.root);
            name(at, "parent", own_.anon_vmas_, x.parent, y.parent);
            number(at, "refcount", x.refcount, y.refcount);
            number(at, "num_children", x.num_children, y.num_children);
            number(at, "num_active_vmas", x.num_active_vmas, y.num_active_vmas);
        }
    }
    template <class Seen, class LabelOf>
    static void places(const std::vector<Seen>& seen, FlatMap& out, LabelOf label) {
        out.clear();
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (label(seen[i]) != 0 && out.at(label(seen[i])) == 0)
                out.insert(label(seen[i]), i + 1);
    }

    Comparison& own_;
    const Observation &a_, &b_;
    const std::uint32_t sees_;
    const bool fresh_;
    std::vector<Difference>& out_;
    bool same_ = true;
};

bool Comparison::look(const Observation& reference, const Observation& system, std::uint32_t sees,
                      bool one_access, std::vector<Difference>& differences) {
    return Look(*this, reference, system, sees, one_access, differences).compare();
}

}  // namespace faultline::fuzz
