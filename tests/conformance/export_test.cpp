// tests/conformance/export_test.cpp - every trace of the tree as a C program, compiled and run
// here, and the table of what the kernel did.
//
// Why: who is sent such a file will compile it with warnings on. Rows of the table in
//      export_table.md must come out again on the kernel it names; on another one the programs must
//      still compile and run to their end.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "fuzz/conform/export_c.hpp"

namespace faultline::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path source = FAULTLINE_SOURCE_DIR;

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
std::string squeezed(const std::string& text) {
    std::istringstream words(text);
    std::string out;
    for (std::string w; words >> w;) out += (out.empty() ? "" : " ") + w;
    std::replace(out.begin(), out.end(), '|', '/');
    return out;
}
struct Ran {
    int status = -1;
    std::string out;
};
Ran run(const std::string& command) {
    Ran r;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return r;
    char part[4096];
    for (std::size_t n = 0; (n = fread(part, 1, sizeof part, pipe)) > 0;) r.out.append(part, n);
    const int status = pclose(pipe);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return r;
}
std::string release() {
    utsname name{};
    uname(&name);
    return name.release;
}

class Table {
  public:
    explicit Table(const fs::path& folder) : folder_(folder) {}
    void add(const fs::path& trace);
    std::string text() const;
    int compiled() const { return compiled_; }
    int as_expected() const { return as_expected_; }

  private:
    void row(const fs::path& trace, const std::string& kernel, const std::string& did) {
        rows_ += "| " + fs::relative(trace, source).string() + " | " + kernel + " | " + did +
                 " |\n";
    }
    fs::path folder_;
    std::string rows_;
    int compiled_ = 0, as_expected_ = 0, differ_ = 0, unchecked_ = 0, impossible_ = 0;
};
void Table::add(const fs::path& path) {
    Trace trace;
    TraceError error;
    ASSERT_TRUE(load_trace(path.string(), trace, error)) << error.text();
    std::string problem;
    const std::string text = export_c(trace, path.filename().string(), problem);
    if (!problem.empty()) {
        ++impossible_;
        return row(path, trace.kernel, "no program: " + squeezed(problem));
    }
    const std::string stem = (folder_ / path.stem()).string();
    std::ofstream(stem + ".c") << text;
    const Ran compiler = run("cc -Wall -Werror -O1 -o '" + stem + "' '" + stem + ".c'");
    ASSERT_EQ(compiler.status, 0) << path << "\n" << compiler.out;
    ++compiled_;
    const Ran program = run("timeout 20 '" + stem + "'");
    const std::size_t last = program.out.rfind('\n', program.out.size() - 2);
    const std::string verdict = squeezed(
        program.out.substr(last == std::string::npos ? 0 : last + 1));
    ASSERT_TRUE(verdict == "AS EXPECTED" || verdict == "DIFFERS")
        << path << " ended with " << program.status << "\n" << program.out;
    const bool nothing_checked = text.find("Nothing is checked") != std::string::npos ||
                                 text.find("answers are not checked") != std::string::npos;
    if (nothing_checked) {
        ++unchecked_;
        return row(path, trace.kernel, "ran; what it stops in the middle, or refuses memory to, "
                                       "no program can check");
    }
    if (verdict == "AS EXPECTED") {
        ++as_expected_;
        return row(path, trace.kernel, "as expected");
    }
    ++differ_;
    std::istringstream lines(program.out);
    for (std::string line; std::getline(lines, line);)
        if (line.find("DIFFERS, ") != std::string::npos)
            return row(path, trace.kernel, "differs: `" + squeezed(line) + "`");
}
std::string Table::text() const {
    return "# What the kernel did with every trace, as a C program\n\n"
           "Written by `tests/conformance/export_test.cpp` on Linux " + release() +
           ". Each trace of `tests/museum` and\n`tests/traces` went through "
           "`faultline export --c`, `cc -Wall -Werror` and the kernel. A trace is written for\n"
           "one kernel's rules and often for scaled limits; where this kernel has others, it "
           "differs, and the first line\nthat does is shown.\n\n"
           "As expected " + std::to_string(as_expected_) + ", differs " + std::to_string(differ_) +
           ", runs unchecked " + std::to_string(unchecked_) + ", no program " +
           std::to_string(impossible_) + ".\n\n| trace | rules | here |\n|---|---|---|\n" + rows_;
}

TEST(ExportTable, EveryTraceCompilesAndRuns) {
    if (run("cc --version").status != 0) GTEST_SKIP() << "no C compiler";
    const fs::path folder = fs::temp_directory_path() /
                            ("faultline-export-" + std::to_string(getpid()));
    fs::create_directories(folder);
    std::vector<fs::path> traces;
    for (const char* where : {"tests/museum", "tests/traces"})
        for (const auto& entry : fs::recursive_directory_iterator(source / where))
            if (entry.path().extension() == ".fl") traces.push_back(entry.path());
    std::sort(traces.begin(), traces.end());
    ASSERT_GE(traces.size(), 40u);
    Table table(folder);
    for (const fs::path& trace : traces) table.add(trace);
    fs::remove_all(folder);
    EXPECT_GE(table.compiled(), 40);
    EXPECT_GE(table.as_expected(), 20);
    std::ofstream("export_table.md") << table.text();
    const std::string kept = text_of(source / "tests/conformance/export_table.md");
    if (kept.find("Linux " + release() + ".") == std::string::npos)
        GTEST_SKIP() << "the table in the tree is another kernel's";
    const std::string now = table.text();
    std::istringstream lines(kept);
    int rows = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("| tests/", 0) != 0) continue;
        EXPECT_NE(now.find(line + "\n"), std::string::npos) << "no longer so: " << line;
        ++rows;
    }
    EXPECT_GE(rows, 80);
}

}  // namespace
}  // namespace faultline::fuzz
