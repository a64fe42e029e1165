// spec/trace_reader.cpp - splits a line into words and reads the small things: numbers, pages,
// ranges.
//
// Why: numbers are bounded here, so that nothing a text says can overflow anywhere later.
#include "spec/trace_reader.hpp"

namespace faultline::trace_reader {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

bool is_name(std::string_view word) {
    if (word.empty() || word.size() > 32 || !is_letter(word[0])) return false;
    for (char c : word)
        if (!is_letter(c) && !is_digit(c) && c != '_') return false;
    return true;
}

Words::Words(std::string_view line, int number, TraceError& error) : line_(number), error_(error) {
    std::size_t i = 0;
    while (true) {
        while (i < line.size() && is_space(line[i])) ++i;
        if (words_.size() == 1) rest_ = line.substr(i);
        if (i >= line.size() || line[i] == '#') break;
        const std::size_t start = i;
        while (i < line.size() && !is_space(line[i])) ++i;
        words_.push_back(line.substr(start, i - start));
    }
}
bool Words::accept(std::string_view word) {
    if (at_end() || peek() != word) return false;
    ++next_;
    return true;
}
bool Words::expect(std::string_view word) {
    return accept(word) || complain("'" + std::string(word) + "'");
}
bool Words::expect_end() { return at_end() || complain("the end of the line"); }

bool Words::complain(std::string expected) { return complain(std::move(expected), peek()); }
bool Words::complain(std::string expected, std::string_view found) {
    if (error_.line != 0) return false;
    error_.line = line_;
    error_.expected = std::move(expected);
    error_.found =
        found.empty() ? "the end of the line" : "'" + std::string(found.substr(0, 40)) + "'";
    return false;
}

bool Words::number_in(std::string_view word, int& value, std::string_view what) {
    const auto expected = [&] {
        return std::string(what) + " (0 to " + std::to_string(max_number) + ")";
    };
    value = 0;
    if (word.empty()) return complain(expected());
    for (char c : word) {
        if (!is_digit(c)) return complain(expected(), word);
        value = value * 10 + (c - '0');
        if (value > max_number) return complain(expected(), word);
    }
    // One spelling a number: what is written is what was read.
    if (word.size() > 1 && word[0] == '0') return complain("a number without leading zeros", word);
    return true;
}
bool Words::number(int& value, std::string_view what) {
    if (!number_in(peek(), value, what)) return false;
    take();
    return true;
}
bool Words::is_label(std::string_view word, char letter) {
    if (word.size() < 2 || word[0] != letter) return false;
    for (char c : word.substr(1))
        if (!is_digit(c)) return false;
    return true;
}
bool Words::label(std::string_view word, char letter, int& value) {
    const std::string what = std::string(1, letter) + " and a number";
    if (!is_label(word, letter)) return complain(what, word);
    return number_in(word.substr(1), value, what);
}

bool Words::page_in(std::string_view word, PageRef& page) {
    page = {};
    if (word.empty() || word[0] != '@') return number_in(word, page.page, "a page");
    std::string_view name = word.substr(1);
    if (const std::size_t open = name.find('['); open != std::string_view::npos) {
        if (name.back() != ']') return complain("'@name[page]'", word);
        const std::string_view inner = name.substr(open + 1, name.size() - open - 2);
        if (!number_in(inner, page.page, "a page of @name[page]")) return false;
        name = name.substr(0, open);
    }
    if (!is_name(name)) return complain("a name of small letters after '@'", word);
    page.name = name;
    return true;
}
bool Words::page(PageRef& page) {
    if (!page_in(peek(), page)) return false;
    take();
    return true;
}
bool Words::range(PageRef& page, int& length) {
    const std::string_view word = peek();
    const std::size_t plus = word.find('+');
    if (plus == std::string_view::npos) return complain("a range 'page+pages'");
    if (!page_in(word.substr(0, plus), page)) return false;
    if (!number_in(word.substr(plus + 1), length, "a number of pages")) return false;
    if (length == 0) return complain("a range of at least one page");
    take();
    return true;
}
bool Words::protection(Protection& prot) {
    const std::string_view word = peek();
    prot = {};
    if (word != "none") {
        std::size_t i = 0;
        if (i < word.size() && word[i] == 'r') prot.read = true, ++i;
        if (i < word.size() && word[i] == 'w') prot.write = true, ++i;
        if (i < word.size() && word[i] == 'x') prot.exec = true, ++i;
        if (word.empty() || i != word.size())
            return complain("a protection (rwx, rw, r, ... or none)");
    }
    take();
    return true;
}

}  // namespace faultline::trace_reader
