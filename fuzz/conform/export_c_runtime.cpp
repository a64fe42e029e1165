// fuzz/conform/export_c_runtime.cpp - the constant part of an exported C file.
//
// Why:    one table of operations and a loop: each process looks whether it is its turn.
// Source: futex(2), io_uring_register(2), vmsplice(2)
#include "fuzz/conform/export_c.hpp"

namespace faultline::fuzz {

const std::string_view export_c_before = R"C(
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum verb { MMAP, MUNMAP, MPROTECT, MADVISE, MLOCK, MUNLOCK, MREMAP, LOAD, STORE, TOUCH, FETCH,
            FORK, EXIT, PIN, GET, DMA, RELEASE, NOTHING };
struct operation {
    enum verb verb;
    int who;                 /* process, or handle for DMA and RELEASE */
    int handle, child;       /* made by this line; -1 none */
    long page, pages;        /* of the arena */
    long flags, to, size;    /* flags: prot, advice, or those of mremap; size: new length */
    long map;                /* more flags of mmap */
    int value;               /* stored, or expected of a load; -1 none */
    const char *expected;    /* "0", an errno, a signal; a null pointer: not checked */
    long place;              /* page that must be returned; -1 not checked */
    const char *line;
};
#define ARENA 0x200000000000ul
#define AT(p) ((char *)(ARENA + (unsigned long)(p) * 4096))
)C";

const std::string_view export_c_after = R"C(
struct shared { volatile int turn, differs; };
static struct shared *shared;
static int me;               /* process of the trace */
static sigjmp_buf back;
static volatile int got_signal, got_code;
static volatile unsigned long fetching;
static unsigned char scrap[64];
#define HANDLES 16
static struct { int ring, pipe[2]; void *queue, *entries; struct io_uring_params p; }
    handles[HANDLES];
static int feed[2];

static void on_signal(int signal, siginfo_t *info, void *context) {
    ucontext_t *c = context;
    if (signal == SIGTRAP && (unsigned long)c->uc_mcontext.gregs[REG_RIP] == fetching) return;
    if (signal != SIGTRAP) {
        got_signal = signal;
        got_code = info->si_code;
    }
    siglongjmp(back, 1);
}
static void access_page(const struct operation *o, long *value) {
    volatile uint64_t *page = (volatile uint64_t *)AT(o->page);
    got_signal = 0;
    if (sigsetjmp(back, 1)) return;
    if (o->verb == LOAD) *value = (long)page[0];
    else if (o->verb == STORE) page[0] = page[511] = (uint64_t)o->value;
    else if (o->verb == TOUCH) __asm__ volatile("lock orq $0, (%0)" : : "r"(page) : "memory", "cc");
    else {
        fetching = (unsigned long)AT(o->page);  /* one instruction, then the trap flag stops it */
        __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tjmp *%0"
                         : : "r"(fetching), "a"(scrap) : "memory", "cc");
    }
}
static void open_handles(void) {
    if (pipe(feed)) exit(2);
    for (int i = 0; i < HANDLES; ++i) {
        if (pipe(handles[i].pipe)) exit(2);
        handles[i].ring = (int)syscall(SYS_io_uring_setup, 2, &handles[i].p);
        if (handles[i].ring < 0) continue;
        handles[i].queue = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, handles[i].ring, 0);
        handles[i].entries = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, handles[i].ring,
                                  IORING_OFF_SQES);
    }
}
static long dma(int h, char *at_page, int value) {
    char *q = handles[h].queue;
    struct io_uring_params *p = &handles[h].p;
    struct io_uring_sqe *e = handles[h].entries;
    uint64_t page[512] = {0};
    unsigned *tail = (unsigned *)(q + p->sq_off.tail), *head = (unsigned *)(q + p->cq_off.head);
    unsigned at = *tail & 1;
    page[0] = page[511] = (uint64_t)value;
    if (write(feed[1], page, 4096) != 4096) return -EIO;
    memset(&e[at], 0, sizeof e[at]);
    e[at].opcode = IORING_OP_READ_FIXED;
    e[at].fd = feed[0];
    e[at].addr = (unsigned long)at_page;
    e[at].len = 4096;
    ((unsigned *)(q + p->sq_off.array))[at] = at;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, handles[h].ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1)
        return -errno;
    at = *head & (p->cq_entries - 1);
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return ((struct io_uring_cqe *)(q + p->cq_off.cqes))[at].res == 4096 ? 0 : -1;
}
static long keep(const struct operation *o) {
    struct iovec io = {AT(o->page), 4096};
    int h = o->handle < 0 ? HANDLES - 1 : o->handle;
    return o->verb == PIN ? syscall(SYS_io_uring_register, handles[h].ring,
                                    IORING_REGISTER_BUFFERS, &io, 1)
                          : vmsplice(handles[h].pipe[1], &io, 1, 0);
}
static long release(int h) {
    char sink[4096];
    fcntl(handles[h].pipe[0], F_SETFL, O_NONBLOCK);
    if (read(handles[h].pipe[0], sink, sizeof sink) > 0) return 0;
    return syscall(SYS_io_uring_register, handles[h].ring, IORING_UNREGISTER_BUFFERS, 0, 0);
}
/* The result of a call as the kernel gives it: an address, or -1 and errno. */
static long perform(const struct operation *o, long *value) {
    char *at = AT(o->page);
    unsigned long bytes = (unsigned long)o->pages * 4096;
    switch (o->verb) {
    case MMAP: return syscall(SYS_mmap, at, bytes, o->flags, MAP_PRIVATE | MAP_ANONYMOUS |
                              MAP_NORESERVE | o->map, -1, 0);
    case MUNMAP: return munmap(at, bytes);
    case MPROTECT: return mprotect(at, bytes, (int)o->flags);
    case MADVISE: return madvise(at, bytes, (int)o->flags);
    case MLOCK: return mlock(at, bytes);
    case MUNLOCK: return munlock(at, bytes);
    case MREMAP: return syscall(SYS_mremap, at, bytes, o->size * 4096, o->flags, AT(o->to));
    case PIN: case GET: return keep(o);
    case DMA: return dma(o->who, at, o->value);
    case RELEASE: return release(o->who);
    case NOTHING: case FORK: case EXIT: return 0;
    default: access_page(o, value); return got_signal ? -1 : 0;
    }
}
static const char *word(long result) {
    if (got_signal == SIGSEGV) return got_code == 1 ? "SIGSEGV/MAPERR" : "SIGSEGV/ACCERR";
    if (got_signal) return strsignal(got_signal);
    if (result != -1) return "0";
    switch (errno) {
    case ENOMEM: return "ENOMEM";
    case EINVAL: return "EINVAL";
    case EEXIST: return "EEXIST";
    case EFAULT: return "EFAULT";
    case EAGAIN: return "EAGAIN";
    case EPERM: return "EPERM";
    default: return strerror(errno);
    }
}
static void say(const struct operation *o, long result, long value) {
    const char *saw = word(result);
    int differs = o->expected && strcmp(saw, o->expected);
    long place = (result - (long)ARENA) / 4096;
    if (!differs && o->place >= 0 && result != -1) differs = place != o->place;
    if (!differs && o->verb == LOAD && o->value >= 0 && result != -1) differs = value != o->value;
    printf("%-52s %s", o->line, saw);
    if ((o->verb == MMAP || o->verb == MREMAP) && result != -1) printf(" page %ld", place);
    if (o->verb == LOAD && result != -1) printf(" value %ld", value);
    if (differs) printf("   DIFFERS, expected %s%s", o->expected ? o->expected : "?",
                        o->verb == LOAD ? " and its value" : o->place >= 0 ? " and its page" : "");
    else if (!o->expected) printf("   (not checked)");
    printf("\n");
    fflush(stdout);
    if (differs) shared->differs = 1;
}
static void take_turns(void) {
    for (;;) {
        int n = shared->turn;
        if (n >= COUNT) return;
        const struct operation *o = &table[n];
        int owner = o->verb == DMA || o->verb == RELEASE || o->verb == NOTHING ? -1 : o->who;
        if (owner != me) {
            sched_yield();
            continue;
        }
        long value = 0, result;
        got_signal = 0;
        errno = 0;
        if (o->verb == FORK) {
            result = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
            if (result == 0) {
                me = o->child;
                while (shared->turn == n) sched_yield();
                continue;
            }
        } else {
            result = perform(o, &value);
        }
        say(o, result, value);
        if (o->verb == EXIT) {
            shared->turn = n + 1;
            _exit(0);
        }
        shared->turn = n + 1;
    }
}
int main(void) {
    struct sigaction action;
    static char stack[65536];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    memset(&action, 0, sizeof action);
    shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    open_handles();
    sigaltstack(&alternative, 0);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    sigaction(SIGTRAP, &action, 0);
    signal(SIGCHLD, SIG_IGN);
    if (fork()) {
        me = -1;
        take_turns();
        printf("%s\n", shared->differs ? "DIFFERS" : "AS EXPECTED");
        return shared->differs;
    }
    me = 0;
    take_turns();
    return 0;
}
)C";

}  // namespace faultline::fuzz
