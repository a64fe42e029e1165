// fuzz/systems/linux_record/record.cpp - watches, asks perf what it saw, and puts both together.
//
// Why: one call for the command line.
#include "fuzz/systems/linux_record/record.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <cstdio>

namespace faultline::record {
namespace {

std::string output_of(const std::string& command) {
    std::string out;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return out;
    char part[65536];
    for (std::size_t n = 0; (n = fread(part, 1, sizeof part, pipe)) > 0;) out.append(part, n);
    pclose(pipe);
    return out;
}
fuzz::Page limit_of(int which) {
    rlimit limit{};
    if (getrlimit(static_cast<__rlimit_resource_t>(which), &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY)
        return fuzz::Page{1} << 30;
    return limit.rlim_cur / 4096;
}

}  // namespace

int record(const Options& options, fuzz::Recording& out, std::string& problem) {
    std::vector<Stop> stops;
    int first = 0;
    const int status = run_and_watch(options, stops, first, out.files, problem);
    if (!problem.empty()) return -1;
    const std::string script = output_of(
        "perf script -i '" + options.scratch + "/perf.data' --ns --show-mmap-events "
        "--show-lost-events -F pid,tid,time,event,trace 2>/dev/null");
    for (const std::string& w : options.command)
        out.command += (out.command.empty() ? "" : " ") + w;
    utsname name{};
    if (uname(&name) == 0) out.kernel = name.release;
    out.tracer = output_of("perf --version 2>/dev/null");
    while (!out.tracer.empty() && out.tracer.back() == '\n') out.tracer.pop_back();
    out.tracer += "; ptrace for looks";
    out.stack_limit = limit_of(RLIMIT_STACK);
    assemble(script, stops, first, out);
    if (out.events.empty()) problem = "perf saw nothing: tracepoints need root";
    return problem.empty() ? status : -1;
}

}  // namespace faultline::record
