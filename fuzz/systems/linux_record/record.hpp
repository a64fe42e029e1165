// fuzz/systems/linux_record/record.hpp - runs a program and writes down what it and its children
// did to their address spaces.
//
// Why:     perf is the tracer: calls, page faults with their error codes, forks, execs and mapped
//          files come from the kernel on one clock, and nothing is stopped for them. What
//          /proc/PID/smaps says is read while ptrace holds the process still, at each exec, fork
//          and exit and every `every` system calls, with the time of the same clock.
// Differs: what leaves no page fault is not seen: pages that get_user_pages brings in for another
//          process or for a device. Kernel faults inside execve are left out, its result is read
//          from /proc instead.
#pragma once
#include <string>
#include <vector>

#include "fuzz/replay/recording.hpp"

namespace faultline::record {

struct Options {
    std::vector<std::string> command;
    int every = 400;        ///< a look after so many stops at system calls; 0: none in between
    std::string scratch;    ///< a directory for what perf writes
};
/// The program's exit status, or -1 with one line in `problem`.
int record(const Options& options, fuzz::Recording& out, std::string& problem);

// The parts, for each other and for tests.

/// What ptrace saw, with the time in nanoseconds of CLOCK_MONOTONIC.
struct Stop {
    enum What { look, fork, share, thread, exec, exit, signal } what = look;
    std::uint64_t time = 0;
    int pid = 0, child = 0;
    std::vector<fuzz::Area> areas;
    std::vector<fuzz::Run> present;
    std::string name;   ///< of a signal
};
/// Lines of smaps; files are numbered in `files`.
std::vector<fuzz::Area> areas_of_smaps(const std::string& text, std::vector<std::string>& files);
/// What `perf script` printed and what ptrace saw, in one order.
void assemble(const std::string& script, const std::vector<Stop>& stops, int first,
              fuzz::Recording& out);
/// Runs `command` under perf and ptrace until it and all its children are gone.
int run_and_watch(const Options& options, std::vector<Stop>& stops, int& first,
                  std::vector<std::string>& files, std::string& problem);

}  // namespace faultline::record
