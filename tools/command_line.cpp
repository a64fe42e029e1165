// tools/command_line.cpp - the one file that includes CLI11: every command and option with help.
//
// Why: a typo must not be silently ignored: unknown words and values out of range are usage errors,
//      one line and exit code 2.
#include "tools/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <ostream>
#include <thread>

#include "tools/document.hpp"
#include "tools/render.hpp"

namespace faultline {
namespace {

constexpr const char* kernel_words = "rule set, as `faultline list kernels` names it";
constexpr const char* rule_words = "one rule changed, RULE=OPTION (`faultline list rules`)";

void add_outputs(CLI::App& app, Request& ask) {
    app.add_flag("--json", ask.json, "print one JSON object instead of text (tools/schema.md)");
    app.add_option("--junit", ask.junit, "also write JUnit XML to this file");
}
void add_page(CLI::App& app, Request& ask) {
    app.add_option("--html", ask.html, "also write the page to this file");
}

void add_list(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("list", "what there is, in words, with sources");
    c.add_option("KIND", ask.list_kind,
                 "claims, steps, operations, rules, kernels, bounds, museum, systems, mutants, "
                 "questions");
    c.add_flag("--json", ask.json, "print one JSON object instead of text");
}

void add_run(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("run", "run one trace, step by step, all claims after each");
    c.add_option("TRACE", ask.run.trace, "a .fl file")->required()->check(CLI::ExistingFile);
    c.add_option("--kernel", ask.run.kernel, kernel_words);
    c.add_option("--bounds", ask.run.bounds, "bounds instead of the trace's own");
    c.add_option("--rule", ask.run.rule_overrides, rule_words);
    c.add_flag_callback("--brief", [&ask] { ask.run_changes = false; },
                        "do not print what each step changed");
    c.add_flag("--states", ask.run_states, "print the whole state after each step");
    auto* show = c.add_option("--show", ask.run_show,
                              "only print what the kernel would show at the end")
                     ->check(CLI::IsMember(rendering_names()));
    c.add_option("--process", ask.run_process, "whose files --show prints")
        ->needs(show)->capture_default_str();
    add_outputs(c, ask);
    show->excludes(c.get_option("--json"));
    add_page(c, ask);
}

void add_explore(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("explore", "every reachable state, or the shortest bad trace");
    ExploreOptions& o = ask.explore;
    c.add_option("--kernel", o.kernel, kernel_words)->capture_default_str();
    c.add_option("--bounds", o.bounds, "`faultline list bounds`")->capture_default_str();
    c.add_option("--rule", o.rules, rule_words);
    c.add_option("--tasks", o.tasks, "operations in flight at a time")
        ->check(CLI::Range(1, 64))->capture_default_str();
    c.add_option("--jobs", o.jobs, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
    c.add_flag("--fingerprint", o.fingerprint, "store 64-bit hashes instead of states");
    c.add_flag("!--no-symmetry", o.symmetry, "keep states apart that differ only in names");
    c.add_option("--max-states", o.max_states, "stop after this many states");
    c.add_option("--max-bytes", o.max_bytes, "stop at this much memory, e.g. 4GiB")
        ->transform(CLI::AsSizeValue(false));
    c.add_option("--max-depth", o.max_depth, "stop at this depth")->check(CLI::NonNegativeNumber);
    c.add_option("--op", o.ops, "only these operations");
    c.add_option("--claim", o.claims, "only these claims");
    c.add_option("--prefix", o.prefix_trace, "run this trace first and explore from there")
        ->check(CLI::ExistingFile);
    add_outputs(c, ask);
    add_page(c, ask);
}

void add_conform(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("conform", "does Linux do what the reference says?");
    ConformOptions& o = ask.conform;
    c.add_option("TRACE", o.traces, "traces to run first; all: every one of the tree");
    c.add_option("--kernel", o.kernel, "live, qemu:6.1, or qemu: and the path of a kernel image")
        ->capture_default_str();
    c.add_option("--rules", o.rule_set, "rule set instead of the one of the kernel's version");
    c.add_option("--rule", o.rules, rule_words);
    c.add_option("--tier", o.tier, "highest tier to use")
        ->check(CLI::IsMember({"internal", "proc", "user"}))->capture_default_str();
    c.add_option("--ops", o.operations, "random operations")->capture_default_str();
    c.add_option("--seed", o.seed, "of the random histories")->capture_default_str();
    c.add_flag("--zram-swap", o.zram_swap,
               "with swap space on zram, given back afterwards, also after a crash");
    c.add_option("--seeds", o.seeds, "so many seeds, each with that many operations")
        ->check(CLI::Range(1, 10'000))->capture_default_str();
    c.add_option("--findings", o.most_findings, "stop after so many")
        ->check(CLI::Range(1, 1000))->capture_default_str();
    add_outputs(c, ask);
}

void add_record(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("record", "what a program does to its address spaces, as a file");
    RecordOptions& o = ask.record;
    c.add_option("-o,--output", o.file, "the recording")->default_str("program.flr");
    c.add_option("--every", o.every, "look at the mappings after so many system calls; 0: only at "
                                     "exec, fork and exit")
        ->check(CLI::Range(0, 1'000'000))->capture_default_str();
    c.add_option("COMMAND", o.command, "the program and its arguments, after --")->required();
    c.positionals_at_end();
}
void add_replay(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("replay", "recordings of programs, performed on the models");
    ReplayOptions& o = ask.replay;
    c.add_option("RECORDING", o.recordings, ".flr files")->required()->check(CLI::ExistingFile);
    c.add_option("--on", o.machine, "fast, reference, or all: the reference where it fits")
        ->check(CLI::IsMember({"fast", "reference", "all"}))->capture_default_str();
    c.add_option("--kernel", o.rule_set, "rule set instead of the one of the kernel's version");
    c.add_option("--rule", o.rules, rule_words);
    c.add_option("--stride", o.stride, "claims after so many events")->capture_default_str();
    add_outputs(c, ask);
}

void add_export(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("export", "a trace as one C file for a real kernel");
    c.add_flag_callback("--c", [] {}, "as C (there is no other form)");
    c.add_option("TRACE", ask.export_trace, "a .fl file")->required()->check(CLI::ExistingFile);
    c.add_option("-o,--output", ask.export_file, "the file; none: print it");
}

void add_prove_options(CLI::App& c, ProveOptions& o) {
    c.add_flag("--second-solver", o.second_solver, "let cvc5 decide every query again");
    c.add_option("--rlimit", o.rlimit, "solver resources for one query; 0: the default");
    c.add_option("--cache", o.cache_dir, "remember decided queries in this directory");
}

void add_prove(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("prove", "every claim against every step, by induction");
    ProveOptions& o = ask.prove;
    c.add_option("--kernel", o.kernel, "rule set, or all")->capture_default_str();
    c.add_option("--bounds", o.bounds, "`faultline list bounds`")->capture_default_str();
    c.add_option("--rule", o.rules, rule_words);
    c.add_flag("--certify", o.certify, "refute the CNF again and check the DRAT proof");
    c.add_flag("!--no-argument-symmetry", o.argument_symmetry,
               "prove every argument of a step, not one per symmetry class");
    c.add_option("--jobs", o.jobs, "processes")->check(CLI::Range(1, 1024))->capture_default_str();
    c.add_option("--step", o.steps, "only these steps");
    c.add_option("--claim", o.claims, "only these claims");
    c.add_option("--kind", o.kinds, "only these kinds of cells")
        ->check(CLI::IsMember({"init", "step", "bites", "enabled", "refine", "law", "bmc"}));
    c.add_option("--bmc", o.bmc_depth,
                 "also search this many atomic steps from the empty machine; at b1 4 take 5 s, 5 "
                 "take half a minute, 6 some minutes")
        ->check(CLI::Range(0, 1000));
    c.add_option("--prefix", o.prefix_trace, "run this trace first and start --bmc from there")
        ->check(CLI::ExistingFile);
    add_prove_options(c, o);
    add_outputs(c, ask);
    add_page(c, ask);
}

void add_museum(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("museum", "real bugs of the past: is every one still found?");
    c.add_option("EXHIBIT", ask.museum.exhibits, "only these (`faultline list museum`)");
    c.add_option("--engine", ask.museum.engines, "only these engines")
        ->check(CLI::IsMember({"run", "explore", "prove"}));
    c.add_option("--jobs", ask.museum.jobs, "threads")
        ->check(CLI::Range(1, 1024))->capture_default_str();
    add_outputs(c, ask);
    add_page(c, ask);
}

void add_fuzz(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("fuzz", "a system beside the reference, over random histories");
    FuzzOptions& o = ask.fuzz;
    c.add_option("--system", o.system, "`faultline list systems`")->capture_default_str();
    c.add_option("--bug", o.bug, "on: with the deliberate mistake of an example")
        ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"on", true},
                                                                        {"off", false}}));
    c.add_option("--kernel", o.kernel, "rule set, or all")->capture_default_str();
    c.add_option("--rule", o.rules, rule_words);
    c.add_option("--bounds", o.bounds, "bounds instead of the system's own");
    auto* runs = c.add_option("--runs", o.runs, "operations under each rule set; 0: a million");
    c.add_option("--for", o.seconds, "work so long instead, e.g. 90s, 10m, 8h")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}}))
        ->check(CLI::PositiveNumber)->excludes(runs);
    c.add_option("--seed", o.seed, "another seed, other histories")->capture_default_str();
    c.add_option("--jobs", o.jobs, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
    c.add_option("--stride", o.stride, "operations between two looks, with all claims")
        ->check(CLI::Range(1, 1000000))->capture_default_str();
    c.add_option("--length", o.length, "operations of one history")
        ->check(CLI::Range(1, 1000000))->capture_default_str();
    c.add_option("--corpus", o.corpus, "a directory of histories: read, grown, made small again");
    c.add_flag("--keep-going", o.keep_going, "collect every kind of failure, not only the first");
    c.add_option("--replay", o.replay, "perform this trace or corpus file instead")
        ->check(CLI::ExistingFile);
    add_outputs(c, ask);
    add_page(c, ask);
}

void add_mutants(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("mutants", "bugs planted in the fast path: is each one found?");
    MutantOptions& o = ask.mutants;
    c.add_option("MUTANT", o.names, "only these (`faultline list mutants`)");
    c.add_option("--group", o.groups, "only these groups");
    c.add_option("--kernel", o.kernel, "rule set, or all: one after the other")
        ->capture_default_str();
    c.add_option("--seed", o.seed, "another seed, other histories")->capture_default_str();
    c.add_option("--for", o.seconds, "time for each, e.g. 60s")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}}))
        ->check(CLI::PositiveNumber)->capture_default_str();
    c.add_flag("--smoke", o.smoke, "one mutant of each group");
    c.add_option("--jobs", o.jobs, "mutants at a time")
        ->check(CLI::Range(1, 1024))->capture_default_str();
    add_outputs(c, ask);
    add_page(c, ask);
}

/// `check` sets the same kernel and rules for every engine.
void add_check(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("check", "every engine at its default bounds, and the report");
    c.add_option("--kernel", ask.prove.kernel, "rule set, or all")->capture_default_str();
    c.add_option("--rule", ask.prove.rules, rule_words);
    c.add_option("--prove-bounds", ask.prove.bounds, "bounds of the proof")->capture_default_str();
    c.add_option("--explore-bounds", ask.explore.bounds, "bounds of the exploration")
        ->capture_default_str();
    c.add_flag("--certify,!--no-certify", ask.prove.certify, "check a proof of every query");
    c.add_flag_callback("--no-bench", [&ask] { ask.check_bench = false; }, "measure nothing");
    c.add_option("--runs", ask.check_runs, "operations of the hammer for each system")
        ->check(CLI::PositiveNumber)->capture_default_str();
    c.add_flag_callback("--no-conform", [&ask] { ask.check_conform = false; },
                        "do not ask the live kernel");
    c.add_option("--output", ask.check_directory, "directory of the report")
        ->capture_default_str();
    c.add_option("--jobs", ask.prove.jobs, "threads")
        ->check(CLI::Range(1, 1024))->capture_default_str();
    add_prove_options(c, ask.prove);
    add_outputs(c, ask);
    c.callback([&ask] {
        ask.explore.kernel = ask.prove.kernel;
        ask.explore.rules = ask.prove.rules;
        ask.explore.jobs = ask.museum.jobs = ask.prove.jobs;
    });
}

void add_report(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("report", "write the page again from a JSON report");
    c.add_option("FILE", ask.report_json, "what `check` or --json wrote")->capture_default_str();
    c.add_option("-o,--output", ask.report_html, "the page")->capture_default_str();
    add_outputs(c, ask);
}

void add_bench(CLI::App& app, Request& ask) {
    auto& c = *app.add_subcommand("bench", "states, operations and queries per second");
    add_outputs(c, ask);
}

Request defaults() {
    Request ask;
    const int cores = std::max(1u, std::thread::hardware_concurrency());
    ask.explore.jobs = ask.prove.jobs = ask.museum.jobs = ask.fuzz.jobs = ask.mutants.jobs =
        cores;
    return ask;
}

}  // namespace

int command_line(const std::vector<std::string>& words, const Streams& io) {
    Request ask = defaults();
    if (!words.empty() && words[0] == "check") ask.prove.certify = true;
    CLI::App app{"Faultline: a formally checked reference model of Linux x86-64 virtual memory",
                 "faultline"};
    const ToolInfo tool = tool_info();
    app.set_version_flag("--version", tool.name + " " + tool.version + " (" + tool.commit + ", " +
                                          tool.compiler + ", " + tool.build + ")");
    app.require_subcommand(1);
    app.footer("Exit codes: "
               "0 holds, 1 violated, 2 usage error, 3 unknown, 4 vacuous, 5 tool error.");
    add_list(app, ask);
    add_run(app, ask);
    add_explore(app, ask);
    add_prove(app, ask);
    add_museum(app, ask);
    add_fuzz(app, ask);
    add_mutants(app, ask);
    add_check(app, ask);
    add_report(app, ask);
    add_conform(app, ask);
    add_export(app, ask);
    add_record(app, ask);
    add_replay(app, ask);
    add_bench(app, ask);
    try {
        std::vector<std::string> reversed(words.rbegin(), words.rend());
        app.parse(reversed);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e, io.out, io.err);
        const auto all = app.get_subcommands([](const CLI::App*) { return true; });
        const bool known = std::any_of(all.begin(), all.end(), [&](const CLI::App* c) {
            return words.empty() || words[0] == c->get_name() || words[0][0] == '-';
        });
        if (!known)
            io.err << "faultline: no command '" << words[0] << "'; --help lists them\n";
        else
            io.err << "faultline: " << e.what() << "; --help lists the options\n";
        return static_cast<int>(Exit::usage);
    }
    ask.command = app.get_subcommands().front()->get_name();
    ask.arguments.assign(words.begin() + 1, words.end());
    return perform(ask, io);
}

}  // namespace faultline
