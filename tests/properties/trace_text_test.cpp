// tests/properties/trace_text_test.cpp - any trace, written and read, is the same trace.
//
// Why: the corpus has the traces people write; engines write others. Each record of a case is the
//      seed of one line, so that a failing trace loses lines until each one is needed.
#include <gtest/gtest.h>

#include <set>

#include "spec/trace_words.hpp"
#include "tests/properties/histories.hpp"

namespace faultline::properties {
namespace {

using namespace trace_words;

class Scribe {
  public:
    explicit Scribe(std::uint64_t seed) : random_(seed) {}

    Item item() {
        Item i;
        switch (random_.below(8)) {
            case 0: i.what = step(); break;
            case 1: i.what = expectation(); break;
            case 2: i.what = Comment{some({"", " a", "x # y", "expect nothing"}, 0)}; break;
            default: i.what = operation();
        }
        return i;
    }
    Trace header() {
        Trace t;
        if (often()) t.title = some({"a", "fork, then write", "-> P0 # no"}, 0);
        t.kernel = some(named_kernels);
        for (int n = random_.below(3); n > 0; --n) t.rules.push_back(rule());
        t.bounds = some(named_bounds);
        if (often()) t.limits.emplace_back("stack_limit", random_.below(4));
        if (often()) t.commits = {"6c287605fd56", "2555283eb40d"};
        if (often()) t.sources = {"linux mm/memory.c:do_wp_page@v6.1"};
        if (random_.one_in(4)) museum(t);
        return t;
    }

  private:
    bool often() { return random_.one_in(2); }
    int number() { return random_.one_in(8) ? 65535 : random_.below(20); }
    template <class Table>
    std::string some(const Table& table) {
        const int at = random_.below(static_cast<int>(table.size()));
        const auto& x = table[static_cast<std::size_t>(at)];
        if constexpr (requires { x.name; }) return std::string(x.name);
        else return std::string(x);
    }
    std::string some(std::initializer_list<const char*> words, int) {
        return words.begin()[random_.below(static_cast<int>(words.size()))];
    }
    std::pair<std::string, std::string> rule() {
        const auto& r = rule_infos[static_cast<std::size_t>(random_.below(rule_infos.size()))];
        const auto option = static_cast<std::size_t>(random_.below(2));
        return {std::string(r.name), std::string(r.options[option])};
    }
    void museum(Trace& t) {
        t.exhibit = "M99";
        t.claim = "rmap.complete";
        t.engines = {"run", "explore"};
        t.explore_prefix = random_.below(9);
        if (often()) t.explore_ops = {"fork", "munmap"};
        t.fixed.push_back(rule());
    }
    PageRef page() {
        PageRef p;
        if (random_.one_in(4)) p.name = some({"a", "heap"}, 0);
        p.page = number();
        return p;
    }
    Protection prot() { return {often(), often(), often()}; }
    /// "pending" is no answer, and 0 is a number.
    std::string answer_word() {
        return result_infos[static_cast<std::size_t>(2 + random_.below(result_count - 2))].text;
    }
    Answer answer() {
        Answer a;
        a.kind = static_cast<Answer::Kind>(random_.below(8));
        using Kind = Answer::Kind;
        if (a.kind == Kind::name) a.word = "b";
        if (a.kind == Kind::word)
            a.word = answer_word();
        if (a.kind == Kind::number || a.kind == Kind::process || a.kind == Kind::handle)
            a.number = number();
        return a;
    }
    Operation operation() {
        Operation op;
        const auto& word = verbs[static_cast<std::size_t>(random_.below(verbs.size()))];
        op.verb = word.verb;
        if (often()) op.task = random_.below(4);
        if (on_handle(word.form)) op.handle = number();
        else if (word.form == Form::device) op.device = number();
        else if (word.form == Form::frame && often()) op.frame = number();
        else if (on_file(word.form)) op.inode = number();
        else if (word.form != Form::machine) op.process = number();
        fill(op, word.form);
        op.begin = random_.one_in(4);
        op.deny = random_.one_in(4) ? 1 + random_.below(9) : 0;
        op.answer = answer();
        return op;
    }
    void fill(Operation& op, Form form) {
        const auto range = [&] {
            op.page = page();
            op.length = 1 + random_.below(9);
        };
        switch (form) {
            case Form::mmap:
                range();
                op.place = static_cast<Place>(random_.below(4));
                if (op.place == Place::anywhere) op.page = {};
                op.prot = prot();
                op.growsdown = often();
                op.shared = often();
                op.file = often() ? number() : -1;
                op.offset = op.file >= 0 && often() ? 1 + random_.below(9) : 0;
                break;
            case Form::range: range(); break;
            case Form::range_prot: range(); op.prot = prot(); break;
            case Form::range_advice:
                range();
                op.advice = static_cast<Advice>(random_.below(5));
                break;
            case Form::page: op.page = page(); break;
            case Form::mremap:
                range();
                op.size = 1 + random_.below(9);
                op.maymove = often();
                op.dontunmap = often();
                op.fixed = often();
                if (op.fixed) op.target = page();
                break;
            case Form::access:
                op.page = page();
                op.access = static_cast<AccessKind>(random_.below(op.verb == Verb::fault ? 3 : 2));
                op.force = op.verb == Verb::pin && often();
                break;
            case Form::load: op.page = page(); op.value = often() ? number() : -1; break;
            case Form::store: op.page = page(); op.value = number(); break;
            case Form::handle_load: op.value = often() ? number() : -1; break;
            case Form::handle_store: op.value = number(); break;
            case Form::frame:
                if (op.frame < 0) op.page = page();
                break;
            case Form::device:
                op.synchronous = op.verb == Verb::swapon && often();
                op.stable = op.verb == Verb::swapon && often();
                break;
            case Form::file_open:
                op.kind = static_cast<FileKind>(random_.below(file_kinds.size()));
                op.length = 1 + random_.below(9);
                op.value = often() ? number() : -1;
                op.executable = often();
                break;
            case Form::file_page: op.page = page(); break;
            case Form::file_read: op.page = page(); op.value = often() ? number() : -1; break;
            case Form::file_write: op.page = page(); op.value = number(); break;
            case Form::file_size: op.size = number(); break;
            case Form::file_range: range(); break;
            case Form::file_seal: op.which = static_cast<Seal>(random_.below(seals.size())); break;
            case Form::nothing: case Form::handle: case Form::file: case Form::machine: break;
        }
    }
    ScheduledStep step() {
        ScheduledStep s;
        s.task = random_.below(4);
        s.step = often() ? "run"
                         : pc_names[static_cast<std::size_t>(1 + random_.below(pc_count - 1))];
        s.deny = random_.one_in(4) ? 1 + random_.below(3) : 0;
        s.answer = answer();
        return s;
    }
    Expectation expectation() {
        Expectation e;
        const auto& q = queries[static_cast<std::size_t>(random_.below(queries.size()))];
        e.query = q.query;
        e.negated = q.shape != Shape::claim && random_.one_in(3);
        for (int n = 0; n < q.subjects; ++n) {
            Subject s;
            const bool paged = !q.process_only && !q.file_only;
            if (paged && random_.one_in(3)) s.handle = number();
            else if (q.file_only || (paged && random_.one_in(3))) s.inode = number();
            else s.process = number();
            if (paged && s.handle < 0) s.page = page();
            e.subjects.push_back(s);
        }
        switch (q.shape) {
            case Shape::truth: break;
            case Shape::number: e.number = number(); break;
            case Shape::entry: e.word = some(entry_kinds); break;
            case Shape::prot: e.word = some({"none", "r", "rw", "rwx", "x"}, 0); break;
            case Shape::range:
                e.number = number();
                e.length = 1 + random_.below(9);
                break;
            case Shape::claim: e.word = "rmap.complete"; break;
        }
        return e;
    }
    Random random_;
};

Case draw_lines(std::uint64_t seed, int size) {
    Random random(seed);
    Case c;
    c.bounds = "f1";
    c.pick = random.next();
    for (int n = 1 + random.below(1 + size / 2); n > 0; --n) {
        std::array<std::uint8_t, fuzz::record_bytes> bytes{};
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.below(256));
        c.records.push_back(fuzz::from_bytes(bytes));
    }
    return c;
}
Trace trace_of_lines(const Case& c) {
    Trace t = Scribe(c.pick).header();
    for (const Record& r : c.records) {
        std::uint64_t seed = 0;
        for (const std::uint8_t b : fuzz::to_bytes(r)) seed = fuzz::mixed(seed ^ b);
        Item item = Scribe(seed).item();
        // A comment before the first line of the body belongs to the header; leading and trailing
        // spaces of one are not kept.
        if (auto* comment = std::get_if<Comment>(&item.what)) {
            if (t.items.empty()) continue;
            while (comment->text.starts_with(' ')) comment->text.erase(0, 1);
        }
        t.items.push_back(std::move(item));
    }
    return t;
}
/// `whole`: the law; else answers are left out, which is not the same trace.
Judged text_law(const Case& c, bool whole) {
    Trace trace = trace_of_lines(c), again;
    TraceError error;
    std::string text = write_trace(trace);
    if (!whole)
        for (std::size_t at; (at = text.find(" -> ")) != std::string::npos;)
            text.erase(at, std::min(text.find('\n', at), text.size()) - at);
    Judged broken = breaks("");
    broken.trace = text;
    if (!parse_trace(text, "t.fl", again, error)) broken.text = error.text();
    else if (!(trace == again)) broken.text = "it means something else when it is read";
    else if (write_trace(again) != text) broken.text = "it reads otherwise when written again";
    else return holds();
    return broken;
}

TEST(TraceText, SaysWhatItWasWrittenFrom) {
    const Checked c = check("trace text", 20'000, draw_lines,
                            [](const Case& x) { return text_law(x, true); });
    EXPECT_EQ(told(c), "");
}
TEST(TraceText, EveryWordIsDrawn) {
    std::set<Verb> verbs_drawn;
    std::set<Query> queries_drawn;
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        const Item item = Scribe(seed).item();
        if (const auto* op = std::get_if<Operation>(&item.what)) verbs_drawn.insert(op->verb);
        if (const auto* e = std::get_if<Expectation>(&item.what)) queries_drawn.insert(e->query);
    }
    EXPECT_EQ(verbs_drawn.size(), verbs.size());
    EXPECT_EQ(queries_drawn.size(), queries.size());
}
TEST(TraceText, CanaryAnswersLeftOut) {
    const Checked c = check("canary trace text", 1'000, draw_lines,
                            [](const Case& x) { return text_law(x, false); });
    ASSERT_FALSE(c.holds);
    EXPECT_LE(c.smallest.records.size(), 2u) << c.text;
}

}  // namespace
}  // namespace faultline::properties
