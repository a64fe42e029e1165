// fuzz/systems/linux_qemu/guest.cpp - the first and only program of the virtual machine.
//
// Why: it mounts what the eyes look at, reads the question, prints the report between two marks,
//      and turns the machine off.
#include <fcntl.h>
#include <linux/reboot.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "fuzz/conform/lines.hpp"

int main() {
    using namespace faultline::fuzz;
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    mount("proc", "/proc", "proc", 0, nullptr);
    mount("sysfs", "/sys", "sysfs", 0, nullptr);
    std::ifstream file("/question");
    const std::string question(std::istreambuf_iterator<char>(file), {});
    ConformOptions options;
    ConformReport report;
    if (options_from_lines(question, options)) report = conform(options, {});
    else report.problem = "the question cannot be read";
    std::printf("\n=faultline-begin\n%s=faultline-end\n", report_to_lines(report).c_str());
    std::fflush(stdout);
    sync();
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF,
            nullptr);
    return 0;
}
