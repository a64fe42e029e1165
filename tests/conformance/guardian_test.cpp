// tests/conformance/guardian_test.cpp - what is machine-wide comes back, whatever ends us.
//
// Why: a test that leaves swap space on changes every later one, on somebody else's machine.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "fuzz/conform/conform.hpp"
#include "fuzz/systems/linux_live/guardian.hpp"

namespace faultline::live {
namespace {

constexpr std::uint64_t bytes = 64u << 20;

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
struct Settings {
    std::string swaps = text_of("/proc/swaps"), size = text_of("/sys/block/zram0/disksize");
    friend bool operator==(const Settings&, const Settings&) = default;
};
bool comes_back(const Settings& before) {
    for (int n = 0; n < 200; ++n) {
        if (Settings() == before) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
}
/// Why swap cannot be switched on here, "" if it can.
std::string unable() {
    std::string problem;
    return Guardian::swap_on_zram(bytes, problem) ? "" : problem;
}

TEST(Guardian, GivesBackWhatItTook) {
    const Settings before;
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    EXPECT_EQ(Settings(), before);
    std::string problem;
    {
        const auto guardian = Guardian::swap_on_zram(bytes, problem);
        ASSERT_TRUE(guardian) << problem;
        EXPECT_NE(Settings().swaps.find("zram0"), std::string::npos);
        EXPECT_FALSE(Guardian::swap_on_zram(bytes, problem)) << "a machine in use is refused";
        EXPECT_EQ(problem, "another faultline has the machine's swap");
    }
    EXPECT_EQ(Settings(), before);
}
/// Killed, it cannot run a destructor; interrupted from the terminal, its guardian is too.
TEST(Guardian, GivesBackAfterACrash) {
    const Settings before;
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    for (const int signal : {SIGKILL, SIGSEGV, SIGINT}) {
        int ready[2];
        ASSERT_EQ(pipe(ready), 0);
        const int pid = fork();
        if (pid == 0) {
            std::string problem;
            const auto guardian = Guardian::swap_on_zram(bytes, problem);
            const char said = guardian ? '+' : '-';
            std::signal(SIGSEGV, SIG_DFL);
            if (write(ready[1], &said, 1) != 1) _exit(1);
            if (signal == SIGINT && guardian) kill(guardian->process(), SIGINT);
            for (;;) pause();
        }
        char said = 0;
        ASSERT_EQ(read(ready[0], &said, 1), 1);
        EXPECT_EQ(said, '+');
        EXPECT_FALSE(Settings() == before);
        kill(pid, signal);
        waitpid(pid, nullptr, 0);
        EXPECT_TRUE(comes_back(before)) << "after signal " << signal;
        close(ready[0]);
        close(ready[1]);
    }
}
TEST(Guardian, HistoriesAgreeWithSwapOn) {
    std::string problem;
    const auto guardian = Guardian::swap_on_zram(bytes, problem);
    if (!guardian) GTEST_SKIP() << problem;
    fuzz::ConformOptions o;
    o.operations = 2'000;
    const fuzz::ConformReport r = fuzz::conform(o, {});
    if (!r.problem.empty() || r.assumed) GTEST_SKIP() << r.problem;
    EXPECT_EQ(r.exit, Exit::holds) << conform_text(r);
}

}  // namespace
}  // namespace faultline::live
