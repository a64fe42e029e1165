// fuzz/systems/linux_live/snapshot.bpf.c - reads what the kernel holds about a few processes.
//
// Why:    one run of a program per look costs a few microseconds and disturbs nobody: no page is
//         touched through its mapping, no lock is waited for.
// Source: linux include/linux/mm_types.h, include/linux/rmap.h, arch/x86/include/asm/pgtable_64.h;
//         Documentation/bpf/bpf_iterators.rst
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "fuzz/systems/linux_live/snapshot.h"

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct fl_snapshot);
    __uint(map_flags, BPF_F_MMAPABLE);
} snapshot SEC(".maps");
// Tells where this CPU keeps its part of a per-CPU variable: see look_for_cpu_offset.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} here SEC(".maps");

#define FRAME_BITS 0x000ffffffffff000ULL

// Kernels before 6.2 count in the mm and, up to 64 events, in the task.
struct mm_rss_stat___old {
    atomic_long_t count[4];
} __attribute__((preserve_access_index));
struct mm_struct___old {
    struct mm_rss_stat___old rss_stat;
} __attribute__((preserve_access_index));
struct task_rss_stat___old {
    int count[4];
} __attribute__((preserve_access_index));
struct task_struct___old {
    struct task_rss_stat___old rss_stat;
} __attribute__((preserve_access_index));

static __always_inline u64 word_at(u64 address) {
    u64 value = 0;
    bpf_probe_read_kernel(&value, sizeof value, (void *)address);
    return value;
}
static __always_inline struct fl_snapshot *the_snapshot(void) {
    u32 zero = 0;
    return bpf_map_lookup_elem(&snapshot, &zero);
}
// A per-CPU array knows both the per-CPU pointer to its value and the address of this CPU's part;
// their difference holds for every per-CPU variable. The array itself is found where its descriptor
// leads, for a program may not look into a map.
static __always_inline void look_for_cpu_offset(struct fl_snapshot *s) {
    u32 zero = 0;
    u64 *mine = bpf_map_lookup_elem(&here, &zero);
    struct task_struct *task = bpf_get_current_task_btf();
    if (!mine) return;
    struct file **open = BPF_CORE_READ(task, files, fdt, fd);
    u64 file = word_at((u64)(open + s->here_descriptor));
    u64 array = word_at(file + bpf_core_field_offset(struct file, private_data));
    s->here_base = word_at(array + bpf_core_field_offset(struct bpf_array, pptrs));
    s->here_value = (u64)mine;
}
static __always_inline long long rss_anon(struct fl_snapshot *s, struct task_struct *task,
                                          struct mm_struct *mm) {
    struct mm_struct___old *old_mm = (void *)mm;
    if (bpf_core_field_exists(old_mm->rss_stat.count)) {
        struct task_struct___old *old_task = (void *)task;
        long long sum = BPF_CORE_READ(old_mm, rss_stat.count[1].counter);
        if (bpf_core_field_exists(old_task->rss_stat.count))
            sum += BPF_CORE_READ(old_task, rss_stat.count[1]);
        return sum;
    }
    // What this CPU has not yet added to the sum.
    s32 pending = 0;
    u64 counters = (u64)BPF_CORE_READ(mm, rss_stat[1].counters);
    bpf_probe_read_kernel(&pending, sizeof pending, (void *)(counters + s->cpu_offset));
    return BPF_CORE_READ(mm, rss_stat[1].count) + pending;
}

static __always_inline void read_tables(struct fl_snapshot *s, struct fl_process *p, u64 pgd) {
    u64 at = s->lo, e;
    __builtin_memset(p->entry, 0, sizeof p->entry);
    e = word_at(pgd + ((at >> 39) & 511) * 8);
    if (!(e & 1)) return;
    e = word_at(s->direct_map + (e & FRAME_BITS) + ((at >> 30) & 511) * 8);
    if (!(e & 1)) return;
    e = word_at(s->direct_map + (e & FRAME_BITS) + ((at >> 21) & 511) * 8);
    if (!(e & 1)) return;
    bpf_probe_read_kernel(p->entry, sizeof p->entry,
                          (void *)(s->direct_map + (e & FRAME_BITS) + ((at >> 12) & 511) * 8));
}
static __always_inline void read_process(struct fl_snapshot *s, u32 row, struct task_struct *task) {
    struct mm_struct *mm = BPF_CORE_READ(task, mm);
    if (row >= FL_PROCESSES || !mm) return;
    struct fl_process *p = &s->process[row];
    p->found = 1;
    p->map_count = BPF_CORE_READ(mm, map_count);
    p->locked_vm = BPF_CORE_READ(mm, locked_vm);
    p->brk = BPF_CORE_READ(mm, brk);
    p->rss_anon = rss_anon(s, task, mm);
    read_tables(s, p, (u64)BPF_CORE_READ(mm, pgd));
}

struct walk {
    struct fl_snapshot *s;
    struct fl_vma *v;
    u64 at, head;
};
static int read_link(u32 i, void *context) {
    struct walk *w = context;
    if (w->at == w->head || w->at == 0) return 1;
    struct anon_vma_chain *link =
        (void *)(w->at - bpf_core_field_offset(struct anon_vma_chain, same_vma));
    struct anon_vma *a = BPF_CORE_READ(link, anon_vma);
    if (i >= FL_CHAIN) return 1;
    struct fl_anon_vma *out = &w->v->chain[i];
    out->self = (u64)a;
    out->root = (u64)BPF_CORE_READ(a, root);
    out->parent = (u64)BPF_CORE_READ(a, parent);
    out->num_children = BPF_CORE_READ(a, num_children);
    out->num_active_vmas = BPF_CORE_READ(a, num_active_vmas);
    out->refcount = BPF_CORE_READ(a, refcount.counter);
    w->v->links = i + 1;
    w->at = (u64)BPF_CORE_READ(link, same_vma.next);
    return 0;
}
// `head`: the list head of the VMA itself, for `vma` may be a copy.
static __always_inline void read_vma(struct fl_snapshot *s, struct vm_area_struct *vma, u32 row,
                                     u64 head) {
    u32 n = s->vma_count;
    if (n >= FL_VMAS) {
        s->problems |= FL_TOO_MANY_VMAS;
        return;
    }
    struct fl_vma *v = &s->vma[n];
    v->process = row;
    v->links = 0;
    v->start = BPF_CORE_READ(vma, vm_start);
    v->end = BPF_CORE_READ(vma, vm_end);
    v->pgoff = BPF_CORE_READ(vma, vm_pgoff);
    v->flags = BPF_CORE_READ(vma, vm_flags);
    v->anon_vma = (u64)BPF_CORE_READ(vma, anon_vma);
    struct walk w = {.s = s, .v = v, .at = (u64)BPF_CORE_READ(vma, anon_vma_chain.next),
                     .head = head};
    bpf_loop(FL_CHAIN + 1, read_link, &w, 0);
    if (w.at != w.head) s->problems |= FL_TOO_MANY_LINKS;
    s->vma_count = n + 1;
}

// Kernels with these kfuncs (6.7 on) are read in one go.
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *p) __ksym __weak;
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task,
                                 u64 address) __ksym __weak;
extern struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it) __ksym __weak;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it) __ksym __weak;

SEC("syscall")
int look_at_processes(void *context) {
    struct fl_snapshot *s = the_snapshot();
    if (!s) return 1;
    s->vma_count = s->problems = 0;
    for (u32 i = 0; i < FL_PROCESSES; ++i) {
        if (i >= s->process_count) break;
        s->process[i].found = 0;
        struct task_struct *task = bpf_task_from_pid(s->pid[i]);
        if (!task) {
            s->problems |= FL_NO_TASK;
            continue;
        }
        read_process(s, i, task);
        struct bpf_iter_task_vma it;
        struct vm_area_struct *vma;
        if (bpf_iter_task_vma_new(&it, task, s->lo)) s->problems |= FL_BUSY;
        while ((vma = bpf_iter_task_vma_next(&it))) {
            if (vma->vm_start >= s->hi) break;
            // The iterator hands out a copy of the VMA: the list knows where its head is.
            struct list_head *last = BPF_CORE_READ(vma, anon_vma_chain.prev);
            read_vma(s, vma, i, (u64)BPF_CORE_READ(last, next));
        }
        bpf_iter_task_vma_destroy(&it);
        bpf_task_release(task);
    }
    return 0;
}

// Older kernels: two iterators, run for one process at a time.
static __always_inline u32 row_of(struct fl_snapshot *s, u32 pid) {
    for (u32 i = 0; i < FL_PROCESSES; ++i)
        if (i < s->process_count && s->pid[i] == pid) return i;
    return FL_PROCESSES;
}
SEC("iter/task")
int look_at_task(struct bpf_iter__task *context) {
    struct task_struct *task = context->task;
    struct fl_snapshot *s = the_snapshot();
    if (!task || !s || task->pid != task->tgid) return 0;
    read_process(s, row_of(s, task->pid), task);
    return 0;
}
SEC("iter/task_vma")
int look_at_vma(struct bpf_iter__task_vma *context) {
    struct vm_area_struct *vma = context->vma;
    struct task_struct *task = context->task;
    struct fl_snapshot *s = the_snapshot();
    if (!vma || !task || !s || task->pid != task->tgid) return 0;
    if (vma->vm_end <= s->lo || vma->vm_start >= s->hi) return 0;
    u32 row = row_of(s, task->pid);
    if (row >= FL_PROCESSES) return 0;
    read_vma(s, vma, row, (u64)&vma->anon_vma_chain);
    return 0;
}

static int read_frame(u32 i, void *context) {
    struct fl_snapshot *s = *(struct fl_snapshot **)context;
    if (i >= FL_FRAMES || i >= s->frame_count) return 1;
    u64 pfn = s->pfn[i];
    struct fl_frame *f = &s->frame[i];
    bpf_probe_read_kernel(f->page, sizeof f->page, (void *)(s->page_array + pfn * 64));
    f->first = word_at(s->direct_map + (pfn << 12));
    f->last = word_at(s->direct_map + (pfn << 12) + 4088);
    return 0;
}
SEC("syscall")
int look_at_frames(void *context) {
    struct fl_snapshot *s = the_snapshot();
    if (!s) return 1;
    bpf_loop(FL_FRAMES, read_frame, &s, 0);
    return 0;
}
// Once, on the CPU that will look: places that differ between kernels and machines.
SEC("syscall")
int look_around(void *context) {
    struct fl_snapshot *s = the_snapshot();
    if (!s) return 1;
    look_for_cpu_offset(s);
    s->bit_lru = bpf_core_enum_value(enum pageflags, PG_lru);
    s->bit_reserved = bpf_core_enum_value(enum pageflags, PG_reserved);
    s->bit_exclusive = 64;
    if (bpf_core_enum_value_exists(enum pageflags, PG_anon_exclusive))
        s->bit_exclusive = bpf_core_enum_value(enum pageflags, PG_anon_exclusive);
    return 0;
}
