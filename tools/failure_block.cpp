// tools/failure_block.cpp - lays out a Story as text of at most about a hundred columns.
//
// Why: people compare two failures by eye and by diff, so columns and labels never move.
#include "tools/failure_block.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include "tools/diff.hpp"

namespace faultline {
namespace {

constexpr std::size_t label_width = 10;
constexpr std::size_t page_width = 100;

std::string padded(const std::string& s, std::size_t width) {
    return s + std::string(width - std::min(width, s.size()), ' ');
}

/// Words of `text` in lines that fit beside the label.
std::vector<std::string> wrapped(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (lines.empty() || lines.back().size() + 1 + word.size() > page_width - label_width)
            lines.push_back(word);
        else
            lines.back() += " " + word;
    }
    return lines;
}

void section(std::string& out, const std::string& label, const std::vector<std::string>& lines) {
    std::string lead = padded("  " + label, label_width);
    for (const std::string& line : lines) {
        out += lead + line;
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += "\n";
        lead = std::string(label_width, ' ');
    }
}

std::vector<std::string> trace_lines(const Story& story) {
    std::size_t text_width = 0;
    for (const StoryStep& s : story.steps) text_width = std::max(text_width, s.text.size());
    const std::size_t number_width = std::to_string(story.steps.size()).size();
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < story.steps.size(); ++i) {
        const std::string n = std::to_string(i + 1);
        const StoryStep& s = story.steps[i];
        lines.push_back(std::string(number_width - n.size(), ' ') + n + "  " +
                        padded(s.text, text_width) + (s.result.empty() ? "" : "  " + s.result));
    }
    return lines;
}

/// What the last step did: the state before it is the one after the step before it.
std::vector<std::string> change_lines(const Story& story, std::size_t limit) {
    if (story.steps.empty()) return {};
    const std::size_t n = story.steps.size();
    const StateView& before = n > 1 ? story.steps[n - 2].after : story.before;
    std::vector<std::string> lines = diff_lines(diff(before, story.steps[n - 1].after));
    if (lines.empty()) return {"the last step changed nothing"};
    if (lines.size() > limit) {
        const std::size_t more = lines.size() - limit;
        lines.resize(limit);
        lines.push_back("... and " + std::to_string(more) + " more");
    }
    return lines;
}

}  // namespace

std::string how_found(const Story& story) {
    std::string text = "found by " + (story.found_by.empty() ? "?" : story.found_by) + ", " +
                       std::to_string(story.steps.size()) +
                       (story.steps.size() == 1 ? " step" : " steps");
    if (story.shortest) text += ", shortest";
    return text;
}

std::string failure_block(const Story& story, std::size_t max_changes) {
    std::string out = "VIOLATED  " + padded(story.claim, 38) + " " + story.headline + "\n";
    section(out, "says", wrapped(story.says));
    section(out, "source", wrapped(story.source));
    if (!story.from_initial) {
        section(out, "state",
                {"a counterexample to induction: all claims hold here, but nothing shows that",
                 "this state can be reached"});
        section(out, "", state_lines(story.before));
    }
    section(out, "trace", trace_lines(story));
    section(out, "change", change_lines(story, max_changes));
    section(out, "differs", story.differs);
    const std::string replay = !story.replay.empty()      ? story.replay
                               : story.trace_path.empty() ? "no trace was written"
                                                          : "faultline run " + story.trace_path;
    section(out, "replay", {replay + "   " + how_found(story)});
    return out;
}

}  // namespace faultline
