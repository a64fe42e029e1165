// fuzz/examples/cowfork.c - copy-on-write fork as teaching kernels do it: a page table and a
// reference count, nothing else.
//
// Why: an example of somebody else's fault path under the hammer. No VMAs, no reverse map, no zero
//      page, no LRU: a table of protections, a table of entries, frames with a count. It answers
//      calls and shows what loads read, and says so; only that is drawn and compared. The bug
//      behind the switch is the classic one: the write fault of a shared page makes it writable
//      without looking at its count.
#include "fuzz/examples/cowfork.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROT_R = 1, PROT_W = 2 };
enum { MAX_PROCS = 64, MAX_PAGES = 256 };

struct frame {
    int refs;        // entries that map it; 0: free
    int value;       // stands for 4096 bytes
};
struct pte {
    struct frame *frame;    // NULL: nothing here yet
    bool writable;          // the hardware's bit
    bool cow;               // not writable although the protection says so: shared since a fork
};
struct proc {
    bool alive;
    bool mapped[MAX_PAGES];
    unsigned char prot[MAX_PAGES];
    struct pte table[MAX_PAGES];
};
struct kernel {
    bool reuse_blindly;     // the bug
    int nprocs, npages, nframes;
    struct proc procs[MAX_PROCS];
    struct frame *frames;   // one for every page of every process: it never runs out
    char complaint[96];
};

// ---- frames

static struct frame *alloc_frame(struct kernel *k, int value)
{
    for (int i = 0; i < k->nframes; i++) {
        if (k->frames[i].refs == 0) {
            k->frames[i].refs = 1;
            k->frames[i].value = value;
            return &k->frames[i];
        }
    }
    abort();
}

static void put_frame(struct frame *f)
{
    f->refs--;
}

// ---- address spaces

static void unmap_pages(struct proc *p, int lo, int hi, bool forget)
{
    for (int n = lo; n < hi; n++) {
        if (p->table[n].frame != NULL)
            put_frame(p->table[n].frame);
        memset(&p->table[n], 0, sizeof p->table[n]);
        if (forget) {
            p->mapped[n] = false;
            p->prot[n] = 0;
        }
    }
}

static bool range_free(const struct proc *p, int lo, int hi)
{
    for (int n = lo; n < hi; n++)
        if (p->mapped[n])
            return false;
    return true;
}

// The highest free range of `length` pages, or -1.
static int find_range(const struct kernel *k, const struct proc *p, int length)
{
    for (int lo = k->npages - length; lo >= 0; lo--)
        if (range_free(p, lo, lo + length))
            return lo;
    return -1;
}

static void do_mmap(struct kernel *k, struct proc *p, const struct fl_operation *op,
                    struct fl_answer *a)
{
    int length = op->end - op->page, lo = op->page;

    if (op->mmap_kind == FL_MAP_FIXED) {
        unmap_pages(p, op->page, op->end, true);
    } else if (op->mmap_kind == FL_ANYWHERE || !range_free(p, op->page, op->end)) {
        lo = find_range(k, p, length);
        if (lo < 0) {
            a->result = FL_ENOMEM;
            return;
        }
    }
    for (int n = lo; n < lo + length; n++) {
        p->mapped[n] = true;
        p->prot[n] = (unsigned char)(op->flags & (PROT_R | PROT_W));
    }
    a->page = lo;
}

// Stops at the first hole; what came before it has its new protection.
static void do_mprotect(struct proc *p, const struct fl_operation *op, struct fl_answer *a)
{
    for (int n = op->page; n < op->end; n++) {
        struct pte *pte = &p->table[n];

        if (!p->mapped[n]) {
            a->result = FL_ENOMEM;
            return;
        }
        p->prot[n] = (unsigned char)(op->flags & (PROT_R | PROT_W));
        pte->writable = pte->frame != NULL && (p->prot[n] & PROT_W) != 0 && !pte->cow;
    }
}

// Holes are passed over and reported at the end.
static void do_dontneed(struct proc *p, const struct fl_operation *op, struct fl_answer *a)
{
    for (int n = op->page; n < op->end; n++) {
        if (!p->mapped[n])
            a->result = FL_ENOMEM;
        else
            unmap_pages(p, n, n + 1, false);
    }
}

static void do_fork(struct kernel *k, struct proc *parent, struct fl_answer *a)
{
    int row = 0;

    while (row < k->nprocs && k->procs[row].alive)
        row++;
    if (row == k->nprocs) {
        a->result = FL_EAGAIN;
        return;
    }
    for (int n = 0; n < k->npages; n++) {
        struct pte *pte = &parent->table[n];

        if (pte->frame == NULL)
            continue;
        pte->frame->refs++;
        pte->cow = true;
        pte->writable = false;
    }
    k->procs[row] = *parent;
    a->child = row;
}

static void do_exit(struct kernel *k, struct proc *p)
{
    unmap_pages(p, 0, k->npages, true);
    p->alive = false;
}

// ---- faults

static bool access_allowed(const struct proc *p, int page, bool write)
{
    return write ? (p->prot[page] & PROT_W) != 0 : p->prot[page] != 0;
}

static void write_shared_page(struct kernel *k, struct pte *pte)
{
    if (k->reuse_blindly || pte->frame->refs == 1) {
        // The last one to have it.
    } else {
        struct frame *copy = alloc_frame(k, pte->frame->value);

        put_frame(pte->frame);
        pte->frame = copy;
    }
    pte->cow = false;
    pte->writable = true;
}

// Makes the page accessible, or says why not.
static int handle_fault(struct kernel *k, struct proc *p, int page, bool write)
{
    struct pte *pte = &p->table[page];

    if (!p->mapped[page])
        return FL_MAPERR;
    if (!access_allowed(p, page, write))
        return FL_ACCERR;
    if (pte->frame == NULL) {
        pte->frame = alloc_frame(k, 0);
        pte->cow = false;
        pte->writable = (p->prot[page] & PROT_W) != 0;
    }
    if (write && !pte->writable)
        write_shared_page(k, pte);
    return FL_OK;
}

static void user_access(struct kernel *k, struct proc *p, const struct fl_operation *op,
                        struct fl_answer *a)
{
    bool write = op->kind == FL_WRITE || (op->kind == FL_FAULT && (op->flags & PROT_W) != 0);

    a->result = handle_fault(k, p, op->page, write);
    if (a->result != FL_OK)
        return;
    if (op->kind == FL_WRITE)
        p->table[op->page].frame->value = op->value;
    if (op->kind == FL_LOAD)
        a->value = p->table[op->page].frame->value;
}

// ---- the interface

static void *create(void)
{
    return calloc(1, sizeof(struct kernel));
}
static void *create_buggy(void)
{
    struct kernel *k = create();

    if (k != NULL)
        k->reuse_blindly = true;
    return k;
}
static void destroy(void *self)
{
    free(((struct kernel *)self)->frames);
    free(self);
}

static int reset(void *self, const struct fl_bounds *bounds, const struct fl_rules *rules)
{
    struct kernel *k = self;

    (void)rules;   // what user space sees of an anonymous page, no rule changes
    if (bounds->processes > MAX_PROCS || bounds->pages > MAX_PAGES)
        return 1;
    k->nprocs = bounds->processes;
    k->npages = bounds->pages;
    k->nframes = (bounds->processes + 1) * bounds->pages;
    free(k->frames);
    k->frames = calloc((size_t)k->nframes, sizeof *k->frames);
    if (k->frames == NULL)
        return 1;
    memset(k->procs, 0, sizeof k->procs);
    k->procs[0].alive = true;
    return 0;
}

static void apply(void *self, const struct fl_operation *op, struct fl_answer *answer)
{
    struct kernel *k = self;
    struct proc *p = &k->procs[op->who];

    switch (op->kind) {
    case FL_MMAP: do_mmap(k, p, op, answer); break;
    case FL_MUNMAP: unmap_pages(p, op->page, op->end, true); break;
    case FL_MPROTECT: do_mprotect(p, op, answer); break;
    case FL_DONTNEED: do_dontneed(p, op, answer); break;
    case FL_FORK: do_fork(k, p, answer); break;
    case FL_EXIT: do_exit(k, p); break;
    default: user_access(k, p, op, answer); break;
    }
}

static void observe(void *self, struct fl_observation *out)
{
    struct kernel *k = self;

    for (int i = 0; i < k->nprocs; i++)
        out->processes[i].alive = k->procs[i].alive;
}

// Every count must be the number of entries that map the frame.
static const char *self_check(void *self)
{
    struct kernel *k = self;

    for (int i = 0; i < k->nframes; i++) {
        int mapped = 0;

        for (int j = 0; j < k->nprocs; j++)
            for (int n = 0; n < k->npages; n++)
                mapped += k->procs[j].alive && k->procs[j].table[n].frame == &k->frames[i];
        if (mapped == k->frames[i].refs)
            continue;
        snprintf(k->complaint, sizeof k->complaint, "frame %d has count %d and %d mappings", i,
                 k->frames[i].refs, mapped);
        return k->complaint;
    }
    return NULL;
}

#define COWFORK(title, maker)                                                                   \
    {                                                                                           \
        .abi = FAULTLINE_ABI, .size = sizeof(struct fl_system), .name = title,                  \
        .sees = FL_SEES_RESULTS | FL_SEES_PAGES | FL_SEES_CONTENTS,                             \
        .operations = 1u << FL_MMAP | 1u << FL_MUNMAP | 1u << FL_MPROTECT | 1u << FL_DONTNEED | \
                      1u << FL_FAULT | 1u << FL_FORK | 1u << FL_EXIT | 1u << FL_LOAD |          \
                      1u << FL_WRITE,                                                           \
        .mmap_kinds = 1u << FL_ANYWHERE | 1u << FL_HINT | 1u << FL_MAP_FIXED,                   \
        .flags = FL_READ | FL_WRITABLE, .create = maker, .destroy = destroy, .reset = reset,    \
        .apply = apply, .observe = observe, .self_check = self_check,                           \
    }

const struct fl_system *cowfork_system(int bug)
{
    static const struct fl_system right = COWFORK("example-c", create);
    static const struct fl_system wrong = COWFORK("example-c with its bug", create_buggy);

    return bug ? &wrong : &right;
}
