// tests/trace/coverage_test.cpp - every outcome that the model declares occurs in some trace.
//
// Why: a refusal that no trace performs has a residue nobody has looked at, and a way a fault ends
//      that no scenario shows has no source beside it. What is missing is listed by name; the list
//      of what may be missing is short, and an entry that is not needed is an error too.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "invariants/residue.hpp"
#include "invariants/run.hpp"
#include "spec/trace_words.hpp"
#include "tests/trace/corpus.hpp"

namespace faultline {
namespace {

/// An operation as the residue table names it, its code, and the answer as a trace writes it.
using Key = std::tuple<std::string, int, std::string>;

int mmap_code(const Operation& op) {
    constexpr int codes[] = {op_mmap, op_mmap_hint, op_mmap_fixed, op_mmap_noreplace};
    return codes[static_cast<std::size_t>(op.place)];
}
int advice_code(const Operation& op) {
    constexpr int codes[] = {op_none, op_dontfork, op_dofork, op_wipeonfork, op_keeponfork};
    return codes[static_cast<std::size_t>(op.advice)];
}
std::pair<std::string, int> name_of(const Operation& op) {
    switch (op.verb) {
        case Verb::mmap: return {"mmap", mmap_code(op)};
        case Verb::munmap: return {"munmap", op_none};
        case Verb::mprotect: return {"mprotect", op_none};
        case Verb::madvise:
            if (op.advice == Advice::dontneed) return {"dontneed", op_none};
            return {"advise", advice_code(op)};
        case Verb::mlock: return {"advise", op_mlock};
        case Verb::munlock: return {"advise", op_munlock};
        case Verb::brk: return {"brk", op_none};
        case Verb::mremap: return {"mremap", op_none};
        case Verb::load:
        case Verb::store:
        case Verb::fetch:
        case Verb::fault: return {"fault", op_none};
        case Verb::fork: return {"fork", op_none};
        case Verb::exit: return {"exit", op_none};
        case Verb::pin:
        case Verb::get: return {"gup", op_none};
        case Verb::pin_fast:
        case Verb::get_fast: return {"gup_fast", op_none};
        case Verb::handle_load:
        case Verb::handle_store: return {"dma", op_none};
        case Verb::release: return {"unpin", op_none};
        case Verb::drain: return {"drain", op_none};
        case Verb::reclaim: return {"reclaim", op_none};
        case Verb::free_swap: return {"free_swap", op_none};
        case Verb::swapon: return {"swapon", op_none};
        case Verb::swapoff: return {"swapoff", op_none};
        case Verb::unuse: return {"unuse", op_none};
        case Verb::swapoff_end: return {"swapoff_end", op_none};
        default: return {std::string(trace_words::word_of(op.verb).word), op_none};
    }
    return {};
}
/// "-> ENOMEM" is the word; a page, process or handle is success; nothing is an unfinished call.
std::string answer_of(const std::string& result) {
    const std::string word = result.substr(0, 3) == "-> " ? result.substr(3) : result;
    for (const ResultInfo& info : result_infos)
        if (word == info.text) return word;
    return word.empty() ? "" : "0";
}

std::set<Key> performed() {
    std::set<Key> all;
    for (const std::string& path : corpus::good_traces()) {
        Trace trace;
        TraceError error;
        EXPECT_TRUE(load_trace(path, trace, error)) << error.text();
        const TraceReport report = replay_trace(trace);
        std::map<int, Operation> in_flight;   // by task
        std::size_t at = 0;
        for (const Item& item : trace.items) {
            const auto* op = std::get_if<Operation>(&item.what);
            const auto* step = std::get_if<ScheduledStep>(&item.what);
            if (op == nullptr && step == nullptr) continue;
            if (at >= report.steps.size()) break;
            const std::string answer = answer_of(report.steps[at++].result);
            if (op != nullptr && op->begin) in_flight[op->task] = *op;
            if (step != nullptr && !in_flight.contains(step->task)) continue;
            const auto [name, code] = name_of(op != nullptr ? *op : in_flight.at(step->task));
            if (!answer.empty()) all.insert({name, code, answer});
            // A line that stores faults until it may, and then is the event of that name.
            if (op != nullptr && op->verb == Verb::store && answer == "0")
                all.insert({"store", op_none, answer});
        }
    }
    return all;
}
const std::set<Key>& outcomes() {
    static const std::set<Key> all = performed();
    return all;
}
bool occurs(const std::string& name, int code, const std::string& answer) {
    for (const auto& [n, c, a] : outcomes())
        if (n == name && a == answer && (code == op_none || c == code)) return true;
    return false;
}

TEST(Coverage, EveryDeclaredRefusalIsPerformed) {
    for (const ResidueRow& row : residue_table) {
        const std::string answer = result_infos[static_cast<std::size_t>(row.result)].text;
        // A row for any code of `advise` is one for those without a row of their own.
        bool found = false;
        for (int code = 0; code < op_code_count; ++code)
            if (row.op == code || (row.op == op_none && residue_row(row.operation, code, row.result)
                                                            == &row - residue_table.data()))
                found = found || occurs(row.operation, code, answer);
        EXPECT_TRUE(found) << "no trace performs " << row.operation
                           << (row.op == op_none ? "" : " (code " + std::to_string(row.op) + ")")
                           << " -> " << answer;
    }
}

TEST(Coverage, EveryAnswerOccurs) {
    const std::set<std::string> unused{"pending"};   // no answer at all
    for (const ResultInfo& info : result_infos) {
        bool found = false;
        for (const auto& [name, code, answer] : outcomes()) found = found || answer == info.text;
        EXPECT_EQ(found, !unused.contains(info.text)) << info.text;
    }
}

TEST(Coverage, EveryOperationSucceedsSomewhere) {
    boost::hana::for_each(operations, [&](auto type) {
        using Op = typename decltype(type)::type;
        const std::string name = Op::name;
        const char* success = name == "fault" ? "new-page" : name == "reclaim" ? "reclaimed" : "0";
        EXPECT_TRUE(occurs(name, op_none, success)) << name;
    });
}

TEST(Coverage, OfWhatIsNotThereIsNone) {
    EXPECT_FALSE(occurs("munmap", op_none, "EEXIST"));
    EXPECT_FALSE(occurs("exit", op_none, "ENOMEM"));
}

}  // namespace
}  // namespace faultline
