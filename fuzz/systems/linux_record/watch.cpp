// fuzz/systems/linux_record/watch.cpp - starts the program, lets perf follow it, and holds it still
// for looks at /proc.
//
// Why:    a process that ptrace has stopped has the mappings that its last event left it, so a look
//         and the events around it are in order whatever the scheduler does.
// Source: ptrace(2), perf-record(1), kcmp(2)
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "fuzz/systems/linux_record/record.hpp"

namespace faultline::record {
namespace {

constexpr std::uint64_t page_bytes = 4096;

std::uint64_t now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(t.tv_nsec);
}
std::string proc_file(int pid, const char* name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}
long status_number(int pid, const char* field) {
    const std::string text = proc_file(pid, "status");
    const std::size_t at = text.find("\n" + std::string(field) + ":");
    return at == std::string::npos ? -1
                                   : std::strtol(text.c_str() + at + std::strlen(field) + 2,
                                                 nullptr, 10);
}

/// Pages of private areas that are present and no file's.
std::vector<fuzz::Run> anonymous_pages(int pid, const std::vector<fuzz::Area>& areas) {
    std::vector<fuzz::Run> out;
    const int file = open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY);
    std::vector<std::uint64_t> words;
    for (const fuzz::Area& a : areas) {
        if (file < 0 || a.kind == fuzz::Kind::shared || a.anon == 0) continue;
        words.assign(a.hi - a.lo, 0);
        const ssize_t n = pread(file, words.data(), words.size() * 8, static_cast<off_t>(a.lo * 8));
        for (std::size_t i = 0; i < words.size() && n > 0 && i < static_cast<std::size_t>(n) / 8;
             ++i) {
            constexpr std::uint64_t present = std::uint64_t{1} << 63, of_file = std::uint64_t{1}
                                                                                << 61;
            if ((words[i] & present) == 0 || (words[i] & of_file) != 0) continue;
            if (!out.empty() && out.back().hi == a.lo + i) ++out.back().hi;
            else out.push_back({a.lo + i, a.lo + i + 1});
        }
    }
    if (file >= 0) close(file);
    return out;
}

/// perf, following one process and its children, switched on when told.
class Perf {
  public:
    bool start(int target, const std::string& data);
    void finish();
    void ended() { pid_ = -1; }
    int pid() const { return pid_; }

  private:
    int pid_ = -1, control_ = -1, answer_ = -1;   ///< perf dies of a pipe that nobody reads
};
/// The calls that are of interest, as a filter of perf.
std::string filter_of_calls() {
    std::string out;
    for (const int n : {SYS_mmap, SYS_mprotect, SYS_munmap, SYS_brk, SYS_mremap, SYS_madvise,
                        SYS_shmget, SYS_shmat, SYS_shmdt, SYS_mlock, SYS_munlock, SYS_mlockall,
                        SYS_munlockall, SYS_remap_file_pages, SYS_execve, SYS_execveat,
                        SYS_fallocate, SYS_ftruncate, SYS_memfd_create, SYS_mlock2,
                        SYS_pkey_mprotect, SYS_process_madvise, SYS_process_vm_writev,
                        SYS_userfaultfd, 462})
        out += (out.empty() ? "id==" : "||id==") + std::to_string(n);
    return out;
}
bool Perf::start(int target, const std::string& data) {
    int control[2], answer[2];
    if (pipe2(control, 0) != 0 || pipe2(answer, 0) != 0) return false;
    const std::string ends = "fd:" + std::to_string(control[0]) + "," + std::to_string(answer[1]);
    const std::string filter = filter_of_calls(), process = std::to_string(target);
    std::vector<const char*> words{"perf", "record", "-q", "-d", "-k", "CLOCK_MONOTONIC", "-c", "1",
                                   "-m", "16M", "-D", "-1", "--control", ends.c_str(), "-o",
                                   data.c_str()};
    for (const char* event : {"raw_syscalls:sys_enter", "raw_syscalls:sys_exit"})
        words.insert(words.end(), {"-e", event, "--filter", filter.c_str()});
    for (const char* event : {"exceptions:page_fault_user", "exceptions:page_fault_kernel",
                              "sched:sched_process_fork", "sched:sched_process_exec",
                              "sched:sched_process_exit"})
        words.insert(words.end(), {"-e", event});
    words.insert(words.end(), {"-p", process.c_str(), nullptr});
    pid_ = fork();
    if (pid_ == 0) {
        close(control[1]);
        close(answer[0]);
        const int nothing = open("/dev/null", O_RDWR);
        for (const int fd : {0, 1, 2}) dup2(nothing, fd);
        setpgid(0, 0);   // Ctrl-C is for the program
        execvp("perf", const_cast<char* const*>(words.data()));
        _exit(127);
    }
    close(control[0]);
    close(answer[1]);
    control_ = control[1];
    answer_ = answer[0];
    fcntl(control_, F_SETFD, FD_CLOEXEC);
    fcntl(answer_, F_SETFD, FD_CLOEXEC);
    char said[8]{};
    const bool told = write(control_, "enable\n", 7) == 7 && read(answer_, said, sizeof said) > 0;
    return told && std::strncmp(said, "ack", 3) == 0;
}
void Perf::finish() {
    if (pid_ > 0) {
        kill(pid_, SIGINT);
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    for (int* fd : {&control_, &answer_})
        if (*fd >= 0) close(std::exchange(*fd, -1));
}

class Watcher {
  public:
    Watcher(const Options& options, std::vector<Stop>& stops, std::vector<std::string>& files)
        : options_(options), stops_(stops), files_(files) {}
    int run(int& first, std::string& problem);

  private:
    int launch(int& gate);
    void stopped(int pid, int status);
    void born(int parent, int child);
    void look(int pid, Stop::What what);
    void at_call(int pid);
    void resume(int pid, int signal = 0) {
        ptrace(options_.every > 0 ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr,
               reinterpret_cast<void*>(static_cast<std::intptr_t>(signal)));
    }

    const Options& options_;
    std::vector<Stop>& stops_;
    std::vector<std::string>& files_;
    std::set<int> alive_, early_;       // tasks; those that stopped before their parent said so
    std::set<int> borrowers_;           // processes in another's address space
    std::map<int, int> calls_;          // since the last look
};

int Watcher::launch(int& gate) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    const int pid = fork();
    if (pid == 0) {
        char go = 0;
        if (read(ends[0], &go, 1) != 1) _exit(126);
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);   // huge pages are not in the model
        personality(ADDR_NO_RANDOMIZE);
        std::vector<char*> words;
        for (const std::string& w : options_.command) words.push_back(const_cast<char*>(w.c_str()));
        words.push_back(nullptr);
        execvp(words[0], words.data());
        _exit(127);
    }
    close(ends[0]);
    gate = ends[1];
    return pid;
}
void Watcher::look(int pid, Stop::What what) {
    Stop s;
    s.what = what;
    s.pid = pid;
    s.areas = areas_of_smaps(proc_file(pid, "smaps"), files_);
    if (s.areas.empty() && what != Stop::exit) return;
    if (what == Stop::exec) s.present = anonymous_pages(pid, s.areas);
    s.time = now();
    stops_.push_back(std::move(s));
}
/// A fork, vfork or clone, before the child has run.
void Watcher::born(int parent, int child) {
    Stop s;
    s.pid = static_cast<int>(status_number(parent, "Tgid"));
    s.child = child;
    const bool thread = status_number(child, "Tgid") != child;
    const bool shares = syscall(SYS_kcmp, parent, child, KCMP_VM, 0, 0) == 0;
    s.what = thread ? Stop::thread : shares ? Stop::share : Stop::fork;
    s.time = now();
    stops_.push_back(s);
    alive_.insert(child);
    if (s.what == Stop::share) borrowers_.insert(child);
    if (s.what == Stop::fork && status_number(s.pid, "Threads") == 1) look(s.pid, Stop::look);
    if (s.what == Stop::fork) look(child, Stop::look);
    if (early_.erase(child) != 0) resume(child);
}
void Watcher::at_call(int pid) {
    if (++calls_[pid] < options_.every) return;
    calls_[pid] = 0;
    if (borrowers_.count(pid) == 0 && status_number(pid, "Threads") == 1) look(pid, Stop::look);
}
void Watcher::stopped(int pid, int status) {
    const int signal = WSTOPSIG(status), event = status >> 16;
    unsigned long message = 0;
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
        ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &message);
        born(pid, static_cast<int>(message));
        return resume(pid);
    }
    if (event == PTRACE_EVENT_EXEC) {
        borrowers_.erase(pid);
        look(pid, Stop::exec);
        return resume(pid);
    }
    if (event == PTRACE_EVENT_EXIT) {
        const bool leader = status_number(pid, "Tgid") == pid;
        if (leader && borrowers_.erase(pid) == 0) look(pid, Stop::exit);
        return resume(pid);
    }
    if (event == PTRACE_EVENT_STOP) {
        if (alive_.count(pid) == 0) {
            early_.insert(pid);   // until its parent's stop says what it is
            return;
        }
        const bool group = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
                           signal == SIGTTOU;
        if (group) ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);
        else resume(pid);
        return;
    }
    if (signal == (SIGTRAP | 0x80)) {
        at_call(pid);
        return resume(pid);
    }
    if (signal == SIGSEGV || signal == SIGBUS) {
        Stop s;
        s.what = Stop::signal;
        s.time = now();
        s.pid = static_cast<int>(status_number(pid, "Tgid"));
        s.name = signal == SIGSEGV ? "SIGSEGV" : "SIGBUS";
        stops_.push_back(std::move(s));
    }
    resume(pid, signal);
}
int Watcher::run(int& first, std::string& problem) {
    int gate = -1;
    first = launch(gate);
    Perf perf;
    constexpr long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD |
                             PTRACE_O_EXITKILL;
    const bool held = first > 0 && ptrace(PTRACE_SEIZE, first, nullptr, options) == 0;
    if (!held) problem = "the program cannot be traced: " + std::string(std::strerror(errno));
    else if (!perf.start(first, options_.scratch + "/perf.data"))
        problem = "perf cannot follow the program: package linux-perf, as root";
    alive_.insert(first);
    if (problem.empty() && write(gate, "x", 1) != 1) problem = "the program is gone";
    close(gate);
    int result = -1;
    while (!alive_.empty()) {
        int status = 0;
        const int pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) break;
        if (pid == perf.pid()) {
            perf.ended();
            if (status != 0 && problem.empty()) problem = "perf ended early";
        } else if (WIFSTOPPED(status)) {
            stopped(pid, status);
        } else {
            if (pid == first)
                result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            alive_.erase(pid);
        }
    }
    perf.finish();
    if (result == 127 && stops_.empty()) problem = "no such command: " + options_.command[0];
    return problem.empty() ? result : -1;
}

}  // namespace

int run_and_watch(const Options& options, std::vector<Stop>& stops, int& first,
                  std::vector<std::string>& files, std::string& problem) {
    return Watcher(options, stops, files).run(first, problem);
}

}  // namespace faultline::record
