// fuzz/systems/linux_live/guardian.cpp - see guardian.hpp.
//
// Why:    the process that guards does nothing else, so there is nothing in it to crash.
// Source: linux Documentation/admin-guide/blockdev/zram.rst; include/linux/swap.h:union
//         swap_header; swapon(2), flock(2)
#include "fuzz/systems/linux_live/guardian.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

namespace faultline::live {
namespace {

constexpr const char* device = "/dev/zram0";
constexpr const char* block = "/sys/block/zram0";
constexpr const char* lock_file = "/run/lock/faultline-machine";
constexpr std::size_t page_bytes = 4096;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
bool write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return static_cast<bool>(file);
}

/// The first page of swap space: version 1, the last page's number, and the magic at its end.
bool make_swap(std::uint64_t bytes) {
    std::array<char, page_bytes> page{};
    const std::uint32_t version = 1,
                        last = static_cast<std::uint32_t>(bytes / page_bytes) - 1;
    std::memcpy(page.data() + 1024, &version, sizeof version);
    std::memcpy(page.data() + 1028, &last, sizeof last);
    std::memcpy(page.data() + page_bytes - 10, "SWAPSPACE2", 10);
    const int fd = open(device, O_WRONLY | O_CLOEXEC);
    const bool good = fd >= 0 &&
                      write(fd, page.data(), page_bytes) == static_cast<ssize_t>(page_bytes) &&
                      fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return good;
}
void put_back() {
    swapoff(device);
    write_text(std::string(block) + "/reset", "1");
}
/// Takes everything; "" or why not.
std::string take(std::uint64_t bytes) {
    const int lock = open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);   // kept until the end
    if (lock < 0) return std::string("no lock in /run/lock: ") + std::strerror(errno);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) return "another faultline has the machine's swap";
    const std::string swaps = text_of("/proc/swaps");
    const std::size_t first = swaps.find('\n');
    if (first == std::string::npos || first + 1 < swaps.size())
        return "this machine has swap space already; it is left alone";
    const std::string size = text_of(std::string(block) + "/disksize");
    if (size.empty()) return "no zram0 here (modprobe zram)";
    if (size != "0\n") return "zram0 is in use; it is left alone";
    if (!write_text(std::string(block) + "/disksize", std::to_string(bytes)))
        return "zram0 cannot be set up (it needs root)";
    if (make_swap(bytes) && swapon(device, 0) == 0) return "";
    const std::string why = std::strerror(errno);
    put_back();
    return "swapon zram0: " + why;
}
/// The guarding process. Says on `out` what came of it, then waits for the end of `in`.
[[noreturn]] void guard(std::uint64_t bytes, int in, int out) {
    setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP})
        std::signal(signal, SIG_IGN);
    const std::string why = take(bytes);
    const std::string said = why.empty() ? "+" : "-" + why;
    const bool told = write(out, said.data(), said.size()) == static_cast<ssize_t>(said.size());
    close(out);
    if (!why.empty()) _exit(1);
    char nothing = 0;
    while (told && read(in, &nothing, 1) < 0 && errno == EINTR) {
    }
    put_back();
    _exit(0);
}

}  // namespace

std::unique_ptr<Guardian> Guardian::swap_on_zram(std::uint64_t bytes, std::string& problem) {
    int alive[2], answer[2];
    if (pipe2(alive, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) {
        problem = "no pipe for the guardian";
        return nullptr;
    }
    const int pid = fork();
    if (pid == 0) {
        close(alive[1]);
        close(answer[0]);
        guard(bytes, alive[0], answer[1]);
    }
    close(alive[0]);
    close(answer[1]);
    char said[256]{};
    const ssize_t n = pid > 0 ? read(answer[0], said, sizeof said - 1) : 0;
    close(answer[0]);
    if (n > 0 && said[0] == '+') return std::unique_ptr<Guardian>(new Guardian(pid, alive[1]));
    problem = n > 1 ? std::string(said + 1) : "the guardian did not start";
    close(alive[1]);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return nullptr;
}
Guardian::~Guardian() {
    close(pipe_);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace faultline::live
