// tests/induction/canary_test.cpp - the prover notices a claim taken away, a rule broken and a
// limit hit.
//
// Why: a prover that says "holds" to everything would pass every other test.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "proofs/induction/expected.hpp"
#include "proofs/induction/formula.hpp"
#include "tests/induction/prove.hpp"

namespace faultline::proofs {
namespace {

constexpr const char* newest = "linux_6_12";

struct Dropped {
    const char* claim;
    std::vector<std::string> steps;
    const char* breaks;   ///< one cell among others
};
class DroppedClaim : public ::testing::TestWithParam<Dropped> {};
TEST_P(DroppedClaim, IsMissed) {
    InductionOptions o = options_for(newest, GetParam().steps);
    EXPECT_EQ(told(violated(o)), "");
    o.drop = {GetParam().claim};
    const CellNames broken = violated(o);
    EXPECT_EQ(broken.count(GetParam().breaks), 1u) << told(broken);
    for (const auto& b : broken) EXPECT_NE(b.rfind(GetParam().claim, 0), 0u) << "not a goal";
}
INSTANTIATE_TEST_SUITE_P(
    Claims, DroppedClaim,
    ::testing::Values(
        Dropped{"anon_vma.same-chain", {"edit.right"}, "rmap.complete at edit.right"},
        Dropped{"anon_vma.chain-closed", {"exit.unlink"}, "anon_vma.tree at exit.unlink"},
        Dropped{"task.fork", {"fork.copy"}, "frame.refcount-exact at fork.copy"},
        Dropped{"cow.exclusive-single", {"fault.wp"}, "cow.writable-single at fault.wp"},
        Dropped{"task.new-frame", {"fault.install"}, "frame.mapcount-exact at fault.install"}),
    [](const auto& i) {
        std::string name = i.param.claim;
        std::replace_if(name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
        return name;
    });

struct Buggy {
    const char *rule, *option;
    std::vector<std::string> steps;
    CellNames breaks;   ///< exactly these
};
class BuggyRule : public ::testing::TestWithParam<Buggy> {};
TEST_P(BuggyRule, BreaksItsCellsAndNoOthers) {
    InductionOptions o = options_for(newest, GetParam().steps);
    EXPECT_EQ(told(violated(o)), "");
    set_rule(o, GetParam().rule, GetParam().option);
    o.kernel = "linux_6_12 with a bug";
    const ProveReport r = prove(o);
    EXPECT_EQ(told(with(r, Verdict::violated)), told(GetParam().breaks));
    CellNames stories;
    for (const Story& s : r.stories) {
        EXPECT_FALSE(s.from_initial);
        ASSERT_EQ(s.steps.size(), 1u);
        stories.insert(s.claim + " at " + s.steps[0].text);
    }
    EXPECT_EQ(told(stories), told(GetParam().breaks)) << "a replayed story for each";
}
INSTANTIATE_TEST_SUITE_P(
    Rules, BuggyRule,
    ::testing::Values(
        Buggy{"anon_vma_reuse", "degree", {"fork.vma", "fault.prepare"},
              {"anon_vma.same-chain at fork.vma", "anon_vma.single-owner at fork.vma"}},
        Buggy{"cow_reuse", "mapcount", {"fault.wp", "fault.install"},
              {"cow.handle-isolation at fault.wp", "cow.private-isolation at fault.install",
               "pin.coherent at fault.install"}},
        Buggy{"gup_fork_seq", "none", {"gup_fast.grab", "gup_fast.check", "fork", "fork.share"},
              {"pin.exclusive at fork.share", "pin.write-private at fork.share"}},
        // fork.share looks at the entry again, as copy_present_pte does under the page-table lock,
        // since reclaim may change it after fork.check. So a fault behind fork's back no longer
        // makes it share a page that it has not seen (task.new-frame) or none at all (task.normal):
        // it goes back to fork.check, and what breaks is that the child may find the page twice.
        Buggy{"fault_lock", "vma_lock_ignored", {"fork", "fault", "fork.share", "fork.check"},
              {"frame.once-per-mm at fork.share", "representation.ranges at fork.share",
               "representation.ranges at fork.check", "swap.once-per-mm at fork.check",
               "swap.once-per-mm at fork.share"}},
        Buggy{"fork_pinned", "share", {"fork.check", "fork.share"},
              {"pin.exclusive at fork.share", "pin.write-private at fork.share"}}),
    [](const auto& i) { return std::string(i.param.rule); });

/// Claims about a step: a step that answers wrongly breaks them, one that answers rightly does not.
TEST(Prove, ClaimsAboutAStepFailWhereTheAnswerIsWrong) {
    using M = Con<bounds_b1>;
    const auto broken = [](const Rules& rules, const M::Task& was, const M::Task& is,
                           const M::Out& out) {
        const Env env{rules, bounds_b1};
        CellNames names;
        const auto held = step_claims_held<bounds_b1>(env, was, is, out);
        for (std::size_t c = 0; c < held.size(); ++c)
            if (!held[c]) names.insert(claim_infos()[first_step_claim + c].id);
        return told(names);
    };
    M::Task fault{}, idle{};
    fault.pc = pc_fault_prepare;
    fault.mm = M::MmRef::row(0);
    fault.write = true;
    M::Out out{};
    const auto answers = [&](int result) { out.result = out.fault = static_cast<uint8_t>(result); };
    answers(res_new_page);
    EXPECT_EQ(broken(linux_6_12, fault, idle, out), "");
    EXPECT_EQ(broken(linux_6_12, fault, fault, out), "fault.answers-fit\n") << "answers twice";
    answers(res_zero_mapped);
    EXPECT_EQ(broken(linux_6_12, fault, idle, out), "fault.answers-fit\n") << "a write";
    answers(res_retry);
    EXPECT_EQ(broken(linux_6_12, fault, idle, out), "fault.retries-unlocked\n") << "mmap_lock";
    fault.vlock = true;
    EXPECT_EQ(broken(linux_6_12, fault, idle, out), "");
    EXPECT_EQ(broken(linux_5_10, fault, idle, out), "fault.retries-unlocked\n") << "no VMA locks";
    out.result = res_oom;
    EXPECT_NE(broken(linux_6_12, fault, idle, out), "") << "two outcomes";
}

TEST(Prove, OldKernelBreaksExactlyWhatItMust) {
    InductionOptions o = options_for("linux_5_10");
#ifdef FAULTLINE_SANITIZED
    o.steps = {"fault.wp", "fault.install", "gup.follow", "fork.share"};
#endif
    const ProveReport r = prove(o);
    CellNames expected;
    for (const auto& e : expected_violations)
        expected.insert(std::string(e.claim) + " at " + std::string(e.step));
    EXPECT_EQ(told(with(r, Verdict::violated)), told(expected));
    EXPECT_TRUE(with(r, Verdict::unknown).empty());
    EXPECT_TRUE(with(r, Verdict::vacuous).empty());
    for (const Cell& c : r.cells)
        EXPECT_EQ(c.expected_violation, c.verdict == Verdict::violated) << c.claim << c.step;
}

TEST(Prove, ArgumentSymmetryDoesNotChangeVerdicts) {
    for (const bool bug : {false, true}) {
        InductionOptions o = options_for(newest, {"fault.wp", "fork.share", "unpin", "fork"});
        if (bug) set_rule(o, "fork_pinned", "share");
        const CellNames fixed = violated(o);
        o.argument_symmetry = false;
        const ProveReport all = prove(o);
        EXPECT_EQ(told(with(all, Verdict::violated)), told(fixed));
        EXPECT_EQ(fixed.empty(), !bug);
        EXPECT_TRUE(with(all, Verdict::unknown).empty());
    }
}

TEST(Prove, ALimitIsUnknownAndNeverHolds) {
    InductionOptions o = options_for(newest, {"exit.unlink"});
    o.claims = {"rmap.complete", "anon_vma.tree", "anon_vma.live-iff-linked"};
    EXPECT_EQ(with(prove(o), Verdict::holds).size(), 3u);
    o.decide.conflict_limit = 1;
    const ProveReport r = prove(o);
    EXPECT_EQ(told(with(r, Verdict::violated)), "");
    EXPECT_FALSE(with(r, Verdict::unknown).empty());
    for (const Cell& c : r.cells) {
        if (c.verdict == Verdict::unknown) { EXPECT_NE(c.note, "") << c.claim; }
    }
}

/// Derived: implied by the others, and no longer once one of them is taken away.
TEST(Prove, BitesTellsDerivedClaimsFromTheOthers) {
    InductionOptions o = options_for(newest);
    o.kinds = {"bites"};
    o.claims = {"cow.writable-single", "cow.exclusive-single"};
    const ProveReport r = prove(o);
    EXPECT_EQ(with(r, Verdict::holds).size(), 2u) << told(with(r, Verdict::vacuous));
    o.drop = {"cow.exclusive-single"};
    EXPECT_EQ(told(violated(o)), told({"cow.writable-single at "}));
}

}  // namespace
}  // namespace faultline::proofs
