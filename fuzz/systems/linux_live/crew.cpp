// fuzz/systems/linux_live/crew.cpp - processes and futexes; see crew.hpp.
//
// Why:    vfork and a program held in memory start a process in less than a millisecond, whatever
//         the size of this one.
// Source: futex(2), personality(2), execveat(2)
#include "fuzz/systems/linux_live/crew.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/systems/linux_live/embedded.hpp"

namespace faultline::live {
namespace {

long futex(std::uint32_t* word, int op, std::uint32_t value, const timespec* patience) {
    return syscall(SYS_futex, word, op, value, patience, nullptr, 0);
}
int memory_file(const char* name, std::span<const unsigned char> bytes) {
    const int fd = memfd_create(name, MFD_CLOEXEC);
    std::size_t done = 0;
    while (fd >= 0 && done < bytes.size()) {
        const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    return fd;
}

}  // namespace

OneCpu::OneCpu() {
    static_assert(sizeof before_ == sizeof(cpu_set_t) * (sizeof before_ / sizeof(cpu_set_t)));
    had_ = sched_getaffinity(0, sizeof before_, reinterpret_cast<cpu_set_t*>(before_.data())) >= 0;
    cpu_ = std::max(sched_getcpu(), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu_, &one);
    had_ = had_ && sched_setaffinity(0, sizeof one, &one) == 0;
}
OneCpu::~OneCpu() {
    if (had_)
        sched_setaffinity(0, sizeof before_, reinterpret_cast<const cpu_set_t*>(before_.data()));
}

Crew::Crew() {
    memory_ = memfd_create("faultline-control", MFD_CLOEXEC);
    if (memory_ >= 0 && ftruncate(memory_, control_bytes) == 0) {
        void* at = mmap(nullptr, control_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                        memory_, 0);
        if (at != MAP_FAILED) control_ = static_cast<Control*>(at);
    }
    program_ = memory_file("faultline-helper", embedded_helper());
}
Crew::~Crew() {
    if (control_ != nullptr) {
        stop();
        munmap(control_, control_bytes);
    }
    if (memory_ >= 0) close(memory_);
    if (program_ >= 0) close(program_);
}

std::int64_t Crew::scratch_address() {
    return static_cast<std::int64_t>(control_base + offsetof(Control, scratch));
}

/// Between vfork and exec only the kernel is asked.
int Crew::spawn(const std::vector<int>& inherited) {
    char number[16];
    std::snprintf(number, sizeof number, "%d", memory_);
    char name[] = "faultline-helper";
    char* const words[] = {name, number, nullptr};
    char* const environment[] = {nullptr};
    const int pid = vfork();
    if (pid != 0) return pid;
    fcntl(memory_, F_SETFD, 0);
    for (const int fd : inherited) fcntl(fd, F_SETFD, 0);
    personality(ADDR_NO_RANDOMIZE);
    syscall(SYS_execveat, program_, "", words, environment, AT_EMPTY_PATH);
    _exit(127);
}
bool Crew::start(const std::vector<int>& inherited, std::string& problem) {
    if (control_ == nullptr || program_ < 0) {
        problem = "no shared memory for the helper processes";
        return false;
    }
    stop();
    lost_ = false;
    std::memset(static_cast<void*>(control_->slots), 0, sizeof control_->slots);
    control_->controller = getpid();
    const int pid = spawn(inherited);
    if (pid < 0) {
        problem = "a helper process cannot be started";
        return false;
    }
    pids_[0] = pid;
    await(slot(0), 0, pid);
    heap_ = slot(0).result == 1;
    if (lost_) problem = "the helper process did not start";
    return !lost_;
}
void Crew::stop() {
    for (int& pid : pids_) {
        if (pid <= 0) continue;
        kill(pid, SIGKILL);
        reap(pid);
        pid = 0;
    }
}
void Crew::reap(int pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
}

void Crew::await(Slot& s, std::uint32_t before, int pid) {
    const timespec patience{1, 0};
    while (__atomic_load_n(&s.answered, __ATOMIC_ACQUIRE) == before && !lost_) {
        futex(&s.answered, FUTEX_WAIT, before, &patience);
        siginfo_t info{};
        if (__atomic_load_n(&s.answered, __ATOMIC_ACQUIRE) == before &&
            waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == pid)
            lost_ = true;
    }
}
void Crew::ask(Slot& s, int pid) {
    const std::uint32_t before = s.answered;
    __atomic_store_n(&s.asked, s.asked + 1, __ATOMIC_RELEASE);
    futex(&s.asked, FUTEX_WAKE, 1, nullptr);
    await(s, before, pid);
}
std::int64_t Crew::call(int n, std::int64_t number, std::array<std::int64_t, 6> args) {
    Slot& s = slot(n);
    s.what = Ask::call;
    s.number = number;
    for (std::size_t i = 0; i < args.size(); ++i) s.args[i] = args[i];
    ask(s, pid(n));
    return s.result;
}
const Slot& Crew::access(int n, Ask what, std::uint64_t address, std::uint64_t value) {
    Slot& s = slot(n);
    s.what = what;
    s.args[0] = static_cast<std::int64_t>(address);
    s.args[1] = static_cast<std::int64_t>(value);
    ask(s, pid(n));
    return s;
}
std::int64_t Crew::fence(int n, std::uint64_t lo, std::uint64_t hi) {
    return access(n, Ask::fence, lo, hi).result;
}
std::int64_t Crew::fork(int n, int child) {
    Slot& young = slot(child);
    std::memset(static_cast<void*>(&young), 0, sizeof young);
    Slot& s = slot(n);
    s.what = Ask::fork;
    s.args[0] = child;
    ask(s, pid(n));
    if (s.result < 0 || lost_) return s.result;
    pids_[static_cast<std::size_t>(child)] = static_cast<int>(s.result);
    await(young, 0, pid(child));
    return 0;
}
void Crew::leave(int n) {
    Slot& s = slot(n);
    s.what = Ask::leave;
    __atomic_store_n(&s.asked, s.asked + 1, __ATOMIC_RELEASE);
    futex(&s.asked, FUTEX_WAKE, 1, nullptr);
    reap(pid(n));
    pids_[static_cast<std::size_t>(n)] = 0;
}

}  // namespace faultline::live
