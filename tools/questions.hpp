// tools/questions.hpp - the index of questions and claims that the source notes left, as rows.
//
// Why: one file, tests/traces/questions/index.json, says what is answered, by which trace, and what
//      stands behind the answer. `faultline list questions` prints it and a test holds it against
//      the traces, the claims and the laws; neither has a list of its own.
#pragma once
#include <string>
#include <vector>

#include "tools/engines.hpp"

namespace faultline {

/// What decides an answer for more than one history.
struct ClaimEvidence {
    std::string claim;   ///< id of a claim
    std::string where;   ///< proved: the kind of cell, "step"; explored: the bounds
};
struct Question {
    std::string id;      ///< Q26; C8 a claim of the notes that may be right, W21 one that is wrong
    std::string where;   ///< S1:198, place in the notes
    std::string asks;    ///< the question, or what is claimed, in our words
    std::string answer;  ///< one sentence; empty while nothing answers it
    std::string verdict; ///< of a claim: right, partly, wrong; empty for a question
    std::vector<std::string> traces;        ///< below tests/, each runs as it says
    std::vector<ClaimEvidence> proved, explored;
    std::vector<std::string> laws;          ///< proved for all 64-bit values
    std::vector<std::string> compiled;      ///< sources whose static_assert says it
    std::vector<std::string> needs;         ///< what the model lacks for it, or for the rest of it
    std::string reason;                     ///< why it is no question for a model
};

/// "proved", "explored", "run", "waits" or "outside".
std::string status_of(const Question& question);
/// Words that `needs` may use.
const std::vector<std::string>& known_needs();
/// Rows in the order of the file. Throws std::runtime_error with one line if the text is malformed.
std::vector<Question> read_questions(const std::string& json, const std::string& file);

/// As `faultline list` prints one.
ListItem list_item_of(const Question& question);

}  // namespace faultline
