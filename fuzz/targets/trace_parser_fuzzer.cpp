// fuzz/targets/trace_parser_fuzzer.cpp - any text as a trace: it is refused in one line, or read,
// written and read again.
//
// Why: traces come from strangers. What parses must mean the same after writing, and become records
//      or one line that says why not.
#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/targets/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace faultline;
    const std::string text(reinterpret_cast<const char*>(data), size);
    Trace trace, again;
    TraceError error, other;
    if (!parse_trace(text, "input.fl", trace, error)) {
        const std::string line = error.text();
        if (line.empty() || line.find('\n') != std::string::npos)
            fuzz::fail("a complaint that is not one line: " + line);
        return 0;
    }
    const std::string written = write_trace(trace);
    if (!parse_trace(written, "input.fl", again, other))
        fuzz::fail("what was written does not parse: " + other.text() + "\n" + written);
    if (!(again == trace)) fuzz::fail("reading what was written gives another trace\n" + written);
    if (trace.items.size() > 200) return 0;
    fuzz::Arena arena;
    std::string problem;
    const auto records = fuzz::records_of_trace(trace, arena, problem);
    if (!records && problem.find('\n') != std::string::npos)
        fuzz::fail("a complaint that is not one line: " + problem);
    return 0;
}
