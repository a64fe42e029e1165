// tools/commands.hpp - what each command does, once its options are known.
//
// Why: parsing words and doing the work are two files, so that a test can ask for the work.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/engines.hpp"

namespace faultline {

/// A parsed command line; only the options of `command` matter.
struct Request {
    std::string command;
    std::vector<std::string> arguments;  ///< as typed, for the record
    bool json = false;
    std::string junit;                   ///< file, empty: none
    std::string html;                    ///< file, empty: none

    std::string list_kind;
    RunOptions run;
    bool run_changes = true, run_states = false;
    std::string run_show, run_process = "P0";  ///< a file of /proc instead of the steps, and whose
    ExploreOptions explore;
    ProveOptions prove;
    MuseumOptions museum;
    FuzzOptions fuzz;
    MutantOptions mutants;
    ConformOptions conform;
    RecordOptions record;
    ReplayOptions replay;
    std::string export_trace, export_file;   ///< no file: the text goes to `out`
    std::string report_json = "report/report.json", report_html = "report/index.html";
    std::string check_directory = "report";
    bool check_bench = true, check_conform = true;
    std::uint64_t check_runs = 400'000;   ///< operations of the hammer in `check`
};

/// Where text goes: results to `out`, progress and complaints to `err`.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool terminal = false;  ///< `err` is one
};

/// Does it and returns the exit code; complaints are one line each.
int perform(const Request& request, const Streams& streams);

}  // namespace faultline
