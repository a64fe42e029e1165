// fuzz/systems/linux_live/helper.cpp - the process that lives through a trace: performs what its
// slot asks, forks, leaves.
//
// Why: a static program at fixed addresses has the same few mappings in every run, and between two
//      questions it does nothing but wait. What it needs itself is touched before the first
//      question, so that its own pages count the same ever after.
#include <csetjmp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <initializer_list>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ctime>
#include <unistd.h>

#include "fuzz/systems/linux_live/protocol.hpp"

namespace faultline::live {
namespace {

struct Self {
    Control* control = nullptr;
    Slot* slot = nullptr;
    std::uint64_t fetching = 0;   ///< address of the instruction that is executed
    sigjmp_buf back;
};
Self self;   // signal handlers have no other way to it
alignas(4096) unsigned char signal_stack[16384];
/// Instructions that a fetch may execute store here: a page of small numbers is add with (%rax).
alignas(64) unsigned char scrap[64];

std::int64_t raw_call(std::int64_t number, const std::int64_t* a) {
    std::int64_t result;
    register std::int64_t r10 asm("r10") = a[3];
    register std::int64_t r8 asm("r8") = a[4];
    register std::int64_t r9 asm("r9") = a[5];
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}
std::int64_t raw(std::int64_t number, std::int64_t a = 0, std::int64_t b = 0, std::int64_t c = 0,
                 std::int64_t d = 0, std::int64_t e = 0, std::int64_t f = 0) {
    const std::int64_t args[6] = {a, b, c, d, e, f};
    return raw_call(number, args);
}
template <class T>
std::int64_t address(T* p) {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(p));
}

/// The trap after one executed instruction ends a fetch; the one before it, at the target, does
/// not.
void on_signal(int signal, siginfo_t* info, void* context) {
    const auto* c = static_cast<ucontext_t*>(context);
    const auto at = static_cast<std::uint64_t>(c->uc_mcontext.gregs[REG_RIP]);
    if (signal == SIGTRAP && at == self.fetching) return;
    if (signal != SIGTRAP) {
        self.slot->signal = signal;
        self.slot->code = info->si_code;
    }
    siglongjmp(self.back, 1);
}
void execute_one(std::uint64_t at) {
    self.fetching = at;
    asm volatile(
        "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tjmp *%0"   // TF: trap after each instruction
        :
        : "r"(at), "a"(scrap)
        : "memory", "cc");
}
void access(Slot& s) {
    auto* page = reinterpret_cast<volatile std::uint64_t*>(s.args[0]);
    s.result = 0;
    if (sigsetjmp(self.back, 0) != 0) return;
    if (s.what == Ask::load) {
        s.word = page[0];
        s.last_word = page[page_bytes / 8 - 1];
    } else if (s.what == Ask::store) {
        page[0] = static_cast<std::uint64_t>(s.args[1]);
        page[page_bytes / 8 - 1] = static_cast<std::uint64_t>(s.args[1]);
    } else if (s.what == Ask::touch) {
        asm volatile("lock orq $0, (%0)" : : "r"(page) : "memory", "cc");
    } else {
        execute_one(static_cast<std::uint64_t>(s.args[0]));
    }
}

std::size_t read_file(const char* path, char* text, std::size_t room) {
    const std::int64_t file = raw(SYS_openat, AT_FDCWD, address(path), O_RDONLY | O_CLOEXEC);
    std::size_t size = 0;
    while (file >= 0) {
        const auto n = raw(SYS_read, file, address(text + size),
                           static_cast<std::int64_t>(room - size));
        if (n <= 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (file >= 0) raw(SYS_close, file);
    return size;
}
/// Makes the heap begin, empty, at `to`. PR_SET_MM_MAP needs no privilege, but says all at once:
/// the rest is what /proc/self/stat shows of this process (see proc(5) for the numbers of fields).
bool move_heap(std::uint64_t to) {
    static char text[1024];
    const std::size_t size = read_file("/proc/self/stat", text, sizeof text);
    std::uint64_t field[53]{};
    std::size_t at = size;
    while (at > 0 && text[at - 1] != ')') --at;
    for (std::size_t n = 2; at < size && n < 53; ++at) {
        if (text[at] == ' ') ++n;
        else if (text[at] >= '0' && text[at] <= '9')
            field[n] = field[n] * 10 + static_cast<unsigned>(text[at] - '0');
    }
    prctl_mm_map map{};
    map.start_code = field[26];
    map.end_code = field[27];
    map.start_stack = field[28];
    map.start_data = field[45];
    map.end_data = field[46];
    map.arg_start = field[48];
    map.arg_end = field[49];
    map.env_start = field[50];
    map.env_end = field[51];
    map.start_brk = map.brk = to;
    map.exe_fd = ~0u;
    return raw(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, address(&map), sizeof map) == 0;
}

/// Reads one line's two addresses of /proc/self/maps and whether it is the stack.
struct Maps {
    char text[8192];
    std::size_t size = 0, at = 0;
    std::uint64_t hex() {
        std::uint64_t value = 0;
        for (; at < size; ++at) {
            const char c = text[at];
            if (c >= '0' && c <= '9') value = value * 16 + static_cast<unsigned>(c - '0');
            else if (c >= 'a' && c <= 'f') value = value * 16 + static_cast<unsigned>(c - 'a' + 10);
            else break;
        }
        return value;
    }
    bool line(std::uint64_t& from, std::uint64_t& to, bool& stack) {
        if (at >= size) return false;
        from = hex();
        ++at;
        to = hex();
        stack = false;
        for (; at < size && text[at] != '\n'; ++at)
            if (text[at] == '[' && text[at + 1] == 's') stack = true;
        ++at;
        return true;
    }
};
// Below `low` some may map and some may not (vm.mmap_min_addr); who may not is not placed there.
constexpr std::uint64_t lowest = 0x1000, low = 0x10000, end_of_user = 0x7ffffffff000;
constexpr std::uint64_t gap = 256 * page_bytes;   // stack_guard_gap: nothing is placed in there

/// A mapping of the shared memory without access: merges with nothing, blocks no stack.
bool wall(std::uint64_t from, std::uint64_t to, std::int64_t descriptor) {
    if (from >= to) return true;
    const std::int64_t at = raw(SYS_mmap, static_cast<std::int64_t>(from),
                                static_cast<std::int64_t>(to - from), PROT_NONE,
                                MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, descriptor, 0);
    return at == static_cast<std::int64_t>(from);
}
/// All that is free, but for the arena, is taken: a search for a free range ends in the arena.
std::int64_t fence(std::uint64_t lo, std::uint64_t hi) {
    static Maps maps;
    maps.size = read_file("/proc/self/maps", maps.text, sizeof maps.text);
    maps.at = 0;
    std::uint64_t from = low, start = 0, end = 0;
    bool stack = false, good = true;
    wall(lowest, low, self.control->descriptor);
    const auto fill = [&](std::uint64_t to) {
        const std::int64_t d = self.control->descriptor;
        if (from < lo && to > hi) good = good && wall(from, lo, d) && wall(hi, to, d);
        else good = good && wall(from, to, d);
    };
    while (maps.line(start, end, stack)) {
        if (start >= end_of_user) break;
        fill(stack && start > gap ? start - gap : start);
        from = end;
    }
    fill(end_of_user);
    return good ? 0 : -1;
}

void wake(std::uint32_t* word) {
    raw(SYS_futex, address(word), FUTEX_WAKE, 1);
}
/// Waits for the next question; leaves when nobody is there any more to ask one.
void wait_for(Slot& s, std::uint32_t seen) {
    const timespec patience{2, 0};
    while (__atomic_load_n(&s.asked, __ATOMIC_ACQUIRE) == seen) {
        const auto r = raw(SYS_futex, address(&s.asked), FUTEX_WAIT, seen, address(&patience));
        if (r == -ETIMEDOUT && raw(SYS_kill, self.control->controller, 0) == -ESRCH)
            raw(SYS_exit_group, 0);
    }
}
void answer(Slot& s) {
    __atomic_store_n(&s.answered, s.answered + 1, __ATOMIC_RELEASE);
    wake(&s.answered);
}
/// The child is the controller's child too, which waits for it, and dies with it.
bool fork_here(Slot& s) {
    const std::int64_t pid = raw(SYS_clone, CLONE_PARENT | SIGCHLD);
    if (pid != 0) {
        s.result = pid;
        return false;
    }
    self.slot = &self.control->slots[s.args[0]];
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    self.slot->pid = static_cast<std::int32_t>(raw(SYS_getpid));
    return true;
}

void drop_lock_capability() {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    raw(SYS_capget, address(&head), address(data));
    data[0].effective &= ~(1u << CAP_IPC_LOCK);
    data[0].permitted &= ~(1u << CAP_IPC_LOCK);
    raw(SYS_capset, address(&head), address(data));
}
/// Pages that will be written later are written now.
void warm() {
    volatile unsigned char deep[32768];
    for (std::size_t i = 0; i < sizeof deep; i += 512) deep[i] = 1;
    for (std::size_t i = 0; i < sizeof signal_stack; i += 512) signal_stack[i] = 1;
    if (sigsetjmp(self.back, 0) == 0) siglongjmp(self.back, 1);
    scrap[0] = 0;
}

int serve(int descriptor) {
    void* at = mmap(reinterpret_cast<void*>(control_base), control_bytes, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED | MAP_POPULATE, descriptor, 0);
    if (at == MAP_FAILED) return 1;
    self.control = static_cast<Control*>(at);
    self.slot = &self.control->slots[0];
    self.control->descriptor = descriptor;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    const bool heap = move_heap(arena_base);
    drop_lock_capability();
    stack_t stack{};
    stack.ss_sp = signal_stack;
    stack.ss_size = sizeof signal_stack;
    sigaltstack(&stack, nullptr);
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (const int signal : {SIGSEGV, SIGBUS, SIGTRAP, SIGILL}) sigaction(signal, &action, nullptr);
    warm();
    std::uint32_t seen = self.slot->asked;
    self.slot->pid = static_cast<std::int32_t>(raw(SYS_getpid));
    self.slot->result = heap ? 1 : 0;
    answer(*self.slot);
    for (;;) {
        wait_for(*self.slot, seen);
        Slot& s = *self.slot;
        seen = s.asked;
        s.signal = s.code = 0;
        switch (s.what) {
            case Ask::call: s.result = raw_call(s.number, s.args); break;
            case Ask::fork:
                if (fork_here(s)) seen = self.slot->asked;
                break;
            case Ask::leave: raw(SYS_exit_group, 0); break;
            case Ask::fence:
                s.result = fence(static_cast<std::uint64_t>(s.args[0]),
                                 static_cast<std::uint64_t>(s.args[1]));
                break;
            default: access(s);
        }
        answer(*self.slot);
    }
}

}  // namespace
}  // namespace faultline::live

int main(int count, char** words) {
    return count == 2 ? faultline::live::serve(std::atoi(words[1])) : 2;
}
