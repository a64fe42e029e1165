// fuzz/conform/export_c.cpp - the table of an exported C file; see export_c.hpp.
//
// Why: the reference runs beside and says what each line must answer, and where an mmap that lets
//      the kernel choose is put, for a whole process has more room than the arena.
#include "fuzz/conform/export_c.hpp"

#include <algorithm>
#include <array>

#include "fuzz/reference/perform.hpp"
#include "fuzz/shrink/trace_records.hpp"

namespace faultline::fuzz {
namespace {

constexpr std::array<std::string_view, 17> headers{
    "errno.h", "fcntl.h", "linux/io_uring.h", "sched.h", "setjmp.h", "signal.h", "stdint.h",
    "stdio.h", "stdlib.h", "string.h", "sys/mman.h", "sys/prctl.h", "sys/syscall.h", "sys/uio.h",
    "sys/wait.h", "ucontext.h", "unistd.h"};
std::string head_lines() {
    std::string out = "\n#define _GNU_SOURCE\n";
    for (const std::string_view h : headers) out += "#include <" + std::string(h) + ">\n";
    return out;
}
/// A C string literal.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}
std::string prot_text(const Record& r) {
    std::string out;
    const auto add = [&](RecordFlag f, const char* name) {
        if (r.has(f)) out += (out.empty() ? "" : " | ") + std::string(name);
    };
    add(flag_read, "PROT_READ");
    add(flag_write, "PROT_WRITE");
    add(flag_exec, "PROT_EXEC");
    return out.empty() ? "PROT_NONE" : out;
}
std::string move_text(const Record& r) {
    std::string out;
    const auto add = [&](RecordFlag f, const char* name) {
        if (r.has(f)) out += (out.empty() ? "" : " | ") + std::string(name);
    };
    add(flag_maymove, "MREMAP_MAYMOVE");
    add(flag_fixed, "MREMAP_FIXED");
    add(flag_dontunmap, "MREMAP_DONTUNMAP");
    return out.empty() ? "0" : out;
}
struct AdviceName {
    int op;
    const char *verb, *flags;
};
constexpr std::array<AdviceName, 6> advice_names{{{op_dontfork, "MADVISE", "MADV_DONTFORK"},
                                                  {op_dofork, "MADVISE", "MADV_DOFORK"},
                                                  {op_wipeonfork, "MADVISE", "MADV_WIPEONFORK"},
                                                  {op_keeponfork, "MADVISE", "MADV_KEEPONFORK"},
                                                  {op_mlock, "MLOCK", "0"},
                                                  {op_munlock, "MUNLOCK", "0"}}};

/// A field of a row of the table.
using Fields = std::vector<std::pair<const char*, std::string>>;

class Exporter {
  public:
    Exporter(const Trace& trace, const std::string& name) : trace_(trace), name_(name) {}
    std::string run(std::string& problem);

  private:
    void make_whole();
    void row(const Operation& op, const Record& r, const Answered& a);
    bool call(const Record& r, const Answered& a, Fields& f);
    bool heap(const Record& r, const Answered& a, Fields& f);
    void place(const Record& r, const Answered& a, Fields& f);
    static std::string number(long n) { return std::to_string(n); }

    Trace trace_;
    const std::string& name_;
    bool scheduled_ = false, refused_ = false;
    std::string rows_, notes_, notes_line_;
    std::array<int, 256> pinned_{}, heap_end_{};   ///< by row
};

/// Calls in one piece, none refused memory.
void Exporter::make_whole() {
    std::erase_if(trace_.items, [&](const Item& item) {
        const bool step = std::holds_alternative<ScheduledStep>(item.what);
        scheduled_ = scheduled_ || step;
        return !std::holds_alternative<Operation>(item.what) ||
               std::get<Operation>(item.what).verb == Verb::handle_load;
    });
    for (Item& item : trace_.items) {
        Operation& op = std::get<Operation>(item.what);
        refused_ = refused_ || op.deny != 0;
        op.begin = false;
        op.deny = 0;
        op.task = -1;
    }
}
void Exporter::place(const Record& r, const Answered& a, Fields& f) {
    std::string flags = r.has(flag_grows) ? "MAP_GROWSDOWN" : "0";
    const bool chosen = r.op == op_mmap || r.op == op_mmap_hint;
    if (r.op == op_mmap_fixed) flags += " | MAP_FIXED";
    else flags += " | MAP_FIXED_NOREPLACE";
    f.emplace_back("page", number(chosen && a.result == res_ok ? a.page : r.page));
    f.emplace_back("pages", number(r.end - r.page));
    f.emplace_back("flags", prot_text(r));
    f.emplace_back("map", flags);
}
/// A program's heap is elsewhere: the range is mapped and unmapped as brk would.
bool Exporter::heap(const Record& r, const Answered& a, Fields& f) {
    const int old = heap_end_[r.who];
    if (a.result == res_ok) heap_end_[r.who] = r.end;
    const int lo = std::min<int>(old, r.end), hi = std::max<int>(old, r.end);
    f = {{"verb", lo == hi || a.result != res_ok ? "NOTHING" : r.end > old ? "MMAP" : "MUNMAP"},
         {"page", number(lo)}, {"pages", number(hi - lo)}, {"flags", "PROT_READ | PROT_WRITE"},
         {"map", "MAP_FIXED_NOREPLACE"}};
    return a.result == res_ok;
}
bool Exporter::call(const Record& r, const Answered& a, Fields& f) {
    const auto range = [&](const char* verb, const std::string& flags) {
        f = {{"verb", verb}, {"page", number(r.page)}, {"pages", number(r.end - r.page)},
             {"flags", flags}};
    };
    switch (verb_row(r.verb)) {
        case operation_id<OpMmap>():
            f = {{"verb", "MMAP"}};
            place(r, a, f);
            return !(r.op != op_mmap_fixed && a.result == res_enomem);   // a process has room
        case operation_id<OpMunmap>(): range("MUNMAP", "0"); return true;
        case operation_id<OpMprotect>(): range("MPROTECT", prot_text(r)); return true;
        case operation_id<OpDontneed>(): range("MADVISE", "MADV_DONTNEED"); return true;
        case operation_id<OpAdvise>():
            for (const AdviceName& n : advice_names)
                if (n.op == r.op) range(n.verb, n.flags);
            return true;
        case operation_id<OpMremap>():
            range("MREMAP", move_text(r));
            f.emplace_back("size", number(r.span));
            // A place that was searched for is given here.
            f.emplace_back("to", number(r.has(flag_fixed) ? r.to : a.page));
            if (!r.has(flag_fixed) && a.result == res_ok && a.page != r.page)
                f[3].second += " | MREMAP_FIXED";
            return !(a.result == res_enomem && !r.has(flag_fixed));
        case operation_id<OpFork>():
            if (a.child >= 0) heap_end_[static_cast<std::size_t>(a.child)] = heap_end_[r.who];
            f = {{"verb", "FORK"}, {"child", number(a.child)}};
            return true;
        case operation_id<OpExit>(): f = {{"verb", "EXIT"}}; return true;
        case operation_id<OpGup>():
        case operation_id<OpGupFast>(): {
            const bool offered = (r.gup == gup_pin) == r.has(flag_write);
            f = {{"verb", !offered ? "NOTHING" : r.gup == gup_pin ? "PIN" : "GET"},
                 {"page", number(r.page)}};
            if (a.handle >= 0) pinned_[static_cast<std::size_t>(a.handle)] = r.page;
            if (!offered) notes_ += " * No call of Linux keeps such a reference: " + notes_line_;
            return offered;
        }
        case operation_id<OpUnpin>(): f = {{"verb", "RELEASE"}}; return true;
        case operation_id<OpDma>():
            f = {{"verb", "DMA"}, {"page", number(pinned_[r.who])}, {"value", number(r.value)}};
            return true;
        case operation_id<OpFault>():
            f = {{"verb", r.has(flag_exec) ? "FETCH" : r.has(flag_write) ? "TOUCH" : "LOAD"},
                 {"page", number(r.page)}, {"value", "-1"}};
            return !r.has(flag_exec);   // the reference stops after one fault, a fetch goes on
        case operation_id<OpStore>():
        case user_write:
            f = {{"verb", "STORE"}, {"page", number(r.page)}, {"value", number(r.value)}};
            return true;
        case user_load:
            f = {{"verb", "LOAD"}, {"page", number(r.page)}, {"value", number(a.value)}};
            return true;
        case user_fetch: f = {{"verb", "FETCH"}, {"page", number(r.page)}}; return true;
        case operation_id<OpBrk>(): return heap(r, a, f);
        default: f = {{"verb", "NOTHING"}}; return false;   // drain
    }
}
void Exporter::row(const Operation& op, const Record& r, const Answered& a) {
    notes_line_ = write_operation(op, false) + "\n";
    Fields f;
    const bool checked = call(r, a, f) && !scheduled_ && !refused_ && !a.blocked;
    const auto& info = result_infos[static_cast<std::size_t>(a.result)];
    const bool fault_end = a.result >= res_zero_mapped && a.result <= res_raced;
    rows_ += "    {";
    for (const auto& [name, value] : f)
        rows_ += "." + std::string(name) + " = " + value + ", ";
    rows_ += ".who = " + number(r.who) + ", .handle = " + number(a.handle) +
             (f[0].second == "FORK" ? "" : ", .child = -1");
    const bool at = f[0].second == "MMAP" || f[0].second == "MREMAP";
    const bool places = at && verb_row(r.verb) != operation_id<OpBrk>() && a.result == res_ok;
    rows_ += ",\n     .place = " + number(places && checked ? a.page : -1) + ", .expected = " +
             (checked ? quoted(fault_end ? "0" : info.text) : "0") + ",\n     .line = " +
             quoted(write_operation(op, false)) + "},\n";
}
std::string Exporter::run(std::string& problem) {
    make_whole();
    Arena arena;
    const auto records = records_of_trace(trace_, arena, problem);
    if (!records || records->size() != trace_.items.size()) {
        if (problem.empty()) problem = "a line that no program can perform";
        return {};
    }
    const auto machine = make_reference(arena.bounds);
    if (!machine->reset(arena.limits, arena.rules, problem)) return {};
    for (std::size_t i = 0; i < records->size(); ++i) {
        const Operation& op = std::get<Operation>(trace_.items[i].what);
        row(op, (*records)[i], machine->apply((*records)[i]));
    }
    std::string out = "/* " + name_ + " - " + trace_.title +
                      "\n *\n * Written by `faultline export`. Expected is what " +
                      in_words(arena.rules).text() +
                      " answers.\n * Places that the kernel would choose are given, the arena is at"
                      " a fixed address.\n";
    if (scheduled_)
        out += " * The trace stops calls in the middle; no program can do that. They are\n"
               " * performed whole, in the order they begin, and answers are not checked.\n";
    if (refused_)
        out += " * The trace refuses memory to a call; here it has it. Nothing is checked.\n";
    if (arena.limits.stack_guard_gap != bounds_live.stack_guard_gap)
        out += " * Limits are scaled in the trace (guard gap, locked memory, map count): where an\n"
               " * answer depends on one, this kernel's own limit gives another.\n";
    if (rows_.find("\"P") == std::string::npos) out += " * Nothing happens.\n";
    out += notes_ + " *\n * cc -Wall -o trace trace.c && ./trace\n */" + head_lines();
    out += std::string(export_c_before) + "static const struct operation table[] = {\n" + rows_;
    out += "};\nenum { COUNT = sizeof table / sizeof table[0] };\n";
    out += export_c_after;
    return out;
}

}  // namespace

std::string export_c(const Trace& trace, const std::string& name, std::string& problem) {
    return Exporter(trace, name).run(problem);
}

}  // namespace faultline::fuzz
