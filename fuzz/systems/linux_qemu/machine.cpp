// fuzz/systems/linux_qemu/machine.cpp - builds an initramfs, starts QEMU, reads the serial line.
//
// Why:    emulation alone (TCG): it works everywhere, without privilege, and boots in seconds.
// Source: linux Documentation/driver-api/early-userspace/buffer-format.rst (newc)
#include "fuzz/systems/linux_qemu/machine.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/conform/lines.hpp"

namespace faultline::fuzz {

namespace fs = std::filesystem;

void CpioArchive::entry(const std::string& path, const std::string& bytes, unsigned mode,
                        unsigned major, unsigned minor) {
    char head[111];
    std::snprintf(head, sizeof head, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                  inode_++, mode, 0u, 0u, 1u, 0u, static_cast<unsigned>(bytes.size()), 0u, 0u,
                  major, minor, static_cast<unsigned>(path.size() + 1), 0u);
    const auto pad = [&] { bytes_.resize((bytes_.size() + 3) / 4 * 4); };
    bytes_ += head;
    bytes_ += path;
    bytes_ += '\0';
    pad();
    bytes_ += bytes;
    pad();
}
void CpioArchive::directory(const std::string& path) { entry(path, "", 0040755); }
void CpioArchive::file(const std::string& path, const std::string& bytes, unsigned mode) {
    entry(path, bytes, 0100000 | mode);
}
void CpioArchive::device(const std::string& path, unsigned major, unsigned minor) {
    entry(path, "", 0020600, major, minor);
}
std::string CpioArchive::finished() {
    entry("TRAILER!!!", "", 0);
    return std::move(bytes_);
}

namespace {

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
/// A kernel image for a version: FAULTLINE_KERNELS, then build/kernels, then /boot.
fs::path image_of(const std::string& kernel) {
    if (fs::is_regular_file(kernel)) return kernel;
    std::vector<fs::path> places;
    if (const char* given = std::getenv("FAULTLINE_KERNELS")) places.emplace_back(given);
    for (fs::path p = fs::current_path();; p = p.parent_path()) {
        places.push_back(p / "build" / "kernels");
        if (p == p.parent_path()) break;
    }
    places.emplace_back("/boot");
    for (const fs::path& place : places) {
        std::error_code none;
        fs::path newest;
        for (const auto& file : fs::directory_iterator(place, none)) {
            const std::string name = file.path().filename().string();
            if (name.rfind("vmlinuz-" + kernel + ".", 0) == 0 &&
                strverscmp(name.c_str(), newest.filename().c_str()) > 0)
                newest = file.path();
        }
        if (!newest.empty()) return newest;
    }
    return {};
}
/// The program for the machine lies beside this one, or where the build put it.
fs::path guest_program() {
    std::error_code none;
    const fs::path here = fs::read_symlink("/proc/self/exe", none).parent_path();
    for (const fs::path& p : {here / "faultline-guest", fs::path(FAULTLINE_GUEST_FILE)})
        if (fs::is_regular_file(p)) return p;
    return {};
}
/// Everything the machine prints, until it is off or the time is over.
std::string run_machine(const fs::path& image, const fs::path& archive, int seconds) {
    const std::string limit = std::to_string(seconds);
    const std::string kernel = image.string(), initrd = archive.string();
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0);
        dup2(nothing, 2);
        // No 5-level paging and no randomization: the eye knows where things are then.
        execlp("timeout", "timeout", limit.c_str(), "qemu-system-x86_64", "-M", "pc", "-accel",
               "tcg", "-cpu", "max,la57=off", "-m", "1024", "-smp", "1", "-nodefaults",
               "-no-reboot", "-display", "none", "-serial", "stdio", "-kernel", kernel.c_str(),
               "-initrd", initrd.c_str(), "-append",
               // On a busy host the test of the timer fails, so it is left out.
               "console=ttyS0 quiet nokaslr no5lvl mitigations=off no_timer_check panic=-1 "
               "rdinit=/init",
               static_cast<char*>(nullptr));
        _exit(127);
    }
    close(ends[1]);
    std::string out;
    char part[65536];
    for (ssize_t n = 0; (n = read(ends[0], part, sizeof part)) > 0;)
        out.append(part, static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return out;
}

}  // namespace

std::string conform_in_machine(const std::string& kernel, const ConformOptions& options,
                               const ProgressFn&, ConformReport& report) {
    const fs::path image = image_of(kernel);
    if (image.empty())
        return "no image of kernel " + kernel + ": put vmlinuz-" + kernel +
               ".* into build/kernels, or name a file (Debian: apt-get download "
               "linux-image-6.1.0-NN-amd64)";
    const fs::path program = guest_program();
    if (program.empty()) return "faultline-guest was not built (it needs the static libraries)";
    if (std::system("command -v qemu-system-x86_64 >/dev/null 2>&1") != 0)
        return "qemu-system-x86_64 is missing (package qemu-system-x86)";
    ConformOptions inside = options;
    CpioArchive archive;
    archive.directory("dev");
    archive.device("dev/console", 5, 1);
    archive.directory("traces");
    archive.file("init", read_file(program), 0755);
    int number = 0;
    for (std::string& trace : inside.traces) {
        const std::string text = read_file(trace);
        trace = "traces/" + std::to_string(++number) + "-" + fs::path(trace).filename().string();
        archive.file(trace, text, 0644);
    }
    archive.file("question", options_to_lines(inside), 0644);
    const fs::path file = fs::temp_directory_path() /
                          ("faultline-" + std::to_string(getpid()) + ".cpio");
    std::ofstream(file, std::ios::binary) << archive.finished();
    const int seconds = 600 + static_cast<int>(options.operations / 10);   // on a busy machine
    const std::string said = run_machine(image, file, seconds);
    fs::remove(file);
    const std::string begin = "=faultline-begin", end = "=faultline-end";
    const std::size_t from = said.find(begin), to = said.find(end);
    if (from == std::string::npos || to == std::string::npos) {
        const std::size_t tail = said.size() > 300 ? said.size() - 300 : 0;
        std::string last = said.substr(tail);
        std::replace(last.begin(), last.end(), '\n', ' ');
        return "the virtual machine said no more than: " + last;
    }
    if (!report_from_lines(std::string_view(said).substr(from + begin.size(),
                                                         to - from - begin.size()),
                           report))
        return "the report of the virtual machine cannot be read";
    return {};
}

}  // namespace faultline::fuzz
