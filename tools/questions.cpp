// tools/questions.cpp - reads and checks the index; see questions.hpp.
//
// Why: a row with a misspelt field would silently lose its evidence, so every field is known or the
//      file is refused.
#include "tools/questions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace faultline {
namespace {

using Json = nlohmann::json;
constexpr const char* format_name = "faultline questions 1";

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
    throw std::runtime_error(file + ": " + why);
}

std::vector<std::string> texts(const Json& row, const char* field) {
    return row.contains(field) ? row.at(field).get<std::vector<std::string>>()
                               : std::vector<std::string>{};
}
std::string text(const Json& row, const char* field) {
    return row.contains(field) ? row.at(field).get<std::string>() : std::string();
}
/// [["rmap.complete", "step"], ...]
std::vector<ClaimEvidence> evidence(const Json& row, const char* field) {
    std::vector<ClaimEvidence> out;
    if (!row.contains(field)) return out;
    for (const Json& pair : row.at(field)) {
        if (!pair.is_array() || pair.size() != 2)
            throw std::invalid_argument(std::string(field) + " wants pairs");
        out.push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
    }
    return out;
}

Question question_of(const Json& row) {
    static const std::set<std::string> fields{"id",       "where", "asks",     "answer",
                                              "verdict",  "traces", "proved",  "explored",
                                              "laws",     "compiled", "needs", "reason"};
    for (const auto& [field, value] : row.items())
        if (!fields.contains(field)) throw std::invalid_argument("unknown field '" + field + "'");
    return {row.at("id").get<std::string>(),
            row.at("where").get<std::string>(),
            row.at("asks").get<std::string>(),
            text(row, "answer"),
            text(row, "verdict"),
            texts(row, "traces"),
            evidence(row, "proved"),
            evidence(row, "explored"),
            texts(row, "laws"),
            texts(row, "compiled"),
            texts(row, "needs"),
            text(row, "reason")};
}

/// Why a row contradicts itself, "" if it does not.
std::string problem_of(const Question& q) {
    const std::string status = status_of(q);
    const bool answered = status != "waits" && status != "outside";
    const bool claim = !q.id.empty() && q.id[0] != 'Q';
    static const std::set<std::string> verdicts{"right", "partly", "wrong"};
    if (q.asks.empty() || q.where.empty()) return "says neither what nor where";
    if (answered && q.answer.empty()) return "has evidence and no answer";
    if (!answered && q.needs.empty() && q.reason.empty()) return "is unanswered without a reason";
    if (claim && answered && !verdicts.contains(q.verdict)) return "judges no claim";
    if (!claim && !q.verdict.empty()) return "judges a question";
    for (const std::string& word : q.needs)
        if (std::find(known_needs().begin(), known_needs().end(), word) == known_needs().end())
            return "needs '" + word + "', which is no known word";
    return "";
}

std::string joined(const std::vector<std::string>& words, const char* between = ", ") {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? "" : between) + w;
    return out;
}
std::string joined(const std::vector<ClaimEvidence>& all, const char* in) {
    std::vector<std::string> words;
    for (const ClaimEvidence& e : all) words.push_back(e.claim + " (" + in + e.where + ")");
    return joined(words);
}

}  // namespace

std::string status_of(const Question& q) {
    if (!q.proved.empty() || !q.laws.empty() || !q.compiled.empty()) return "proved";
    if (!q.explored.empty()) return "explored";
    if (!q.traces.empty()) return "run";
    return q.needs.empty() ? "outside" : "waits";
}

const std::vector<std::string>& known_needs() {
    static const std::vector<std::string> words{
        "swap",    "files", "shmem",     "userfaultfd",  "THP",  "TLB",       "KVM",
        "KSM",     "NUMA",  "hwpoison",  "memcg",        "OOM reaper",  "signals",
        "drivers", "page-table pages", "memory barriers"};
    return words;
}

std::vector<Question> read_questions(const std::string& json, const std::string& file) {
    std::vector<Question> out;
    std::string at = "the file";
    try {
        const Json document = Json::parse(json);
        if (document.at("format") != format_name) refuse(file, "is no '" + std::string(format_name)
                                                                   + "'");
        for (const Json& row : document.at("rows")) {
            at = "row " + std::to_string(out.size() + 1);
            out.push_back(question_of(row));
            at = out.back().id;
            const std::string problem = problem_of(out.back());
            if (!problem.empty()) refuse(file, at + " " + problem);
        }
    } catch (const Json::exception& e) {
        refuse(file, at + ": " + e.what());
    } catch (const std::invalid_argument& e) {
        refuse(file, at + ": " + e.what());
    }
    return out;
}

ListItem list_item_of(const Question& q) {
    const std::string status = status_of(q);
    ListItem item{"question", q.id, q.asks, "notes " + q.where, ""};
    item.extra = q.verdict.empty() ? status : q.verdict + ", " + status;
    const auto line = [&](const std::string& label, const std::string& words) {
        if (!words.empty()) item.text += "\n" + label + words;
    };
    line("-> ", q.answer);
    std::vector<std::string> paths;
    for (const std::string& t : q.traces) paths.push_back("tests/" + t);
    line("trace     ", joined(paths));
    line("proved    ", joined(q.proved, "cells of kind "));
    line("proved    ", q.laws.empty() ? "" : "laws " + joined(q.laws));
    line("proved    ", q.compiled.empty() ? "" : "by the compiler, " + joined(q.compiled));
    line("explored  ", joined(q.explored, "bounds "));
    line(status == "waits" ? "waits for " : "the rest waits for ", joined(q.needs));
    line("outside   ", q.reason);
    return item;
}

}  // namespace faultline
