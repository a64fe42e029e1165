// tests/recordings/forker.c - a small program that does a little of everything to its memory.
//
// Why: static, so that a recording of it (forker.flr) is short and the reference has room for it:
//      mappings that split, join, move and stay behind, a heap and a stack that grow, a fork whose
//      two sides write in turn, advice about forks, and one access that is not allowed.
//      cc -O1 -static -o forker forker.c && faultline record -o forker.flr -- ./forker
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096 };
static sigjmp_buf back;

static void on_signal(int number) {
    (void)number;
    siglongjmp(back, 1);
}
static char *map(int pages) {
    return mmap(0, (size_t)pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
}
static void write_each(volatile char *at, int pages, int step) {
    for (int n = 0; n < pages; n += step) at[n * page] = 1;
}
static int deep(int levels) {
    volatile char room[page];
    room[0] = (char)levels;
    return levels == 0 ? room[0] : deep(levels - 1) + room[0];
}

int main(void) {
    char *a = map(16), *b = map(8);
    volatile char read_only = 0;
    write_each(a, 16, 2);
    read_only += a[page];
    mprotect(a + 4 * page, 4 * page, PROT_READ);
    mprotect(a + 4 * page, 4 * page, PROT_READ | PROT_WRITE);
    munmap(a + 12 * page, 2 * page);
    write_each(b, 8, 1);
    b = mremap(b, 8 * page, 12 * page, MREMAP_MAYMOVE);
    b = mremap(b, 12 * page, 4 * page, 0);
    mremap(a, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    madvise(a + 4 * page, 2 * page, MADV_DONTNEED);
    madvise(a + 8 * page, page, MADV_DONTFORK);
    madvise(a + 9 * page, page, MADV_WIPEONFORK);
    mlock(b, page);
    free(malloc(40 * page));
    sbrk(6 * page);
    deep(40);
    for (int round = 0; round < 2; ++round) {
        int ends[2];
        char word = 0;
        if (pipe(ends) != 0) return 1;
        if (fork() == 0) {
            write_each(b, 2, 1);           // copies
            if (write(ends[1], &word, 1) != 1) _exit(1);
            munmap(a + 10 * page, page);
            _exit(0);
        }
        if (read(ends[0], &word, 1) != 1) return 1;
        write_each(b, 4, 1);               // one page is the parent's own again
        wait(0);
        write_each(a + 4 * page, 8, 1);
    }
    signal(SIGSEGV, on_signal);
    if (sigsetjmp(back, 1) == 0) a[12 * page] = 1;
    return read_only;
}
