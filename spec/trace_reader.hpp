// spec/trace_reader.hpp - one line of a trace as words, and the first thing that was wrong with it.
//
// Why: every complaint has the same form, "expected X, found Y", and only the first one of a file
//      counts.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "spec/trace.hpp"

namespace faultline::trace_reader {

inline constexpr int max_number = 65535;
inline constexpr std::size_t max_line = 1000, max_items = 1000000;

/// The words of one line. Functions that take something return false after a complaint.
class Words {
  public:
    Words(std::string_view line, int number, TraceError& error);

    bool at_end() const { return next_ == words_.size(); }
    /// The next word, "" at the end of the line.
    std::string_view peek() const { return at_end() ? std::string_view{} : words_[next_]; }
    std::string_view take() { return at_end() ? std::string_view{} : words_[next_++]; }
    bool accept(std::string_view word);
    bool expect(std::string_view word);
    bool expect_end();
    /// Everything after the first word, as it was written.
    std::string_view rest() const { return rest_; }
    bool complain(std::string expected);
    bool complain(std::string expected, std::string_view found);

    bool number(int& value, std::string_view what);
    bool number_in(std::string_view word, int& value, std::string_view what);
    /// P3, T1, H0: a letter and a number, nothing else.
    static bool is_label(std::string_view word, char letter);
    bool label(std::string_view word, char letter, int& value);
    bool page(PageRef& page);
    bool page_in(std::string_view word, PageRef& page);
    bool range(PageRef& page, int& length);
    bool protection(Protection& prot);
    bool one_of(const auto& words, std::size_t& which, std::string_view what);

  private:
    std::vector<std::string_view> words_;
    std::size_t next_ = 0;
    std::string_view rest_;
    int line_;
    TraceError& error_;
};

bool Words::one_of(const auto& words, std::size_t& which, std::string_view what) {
    for (which = 0; which < words.size(); ++which)
        if (std::string_view(words[which]) == peek()) {
            take();
            return true;
        }
    return complain(std::string(what));
}

bool is_name(std::string_view word);

}  // namespace faultline::trace_reader
