// fuzz/systems/linux_record/assemble.cpp - lines of perf script and looks at /proc become a
// recording.
//
// Why:    here system calls get their meaning: which are of private memory, how long a range is in
//         pages, what a call that failed said. No rule of Linux is applied to them.
// Source: perf-script(1); mmap(2), mremap(2), madvise(2), brk(2), proc_pid_smaps(5)
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <sstream>

#include "fuzz/systems/linux_record/record.hpp"
#include "spec/kernel_bits.hpp"

namespace faultline::record {

using fuzz::Area;
using fuzz::Deed;
using fuzz::Event;
using fuzz::Kind;
using fuzz::Page;

namespace {

constexpr std::uint64_t page_bytes = 4096, end_of_user = std::uint64_t{1} << 47;

bool failed_call(std::int64_t answer) { return answer < 0; }
Page page_of(std::uint64_t address) { return address / page_bytes; }
Page pages_of(std::uint64_t bytes) { return (bytes + page_bytes - 1) / page_bytes; }
bool aligned(std::uint64_t address) { return address % page_bytes == 0; }

int file_number(const std::string& path, std::vector<std::string>& files) {
    const auto at = std::find(files.begin(), files.end(), path);
    const auto number = static_cast<int>(at - files.begin());
    if (at == files.end()) files.push_back(path);
    return number;
}
/// What a line of smaps or of perf says about a mapping's origin.
Kind kind_of(char sharing, const std::string& path) {
    const bool special = path == "[vdso]" || path.rfind("[vvar", 0) == 0 || path == "[vsyscall]" ||
                         path == "[uprobes]";
    if (sharing == 's' || special) return Kind::shared;
    return path.empty() || path[0] == '[' || path == "//anon" ? Kind::anon : Kind::file;
}

/// Calls that are told apart although the model has no place for them.
std::string name_of_call(long number) {
    switch (number) {
        case SYS_mlockall: return "mlockall";
        case SYS_munlockall: return "munlockall";
        case SYS_mlock2: return "mlock2";
        case SYS_remap_file_pages: return "remap_file_pages";
        case SYS_pkey_mprotect: return "pkey_mprotect";
        case SYS_process_madvise: return "process_madvise";
        case SYS_userfaultfd: return "userfaultfd";
        case SYS_process_vm_writev: return "process_vm_writev";
        case SYS_memfd_create: return "memfd_create";
        case SYS_ftruncate: return "ftruncate";
        case SYS_fallocate: return "fallocate";
        case SYS_shmdt: return "shmdt";
        default: return "call-" + std::to_string(number);
    }
}
struct Enter {
    long number = -1;
    std::array<std::uint64_t, 6> args{};
    std::string path;   ///< of the file that was mapped meanwhile
};
struct Tracked {
    int process = -1;
    std::uint64_t brk = 0;
};

class Assembler {
  public:
    Assembler(const std::vector<Stop>& stops, int first, fuzz::Recording& out)
        : stops_(stops), out_(out), first_(first) {}
    void run(const std::string& script);

  private:
    struct Sample {
        int tgid = 0, tid = 0;
        std::uint64_t time = 0;
        std::string event, text;
    };
    bool parse(const std::string& line, Sample& s) const;
    void sample(const Sample& s);
    void stops_before(std::uint64_t time);
    void stop(const Stop& s);
    void born(const Sample& s);
    void fault(const Sample& s, bool in_kernel);
    void call(const Sample& s, std::int64_t answer);
    void map(const Enter& e, Event& out, std::int64_t answer);
    void move(const Enter& e, Event& out, std::int64_t answer);
    bool advice(const Enter& e, Event& out);
    void heap(Tracked& t, std::uint64_t now);
    /// -1 if the process is none of ours.
    int process(int tgid) const {
        const auto at = tracked_.find(tgid);
        return at == tracked_.end() ? -1 : at->second.process;
    }
    Event& add(Deed deed, int process) {
        out_.events.push_back({});
        out_.events.back().deed = deed;
        out_.events.back().process = process;
        return out_.events.back();
    }

    const std::vector<Stop>& stops_;
    fuzz::Recording& out_;
    const int first_;
    std::size_t next_stop_ = 0;
    std::map<int, Enter> entered_;               // by task
    std::map<int, Tracked> tracked_;             // by process
    std::map<std::uint64_t, std::uint64_t> segments_;   // SysV: id to bytes
};

/// " 1146/1146  14502.068567264: exceptions:page_fault_user: address=..."
bool Assembler::parse(const std::string& line, Sample& s) const {
    unsigned long seconds = 0, nanoseconds = 0;
    int used = 0;
    if (std::sscanf(line.c_str(), " %d/%d %lu.%9lu: %n", &s.tgid, &s.tid, &seconds, &nanoseconds,
                    &used) != 4)
        return false;
    s.time = seconds * 1'000'000'000u + nanoseconds;
    const std::string rest = line.substr(static_cast<std::size_t>(used));
    const std::size_t end = rest.find(": ");
    const std::size_t space = rest.find(' ');
    const std::size_t cut = std::min(end, space);
    s.event = rest.substr(0, cut);
    s.text = cut == std::string::npos ? "" : rest.substr(cut + 1);
    return true;
}
void Assembler::run(const std::string& script) {
    std::istringstream lines(script);
    std::string line;
    while (std::getline(lines, line)) {
        Sample s;
        if (!parse(line, s)) continue;
        stops_before(s.time);
        sample(s);
    }
    stops_before(~std::uint64_t{0});
    out_.processes = 0;
    for (const Event& e : out_.events)
        out_.processes = std::max({out_.processes, e.process + 1, e.child + 1});
}
void Assembler::stops_before(std::uint64_t time) {
    for (; next_stop_ < stops_.size() && stops_[next_stop_].time < time; ++next_stop_)
        stop(stops_[next_stop_]);
}
void Assembler::stop(const Stop& s) {
    const int p = process(s.pid);
    if (p < 0) return;
    if (s.what == Stop::signal) {
        add(Deed::signal, p).error = s.name;
    } else if (s.what == Stop::exec) {
        Event& e = add(Deed::exec, p);
        e.areas = s.areas;
        e.present = s.present;
        tracked_[s.pid].brk = 0;
    } else if (s.what == Stop::look || s.what == Stop::exit) {
        if (!s.areas.empty()) add(Deed::look, p).areas = s.areas;
    }
}
/// perf says when, ptrace said what kind: it is found by the child's number.
void Assembler::born(const Sample& s) {
    int parent = 0, child = 0;
    const std::size_t at = s.text.find(" child_pid=");
    if (at == std::string::npos) return;
    child = std::atoi(s.text.c_str() + at + 11);
    parent = s.tgid;
    const int p = process(parent);
    for (std::size_t n = next_stop_; n < stops_.size() && p >= 0; ++n) {
        const Stop& stop = stops_[n];
        if (stop.child != child) continue;
        if (stop.what == Stop::thread) return;
        const int number = out_.processes++;
        tracked_[child] = {number, tracked_[parent].brk};
        add(stop.what == Stop::share ? Deed::share : Deed::fork, p).child = number;
        return;
    }
}
void Assembler::fault(const Sample& s, bool in_kernel) {
    const int p = process(s.tgid);
    const std::size_t a = s.text.find("address=0x"), c = s.text.find("error_code=0x");
    if (p < 0 || a == std::string::npos || c == std::string::npos) return;
    const auto enter = entered_.find(s.tid);
    const bool in_exec = enter != entered_.end() && (enter->second.number == SYS_execve ||
                                                     enter->second.number == SYS_execveat);
    const std::uint64_t address = std::strtoull(s.text.c_str() + a + 10, nullptr, 16);
    const std::uint64_t code = std::strtoull(s.text.c_str() + c + 13, nullptr, 16);
    if (address >= end_of_user || (in_kernel && in_exec)) return;
    constexpr std::uint64_t write = 2, fetch = 16;
    const Deed deed = (code & write) != 0   ? Deed::store
                      : (code & fetch) != 0 ? Deed::fetch
                                            : Deed::load;
    Event& e = add(deed, p);
    e.lo = page_of(address);
    e.in_kernel = in_kernel;
}
void Assembler::sample(const Sample& s) {
    const int p = process(s.tgid);
    if (s.event == "raw_syscalls:sys_enter") {
        Enter e;
        auto& a = e.args;
        std::sscanf(s.text.c_str(), " NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)", &e.number, &a[0],
                    &a[1], &a[2], &a[3], &a[4], &a[5]);
        entered_[s.tid] = e;
    } else if (s.event == "raw_syscalls:sys_exit") {
        long number = 0;
        std::int64_t answer = 0;
        std::sscanf(s.text.c_str(), " NR %ld = %ld", &number, &answer);
        if (p >= 0 && entered_[s.tid].number == number) call(s, answer);
        entered_.erase(s.tid);
    } else if (s.event == "PERF_RECORD_MMAP2") {
        const std::size_t end = s.text.find("]: "), start = s.text.find(' ', end + 3);
        if (end != std::string::npos && start != std::string::npos && entered_[s.tid].path.empty())
            entered_[s.tid].path = s.text.substr(start + 1);
    } else if (s.event == "exceptions:page_fault_user") {
        fault(s, false);
    } else if (s.event == "exceptions:page_fault_kernel") {
        fault(s, true);
    } else if (s.event == "sched:sched_process_fork") {
        born(s);
    } else if (s.event == "sched:sched_process_exec") {
        if (s.tgid == first_ && p < 0) tracked_[first_] = {out_.processes++, 0};
        entered_.erase(s.tid);
    } else if (s.event == "sched:sched_process_exit") {
        if (p >= 0 && s.text.find("group_dead=true") != std::string::npos) {
            add(Deed::exit, p);
            tracked_.erase(s.tgid);
        }
    } else if (s.event == "PERF_RECORD_LOST") {
        const std::size_t at = s.text.find("lost ");
        out_.lost += at == std::string::npos ? 1 : std::strtoull(s.text.c_str() + at + 5, nullptr,
                                                                 10);
    }
}

/// The heap's end moves, in whole pages.
void Assembler::heap(Tracked& t, std::uint64_t now) {
    const Page before = pages_of(t.brk), after = pages_of(now);
    if (t.brk != 0 && before != after) {
        Event& e = add(Deed::brk, t.process);
        e.lo = before;
        e.hi = after;
    }
    t.brk = now;
}
void Assembler::map(const Enter& e, Event& out, std::int64_t answer) {
    const std::uint64_t flags = e.args[3];
    out.deed = Deed::map;
    out.lo = page_of(static_cast<std::uint64_t>(answer));
    out.hi = out.lo + pages_of(e.args[1]);
    out.flags = static_cast<std::uint16_t>(e.args[2] & 7);
    out.fixed = (flags & MAP_FIXED) != 0;
    out.populate = (flags & (MAP_POPULATE | MAP_LOCKED)) != 0 && (flags & MAP_NONBLOCK) == 0;
    if ((flags & MAP_GROWSDOWN) != 0) out.flags |= fuzz::area_grows;
    if ((flags & MAP_LOCKED) != 0) out.flags |= fuzz::area_locked;
    if ((flags & MAP_NORESERVE) != 0) out.flags |= fuzz::area_noreserve;
    const bool is_private = (flags & MAP_TYPE) == MAP_PRIVATE;
    out.kind = !is_private ? Kind::shared : (flags & MAP_ANONYMOUS) != 0 ? Kind::anon : Kind::file;
    if (out.kind != Kind::file) return;
    out.file = file_number(e.path.empty() ? "?" : e.path, out_.files);
    out.offset = page_of(e.args[5]);
}
void Assembler::move(const Enter& e, Event& out, std::int64_t answer) {
    const std::uint64_t flags = e.args[3];
    out.deed = Deed::remap;
    out.span = pages_of(e.args[2]);
    const bool fixed = (flags & MREMAP_FIXED) != 0;
    out.to = answer >= 0 ? page_of(static_cast<std::uint64_t>(answer))
             : fixed     ? page_of(e.args[4])
                         : out.lo;
    out.maymove = (flags & MREMAP_MAYMOVE) != 0;
    out.fixed = (flags & MREMAP_FIXED) != 0;
    out.dontunmap = (flags & kernel::mremap::dontunmap) != 0;
}
bool Assembler::advice(const Enter& e, Event& out) {
    switch (e.args[2]) {
        case MADV_DONTNEED: out.deed = Deed::dontneed; return true;
        case MADV_DONTFORK: out.deed = Deed::dontfork; return true;
        case MADV_DOFORK: out.deed = Deed::dofork; return true;
        case MADV_WIPEONFORK: out.deed = Deed::wipeonfork; return true;
        case MADV_KEEPONFORK: out.deed = Deed::keeponfork; return true;
        case MADV_POPULATE_READ: out.deed = Deed::fill_read; return true;
        case MADV_POPULATE_WRITE: out.deed = Deed::fill_write; return true;
        case MADV_NORMAL:
        case MADV_RANDOM:
        case MADV_SEQUENTIAL:
        case MADV_MERGEABLE:
        case MADV_UNMERGEABLE:
        case MADV_HUGEPAGE:
        case MADV_NOHUGEPAGE:
        case MADV_DONTDUMP:
        case MADV_DODUMP:
            out.deed = Deed::mark;
            out.error = "madvise-" + std::to_string(e.args[2]);
            return true;
        default:
            out.error = "madvise-" + std::to_string(e.args[2]);
            return false;
    }
}
void Assembler::call(const Sample& s, std::int64_t answer) {
    const Enter e = entered_[s.tid];
    Tracked& t = tracked_[s.tgid];
    if (e.number == SYS_brk) return heap(t, static_cast<std::uint64_t>(answer));
    if (e.number == SYS_shmget && answer >= 0) {
        segments_[static_cast<std::uint64_t>(answer)] = e.args[1];
        return;
    }
    Event out;
    out.process = t.process;
    if (e.number == SYS_process_vm_writev) {   // it is the other process whose memory changes
        const auto target = tracked_.find(static_cast<int>(e.args[0]));
        if (failed_call(answer) || target == tracked_.end()) return;
        out.process = target->second.process;
    }
    out.lo = page_of(e.args[0]);
    out.hi = out.lo + pages_of(e.args[1]);
    const bool failed = failed_call(answer);
    bool known = aligned(e.args[0]) && out.hi > out.lo;
    switch (e.number) {
        case SYS_mmap:
            if (failed) return;   // where it would have been is not known
            map(e, out, answer);
            known = true;
            break;
        case SYS_munmap: out.deed = Deed::unmap; break;
        case SYS_mprotect:
        case SYS_pkey_mprotect:
            out.deed = Deed::protect;
            out.flags = static_cast<std::uint16_t>(e.args[2] & 7);
            known = known && (e.args[2] & ~std::uint64_t{7}) == 0;
            break;
        case SYS_mremap: move(e, out, answer); break;
        case SYS_madvise: known = known && advice(e, out); break;
        case SYS_mlock: out.deed = Deed::lock; break;
        case SYS_munlock: out.deed = Deed::unlock; break;
        case SYS_shmat:
            if (failed) return;
            out.deed = Deed::map;
            out.kind = Kind::shared;
            out.lo = page_of(static_cast<std::uint64_t>(answer));
            out.hi = out.lo + std::max<Page>(1, pages_of(segments_[e.args[0]]));
            known = true;
            break;
        case SYS_process_vm_readv:
        case SYS_process_vm_writev: known = false; break;
        case SYS_execve:
        case SYS_execveat: return;
        default: known = false;
    }
    // Addresses that no process has: refused, and nothing a model could say about them.
    if (failed && (out.hi > page_of(end_of_user) || out.to + out.span > page_of(end_of_user)))
        known = false;
    if (out.deed == Deed::remap && out.span == 0) known = false;
    // mlock takes any address, its range is rounded outwards.
    if (out.deed == Deed::lock || out.deed == Deed::unlock) {
        out.hi = pages_of(e.args[0] + e.args[1]);
        known = out.hi > out.lo;
    }
    if (!known) {
        if (out.error.empty() || out.error.rfind("madvise-", 0) != 0)
            out.error = name_of_call(e.number);
        if (failed) out.error += "-failed";
        out.deed = Deed::other;
    } else if (failed && out.deed == Deed::mark) {
        out.deed = Deed::other;
        out.error += "-failed";
    } else if (failed) {
        out.error = strerrorname_np(static_cast<int>(-answer));
    }
    out_.events.push_back(out);
}

}  // namespace

void assemble(const std::string& script, const std::vector<Stop>& stops, int first,
              fuzz::Recording& out) {
    Assembler(stops, first, out).run(script);
}

std::vector<Area> areas_of_smaps(const std::string& text, std::vector<std::string>& files) {
    std::vector<Area> out;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        unsigned long lo = 0, hi = 0, offset = 0;
        char prot[8]{};
        int used = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx %7s %lx %*s %*s %n", &lo, &hi, prot, &offset,
                        &used) >= 4) {
            Area a;
            const std::string path =
                used > 0 ? line.substr(std::min(line.size(), static_cast<std::size_t>(used))) : "";
            a.lo = page_of(lo);
            a.hi = page_of(hi);
            a.flags = static_cast<std::uint16_t>((prot[0] == 'r' ? fuzz::area_read : 0) |
                                                 (prot[1] == 'w' ? fuzz::area_write : 0) |
                                                 (prot[2] == 'x' ? fuzz::area_exec : 0));
            a.kind = kind_of(prot[3], path);
            if (lo >= end_of_user) a.kind = Kind::shared;
            if (a.kind == Kind::file) {
                a.file = file_number(path, files);
                a.offset = page_of(offset);
            }
            out.push_back(a);
            continue;
        }
        unsigned long kilobytes = 0;
        if (out.empty()) continue;
        if (std::sscanf(line.c_str(), "Anonymous: %lu", &kilobytes) == 1) {
            out.back().anon = kilobytes / 4;
        } else if (line.rfind("VmFlags:", 0) == 0) {
            const auto flag = [&](const char* word, std::uint16_t bit) {
                if (line.find(word) != std::string::npos)
                    out.back().flags = static_cast<std::uint16_t>(out.back().flags | bit);
            };
            flag(" gd", fuzz::area_grows);
            flag(" lo", fuzz::area_locked);
            flag(" dc", fuzz::area_dontfork);
            flag(" wf", fuzz::area_wipeonfork);
            flag(" ac", fuzz::area_account);
            flag(" nr", fuzz::area_noreserve);
            if (line.find(" ht") != std::string::npos) out.back().kind = Kind::shared;
        }
    }
    std::erase_if(out, [](const Area& a) { return a.lo >= page_of(end_of_user); });
    return out;
}

}  // namespace faultline::record
