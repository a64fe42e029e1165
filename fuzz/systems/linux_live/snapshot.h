// fuzz/systems/linux_live/snapshot.h - what the BPF programs are asked and what they found.
//
// Why: the one map both sides see, in words of 8 and 4 bytes. BPF reads and never interprets: what
//      an entry or a flag means is said in C++, by the codecs of spec/x86_64.
#ifndef FAULTLINE_LIVE_SNAPSHOT_H
#define FAULTLINE_LIVE_SNAPSHOT_H

#define FL_PROCESSES 16
#define FL_PAGES 64     /* of the arena, all in one page table */
#define FL_VMAS 1024    /* of all processes */
#define FL_CHAIN 48
#define FL_FRAMES 2048

typedef unsigned long long fl_u64;
typedef unsigned int fl_u32;

struct fl_anon_vma {
    fl_u64 self, root, parent, num_children, num_active_vmas;
    fl_u32 refcount, unused;
};
struct fl_vma {
    fl_u32 process, links;
    fl_u64 start, end, pgoff, flags, anon_vma;
    struct fl_anon_vma chain[FL_CHAIN]; /* as listed: newest first */
};
struct fl_process {
    fl_u64 entry[FL_PAGES];
    fl_u64 locked_vm, brk;
    long long rss_anon;
    fl_u32 map_count, found;
};
struct fl_frame {
    fl_u64 page[8]; /* struct page, word by word */
    fl_u64 first, last; /* of the contents */
};
struct fl_snapshot {
    /* asked */
    fl_u64 lo, hi;            /* addresses of the arena */
    fl_u64 direct_map, page_array;
    fl_u32 process_count, frame_count;
    fl_u32 here_descriptor, unused_asked;
    fl_u64 cpu_offset;        /* of per-CPU variables: here_value - here_base */
    fl_u32 pid[FL_PROCESSES];
    fl_u64 pfn[FL_FRAMES];
    /* found */
    fl_u64 here_base, here_value;
    fl_u32 vma_count, problems; /* FL_* below */
    fl_u32 bit_lru, bit_exclusive, bit_reserved, unused; /* of page->flags; 64: no such bit */
    struct fl_process process[FL_PROCESSES];
    struct fl_vma vma[FL_VMAS];
    struct fl_frame frame[FL_FRAMES];
};
enum {
    FL_NO_TASK = 1,
    FL_TOO_MANY_VMAS = 2,
    FL_BUSY = 4, /* the VMA iterator could not start: look again */
    FL_TOO_MANY_LINKS = 8
};
#endif
