// spec/trace_words.hpp - the words of the trace format, for its reader and its writer alike.
//
// Why: a word that is spelt in one table cannot be written one way and read another.
#pragma once
#include <array>
#include <string_view>

#include "spec/trace.hpp"

namespace faultline::trace_words {

/// What follows a verb on its line.
enum class Form {
    mmap,
    range,
    range_prot,
    range_advice,
    page,
    mremap,
    access,
    load,
    store,
    nothing,
    handle_load,
    handle_store,
    handle,
    machine,
    frame,
    device,
    file,
    file_open,
    file_page,
    file_read,
    file_write,
    file_size,
    file_range,
    file_seal
};
struct VerbWord {
    Verb verb;
    std::string_view word;
    Form form;
};
inline constexpr std::array<VerbWord, 39> verbs{{
    {Verb::mmap, "mmap", Form::mmap},
    {Verb::munmap, "munmap", Form::range},
    {Verb::mprotect, "mprotect", Form::range_prot},
    {Verb::madvise, "madvise", Form::range_advice},
    {Verb::mlock, "mlock", Form::range},
    {Verb::munlock, "munlock", Form::range},
    {Verb::brk, "brk", Form::page},
    {Verb::mremap, "mremap", Form::mremap},
    {Verb::load, "load", Form::load},
    {Verb::store, "store", Form::store},
    {Verb::fetch, "fetch", Form::page},
    {Verb::fault, "fault", Form::access},
    {Verb::fork, "fork", Form::nothing},
    {Verb::exit, "exit", Form::nothing},
    {Verb::pin, "pin", Form::access},
    {Verb::get, "get", Form::access},
    {Verb::pin_fast, "pin_fast", Form::access},
    {Verb::get_fast, "get_fast", Form::access},
    {Verb::handle_load, "load", Form::handle_load},
    {Verb::handle_store, "store", Form::handle_store},
    {Verb::release, "release", Form::handle},
    {Verb::drain, "drain", Form::machine},
    {Verb::reclaim, "reclaim", Form::frame},
    {Verb::free_swap, "free_swap", Form::frame},
    {Verb::swapon, "swapon", Form::device},
    {Verb::swapoff, "swapoff", Form::device},
    {Verb::unuse, "unuse", Form::page},
    {Verb::swapoff_end, "swapoff_end", Form::device},
    {Verb::open, "open", Form::file_open},
    {Verb::close, "close", Form::file},
    {Verb::evict, "evict", Form::file},
    {Verb::pwrite, "pwrite", Form::file_write},
    {Verb::pread, "pread", Form::file_read},
    {Verb::truncate, "truncate", Form::file_size},
    {Verb::punch, "punch", Form::file_range},
    {Verb::fallocate, "fallocate", Form::file_range},
    {Verb::seal, "seal", Form::file_seal},
    {Verb::clean, "clean", Form::file_page},
    {Verb::drop_page, "drop_page", Form::file_page},
}};
constexpr bool on_handle(Form f) {
    return f == Form::handle_load || f == Form::handle_store || f == Form::handle;
}
/// Calls on files, and what is done to a page of one.
constexpr bool on_file(Form f) { return f >= Form::file; }
inline constexpr std::array<std::string_view, 5> advices{"dontneed", "dontfork", "dofork",
                                                         "wipeonfork", "keeponfork"};
inline constexpr std::array<std::string_view, 3> accesses{"read", "write", "fetch"};

inline constexpr std::array<std::string_view, 3> file_kinds{"file", "tmpfs", "memfd"};
inline constexpr std::array<std::string_view, 6> seals{"seal",  "shrink", "grow",
                                                       "write", "future", "exec"};

/// How a query is answered.
enum class Shape { number, truth, entry, prot, range, claim };
struct QueryWord {
    Query query;
    std::string_view word;
    int subjects;
    bool process_only;  ///< the subject is a process, not a page of it
    Shape shape;
    bool file_only = false;  ///< the subject is a file, not a page of it
};
inline constexpr std::array<QueryWord, 40> queries{{
    {Query::refcount, "refcount", 1, false, Shape::number},
    {Query::mapcount, "mapcount", 1, false, Shape::number},
    {Query::exclusive, "exclusive", 1, false, Shape::truth},
    {Query::same_frame, "same-frame", 2, false, Shape::truth},
    {Query::writable, "writable", 1, false, Shape::truth},
    {Query::entry, "entry", 1, false, Shape::entry},
    {Query::prot, "prot", 1, false, Shape::prot},
    {Query::range, "range", 1, false, Shape::range},
    {Query::pgoff, "pgoff", 1, false, Shape::number},
    {Query::chain, "chain", 1, false, Shape::number},
    {Query::visits, "visits", 1, false, Shape::number},
    {Query::same_anon_vma, "same-anon-vma", 2, false, Shape::truth},
    {Query::active, "active", 1, false, Shape::number},
    {Query::children, "children", 1, false, Shape::number},
    {Query::batched, "batched", 1, false, Shape::truth},
    {Query::lru, "lru", 1, false, Shape::truth},
    {Query::anon_vmas, "anon_vmas", 0, false, Shape::number},
    {Query::frames, "frames", 0, false, Shape::number},
    {Query::vmas, "vmas", 1, true, Shape::number},
    {Query::rss, "rss", 1, true, Shape::number},
    {Query::locked, "locked", 1, true, Shape::number},
    {Query::vm_fault, "vm_fault", 0, false, Shape::number},
    {Query::min_flt, "min_flt", 0, false, Shape::number},
    {Query::maj_flt, "maj_flt", 0, false, Shape::number},
    {Query::pgfault, "pgfault", 0, false, Shape::number},
    {Query::swapcount, "swapcount", 1, false, Shape::number},
    {Query::swapcache, "swapcache", 1, false, Shape::truth},
    {Query::dirty, "dirty", 1, false, Shape::truth},
    {Query::swap, "swap", 1, true, Shape::number},
    {Query::slots, "slots", 0, false, Shape::number},
    {Query::major, "major", 0, false, Shape::truth},
    {Query::rss_file, "rss_file", 1, true, Shape::number},
    {Query::rss_shmem, "rss_shmem", 1, true, Shape::number},
    {Query::writeback, "writeback", 1, false, Shape::truth},
    {Query::cached, "cached", 1, false, Shape::truth},
    {Query::data, "data", 1, false, Shape::truth},
    {Query::size, "size", 1, false, Shape::number, true},
    {Query::blocks, "blocks", 1, false, Shape::number, true},
    {Query::writers, "writers", 1, false, Shape::number, true},
    {Query::violated, "violated", 0, false, Shape::claim},
}};
inline constexpr std::array<std::string_view, 4> entry_kinds{"none", "zero", "present", "swap"};
inline constexpr std::array<std::string_view, 3> engines{"run", "explore", "prove"};

inline const VerbWord& word_of(Verb verb) { return verbs[static_cast<std::size_t>(verb)]; }
inline const QueryWord& word_of(Query query) { return queries[static_cast<std::size_t>(query)]; }

constexpr bool in_order() {
    for (std::size_t i = 0; i < verbs.size(); ++i)
        if (verbs[i].verb != static_cast<Verb>(i)) return false;
    for (std::size_t i = 0; i < queries.size(); ++i)
        if (queries[i].query != static_cast<Query>(i)) return false;
    return true;
}
static_assert(in_order(), "tables are indexed by their enumerations");

/// Bounds that a header may override: every field, by name.
struct LimitField {
    std::string_view name;
    int Bounds::*field;
    bool capacity;  ///< a table's size: may only shrink
};
inline constexpr std::array<LimitField, 20> limit_fields{{
    {"mms", &Bounds::mms, true},
    {"vmas", &Bounds::vmas, true},
    {"pages", &Bounds::pages, true},
    {"frames", &Bounds::frames, true},
    {"anon_vmas", &Bounds::anon_vmas, true},
    {"tasks", &Bounds::tasks, true},
    {"handles", &Bounds::handles, true},
    {"values", &Bounds::values, true},
    {"slots", &Bounds::slots, true},
    {"swap_devices", &Bounds::swap_devices, true},
    {"inodes", &Bounds::inodes, true},
    {"inode_pages", &Bounds::inode_pages, true},
    {"stack_guard_gap", &Bounds::stack_guard_gap, false},
    {"stack_limit", &Bounds::stack_limit, false},
    {"memlock_limit", &Bounds::memlock_limit, false},
    {"map_count_limit", &Bounds::map_count_limit, false},
    {"move_slack", &Bounds::move_slack, false},
    {"target_slack", &Bounds::target_slack, false},
    {"pin_bias", &Bounds::pin_bias, true},
    {"batch_size", &Bounds::batch_size, false},
}};

}  // namespace faultline::trace_words
