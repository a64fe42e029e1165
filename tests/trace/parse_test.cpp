// tests/trace/parse_test.cpp - what is read, what is written, and what is said of a text that is
// wrong.
//
// Why: every complaint is one line "file:line: expected X, found Y"; the table below is what a user
//      will see.
#include <gtest/gtest.h>

#include "spec/trace.hpp"

namespace faultline {
namespace {

struct Bad {
    const char* text;   ///< after the first line
    const char* error;  ///< after "t.fl:"
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.text; }

class Errors : public testing::TestWithParam<Bad> {};
TEST_P(Errors, SayWhereAndWhat) {
    Trace trace;
    TraceError error;
    const std::string text = std::string("faultline trace 1\n") + GetParam().text;
    ASSERT_FALSE(parse_trace(text, "t.fl", trace, error)) << write_trace(trace);
    EXPECT_EQ(error.text(), std::string("t.fl:") + GetParam().error);
    EXPECT_EQ(error.text().find('\n'), std::string::npos);
}
constexpr Bad bad_texts[] = {
    {"kernel linux_9_9\n",
     "2: expected a kernel (linux_5_10, linux_6_1, linux_6_12, linux_6_18), found 'linux_9_9'"},
    {"kernel\n",
     "2: expected a kernel (linux_5_10, linux_6_1, linux_6_12, linux_6_18), found the "
     "end of the line"},
    {"kernel linux_6_1\nkernel linux_6_1\n", "3: expected kernel only once, found 'linux_6_1'"},
    {"rule cow=yes\n", "2: expected a rule (see faultline list), found 'cow=yes'"},
    {"rule gup_unshare=maybe\n", "2: expected gup_unshare=no or yes, found 'gup_unshare=maybe'"},
    {"rule\n", "2: expected rule=option, found the end of the line"},
    {"bounds b1 frames=99\n", "2: expected frames of at most 3, found 'frames=99'"},
    {"bounds b1 stripes=1\n", "2: expected limit=number, found 'stripes=1'"},
    {"bounds b1 frames=0\n",
     "2: expected limits that fit (every table needs a row), found 'frames=0'"},
    {"title\n", "2: expected the text of title, found the end of the line"},
    {"engines fly\n", "2: expected 'run', 'explore' or 'prove', found 'fly'"},
    {"explore ops=fork\n", "2: expected 'prefix=number', found 'ops=fork'"},
    {"claim rmap\n", "2: expected a claim id 'area.positive-fact', found 'rmap'"},
    {"colour red\n",
     "2: expected a header line (title, kernel, rule, bounds, ...) or an operation, "
     "found 'colour'"},
    {"\nP0 drop 0+1\n", "3: expected an operation (mmap, munmap, store, fork, ...), found 'drop'"},
    {"P0\n",
     "2: expected an operation (mmap, munmap, store, fork, ...), found the end of the line"},
    {"P0 munmap 0\n", "2: expected a range 'page+pages', found '0'"},
    {"P0 munmap 0+0\n", "2: expected a range of at least one page, found '0+0'"},
    {"P0 munmap 0+x\n", "2: expected a number of pages (0 to 65535), found 'x'"},
    {"P0 munmap 99999999999999999999+1\n",
     "2: expected a page (0 to 65535), found '99999999999999999999'"},
    {"P0 munmap -1+1\n", "2: expected a page (0 to 65535), found '-1'"},
    {"P0 munmap 007+1\n", "2: expected a number without leading zeros, found '007'"},
    {"P0 mmap 0+1 wr\n", "2: expected a protection (rwx, rw, r, ... or none), found 'wr'"},
    {"P0 mmap 0+1 rw private\n", "2: expected 'anon', found the end of the line"},
    {"P0 mmap 0+1 rw shared\n", "2: expected 'anon', found the end of the line"},
    {"P0 mmap 0+1 rw ->\n",
     "2: expected a result (0, a page, @name, P1, H0, ENOMEM, copied, blocked, "
     "...), found the end of the line"},
    {"P0 mmap 0+1 rw -> EBADLUCK\n",
     "2: expected a result (0, a page, @name, P1, H0, ENOMEM, copied, "
     "blocked, ...), found 'EBADLUCK'"},
    {"P0 madvise 0+1 willneed\n",
     "2: expected an advice (dontneed, dontfork, dofork, wipeonfork, "
     "keeponfork), found 'willneed'"},
    {"P0 mremap 0+1\n", "2: expected 'size', found the end of the line"},
    {"P0 store 0\n", "2: expected '=', found the end of the line"},
    {"P0 pin 0 fetch\n", "2: expected 'read' or 'write', found 'fetch'"},
    {"P0 fault 0 poke\n", "2: expected 'read', 'write' or 'fetch', found 'poke'"},
    {"P0 load @a[\n", "2: expected '@name[page]', found '@a['"},
    {"P0 load @A\n", "2: expected a name of small letters after '@', found '@A'"},
    {"P0 fork deny 0\n", "2: expected an allocating step counted from 1, found '0'"},
    {"P0 fork -> P1 -> P1\n",
     "2: expected 'begin', 'deny', '->' or the end of the line, found '->'"},
    {"H0 fork\n", "2: expected 'load', 'store' or 'release', found 'fork'"},
    {"T0 sing\n",
     "2: expected a step (fault.install, fork.share, run, ...) or an operation, found 'sing'"},
    {"T0 run begin\n", "2: expected 'deny', '->' or the end of the line, found 'begin'"},
    {"expect luck = 1\n",
     "2: expected a question (refcount, mapcount, exclusive, vmas, violated, ...), found 'luck'"},
    {"expect refcount P0 = 1\n", "2: expected a page of a process 'P0:0', found 'P0'"},
    {"expect vmas P0\n", "2: expected '=', found the end of the line"},
    {"expect exclusive P0:0 = 1\n", "2: expected the end of the line, found '='"},
    {"expect not violated a.b\n", "2: expected a question that can be negated, found 'violated'"},
    {"expect entry P0:0 = gone\n",
     "2: expected 'none', 'zero', 'present' or 'swap', found 'gone'"},
    {"P0 fork\nkernel linux_6_1\n", "3: expected an operation, a step or 'expect', found 'kernel'"},
    {"P0 fo\x01rk\n", "2: expected printable text, found 'a control character'"},
};
INSTANTIATE_TEST_SUITE_P(Table, Errors, testing::ValuesIn(bad_texts));

TEST(Parse, NeedsItsFirstLine) {
    Trace trace;
    TraceError error;
    EXPECT_FALSE(parse_trace("", "t.fl", trace, error));
    EXPECT_EQ(error.text(),
              "t.fl:1: expected 'faultline trace 1' on the first line, found 'the end of "
              "the file'");
    EXPECT_FALSE(parse_trace("# hello\n", "t.fl", trace, error));
    EXPECT_EQ(error.line, 1);
    EXPECT_FALSE(parse_trace("faultline trace 2\n", "t.fl", trace, error));
    EXPECT_FALSE(load_trace("/nowhere/at/all.fl", trace, error));
    EXPECT_EQ(error.text(), "/nowhere/at/all.fl:1: expected a readable file, found none");
}
constexpr const char* everything = R"(faultline trace 1
# a remark
title one of each # not a comment
kernel linux_6_1
rule anon_vma_reuse=degree
rule gup_unshare=no
bounds b2 frames=3 pages=2
exhibit M99
commit 0123456789ab some words
source linux mm/rmap.c:anon_vma_clone@v6.1
claim rmap.complete
engines run explore prove
explore prefix=6 ops=fork,exit
fixed anon_vma_reuse=split gup_unshare=yes

P0 mmap 2 rw private anon -> @a
P0 mmap 0+2 none growsdown private anon -> 0
P0 mmap fixed 1+1 r private anon deny 2 -> ENOMEM
P0 mmap noreplace @a[1]+1 rwx private anon -> EEXIST
P0 munmap @a+2 -> 0
P0 mprotect 0+1 rx
P0 madvise 0+2 wipeonfork -> ?
P0 mlock 0+1
P0 munlock 0+1
P0 brk 2 -> 2
P0 mremap 0+1 size 2 maymove fixed @a[1] dontunmap -> 3
P0 load 0 = 1
P0 load 0 -> SIGSEGV/MAPERR
P0 store 0 = 1 deny -> OOM
P0 fetch 0
P0 fault 0 write -> copied
# between
T1 P0 fork begin -> P1
T1 fork.check
T1 fork.copy deny -> ENOMEM
T1 run deny 3 -> blocked
P0 exit -> 0
P0 pin 0 write -> H0
P0 get_fast 0 read begin
H0 store 2
H0 load = 1
H0 release
drain
expect refcount P0:@a[1] = 2
expect not exclusive P0:0
expect same-frame H0 P1:0
expect entry P0:0 = none
expect prot P0:0 = rwx
expect range P0:0 = 0+2
expect anon_vmas = 2
expect vmas P1 = 2
expect violated rmap.complete
)";
TEST(Write, OneOfEachIsCanonical) {
    Trace trace;
    TraceError error;
    ASSERT_TRUE(parse_trace(everything, "t.fl", trace, error)) << error.text();
    EXPECT_EQ(write_trace(trace), everything);
    EXPECT_EQ(trace.expected_violation(), "rmap.complete");
    EXPECT_EQ(trace.prefix(3).items.size(), 3u);
    EXPECT_EQ(trace.prefix(1000).items.size(), 27u);
}
TEST(Write, SpacesOrderAndEndsOfLinesDoNotMatter) {
    Trace one, two;
    TraceError error;
    ASSERT_TRUE(parse_trace("faultline trace 1\nP0 fork begin deny -> P1\n", "a", one, error));
    ASSERT_TRUE(parse_trace("faultline  trace\t1\r\n\r\n  P0 fork -> P1 deny   begin # why\r\n\r\n",
                            "b", two, error))
        << error.text();
    EXPECT_EQ(one, two);
}

}  // namespace
}  // namespace faultline
