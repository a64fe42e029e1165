// tests/properties/residue_test.cpp - an outcome changes nothing outside its declared residue, and
// no call reaches into another address space.
//
// Why: the runner checks residues of the traces somebody wrote; histories reach the refusals nobody
//      thought of.
#include <gtest/gtest.h>

#include <algorithm>

#include "invariants/residue.hpp"
#include "tests/properties/histories.hpp"

namespace faultline::properties {
namespace {

/// How many refusals met each row of the table.
using Rows = std::array<std::uint64_t, residue_table.size()>;

/// What a call on one address space may change of the others: nothing. A device's store is what its
/// owner must find in memory, so the ghost `want` is not compared there.
template <class M>
bool others_untouched(const typename M::State& before, const typename M::State& after,
                      const Record& r, const Outcome& o, bool on_handle) {
    bool same = true;
    for (int p = 0; p < M::B.mms; ++p) {
        if (!on_handle && (p == r.who || p == o.child)) continue;
        auto was = before.mms[static_cast<std::size_t>(p)];
        auto is = after.mms[static_cast<std::size_t>(p)];
        if (on_handle) was.want = is.want = {};
        same = same && same_leaves(was, is);
    }
    return same;
}

/// `declared`: by the table; else (the broken law) nothing may change.
template <Bounds B>
Judged residue_law(const Case& c, Rows& rows, bool declared) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    auto s = initial_state<M>();
    for (const Record& r : c.records) {
        const auto before = s;
        const Outcome o = fuzz::perform<M>(env, s, r);
        if (o.blocked || fuzz::verb_row(r.verb) < 0) continue;
        const bool operation = r.verb < operation_count;
        const OpShape shape = operation ? operation_shape(r.verb) : OpShape{.by_mm = true};
        const bool everywhere = shape.by_frame || shape.by_device;   // reclaim asks nobody
        if (!everywhere && !others_untouched<M>(before, s, r, o, !shape.by_mm))
            return breaks(std::string(fuzz::verb_names[static_cast<std::size_t>(
                              fuzz::verb_row(r.verb))]) + " changed another address space");
        const bool refused = is_refused(o.result);
        if (!operation || !refused) continue;
        const std::string_view name = fuzz::verb_names[r.verb];
        const int row = residue_row(name, r.op, o.result);
        if (row >= 0) ++rows[static_cast<std::size_t>(row)];
        const std::string_view breach =
            declared ? residue_breach<M>(before, s, name, r.who, fuzz::args_of<M>(r), o.result)
            : same_leaves(before, s) ? std::string_view{} : "a refused call changed something";
        if (!breach.empty())
            return breaks(std::string(name) + " -> " +
                          result_infos[static_cast<std::size_t>(o.result)].text + ": " +
                          std::string(breach));
    }
    return holds();
}
template <Bounds B>
Checked check_residue(const char* name, std::string_view bounds, int longest, int cases, Rows& rows,
                      Coverage& seen, bool declared = true) {
    const Histories<B> histories{.bounds = bounds, .longest = longest, .deny = 32};
    return check(name, cases, histories.draws(seen),
                 [&](const Case& c) { return residue_law<B>(c, rows, declared); });
}

/// A refusal of calls on files, or one that only a mapping of a file meets.
bool needs_a_file(const ResidueRow& r) {
    for (int row = 0; row < operation_count; ++row)
        if (fuzz::verb_names[static_cast<std::size_t>(row)] == r.operation &&
            operation_shape(row).files)
            return true;
    const bool mmap = std::string_view(r.operation) == "mmap";
    return r.result == res_eperm || r.result == res_eacces || r.result == res_sigbus ||
           r.op == op_wipeonfork || (mmap && r.result == res_einval);
}

TEST(Residue, NothingElseChanges) {
    Rows rows{};
    Coverage small, large, swapping;
    EXPECT_EQ(told(check_residue<bounds_b1>("residue b1", "b1", 150, 1'500, rows, swapping)), "");
    EXPECT_EQ(told(check_residue<bounds_b2>("residue b2", "b2", 150, 1'500, rows, small)), "");
    EXPECT_EQ(told(check_residue<bounds_f1>("residue f1", "f1", 300, 400, rows, large)), "");
    swapping.print("b1");
    small.print("b2");
    large.print("f1");
    std::size_t met = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        met += rows[i] != 0;
        std::printf("  %-9s %-15s %8llu\n", residue_table[i].operation,
                    result_infos[static_cast<std::size_t>(residue_table[i].result)].text,
                    static_cast<unsigned long long>(rows[i]));
    }
    if (thinner == 1) {
        const auto rows_of_files =
            std::count_if(residue_table.begin(), residue_table.end(), needs_a_file);
        EXPECT_GE(met + static_cast<std::size_t>(rows_of_files), residue_table.size() - 4)
            << "refusals that no history meets";
    }
    EXPECT_GE(large.enabled * 2, large.attempts) << "half of the draws are not enabled";
    for (int row = 0; row < fuzz::verb_count; ++row) {
        const bool swap = row < operation_count && operation_shape(row).swap;
        if (row < operation_count && operation_shape(row).files) continue;   // no history has files
        if (swap) continue;   // tests/history asks for those
        EXPECT_GT(large.ended(row), 0u)
            << fuzz::verb_names[static_cast<std::size_t>(row)] << " is never reached";
    }
}
/// The canary: without the table the law is wrong, and must be found wrong.
TEST(Residue, CanaryWithoutTheTable) {
    Rows rows{};
    Coverage seen;
    const Checked c =
        check_residue<bounds_b2>("canary residue", "b2", 150, 1'500, rows, seen, false);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 6u) << c.text;
    EXPECT_FALSE(c.file.empty());
}

}  // namespace
}  // namespace faultline::properties
