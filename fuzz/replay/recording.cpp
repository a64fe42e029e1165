// fuzz/replay/recording.cpp - recordings as text, written and read; see recording.hpp.
//
// Why: one line an event, so that a difference can be pointed at and a recording be cut with an
//      editor. What is read may come from anybody: every number is checked.
#include "fuzz/replay/recording.hpp"

#include <array>
#include <charconv>

namespace faultline::fuzz {
namespace {

constexpr std::array<std::string_view, 25> deed_names{
    "map", "unmap", "protect", "remap", "brk", "dontneed", "dontfork", "dofork", "wipeonfork",
    "keeponfork", "lock", "unlock", "fill_read", "fill_write",
    "load", "store", "fetch", "fork", "share", "exec", "exit",
    "signal", "look", "mark", "other"};
static_assert(deed_names.size() == static_cast<std::size_t>(Deed::other) + 1);
constexpr std::string_view flag_letters = "rwxgldkan";   // k: wipeonfork, kept from the child
constexpr Page most_pages = Page{1} << 52;

std::string hex(Page n) {
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), n, 16).ptr;
    return {text.data(), end};
}
std::string flags_text(std::uint16_t flags) {
    std::string out;
    for (std::size_t i = 0; i < flag_letters.size(); ++i)
        if ((flags >> i & 1) != 0) out += flag_letters[i];
    return out.empty() ? "-" : out;
}
std::string kind_text(Kind kind, int file, Page offset) {
    if (kind == Kind::anon) return "anon";
    if (kind == Kind::shared) return "shared";
    return "f" + std::to_string(file) + "@" + hex(offset);
}
std::string range(Page lo, Page hi) { return hex(lo) + "+" + hex(hi - lo); }

}  // namespace

std::string_view deed_name(Deed deed) { return deed_names[static_cast<std::size_t>(deed)]; }
std::string flags_row(std::uint16_t flags) {
    std::string out(flag_letters);
    for (std::size_t i = 0; i < out.size(); ++i)
        if ((flags >> i & 1) == 0) out[i] = '-';
    return out;
}
std::string event_text(const Event& e) {
    std::string out = "P" + std::to_string(e.process) + " ";
    out += deed_name(e.deed);
    switch (e.deed) {
        case Deed::map:
            out += " " + range(e.lo, e.hi) + " " + flags_text(e.flags) + " " +
                   kind_text(e.kind, e.file, e.offset) + (e.fixed ? " fixed" : "") +
                   (e.populate ? " populate" : "");
            break;
        case Deed::protect: out += " " + range(e.lo, e.hi) + " " + flags_text(e.flags); break;
        case Deed::remap:
            out += " " + range(e.lo, e.hi) + " to " + range(e.to, e.to + e.span) +
                   (e.maymove ? " maymove" : "") + (e.fixed ? " fixed" : "") +
                   (e.dontunmap ? " dontunmap" : "");
            break;
        case Deed::brk: out += " " + hex(e.lo) + " to " + hex(e.hi); break;
        case Deed::load:
        case Deed::store:
        case Deed::fetch: out += " " + hex(e.lo) + (e.in_kernel ? " kernel" : ""); break;
        case Deed::fork:
        case Deed::share: out += " P" + std::to_string(e.child); break;
        case Deed::exec:
        case Deed::exit:
        case Deed::look: break;
        case Deed::signal:
        case Deed::other: out += " " + e.error; break;
        case Deed::mark: out += " " + range(e.lo, e.hi) + " " + e.error; break;
        default: out += " " + range(e.lo, e.hi);
    }
    const bool named = e.deed == Deed::signal || e.deed == Deed::other || e.deed == Deed::mark;
    if (!e.error.empty() && !named) out += " -> " + e.error;
    return out;
}

namespace {

void write_event(const Event& e, std::string& out) {
    out += event_text(e) + "\n";
    for (const Area& a : e.areas)
        out += "  " + range(a.lo, a.hi) + " " + flags_text(a.flags) + " " +
               kind_text(a.kind, a.file, a.offset) + " anon " + hex(a.anon) + "\n";
    for (const Run& r : e.present) out += "  present " + range(r.lo, r.hi) + "\n";
}

class Reader {
  public:
    Reader(std::string_view text, const std::string& name, Recording& out)
        : rest_(text), name_(name), out_(out) {}
    bool read(std::string& problem);

  private:
    bool fail(const std::string& expected) {
        if (problem_.empty())
            problem_ = name_ + ":" + std::to_string(line_number_) + ": expected " + expected;
        return false;
    }
    bool next_line() {
        if (rest_.empty()) return false;
        const std::size_t end = rest_.find('\n');
        line_ = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
        ++line_number_;
        return true;
    }
    std::string_view word() {
        while (!line_.empty() && line_.front() == ' ') line_.remove_prefix(1);
        const std::size_t end = std::min(line_.find(' '), line_.size());
        const std::string_view w = line_.substr(0, end);
        line_.remove_prefix(end);
        return w;
    }
    bool number(std::string_view w, int base, std::uint64_t most, std::uint64_t& n) {
        const auto r = std::from_chars(w.data(), w.data() + w.size(), n, base);
        const bool good = !w.empty() && r.ec == std::errc{} && r.ptr == w.data() + w.size();
        return (good && n <= most) || fail("a number");
    }
    bool pages(std::string_view w, Page& lo, Page& hi) {
        const std::size_t plus = w.find('+');
        if (plus == std::string_view::npos) return fail("a range");
        Page n = 0;
        if (!number(w.substr(0, plus), 16, most_pages, lo) ||
            !number(w.substr(plus + 1), 16, most_pages, n))
            return false;
        hi = lo + n;
        return true;
    }
    bool flags(std::string_view w, std::uint16_t& out) {
        for (const char c : w) {
            const std::size_t at = flag_letters.find(c);
            if (at == std::string_view::npos && w != "-") return fail("flags");
            if (at != std::string_view::npos) out = static_cast<std::uint16_t>(out | 1u << at);
        }
        return !w.empty() || fail("flags");
    }
    template <class T>
    bool kind(std::string_view w, T& out) {
        if (w == "anon") out.kind = Kind::anon;
        else if (w == "shared") out.kind = Kind::shared;
        else {
            const std::size_t at = w.find('@');
            std::uint64_t n = 0;
            if (w.empty() || w[0] != 'f' || at == std::string_view::npos) return fail("a kind");
            if (!number(w.substr(1, at - 1), 10, 1'000'000, n) ||
                !number(w.substr(at + 1), 16, most_pages, out.offset))
                return false;
            if (n >= out_.files.size()) return fail("a file that is listed");
            out.kind = Kind::file;
            out.file = static_cast<int>(n);
        }
        return true;
    }
    bool process(std::string_view w, int& out) {
        std::uint64_t n = 0;
        if (w.empty() || w[0] != 'P') return fail("a process");
        if (!number(w.substr(1), 10, 100'000, n)) return false;
        out = static_cast<int>(n);
        out_.processes = std::max(out_.processes, out + 1);
        return true;
    }
    bool header();
    bool event();
    bool details(Event& e);
    bool look_line(Event& e);
    bool tail(Event& e);

    std::string_view rest_, line_;
    const std::string& name_;
    Recording& out_;
    std::size_t line_number_ = 0;
    std::string problem_;
};

bool Reader::header() {
    const std::string_view whole = line_;
    const std::string_view w = word();
    const std::string text(line_.empty() ? line_ : line_.substr(1));
    std::uint64_t n = 0;
    if (w == "command") out_.command = text;
    else if (w == "kernel") out_.kernel = text;
    else if (w == "tracer") out_.tracer = text;
    else if (w == "file") out_.files.push_back(text);
    else if (w == "lost") return number(word(), 10, ~std::uint64_t{0}, out_.lost);
    else if (w == "stack") return number(word(), 10, most_pages, out_.stack_limit);
    else if (w == "memlock") {
        if (!number(word(), 10, most_pages, n)) return false;
        out_.memlock_limit = n;
    } else {
        line_ = whole;
        return false;
    }
    return true;
}
bool Reader::details(Event& e) {
    switch (e.deed) {
        case Deed::map: return pages(word(), e.lo, e.hi) && flags(word(), e.flags) &&
                               kind(word(), e);
        case Deed::protect: return pages(word(), e.lo, e.hi) && flags(word(), e.flags);
        case Deed::remap: {
            Page end = 0;
            if (!pages(word(), e.lo, e.hi)) return false;
            if (word() != "to") return fail("to");
            if (!pages(word(), e.to, end)) return false;
            e.span = end - e.to;
            return true;
        }
        case Deed::brk:
            if (!number(word(), 16, most_pages, e.lo)) return false;
            if (word() != "to") return fail("to");
            return number(word(), 16, most_pages, e.hi);
        case Deed::load:
        case Deed::store:
        case Deed::fetch: return number(word(), 16, most_pages, e.lo);
        case Deed::fork:
        case Deed::share: return process(word(), e.child);
        case Deed::exec:
        case Deed::exit:
        case Deed::look: return true;
        case Deed::mark:
            if (!pages(word(), e.lo, e.hi)) return false;
            [[fallthrough]];
        case Deed::signal:
        case Deed::other:
            e.error = std::string(word());
            return !e.error.empty() || fail("a name");
        default: return pages(word(), e.lo, e.hi);
    }
}
bool Reader::tail(Event& e) {
    for (std::string_view w = word(); !w.empty(); w = word()) {
        if (w == "fixed") e.fixed = true;
        else if (w == "populate") e.populate = true;
        else if (w == "maymove") e.maymove = true;
        else if (w == "dontunmap") e.dontunmap = true;
        else if (w == "kernel") e.in_kernel = true;
        else if (w == "->") e.error = std::string(word());
        else return fail("the end of the line");
    }
    return true;
}
bool Reader::event() {
    Event e;
    if (!process(word(), e.process)) return false;
    const std::string_view w = word();
    std::size_t n = 0;
    while (n < deed_names.size() && deed_names[n] != w) ++n;
    if (n == deed_names.size()) return fail("what the process did");
    e.deed = static_cast<Deed>(n);
    if (!details(e) || !tail(e)) return false;
    out_.events.push_back(std::move(e));
    return true;
}
bool Reader::look_line(Event& e) {
    if (e.deed != Deed::look && e.deed != Deed::exec) return fail("an event");
    const std::string_view first = word();
    if (first == "present") {
        Run run;
        if (!pages(word(), run.lo, run.hi)) return false;
        e.present.push_back(run);
        return true;
    }
    Area a;
    if (!pages(first, a.lo, a.hi) || !flags(word(), a.flags) || !kind(word(), a)) return false;
    if (word() != "anon") return fail("anon");
    if (!number(word(), 16, most_pages, a.anon)) return false;
    e.areas.push_back(a);
    return true;
}
bool Reader::read(std::string& problem) {
    out_ = {};
    bool good = next_line() && line_ == "faultline recording 1";
    if (!good) fail("faultline recording 1");
    bool in_header = true;
    while (good && next_line()) {
        if (line_.empty() || line_[0] == '#') continue;
        if (line_.size() > 4096) good = fail("a line of at most 4096 characters");
        else if (line_[0] == ' ' && !out_.events.empty()) good = look_line(out_.events.back());
        else if (!in_header || !header()) {
            in_header = false;
            good = problem_.empty() && event();
        }
    }
    problem = problem_;
    return good;
}

}  // namespace

std::string write_recording(const Recording& r) {
    std::string out = "faultline recording 1\n";
    out += "command " + r.command + "\nkernel " + r.kernel + "\ntracer " + r.tracer + "\n";
    out += "lost " + std::to_string(r.lost) + "\nstack " + std::to_string(r.stack_limit) + "\n";
    if (r.memlock_limit != ~Page{0}) out += "memlock " + std::to_string(r.memlock_limit) + "\n";
    for (const std::string& f : r.files) out += "file " + f + "\n";
    out += "\n";
    for (const Event& e : r.events) write_event(e, out);
    return out;
}
bool parse_recording(std::string_view text, const std::string& name, Recording& out,
                     std::string& problem) {
    return Reader(text, name, out).read(problem);
}

}  // namespace faultline::fuzz
