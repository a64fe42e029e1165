// tests/properties/names_test.cpp - no operation knows the names of rows: renaming state and
// operation renames the result.
//
// Why: tests/explore asks this of small machines and all successors together; here it is asked of
//      each operation by itself, with its arguments and its answer renamed, whole calls and steps.
#include <gtest/gtest.h>

#include "tests/explore/walk.hpp"
#include "tests/properties/histories.hpp"
#include "tests/properties/names.hpp"

namespace faultline::properties {
namespace {

template <Bounds B>
using Relabelling = explore::Relabelling<B>;

template <Bounds B>
int renamed(const Relabelling<B>& r, explore::SortCode sort, int row) {
    const auto& map = r.to[static_cast<std::size_t>(sort)];
    return row < 0 ? row : map[static_cast<std::size_t>(row) + 1] - 1;
}
template <Bounds B>
Record renamed(const Relabelling<B>& r, Record x) {
    const int row = fuzz::verb_row(x.verb);
    const OpShape shape = row >= 0 && row < operation_count ? operation_shape(row)
                                                            : OpShape{.by_mm = row >= 0};
    if (shape.by_mm) x.who = static_cast<std::uint8_t>(renamed<B>(r, explore::SortCode::mm, x.who));
    if (shape.by_handle) x.who = r.handle[x.who];
    x.task = r.task[x.task];
    const auto& values = r.to[static_cast<std::size_t>(explore::SortCode::value)];
    x.value = values[x.value];
    return x;
}
/// `row` on the one side is `other` on the other; whoever had `other` takes what is left.
template <class Rows>
void meet(Rows& rows, int row, int other) {
    if (row < 0 || other < 0) return;
    for (int& x : rows)
        if (x == other) std::swap(x, rows[static_cast<std::size_t>(row)]);
}
template <class M>
int child_of(const typename M::State& s, const Record& r, const Outcome& o) {
    return o.child >= 0 ? o.child : int{s.tasks[r.task].child.v} - 1;
}

/// `renames`: the law; else the operation keeps its old names, which must show.
template <Bounds B>
Judged names_law(const Case& c, bool renames,
                 std::array<std::uint64_t, fuzz::verb_count + 1>& seen) {
    using M = Machine<Concrete, B>;
    const Env env{c.rules(), B};
    if (c.records.empty()) return no_case();
    const Record last = c.records.back();
    const auto s = played<M>(env, {c.records.begin(), c.records.end() - 1});
    std::mt19937 random(static_cast<std::mt19937::result_type>(c.pick));
    const auto names = explore::random_relabelling<B>(s, random);
    const auto t = explore::relabelled<B>(s, names);
    auto a = s, b = t;
    const Record other = renames ? renamed<B>(names, last) : last;
    const Outcome x = fuzz::perform<M>(env, a, last), y = fuzz::perform<M>(env, b, other);
    ++seen[static_cast<std::size_t>(last.verb == fuzz::verb_step ? fuzz::verb_count
                                                                  : fuzz::verb_row(last.verb))];
    const auto& values = names.to[static_cast<std::size_t>(explore::SortCode::value)];
    if (x.blocked != y.blocked || x.result != y.result || x.page != y.page || x.fault != y.fault ||
        x.steps != y.steps || values[static_cast<std::size_t>(x.value)] != y.value ||
        (x.child < 0) != (y.child < 0) || (x.handle < 0) != (y.handle < 0))
        return breaks("the answer knows the names", {});
    Given<B> given;
    for (int p = 0; p < B.mms; ++p)
        given.mm[static_cast<std::size_t>(p)] = renamed<B>(names, explore::SortCode::mm, p);
    for (std::size_t h = 0; h < given.handle.size(); ++h) given.handle[h] = names.handle[h];
    for (std::size_t k = 0; k < given.task.size(); ++k) given.task[k] = names.task[k];
    for (std::size_t v = 0; v < given.value.size(); ++v) given.value[v] = values[v + 1] - 1;
    meet(given.mm, child_of<M>(a, last, x), child_of<M>(b, other, y));
    meet(given.handle, x.handle, y.handle);
    const std::string differs = SameUpToNames<M>(a, b).difference(given);
    return differs.empty() ? holds() : breaks("the state knows the names: " + differs, {});
}
using Seen = std::array<std::uint64_t, fuzz::verb_count + 1>;
template <Bounds B>
Checked check_names(const char* name, std::string_view bounds, int longest, bool interleaved,
                    int cases, Seen& seen, bool renames = true) {
    Coverage coverage;
    const Histories<B> histories{
        .bounds = bounds, .longest = longest, .interleaved = interleaved};
    return check(name, cases, histories.draws(coverage),
                 [&](const Case& c) { return names_law<B>(c, renames, seen); });
}

TEST(Names, OperationsDoNotKnowThem) {
    Seen seen{};
    EXPECT_EQ(told(check_names<bounds_b2>("names b2", "b2", 80, false, 3'000, seen)), "");
    EXPECT_EQ(told(check_names<bounds_m1>("names m1", "m1", 80, false, 3'000, seen)), "");
    for (int row = 0; row < fuzz::verb_count; ++row) {
        if (row < operation_count && operation_shape(row).swap) continue;   // tests/explore, at b1
        if (row < operation_count && operation_shape(row).files) continue;  // no history has files
        EXPECT_GT(seen[static_cast<std::size_t>(row)] * thinner, 0u)
            << fuzz::verb_names[static_cast<std::size_t>(row)];
    }
}
TEST(Names, StepsDoNotKnowThem) {
    Seen seen{};
    EXPECT_EQ(told(check_names<bounds_b2>("names steps b2", "b2", 120, true, 3'000, seen)), "");
    EXPECT_GT(seen[fuzz::verb_count], 0u);
}
/// The canary: an operation under its old name does something else.
TEST(Names, CanaryOldNames) {
    Seen seen{};
    const Checked c = check_names<bounds_b2>("canary names", "b2", 80, false, 1'000, seen, false);
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 4u) << c.text;
}

}  // namespace
}  // namespace faultline::properties
