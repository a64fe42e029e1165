// proofs/explore/path.hpp - a path of the machine as plain data: which operation or step ran, on
// which rows.
//
// Why: tools replay, print and store paths without knowing the state's type. Rows are those of
//      the state the path runs through, so a path replays from the initial state without any
//      renaming.
#pragma once
#include <string>
#include <vector>

#include "spec/results.hpp"

namespace faultline::explore {

/// Args of model/reference/steps.hpp as plain numbers; references as rows, -1 for none.
struct PlainArgs {
    int page = 0, end = 0, to = 0, span = 0;
    bool read = false, write = false, exec = false, grows = false;
    bool fixed = false, maymove = false, dontunmap = false;
    bool synchronous = false, stable = false;
    int inode = 0;                    ///< of mmap: 0 for none
    bool shared = false, force = false;
    int gup = 0, op = 0, value = 0;   ///< value: 0 is zero, v the v-th other content
    friend bool operator==(const PlainArgs&, const PlainArgs&) = default;
};

/// One atomic transition: the start of an operation (or an event), or one step of a task.
struct PathStep {
    bool start = false;
    int op = -1;       ///< index in `operations`, when start
    int row = 0;       ///< address space or handle the operation is on
    int child = 0;     ///< address space that fork fills
    PlainArgs args;
    int task = -1;     ///< row of the task; -1 for an event without one
    int pc = 0;        ///< the step, when not start
    bool deny = false; ///< the allocator refuses
    int result = 0;    ///< Result of this transition, res_pending while the operation goes on
    friend bool operator==(const PathStep&, const PathStep&) = default;
};

/// "P0 mmap_fixed 0+1 rw", "T1 fault.install", "H0 unpin": for people, until a trace is written.
std::string path_step_text(const PathStep& step);
std::string path_step_result(const PathStep& step);

}  // namespace faultline::explore
