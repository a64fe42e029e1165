// fuzz/lockstep/lockstep.cpp - the loop, and what becomes of a difference.
//
// Why: see the header. Nothing is allocated while nothing differs.
#include "fuzz/lockstep/lockstep.hpp"

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

ClaimSet known_broken(const Rules& rules) {
    ClaimSet set{};
    const bool loses_dma =
        rules.cow_reuse != CowReuse::exclusive || rules.gup_unshare == GupUnshare::no;
    if (loses_dma)
        for (const char* id : {"pin.coherent", "cow.private-isolation"})
            set[static_cast<std::size_t>(claim_index(id))] = true;
    return set;
}
bool alike(const Finding& a, const Finding& b) {
    const auto differs = [](const Finding& f) {
        return f.kind == FindingKind::answer || f.kind == FindingKind::observation ||
               f.kind == FindingKind::shown_claim || f.kind == FindingKind::broken;
    };
    if (differs(a) && differs(b)) return true;
    return a.kind == b.kind && a.id == b.id;
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
    since_ = 0;
    ++report_.starts;
    return true;
}

LockstepReport Lockstep::run(const LockstepConfig& config) {
    report_ = {};
    stride_ = config.stride;
    reference_->random() = Random(config.seed);
    const auto going = [&] {
        return report_.operations + report_.passed_over < config.operations && !report_.finding;
    };
    while (going()) {
        if (!restart()) break;
        reference_->use(draw_swarm(reference_->random(), config.plain, can_.verbs), false);
        for (int n = 0; n < config.length && going(); ++n) {
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
    if (report_.finding) report_.records = records_;
    return report_;
}
LockstepReport Lockstep::replay(const std::vector<Record>& records, int stride) {
    report_ = {};
    stride_ = stride;
    if (!restart()) return report_;
    for (const Record& r : records) {
        one(r);
        if (report_.finding) break;
    }
    if (!report_.finding && since_ > 0) look(false);
    if (report_.finding) report_.records = records_;
    return report_;
}

void Lockstep::one(const Record& r) {
    if (!implements(can_, r) || r.verb == verb_step || r.has(flag_begin)) {
        ++report_.passed_over;
        return;
    }
    if (!may_run_out_) reference_->save();
    const Answered a = reference_->apply(r);
    const bool nothing = a.blocked && reference_->last().steps == 0;
    // Who counts memory in another way is not asked what happens when it runs out.
    const bool ran_out = a.result == res_oom || (a.result == res_enomem && a.child < 0 &&
                                                 r.verb == operation_id<OpFork>());
    if (!may_run_out_ && ran_out) reference_->restore();
    if (nothing || (!may_run_out_ && ran_out)) {
        ++report_.passed_over;
        return;
    }
    records_.push_back(r);
    if (a.broken || a.blocked) return found(FindingKind::reference_bug, -1, {});
    const Answered b = system_.apply(r);
    ++report_.operations;
    report_.refused += result_infos[static_cast<std::size_t>(a.result)].refused;
    report_.digest = (report_.digest ^ static_cast<std::uint64_t>(a.result << 16 | a.page << 8 |
                                                                  r.verb)) *
                     0x100000001b3u;
    if (!same_answer(r, a, b, can_.sees)) return judge(r, a, b);
    if (stride_ > 0 && ++since_ >= stride_) look(stride_ == 1 && is_access(r));
}
void Lockstep::judge(const Record& r, const Answered& a, const Answered& b) {
    std::vector<Difference> differences;
    same_answer(r, a, b, can_.sees, &differences);
    found(b.broken ? FindingKind::broken : FindingKind::answer, -1, std::move(differences));
}

void Lockstep::look(bool one_access) {
    since_ = 0;
    ++report_.looks;
    ++report_.claim_checks;
    if (const int bad = reference_->violation(arena_.excused); bad >= 0)
        return found(FindingKind::claim, bad, {});
    reference_->observe(here_);
    system_.observe(there_);
    differences_.clear();
    if (!comparison_.look(here_, there_, can_.sees, one_access, differences_))
        return found(FindingKind::observation, -1, differences_);
    if ((can_.sees & sees_everything) == sees_everything) {
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
