// fuzz/systems/faultline.h - the interface of a system under test, for C: what a fault path
// implements to be hammered.
//
// Why: whoever has a fault path has it in C. Plain structs and numbers, a version in front, nothing
//      allocated across the border. README.md, "Hammer your own fault path", shows the way;
//      fuzz/examples/cowfork.c is a small whole example.
//
// Rules: processes and handles are rows, the lowest free one is taken. Pages are numbers in an
//        arena
//      that every process has. Everything not seen or not implemented is left out of `sees`, `can`,
//      `operations` and `mmap_kinds`, and is then neither drawn nor compared.
#ifndef FAULTLINE_H
#define FAULTLINE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FAULTLINE_ABI 1

// How large the machine is. What is asked for never exceeds these.
struct fl_bounds {
    int32_t processes;        // rows, process 0 lives at the start, empty
    int32_t vmas;             // a process
    int32_t pages;            // of each arena: 0 .. pages - 1
    int32_t frames;
    int32_t handles;          // rows of references kept for a caller
    int32_t values;           // page contents: 0 (zeros) .. values
    int32_t stack_guard_gap, stack_limit, memlock_limit;   // pages
    int32_t map_count_limit;  // VMAs a process may have
    int32_t move_slack;       // VMAs mremap leaves free
    int32_t pin_bias;
    int32_t batch_size;
};

// The kernel's rules, each as the index of its option in `faultline list rules`, in that order.
#define FL_RULES 32
struct fl_rules {
    int32_t option[FL_RULES];
};

enum fl_operation_kind {
    FL_MMAP, FL_MUNMAP, FL_MPROTECT,
    FL_ADVISE,      // `advice`
    FL_DONTNEED,    // madvise(MADV_DONTNEED)
    FL_BRK,         // `end`
    FL_MREMAP,      // page..end, `span` new pages, `to` if FL_FIXED
    FL_FAULT,       // one page fault, without the access
    FL_FORK, FL_EXIT,
    FL_GUP, FL_GUP_FAST,   // keep a reference for a caller: FL_PIN or a plain one
    FL_STORE_RAW,   // a store that needs no fault
    FL_UNPIN,       // on handle `who`
    FL_DMA,         // a device writes `value` through handle `who`
    FL_DRAIN,       // the per-CPU LRU batch
    FL_LOAD,        // a user's read: fault as often as it takes, answer `value`
    FL_FETCH,       // a user's instruction fetch
    FL_WRITE,       // a user's store: fault as often as it takes, then store `value`
    FL_OPERATIONS
};
enum fl_mmap_kind { FL_ANYWHERE, FL_HINT, FL_MAP_FIXED, FL_NOREPLACE };
enum fl_advice { FL_DONTFORK, FL_DOFORK, FL_WIPEONFORK, FL_KEEPONFORK, FL_MLOCK, FL_MUNLOCK };
enum fl_flag {
    FL_READ = 1, FL_WRITABLE = 2, FL_EXEC = 4, FL_GROWSDOWN = 8, FL_FIXED = 16, FL_MAYMOVE = 32,
    FL_DONTUNMAP = 64, FL_PIN = 128
};
struct fl_operation {
    int32_t kind;        // fl_operation_kind
    int32_t who;         // row of the process, or of the handle
    int32_t page, end;   // [page, end); FL_ANYWHERE: [0, length)
    int32_t to, span;
    int32_t flags;       // protection, kind of access, fl_flag
    int32_t mmap_kind, advice;
    int32_t value;
    int32_t deny;        // the allocator refuses the nth time this call asks; 0 never
};

enum fl_result {
    FL_OK = 0,
    // Ways a fault ends. A system that does not see FL_SEES_FAULT_KIND answers FL_OK.
    FL_ZERO_PAGE, FL_NEW_PAGE, FL_COPIED, FL_REUSED, FL_SPURIOUS,
    // Refusals.
    FL_MAPERR, FL_ACCERR,   // SIGSEGV, with its code
    FL_OOM, FL_ENOMEM, FL_EINVAL, FL_EEXIST, FL_EFAULT, FL_EAGAIN, FL_EPERM
};
struct fl_answer {
    int32_t result;      // fl_result
    int32_t fault;       // accesses: how the last fault ended, -1 if there was none
    int32_t page;        // mmap, mremap, brk
    int32_t child;       // fork: row, else -1
    int32_t handle;      // gup: row, else -1
    int32_t value;       // load
    int32_t broken;      // not 0: an assertion of the system failed
};

enum fl_sees {
    FL_SEES_RESULTS = 1 << 0, FL_SEES_PAGES = 1 << 1, FL_SEES_FAULT_KIND = 1 << 2,
    FL_SEES_CONTENTS = 1 << 3, FL_SEES_VMAS = 1 << 4, FL_SEES_PGOFF = 1 << 5,
    FL_SEES_ENTRIES = 1 << 6, FL_SEES_ENTRY_BITS = 1 << 7, FL_SEES_SHARING = 1 << 8,
    FL_SEES_MAPCOUNT = 1 << 9, FL_SEES_REFCOUNT = 1 << 10, FL_SEES_EXCLUSIVE = 1 << 11,
    FL_SEES_RSS = 1 << 16, FL_SEES_LOCKED = 1 << 17, FL_SEES_MAP_COUNT = 1 << 18,
    FL_SEES_BRK = 1 << 19, FL_SEES_HANDLES = 1 << 20
};
enum fl_can { FL_CAN_DENY = 1 << 0, FL_CAN_GUP = 1 << 1, FL_CAN_DRAIN = 1 << 3 };

// One look. The arrays are the caller's, zeroed, and as long as the bounds say.
struct fl_vma {
    int32_t lo, hi, pgoff, flags;   // flags: 1 r, 2 w, 4 x, 8 growsdown, 16 locked, 32 dontfork,
};                                  // 64 wipeonfork
enum fl_entry_kind { FL_NONE, FL_ZERO, FL_PRESENT };
struct fl_entry {
    uint64_t frame;                 // its name: anything but 0, the same as long as it lives
    int32_t kind, value;
    uint8_t write, exec, protnone, dirty;
};
struct fl_process {
    int32_t alive, rss_anon, locked_vm, map_count, brk;
    int32_t vma_count;
    struct fl_vma *vmas;            // by address
    struct fl_entry *entries;       // one a page
};
struct fl_frame {
    uint64_t frame;
    int32_t refcount, mapcount, exclusive;
};
struct fl_observation {
    struct fl_process *processes;
    int32_t frame_count;
    struct fl_frame *frames;
    uint64_t *handles;              // the frame each keeps, 0 none
    int32_t frames_used;            // -1: not seen
};

struct fl_system {
    uint32_t abi;                   // FAULTLINE_ABI
    uint32_t size;                  // sizeof(struct fl_system)
    const char *name;
    uint32_t sees, can;             // fl_sees, fl_can
    uint32_t operations;            // 1u << FL_MMAP | ...
    uint32_t mmap_kinds;            // 1u << FL_ANYWHERE | ...
    uint32_t advices;               // 1u << FL_DONTFORK | ...
    uint32_t flags;                 // fl_flags it knows: FL_READ | FL_WRITABLE | ...
    void *(*create)(void);
    void (*destroy)(void *self);
    // Back to one empty process. Not 0: these bounds or rules cannot be had.
    int (*reset)(void *self, const struct fl_bounds *bounds, const struct fl_rules *rules);
    void (*apply)(void *self, const struct fl_operation *operation, struct fl_answer *answer);
    void (*observe)(void *self, struct fl_observation *out);
    // What it finds wrong with itself: a sentence, or NULL. May be NULL itself.
    const char *(*self_check)(void *self);
};

#ifdef __cplusplus
}
#endif
#endif
