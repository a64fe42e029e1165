// fuzz/targets/trace_parser_fuzzer.cpp - hostile text: reading it, writing it, reading that
// again agree, and what reads is run.
//
// Why: traces come from strangers. Whatever parses must survive its own text form, and the machine
//      must refuse what it does not have and never step outside its tables.
#include <string_view>

#include "fuzz/targets/target.hpp"
#include "invariants/run.hpp"
#include "spec/trace.hpp"

namespace {
using namespace faultline;
constexpr std::size_t longest_text = 4096, most_items = 24;

void expect_one_line(const TraceError& error) {
    const std::string line = error.text();
    if (line.find('\n') != std::string::npos || line.rfind("t.fl:", 0) != 0 ||
        line.find(": expected ") == std::string::npos)
        fuzz::fail("an error that is not \"file:line: expected X, found Y\": " + line);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > longest_text) return -1;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Trace trace, again;
    TraceError error;
    if (!parse_trace(text, "t.fl", trace, error)) {
        expect_one_line(error);
        return 0;
    }
    const std::string written = write_trace(trace);
    if (!parse_trace(written, "t.fl", again, error))
        fuzz::fail("what was written does not parse: " + error.text() + "\n" + written);
    if (!(trace == again)) fuzz::fail("what was written means something else:\n" + written);
    if (write_trace(again) != written) fuzz::fail("written twice, it differs:\n" + written);
    if (trace.items.size() > most_items) return 0;
    RunConfig config;
    config.file = "t.fl";
    config.views = false;
    config.stride = 64;
    if (replay_trace(trace, config).exit == Exit::tool_error)
        fuzz::fail("a trace that reads cannot be run:\n" + written);
    return 0;
}
