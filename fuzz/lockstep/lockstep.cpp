// fuzz/lockstep/lockstep.cpp - the loop, and what becomes of a difference.
//
// Why: see the header. Nothing is allocated while nothing differs.
#include "fuzz/lockstep/lockstep.hpp"

#include <algorithm>

namespace faultline::fuzz {
namespace {

/// Id, sentence and source of a claim by its index.
struct ClaimText {
    std::string id, says, source;
};
ClaimText claim_text(int which) {
    ClaimText text;
    int index = 0;
    boost::hana::for_each(claims, [&](auto type) {
        using Claim = typename decltype(type)::type;
        if (index++ == which) text = {Claim::id, Claim::says, Claim::source};
    });
    return text;
}
ClaimText text_of(FindingKind kind) {
    switch (kind) {
        case FindingKind::answer:
            return {"lockstep.answer", "The system answers every call as the reference does.",
                    "model/reference"};
        case FindingKind::observation:
            return {"lockstep.observation",
                    "What the system shows equals the reference, field by field, up to names.",
                    "model/reference"};
        case FindingKind::broken:
            return {"system.self-check", "The system finds nothing wrong with itself.",
                    "its assertions and its own checks"};
        default:
            return {"kernel.assertion", "No kernel assertion fails and every call ends.",
                    "linux BUG_ON, VM_WARN_ON"};
    }
}
bool is_access(const Record& r) {
    return (r.verb >= verb_load && r.verb <= verb_write) || r.verb == operation_id<OpFault>();
}

}  // namespace

bool alike(const Finding& a, const Finding& b) {
    const auto differs = [](const Finding& f) {
        return f.kind == FindingKind::answer || f.kind == FindingKind::observation ||
               f.kind == FindingKind::shown_claim || f.kind == FindingKind::broken;
    };
    if (differs(a) && differs(b)) return true;
    return a.kind == b.kind && a.id == b.id;
}

void Features::add(std::uint64_t value) {
    const auto feature = static_cast<std::uint16_t>(mixed(value) >> 48);
    if (marks_[feature] == epoch_) return;
    marks_[feature] = epoch_;
    here_.push_back({feature, records_});
}
void Features::call(const Record& r, const Answered& a) {
    const auto what = static_cast<std::uint32_t>(r.verb | r.op << 8 | (r.deny != 0) << 13 |
                                                 a.result << 14 | a.fault << 19);
    add(std::uint64_t{1} << 60 | std::uint64_t{last_[r.who]} << 24 | what);
    last_[r.who] = what;
}
void Features::shape(const Observation& seen) {
    int shared = 0, longest = 0, children = 0, active = 0, held = 0, living = 0;
    for (const SeenProcess& p : seen.processes) {
        if (!p.alive) continue;
        ++living;
        for (const SeenVma& v : p.vmas)
            longest = std::max(longest, static_cast<int>(v.chain.size()));
    }
    for (const SeenFrame& f : seen.frames) shared = std::max(shared, f.mapcount);
    for (const SeenAnonVma& a : seen.anon_vmas) {
        children = std::max(children, a.num_children);
        active = std::max(active, a.num_active_vmas);
    }
    for (const SeenHandle& h : seen.handles) held += h.kept;
    add(std::uint64_t{2} << 60 | static_cast<std::uint64_t>(shared << 12 | longest << 6 | living));
    add(std::uint64_t{3} << 60 |
        static_cast<std::uint64_t>(children << 12 | active << 6 | std::min(held, 3)));
}

Lockstep::Lockstep(System& system, const Arena& arena)
    : system_(system), arena_(arena), can_(system.capabilities()),
      may_run_out_((can_.can & can_deny) != 0), reference_(make_reference(arena.bounds)) {}

bool Lockstep::restart() {
    std::string problem;
    if (!reference_->reset(arena_.limits, arena_.rules, problem) ||
        !system_.reset(arena_.limits, arena_.rules, problem)) {
        report_.problem = problem.empty() ? "the system cannot be reset" : problem;
        return false;
    }
    comparison_.forget();
    records_.clear();
    if (features_) features_->start();
    since_ = 0;
    ++report_.starts;
    return true;
}

LockstepReport Lockstep::run(const LockstepConfig& config) {
    report_ = {};
    stride_ = config.stride;
    for (std::uint64_t n = 0, done = 0; done < config.operations && !report_.finding; ++n) {
        reference_->random() = Random(mixed(config.seed) + n);
        if (!restart()) break;
        draw_on(config, config.operations - done);
        done = report_.operations + report_.passed_over;
    }
    if (report_.finding) report_.records = records_;
    return report_;
}
LockstepReport Lockstep::history(const LockstepConfig& config, const std::vector<Record>& prefix) {
    report_ = {};
    stride_ = config.stride;
    reference_->random() = Random(mixed(config.seed));
    if (!restart()) return report_;
    for (const Record& r : prefix)
        if (!report_.finding) one(r);
    if (!report_.finding) draw_on(config, config.operations);
    if (report_.finding) report_.records = records_;
    return report_;
}
/// Draws and performs until the length or the operations are used up, then looks.
void Lockstep::draw_on(const LockstepConfig& config, std::uint64_t operations) {
    reference_->use(draw_swarm(reference_->random(), config.plain, can_.verbs), false);
    const auto most = std::min(operations, static_cast<std::uint64_t>(config.length));
    for (std::uint64_t n = 0; n < most && !report_.finding; ++n) {
        Record r;
        if (!reference_->draw(0, r)) {
            ++report_.passed_over;
            continue;
        }
        if ((can_.can & can_deny) == 0) r.deny = 0;
        one(r);
    }
    if (!report_.finding && stride_ > 0) look(false);
}
LockstepReport Lockstep::replay(const std::vector<Record>& records, int stride, bool with_claims) {
    report_ = {};
    stride_ = stride;
    with_claims_ = with_claims;
    if (!restart()) return report_;
    for (const Record& r : records) {
        one(r);
        ++report_.read;
        if (report_.finding) break;
    }
    if (!report_.finding && since_ > 0) look(false);
    with_claims_ = true;
    if (report_.finding) report_.records = records_;
    return report_;
}

void Lockstep::one(const Record& r) {
    if (!implements(can_, r) || r.verb == verb_step || r.has(flag_begin)) {
        ++report_.passed_over;
        return;
    }
    if (r.verb < operation_count && operation_shape(r.verb).by_frame)
        system_.point_at(reference_->place_of(r.who));
    if (!may_run_out_) reference_->save();
    const Answered a = reference_->apply(r);
    const bool nothing = a.blocked && reference_->last().steps == 0;
    // Who counts memory in another way is not asked what happens when it runs out.
    const bool ran_out = a.result == res_oom || (a.result == res_enomem && a.child < 0 &&
                                                 r.verb == operation_id<OpFork>());
    if (!may_run_out_ && ran_out) reference_->restore();
    if (nothing || (!may_run_out_ && ran_out)) {
        ++report_.passed_over;
        if (nothing && (can_.can & can_block) != 0) passed_over_there(r, a);
        return;
    }
    records_.push_back(r);
    if (a.broken || a.blocked) return found(FindingKind::reference_bug, -1, {});
    const Answered b = system_.apply(r);
    ++report_.operations;
    report_.refused += is_refused(a.result);
    report_.digest = (report_.digest ^ static_cast<std::uint64_t>(a.result << 16 | a.page << 8 |
                                                                  r.verb)) *
                     0x100000001b3u;
    if (!same_answer(r, a, b, can_.sees)) return judge(r, a, b);
    if (features_) {
        features_->records(records_.size());
        features_->call(r, a);
    }
    if (stride_ > 0 && ++since_ >= stride_) look(stride_ == 1 && is_access(r));
}
/// What is not enabled here must not be there either.
void Lockstep::passed_over_there(const Record& r, const Answered& a) {
    const Answered b = system_.apply(r);
    if (b.blocked && !b.broken) return;
    records_.push_back(r);
    judge(r, a, b);
}
void Lockstep::judge(const Record& r, const Answered& a, const Answered& b) {
    std::vector<Difference> differences;
    same_answer(r, a, b, can_.sees, &differences);
    found(b.broken ? FindingKind::broken : FindingKind::answer, -1, std::move(differences));
}

void Lockstep::look(bool one_access) {
    since_ = 0;
    ++report_.looks;
    if (with_claims_) {
        ++report_.claim_checks;
        if (const int bad = reference_->violation(arena_.excused); bad >= 0)
            return found(FindingKind::claim, bad, {});
    }
    reference_->observe(here_);
    if (features_) features_->shape(here_);
    system_.observe(there_);
    differences_.clear();
    if (!comparison_.look(here_, there_, can_.sees, one_access, differences_))
        return found(FindingKind::observation, -1, differences_);
    if (with_claims_ && (can_.sees & sees_everything) == sees_everything) {
        ++report_.system_claim_checks;
        const int bad = reference_->violation_of(there_, comparison_.frames(),
                                                 comparison_.anon_vmas(), arena_.excused);
        if (bad >= 0) return found(FindingKind::shown_claim, bad, {});
    }
    const std::string own = system_.self_check();
    if (!own.empty()) found(FindingKind::broken, -1, {{"", "self check", "", own}});
}
void Lockstep::found(FindingKind kind, int claim, std::vector<Difference> differences) {
    Finding f;
    f.kind = kind;
    const bool of_claim = kind == FindingKind::claim || kind == FindingKind::shown_claim;
    const ClaimText text = of_claim ? claim_text(claim) : text_of(kind);
    f.id = text.id;
    f.says = text.says;
    f.source = text.source;
    f.differences = std::move(differences);
    f.at_once = stride_ == 1;
    if (kind == FindingKind::observation && (can_.sees & sees_everything) == sees_everything) {
        const int bad = reference_->violation_of(there_, comparison_.frames(),
                                                 comparison_.anon_vmas(), arena_.excused);
        if (bad >= 0) f.claim = claim_text(bad).id;
    }
    report_.finding = std::move(f);
}

}  // namespace faultline::fuzz
