// tests/tools/writers_test.cpp - JSON, JUnit, HTML and SVG say what the document says, safely.
//
// Why: reports outlive the run; a page that fetches something, or lets text become markup,
//      is found here and not by a reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/tools/fake_document.hpp"
#include "tests/tools/files.hpp"
#include "tests/tools/schema.hpp"
#include "tools/draw.hpp"
#include "tools/html.hpp"
#include "tools/json.hpp"
#include "tools/junit.hpp"
#include "tools/markup.hpp"
#include "tools/svg.hpp"

namespace faultline {
namespace {

using nlohmann::json;

json schema() { return json::parse(fake::read(FAULTLINE_SOURCE_DIR "/tools/report.schema.json")); }

std::size_t occurrences(const std::string& text, const std::string& of) {
    std::size_t n = 0;
    for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++n;
    return n;
}

/// Every text field of the document that a file could bring in.
Document hostile() {
    const std::string evil = "<script>alert('x')</script>\"><img src=http://e.x/>&\x01</title>";
    Document d = fake::document();
    for (ListItem& i : d.items) i.id += evil, i.text += evil, i.source += evil, i.extra += evil;
    for (Cell& c : d.proof->cells) c.step += evil, c.claim += evil, c.note += evil;
    d.explorations[0].note = d.explorations[0].outcomes[0].first = evil;
    for (MuseumRow& r : d.museum) r.id += evil, r.title += evil, r.rule += evil, r.detail += evil;
    d.bench[0].name = d.bench[0].unit = d.bench[0].note = evil;
    d.errors = d.arguments = d.rules = {evil};
    d.kernel = d.bounds = d.seed = d.command = d.tool.commit = evil;
    Story& s = d.proof->stories[0];
    s.claim = s.says = s.source = s.headline = s.found_by = s.trace_path = evil;
    s.steps[0].text = s.steps[0].result = evil;
    for (StateView* v : {&s.before, &s.steps[0].after}) {
        v->mms[0].state = v->mms[0].vmas[0].flags = v->mms[0].ptes[0].bits = evil;
        v->frames[0].flags = v->handles[0].kind = v->tasks[0].step = v->tasks[0].fields = evil;
        v->mms[0].ptes[0].kind = evil;
    }
    d.runs.push_back({evil, evil, evil, {evil}, Verdict::holds, s.before, s.steps, {}, evil,
                      Exit::holds});
    return d;
}

TEST(Json, FollowsTheSchema) {
    fake::SchemaChecker checker(schema());
    for (const Document& d : {fake::document(), Document{}}) {
        json j = json::parse(to_json_text(d));
        if (d.command.empty()) j["command"] = "list";
        for (const std::string& wrong : checker.check(j)) ADD_FAILURE() << wrong;
    }
}

TEST(Json, TheSchemaRefusesWhatIsWrong) {
    fake::SchemaChecker checker(schema());
    const json good = json::parse(to_json_text(fake::document()));
    json j = good;
    j["cells"][3].erase("verdict");
    EXPECT_EQ(checker.check(j).size(), 1u);
    j = good;
    j["cells"][3]["verdict"] = "passed";
    EXPECT_EQ(checker.check(j).size(), 1u);
    j = good;
    j["extra"] = 1;
    EXPECT_EQ(checker.check(j).size(), 1u);
    j = good;
    j["proof"]["queries"] = -1;
    EXPECT_EQ(checker.check(j).size(), 1u);
    j = good;
    j["schema_version"] = 2;
    EXPECT_EQ(checker.check(j).size(), 1u);
}

TEST(Json, ComesBackAsItWas) {
    Document d = fake::document();
    d.errors = {"museum: no such file"};
    d.rules = {"cow_reuse=mapcount"};
    d.runs.push_back({"a.fl", "linux_6_1", "m1", {}, Verdict::unknown, {}, {}, {}, "x",
                      Exit::unknown});
    const std::string text = to_json_text(d);
    EXPECT_EQ(to_json_text(from_json_text(text)), text);
}

TEST(Json, RefusesWhatItCannotRead) {
    EXPECT_THROW(from_json_text("{"), UsageError);
    EXPECT_THROW(from_json_text("{}"), UsageError);
    EXPECT_THROW(from_json_text("[]"), UsageError);
    json j = json::parse(to_json_text(fake::document()));
    j["schema_version"] = 99;
    EXPECT_THROW(from_json_text(j.dump()), UsageError);
    j["schema_version"] = 1;
    j["cells"][0]["verdict"] = "passed";
    EXPECT_THROW(from_json_text(j.dump()), UsageError);
}

TEST(Json, SurvivesBytesThatAreNoText) {
    Document d = fake::document();
    d.errors = {"\xff\xfe"};
    EXPECT_TRUE(json::accept(to_json_text(d)));
}

TEST(Junit, CountsWhatItLists) {
    const Document d = fake::document();
    const std::string xml = to_junit(d);
    const Count n = count_cells(d.proof->cells);
    const std::size_t cells = static_cast<std::size_t>(n.total() - n.not_applicable);
    EXPECT_EQ(occurrences(xml, "<testcase "), cells + d.museum.size() + d.explorations.size() +
                                               d.fuzz.size() + d.mutants.size());
    EXPECT_NE(xml.find("tests=\"" + std::to_string(occurrences(xml, "<testcase ")) + "\""),
              std::string::npos);
    EXPECT_EQ(occurrences(xml, "<failure "), 3u);  // one cell violated, one vacuous, one exhibit
    EXPECT_EQ(occurrences(xml, "<error "), 1u);    // one cell unknown
    EXPECT_NE(xml.find("failures=\"3\" errors=\"1\""), std::string::npos);
    EXPECT_NE(xml.find("VIOLATED  gup.pin-exclusive"), std::string::npos);
}

TEST(Junit, EscapesHostileText) {
    const std::string xml = to_junit(hostile());
    EXPECT_EQ(xml.find("<script"), std::string::npos);
    EXPECT_EQ(xml.find("<img"), std::string::npos);
    EXPECT_EQ(xml.find('\x01'), std::string::npos);
}

TEST(Html, NeedsNoNetwork) {
    const std::string page = to_html(fake::document());
    EXPECT_NE(page.find("default-src 'none'; style-src 'unsafe-inline'"), std::string::npos);
    for (const char* bad : {"http:", "https:", "<script", "<link", "<img", "<iframe", "@import",
                            "url(", " src=", "javascript:", "onload", "onclick"})
        EXPECT_EQ(page.find(bad), std::string::npos) << bad;
    // Every link stays on the page, and leads somewhere.
    for (auto at = page.find(" href=\""); at != std::string::npos;
         at = page.find(" href=\"", at + 1)) {
        const auto start = at + 7;
        const std::string to = page.substr(start, page.find('"', start) - start);
        ASSERT_EQ(to[0], '#') << to;
        EXPECT_NE(page.find(" id=\"" + to.substr(1) + "\""), std::string::npos) << to;
    }
}

TEST(Html, EscapesHostileText) {
    const std::string page = to_html(hostile());
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find('\x01'), std::string::npos);
    EXPECT_EQ(occurrences(page, "</title>"), occurrences(page, "<title>"));
    EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

TEST(Html, TagsAreBalanced) {
    const std::string page = to_html(hostile());
    for (const char* tag : {"table", "tbody", "thead", "section", "details", "div", "svg", "g",
                            "figure", "ol", "dl", "h2", "summary", "main", "header"}) {
        const std::string open = std::string("<") + tag;
        std::size_t opened = 0;
        for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
            const char next = page[at + open.size()];
            opened += next == '>' || next == ' ';
        }
        EXPECT_EQ(opened, occurrences(page, std::string("</") + tag + ">")) << tag;
    }
}

TEST(Html, SaysWhatWasProvedWithinWhichBounds) {
    const std::string page = to_html(fake::document());
    const std::string top = page.substr(page.find("<header>"), page.find("</header>") -
                                                                   page.find("<header>"));
    for (const char* needed : {"1 claim is violated on linux_6_12: gup.pin-exclusive",
                               "within bounds b1", "two processes, two VMAs", "1,204,511 states",
                               "Nothing is said about larger machines", "0123456789ab"})
        EXPECT_NE(top.find(needed), std::string::npos) << needed;
}

TEST(Html, EveryVerdictHasItsOwnSign) {
    const std::string page = to_html(fake::document());
    for (const char* sign : {">✓</td>", ">=</td>", ">✗</td>", ">?</td>", ">∅</td>", ">·</td>"})
        EXPECT_NE(page.find(sign), std::string::npos) << sign;
    EXPECT_NE(page.find("cow.no-lost-store × mremap.move: unknown; rlimit 20000000 used up"),
              std::string::npos);
}

TEST(Html, AnEmptyDocumentStillIsAPage) {
    Document d;
    d.command = "check";
    d.exit = combined_exit(d);
    EXPECT_EQ(d.exit, Exit::unknown);
    EXPECT_NE(to_html(d).find("Not everything was decided"), std::string::npos);
}

TEST(Draw, ShowsEveryRow) {
    const StateView s = fake::degree_story().steps[11].after;
    const std::string spaces = draw_address_spaces(s, {}, 2);
    for (const MmView& m : s.mms) {
        for (const VmaView& v : m.vmas)
            EXPECT_NE(spaces.find(escaped(vma_name(m.id, v)) + "  "), std::string::npos);
        for (const PteView& p : m.ptes)
            EXPECT_NE(spaces.find("pte P" + std::to_string(m.id) + ":" + std::to_string(p.page)),
                      std::string::npos);
    }
    EXPECT_EQ(occurrences(spaces, "class=\"link\""), 6u);
    const std::string forest = draw_anon_vmas(s, {"anon_vma 2"});
    EXPECT_EQ(occurrences(forest, "class=\"anon\""), 4u);
    EXPECT_EQ(occurrences(forest, "class=\"anon mark\""), 1u);
    EXPECT_EQ(occurrences(forest, "class=\"own\""), 7u);
    EXPECT_EQ(occurrences(forest, "class=\"start\""), 2u);
}

TEST(Draw, SurvivesCyclesAndDanglingIds) {
    StateView s;
    s.anon_vmas = {{1, 2, 1, 1, 1, 0, 0}, {2, 1, 1, 1, 1, 0, 0}, {3, 77, 1, 1, 0, 0, 0}};
    s.mms = {{0, "alive", 0, 1, 0, {{0, 1, 0, "rw- p", 9, {9}}}, {{0, "present", 88, "", 0}}}};
    s.frames = {{4, 1, 1, "", 9, 0, 0}};
    EXPECT_NE(draw_anon_vmas(s, {}).find("av 9 is freed"), std::string::npos);
    EXPECT_NE(draw_address_spaces(s, {}, 1).find("f88"), std::string::npos);
}

TEST(Draw, AnEmptyStateIsAPictureToo) {
    EXPECT_NE(draw_address_spaces({}, {}, 0).find("no process"), std::string::npos);
    EXPECT_NE(draw_anon_vmas({}, {}).find("no anon_vma"), std::string::npos);
}

TEST(Svg, CutsTextAtCharactersNotBytes) {
    EXPECT_EQ(fitted("abc", 100), "abc");
    EXPECT_EQ(fitted("→→→→", 19), "→→…");
    EXPECT_EQ(fitted("abcdef", 7), "");
}

TEST(Markup, NumbersReadTheSameEverywhere) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1234567), "1,234,567");
    EXPECT_EQ(brief(0.0123456), "0.0123");
    EXPECT_EQ(brief(231000), "231,000");
    EXPECT_EQ(bytes_text(512), "512 B");
    EXPECT_EQ(bytes_text(std::uint64_t{3} << 30), "3 GiB");
}

}  // namespace
}  // namespace faultline
