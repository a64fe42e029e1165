// tools/commands.cpp - calls the engines, collects a document, writes it in every form asked for.
//
// Why: whatever an engine throws becomes a line and an exit code here, so that no command can end
//      in success because something did not run.
#include "tools/commands.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <sstream>

#include "tools/document.hpp"
#include "tools/html.hpp"
#include "tools/json.hpp"
#include "tools/junit.hpp"
#include "tools/print.hpp"
#include "tools/progress.hpp"
#include "tools/render.hpp"

namespace faultline {
namespace {

void write_file(const std::string& path, const std::string& text) {
    const auto parent = std::filesystem::path(path).parent_path();
    std::error_code ignored;
    if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw ToolError("cannot write " + path);
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw UsageError("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One command at work.
class Work {
  public:
    Work(const Request& request, const Streams& streams)
        : ask_(request), io_(streams), progress_(streams.err, streams.terminal) {
        document_.tool = tool_info();
        document_.command = ask_.command;
        document_.arguments = ask_.arguments;
    }
    Exit list();
    Exit run();
    Exit explore();
    Exit prove();
    Exit museum();
    Exit fuzz();
    Exit mutants();
    Exit bench();
    Exit conform();
    Exit record();
    Exit replay();
    Exit export_c();
    Exit check();
    Exit report();
    /// After a complaint: the document as far as it got, so that a script sees the reason.
    void fail(Exit exit, const std::string& why);

  private:
    void head(const std::string& kernel, const std::string& bounds,
              const std::vector<std::string>& rules);
    /// Text of one result, unless JSON was asked for.
    void say(const std::string& text);
    Exit finish();
    void write_outputs();
    std::vector<std::string> kernels(const std::string& name) const;
    void complain(const std::vector<std::string>& problems);
    void explore_all();
    void fuzz_all(const FuzzOptions& options);
    void hammer_part();
    void part(const char* engine, const std::function<void()>& body);
    void items_for_page();

    const Request& ask_;
    const Streams& io_;
    ProgressPrinter progress_;
    Document document_;
    bool written_ = false;
};

void Work::head(const std::string& kernel, const std::string& bounds,
                const std::vector<std::string>& rules) {
    document_.kernel = kernel;
    document_.bounds = bounds;
    document_.rules = rules;
    if (!ask_.json) io_.out << head_text(document_) << std::flush;
}

void Work::say(const std::string& text) {
    progress_.finish();
    if (!ask_.json) io_.out << text << std::flush;
}

void Work::complain(const std::vector<std::string>& problems) {
    progress_.finish();
    for (const std::string& p : problems) io_.err << "faultline: " << p << "\n";
}

/// A page needs the claims in words; nothing else does.
void Work::items_for_page() {
    if (!document_.items.empty()) return;
    std::vector<std::string> problems;
    document_.items = list_all(problems);
    complain(problems);
}

void Work::write_outputs() {
    written_ = true;
    if (!ask_.junit.empty()) write_file(ask_.junit, to_junit(document_));
    if (!ask_.html.empty()) write_file(ask_.html, to_html(document_));
    if (ask_.json) io_.out << to_json_text(document_) << std::flush;
}

Exit Work::finish() {
    progress_.finish();
    if (!ask_.html.empty()) items_for_page();
    document_.exit = combined_exit(document_);
    write_outputs();
    return document_.exit;
}

void Work::fail(Exit exit, const std::string& why) {
    progress_.finish();
    io_.err << "faultline: " << why << "\n";
    if (written_ || ask_.command == "report") return;
    document_.errors.push_back(why);
    document_.exit = exit;
    try {
        write_outputs();
    } catch (const std::exception& e) {
        io_.err << "faultline: " << e.what() << "\n";
    }
}

std::vector<std::string> Work::kernels(const std::string& name) const {
    if (name != "all") return {name};
    std::vector<std::string> all;
    std::vector<std::string> problems;   // exhibits do not matter here
    for (const ListItem& i : list_all(problems))
        if (i.kind == "kernel") all.push_back(i.id);
    return all;
}

Exit Work::list() {
    std::vector<std::string> problems;
    document_.items = list_all(problems);
    std::string kind = ask_.list_kind;
    const auto has = [&](const std::string& k) {
        for (const ListItem& i : document_.items)
            if (i.kind == k) return true;
        return false;
    };
    // "claims" asks for the kind "claim", "museum" for exhibits.
    if (kind == "museum") kind = "exhibit";
    if (!kind.empty() && !has(kind) && kind.back() == 's') kind.pop_back();
    const bool from_files = kind == "exhibit" || kind == "question";
    const bool none = !kind.empty() && !has(kind);
    if (none && !from_files) throw UsageError("nothing to list under " + ask_.list_kind);
    if (!kind.empty())
        std::erase_if(document_.items, [&](const ListItem& i) { return i.kind != kind; });
    say(list_text(document_.items, kind));
    complain(problems);
    // Here it is the answer that lacks a row.
    if (kind == "exhibit" || (none && from_files)) document_.errors = problems;
    return finish();
}

Exit Work::run() {
    if (!ask_.run_show.empty()) {
        document_.runs.push_back(run_trace(ask_.run));
        const RunReport& r = document_.runs.back();
        // Nothing else goes to the output, so that it can be compared; a broken run says why.
        if (r.exit != Exit::holds) say(run_text(r, ask_.run_changes, ask_.run_states));
        else say(shown_text(r, ask_.run_show, ask_.run_process));
        return finish();
    }
    head(ask_.run.kernel, ask_.run.bounds, ask_.run.rule_overrides);
    document_.runs.push_back(run_trace(ask_.run));
    say(run_text(document_.runs.back(), ask_.run_changes, ask_.run_states));
    return finish();
}

void Work::explore_all() {
    for (const std::string& kernel : kernels(ask_.explore.kernel)) {
        ExploreOptions options = ask_.explore;
        options.kernel = kernel;
        document_.explorations.push_back(faultline::explore_states(options, progress_.function()));
        say(exploration_text(document_.explorations.back()));
    }
}

Exit Work::explore() {
    head(ask_.explore.kernel, ask_.explore.bounds, ask_.explore.rules);
    explore_all();
    return finish();
}

Exit Work::prove() {
    head(ask_.prove.kernel, ask_.prove.bounds, ask_.prove.rules);
    document_.proof = faultline::prove(ask_.prove, progress_.function());
    say(proof_text(*document_.proof));
    return finish();
}

Exit Work::museum() {
    head("each exhibit's own", "each exhibit's own", {});
    document_.museum = faultline::museum(ask_.museum, progress_.function());
    say(museum_text(document_.museum));
    return finish();
}

void Work::fuzz_all(const FuzzOptions& options) {
    for (const std::string& kernel : kernels(options.kernel)) {
        FuzzOptions one = options;
        one.kernel = kernel;
        for (FuzzReport& r : fuzz_system(one, progress_.function())) {
            say(fuzz_text(r));
            document_.fuzz.push_back(std::move(r));
        }
    }
}

Exit Work::fuzz() {
    document_.seed = std::to_string(ask_.fuzz.seed);
    const std::string bounds = ask_.fuzz.bounds.empty() ? "the system's own" : ask_.fuzz.bounds;
    head(ask_.fuzz.kernel, ask_.fuzz.replay.empty() ? bounds : "as the trace says",
         ask_.fuzz.rules);
    fuzz_all(ask_.fuzz);
    return finish();
}

Exit Work::mutants() {
    document_.seed = std::to_string(ask_.mutants.seed);
    head(ask_.mutants.kernel, "f1", {});
    document_.mutants = faultline::mutants(ask_.mutants, progress_.function());
    say(mutants_text(document_.mutants));
    return finish();
}

/// The bounded hammer of `check`: the systems that must pass, one that must not, some mutants.
void Work::hammer_part() {
    FuzzOptions options;
    options.kernel = ask_.prove.kernel;
    options.rules = ask_.prove.rules;
    options.jobs = ask_.prove.jobs;
    options.runs = ask_.check_runs;
    for (const ListItem& i : document_.items) {
        if (i.kind != "system" || i.extra.find("must be rejected") != std::string::npos) continue;
        options.system = i.id;
        fuzz_all(options);
    }
    options.system = "null";
    for (const FuzzReport& r : fuzz_system(options, progress_.function()))
        if (r.verdict != Verdict::violated)
            document_.errors.push_back("hammer: the null system was not rejected");
}

Exit Work::bench() {
    head("linux_6_12", "each row's own", {});
    document_.bench = faultline::bench(progress_.function());
    say(bench_text(document_.bench));
    return finish();
}

Exit Work::conform() {
    document_.seed = std::to_string(ask_.conform.seed);
    head(ask_.conform.rule_set.empty() ? "by the kernel's version" : ask_.conform.rule_set, "live",
         ask_.conform.rules);
    document_.conform.push_back(faultline::conform(ask_.conform, progress_.function()));
    say(document_.conform.back().text);
    return finish();
}

/// The command's own exit status is told, and is not ours.
Exit Work::record() {
    const int status = faultline::record_program(ask_.record);
    io_.err << "faultline: " << ask_.record.file << " written; the command ended with " << status
            << "\n";
    written_ = true;
    return Exit::holds;
}
Exit Work::replay() {
    head(ask_.replay.rule_set.empty() ? "by the kernel's version" : ask_.replay.rule_set,
         "each recording's", ask_.replay.rules);
    document_.replays = faultline::replay_recordings(ask_.replay, progress_.function());
    for (const ReplayReport& r : document_.replays) say(r.text);
    say(replays_text(document_.replays));
    return finish();
}

Exit Work::export_c() {
    const std::string text = faultline::export_c(ask_.export_trace);
    if (ask_.export_file.empty()) io_.out << text << std::flush;
    else write_file(ask_.export_file, text);
    written_ = true;
    return Exit::holds;
}

/// One engine of `check`: its failure is recorded and the others still run.
void Work::part(const char* engine, const std::function<void()>& body) {
    try {
        body();
    } catch (const UsageError&) {
        throw;
    } catch (const std::exception& e) {
        progress_.finish();
        document_.errors.push_back(std::string(engine) + ": " + e.what());
        io_.err << "faultline: " << document_.errors.back() << "\n";
    }
}

Exit Work::check() {
    head(ask_.prove.kernel, "prove " + ask_.prove.bounds + ", explore " + ask_.explore.bounds,
         ask_.prove.rules);
    part("list", [&] { items_for_page(); });
    part("prove", [&] {
        document_.proof = faultline::prove(ask_.prove, progress_.function());
        say(proof_text(*document_.proof) + "\n");
    });
    part("explore", [&] {
        explore_all();
        if (ask_.explore.bounds == "e1") {   // and with two operations in flight
            ExploreOptions two = ask_.explore;
            two.bounds = "e2";
            two.tasks = 2;
            document_.explorations.push_back(faultline::explore_states(two, progress_.function()));
            say(exploration_text(document_.explorations.back()));
            two.bounds = "e3";              // and with swap space
            document_.explorations.push_back(faultline::explore_states(two, progress_.function()));
            say(exploration_text(document_.explorations.back()));
        }
        say("\n");
    });
    part("museum", [&] {
        document_.museum = faultline::museum(ask_.museum, progress_.function());
        say(museum_text(document_.museum) + "\n");
    });
    part("fuzz", [&] {
        hammer_part();
        say("\n");
    });
    part("mutants", [&] {
        MutantOptions smoke = ask_.mutants;
        smoke.smoke = true;
        smoke.jobs = ask_.prove.jobs;
        document_.mutants = faultline::mutants(smoke, progress_.function());
        if (!document_.mutants.empty()) say(mutants_text(document_.mutants) + "\n");
    });
    if (ask_.check_conform)
        part("conform", [&] {
            document_.conform.push_back(faultline::conform(ask_.conform, progress_.function()));
            say(document_.conform.back().text + "\n");
        });
    if (ask_.check_bench)
        part("bench", [&] {
            document_.bench = faultline::bench(progress_.function());
            say(bench_text(document_.bench) + "\n");
        });
    document_.exit = combined_exit(document_);
    const std::string page = ask_.check_directory + "/index.html";
    write_file(page, to_html(document_));
    write_file(ask_.check_directory + "/report.json", to_json_text(document_));
    say(summary_text(document_) + "report    " + page + "\n");
    write_outputs();
    return document_.exit;
}

/// Writing a page succeeds when the page is written; what it says is in it.
Exit Work::report() {
    document_ = from_json_text(read_file(ask_.report_json));
    write_file(ask_.report_html, to_html(document_));
    if (!ask_.junit.empty()) write_file(ask_.junit, to_junit(document_));
    if (ask_.json) io_.out << to_json_text(document_);
    else io_.out << "report    " << ask_.report_html << "\n" << summary_text(document_);
    written_ = true;
    return Exit::holds;
}

}  // namespace

int perform(const Request& request, const Streams& streams) {
    Work work(request, streams);
    const auto failed = [&](Exit exit, const std::string& why) {
        work.fail(exit, why);
        return static_cast<int>(exit);
    };
    try {
        Exit exit = Exit::usage;
        if (request.command == "list") exit = work.list();
        else if (request.command == "run") exit = work.run();
        else if (request.command == "explore") exit = work.explore();
        else if (request.command == "prove") exit = work.prove();
        else if (request.command == "museum") exit = work.museum();
        else if (request.command == "fuzz") exit = work.fuzz();
        else if (request.command == "mutants") exit = work.mutants();
        else if (request.command == "bench") exit = work.bench();
        else if (request.command == "conform") exit = work.conform();
        else if (request.command == "record") exit = work.record();
        else if (request.command == "replay") exit = work.replay();
        else if (request.command == "export") exit = work.export_c();
        else if (request.command == "check") exit = work.check();
        else if (request.command == "report") exit = work.report();
        return static_cast<int>(exit);
    } catch (const UsageError& e) {
        return failed(Exit::usage, e.what());
    } catch (const std::bad_alloc&) {
        return failed(Exit::tool_error, "out of memory");
    } catch (const std::exception& e) {
        return failed(Exit::tool_error, e.what());
    }
}

}  // namespace faultline
