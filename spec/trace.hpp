// spec/trace.hpp - a trace as data: header, operations, scheduled steps, expectations; and its text
// form.
//
// Why:    one format records everything that can happen: counterexamples, explorer paths, fuzz
//         findings, museum exhibits, scenarios. It must be readable aloud, exact, and safe to read
//         from anybody.
// Source: the grammar is spec/TRACE.md; parse_trace(write_trace(t)) == t for every trace that
//         parses.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "spec/bounds.hpp"
#include "spec/rules.hpp"

namespace faultline {

/// Everything a trace line can do to the machine.
enum class Verb {
    mmap,
    munmap,
    mprotect,
    madvise,
    mlock,
    munlock,
    brk,
    mremap,
    load,
    store,
    fetch,
    fault,
    fork,
    exit,
    pin,
    get,
    pin_fast,
    get_fast,
    handle_load,
    handle_store,
    release,
    drain,
    reclaim,
    free_swap,
    swapon,
    swapoff,
    unuse,
    swapoff_end,
    open,
    close,
    evict,
    pwrite,
    pread,
    truncate,
    punch,
    fallocate,
    seal,
    clean,
    drop_page
};
enum class Advice { dontneed, dontfork, dofork, wipeonfork, keeponfork };
enum class AccessKind { read, write, fetch };
enum class FileKind { file, tmpfs, memfd };
enum class Seal { seal, shrink, grow, write, future, exec };
/// How mmap is told where: by length alone, a hint, MAP_FIXED, MAP_FIXED_NOREPLACE.
enum class Place { anywhere, hint, fixed, noreplace };

/// A page of the arena, or page `page` of the range a result was bound to: 3, @a, @a[1].
struct PageRef {
    std::string name;  ///< without the @; empty: absolute
    int page = 0;
    friend bool operator==(const PageRef&, const PageRef&) = default;
};
struct Protection {
    bool read = false, write = false, exec = false;
    friend bool operator==(const Protection&, const Protection&) = default;
};

/// What a line says about its result.
struct Answer {
    enum class Kind {
        unsaid,   ///< nothing: any answer that is not a refusal
        any,      ///< "?": any answer at all
        word,     ///< an errno, a signal, a way a fault ends: ENOMEM, SIGSEGV/MAPERR, copied
        number,   ///< 0 for success, the page for mmap, mremap and brk
        name,     ///< @a: success, and the page is called @a from here on
        process,  ///< P1: the child of a fork
        handle,   ///< H0: the handle of a pin or get
        blocked   ///< the step cannot run now: somebody holds a lock it needs
    };
    Kind kind = Kind::unsaid;
    std::string word;
    int number = 0;
    friend bool operator==(const Answer&, const Answer&) = default;
};

struct Operation {
    Verb verb = Verb::drain;
    int task = -1;     ///< T1, or -1: the first idle task
    int process = -1;  ///< P0
    int handle = -1;   ///< H0, for verbs on handles
    int frame = -1;    ///< F0, a frame by its row, where no page leads to it
    int device = -1;   ///< D0, a swap device
    int inode = -1;    ///< I0, a file
    PageRef page;      ///< first page of a range, page of an access; the heap's end of brk
    int length = 0;    ///< pages of a range
    Place place = Place::anywhere;
    Protection prot;
    bool growsdown = false;
    bool shared = false;  ///< mmap: MAP_SHARED
    int file = -1;        ///< mmap: of which file, -1 none
    int offset = 0;       ///< mmap: from which page of it
    FileKind kind = FileKind::file;  ///< open
    bool executable = false;         ///< open: the file has an x bit
    Seal which = Seal::seal;         ///< seal
    bool force = false;              ///< pin: FOLL_FORCE
    Advice advice = Advice::dontneed;
    AccessKind access = AccessKind::read;
    int size = 0;  ///< mremap: new length
    bool synchronous = false, stable = false;  ///< swapon: properties of the device
    bool maymove = false, dontunmap = false, fixed = false;
    PageRef target;      ///< mremap: where to, when fixed
    int value = -1;      ///< stored, or expected of a load; -1 none
    bool begin = false;  ///< only start it; the steps follow
    int deny = 0;        ///< the allocator refuses in the nth allocating step of the call; 0 never
    Answer answer;
    friend bool operator==(const Operation&, const Operation&) = default;
};
/// One atomic step of a task in flight, or "run": to the end of its operation.
struct ScheduledStep {
    int task = 0;
    std::string step;  ///< a name of pc_names, or "run"
    int deny = 0;
    Answer answer;
    friend bool operator==(const ScheduledStep&, const ScheduledStep&) = default;
};
/// What can be asked of a state.
enum class Query {
    refcount,
    mapcount,
    exclusive,
    same_frame,
    writable,
    entry,
    prot,
    range,
    pgoff,
    chain,
    visits,
    same_anon_vma,
    active,
    children,
    batched,
    lru,
    anon_vmas,
    frames,
    vmas,
    rss,
    locked,
    vm_fault,
    min_flt,
    maj_flt,
    pgfault,
    swapcount,
    swapcache,
    dirty,
    swap,
    slots,
    major,
    rss_file,
    rss_shmem,
    writeback,
    cached,
    data,
    size,
    blocks,
    writers,
    violated
};
/// A page of a process, or of a file, or a handle: P0:3, P0:@a[1], I0:1, H0.
struct Subject {
    int process = -1, handle = -1, inode = -1;
    PageRef page;
    friend bool operator==(const Subject&, const Subject&) = default;
};
struct Expectation {
    Query query = Query::anon_vmas;
    bool negated = false;           ///< "expect not exclusive P0:0"
    std::vector<Subject> subjects;  ///< as many as the query takes
    int number = 0;                 ///< for queries answered by a number; range: first page
    int length = 0;                 ///< range: pages
    std::string word;  ///< entry: none zero present swap; prot: "rw"; violated: claim id
    friend bool operator==(const Expectation&, const Expectation&) = default;
};
struct Comment {
    std::string text;  ///< after the '#'
    friend bool operator==(const Comment&, const Comment&) = default;
};

struct Item {
    int line = 0;  ///< in the text it was read from; not part of its meaning
    std::variant<Operation, ScheduledStep, Expectation, Comment> what;
    friend bool operator==(const Item& a, const Item& b) { return a.what == b.what; }
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Trace {
    std::string title;
    std::string kernel = "linux_6_12";
    Pairs rules;  ///< differences from the kernel's rules
    std::string bounds = "f1";
    std::vector<std::pair<std::string, int>> limits;  ///< run-time overrides within the capacity
    // Museum.
    std::string exhibit, claim;
    std::vector<std::string> commits, sources, engines;
    int explore_prefix = -1;               ///< operations to run before exploring, -1 none
    std::vector<std::string> explore_ops;  ///< operations the explorer may use, empty all
    Pairs fixed;                           ///< rules under which the claim must hold
    std::vector<std::string> remarks;      ///< comment lines of the header
    std::vector<Item> items;
    friend bool operator==(const Trace&, const Trace&) = default;

    /// The claim that `expect violated` names, "" when none.
    std::string expected_violation() const;
    /// The first `n` operations and scheduled steps, without expectations and comments.
    Trace prefix(int n) const;
};

/// Where reading stopped and why. text() is the one line a user sees.
struct TraceError {
    std::string file;
    int line = 0;
    std::string expected, found;
    std::string text() const;
};

/// Reads a trace. On failure returns false and fills `error`; never throws for what the text says.
bool parse_trace(std::string_view text, std::string_view file, Trace& trace, TraceError& error);
/// Reads a file; a file that cannot be read is an error too.
bool load_trace(const std::string& path, Trace& trace, TraceError& error);

/// The canonical text of a trace, and of one line of it.
std::string write_trace(const Trace& trace);
std::string write_operation(const Operation& op, bool with_answer = true);
std::string write_step(const ScheduledStep& step, bool with_answer = true);
std::string write_expectation(const Expectation& expectation);
std::string write_answer(const Answer& answer);

/// The rules and limits a header asks for. False with a sentence in `problem` if there are none
/// such.
bool resolve_rules(const std::string& kernel, const Pairs& changes, Rules& rules,
                   std::string& problem);
bool resolve_bounds(const Trace& trace, Bounds& capacity, Bounds& limits, std::string& problem);
/// "rule=option" as the command line has it, applied to rules.
bool apply_rule(const std::string& name, const std::string& option, Rules& rules,
                std::string& problem);

}  // namespace faultline
