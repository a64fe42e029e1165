// tests/properties/property.cpp - rapidcheck at work, and the trace of what it found.
//
// Why: see the header.
#include "tests/properties/property.hpp"

#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/shrink/shrink.hpp"
#include "fuzz/shrink/trace_records.hpp"
#include "tests/properties/settings.hpp"

namespace faultline::properties {

static void showValue(const Case& c, std::ostream& out) {
    out << c.records.size() << " records, " << named_kernels[c.kernel].name << ", bounds "
        << c.bounds << ", pick " << c.pick;
}

namespace {

using Verdict = Judged::Verdict;

/// Says nothing: a listener of our own keeps rapidcheck from reading its environment.
class Quiet final : public rc::detail::TestListener {
  public:
    void onTestCaseFinished(const rc::detail::CaseDescription&) override {}
    void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
    void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}
};

rc::Gen<Case> cases_of(const Draw& draw) {
    return rc::Gen<Case>([draw](const rc::Random& random, int size) {
        rc::Random copy = random;
        return rc::shrinkable::shrinkRecur(draw(copy.next(), size), [](const Case& c) {
            return rc::seq::map(rc::shrink::removeChunks(c.records),
                                [c](std::vector<fuzz::Record> fewer) {
                                    Case smaller = c;
                                    smaller.records = std::move(fewer);
                                    return smaller;
                                });
        });
    });
}
fuzz::Arena arena_of(const Case& c) {
    const Bounds limits = fuzz::capacity_of(c.bounds);
    return {c.rules(), c.bounds, limits, fuzz::known_broken(c.rules(), limits)};
}
/// Shorter still, by meaning; then written down.
void keep(const std::string& name, const Law& law, Checked& out) {
    const fuzz::Arena arena = arena_of(out.smallest);
    const auto fails = [&](const std::vector<fuzz::Record>& records) {
        Case c = out.smallest;
        c.records = records;
        return law(c).verdict == Verdict::breaks ? std::optional(records.size()) : std::nullopt;
    };
    if (!out.smallest.records.empty())
        out.smallest.records =
            fuzz::shrink(out.smallest.records, arena, fails, 2'000).records;
    const Judged last = law(out.smallest);
    out.text = name + ": " + last.text;
    auto records = out.smallest.records;
    records.insert(records.end(), last.tail.begin(), last.tail.end());
    const std::string trace =
        last.trace.empty() ? write_trace(fuzz::trace_of(records, arena, out.text)) : last.trace;
    std::filesystem::create_directories("failures");
    std::string file = "failures/" + name + ".fl";
    for (char& c : file)
        if (c == ' ') c = '_';
    std::ofstream(file, std::ios::binary) << trace;
    out.file = file;
    out.text += "\n" + trace + "kept in " + std::filesystem::absolute(file).string();
}

}  // namespace

Checked check(const std::string& name, int cases, const Draw& draw, const Law& law) {
    const Settings settings = settings_of_environment();
    rc::detail::TestParams params;
    params.seed = settings.seed;
    params.maxSuccess = settings.max_success != 0 ? settings.max_success : cases / thinner + 1;
    params.maxSize = settings.max_size;
    params.maxDiscardRatio = settings.max_discard_ratio;
    params.disableShrinking = settings.noshrink;
    Checked out;
    bool broken = false;
    const rc::Gen<Case> generator = cases_of(draw);
    const auto property = rc::detail::toProperty([&] {
        const Case c = *generator;
        const Judged judged = law(c);
        if (judged.verdict == Verdict::no_case) {
            ++out.no_case;
            RC_DISCARD("the side condition is not met");
        }
        if (judged.verdict == Verdict::breaks) {
            broken = true;
            out.smallest = c;   // shrinking keeps the last that fails
            RC_FAIL(judged.text);
        }
        out.cases += !broken;
    });
    Quiet quiet;
    const auto result = rc::detail::checkProperty(property, {name, name}, params, quiet, {});
    out.holds = result.template is<rc::detail::SuccessResult>();
    if (out.holds) return out;
    if (broken) {
        keep(name, law, out);
        out.text += "\nseed " + std::to_string(settings.seed);
        return out;
    }
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    out.text = name + ": " + text.str();
    return out;
}
std::string told(const Checked& checked) { return checked.holds ? "" : checked.text; }

}  // namespace faultline::properties
