// fuzz/systems/linux_live/bpf_eye.cpp - the internal tier: what the kernel itself holds.
//
// Why:     the one file that names libbpf. Two program runs a look: first VMAs, anon_vmas and page
//          tables, then the frames that the tables name.
// Source:  linux include/linux/mm_types.h:struct page@v6.1 and @v6.18 (flags, mapping, index,
//          _mapcount, _refcount are words 0, 3, 4 and 6); include/linux/page-flags.h
// Differs: addresses of the direct map and of struct page are those without randomization; a test
//          look finds out whether that is so.
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

#include "fuzz/systems/linux_live/embedded.hpp"
#include "fuzz/systems/linux_live/eye.hpp"
#include "fuzz/systems/linux_live/protocol.hpp"
#include "fuzz/systems/linux_live/snapshot.h"
#include "spec/kernel_bits.hpp"
#include "spec/x86_64/software.hpp"

#ifdef FAULTLINE_BPF_FILE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace faultline::live {
namespace {

using fuzz::Observation;

constexpr std::uint64_t default_direct_map = 0xffff888000000000, default_page_array =
                                                                     0xffffea0000000000;
constexpr std::uint64_t mapping_anon = 1, mapping_mask = 3;

int quiet(libbpf_print_level, const char*, va_list) { return 0; }

x86::Kernel running_kernel() {
    utsname name{};
    int major = 0, minor = 0;
    if (uname(&name) == 0) std::sscanf(name.release, "%d.%d", &major, &minor);
    const int version = major * 100 + minor;
    x86::Kernel k{};
    k.release = version >= 618   ? x86::Release::v6_18
                : version >= 606 ? x86::Release::v6_12
                : version >= 519 ? x86::Release::v6_1
                                 : x86::Release::v5_10;
    return k;
}

class BpfEye final : public Eye {
  public:
    ~BpfEye() override {
        for (auto& [pid, links] : links_) drop(links);
        if (s_ != nullptr) munmap(s_, mapped_);
        if (object_ != nullptr) bpf_object__close(object_);
    }
    bool open(std::string& why_not);

    std::string_view tier() const override { return "internal"; }
    std::uint32_t sees() const override {
        using namespace fuzz;
        return sees_everything & ~std::uint32_t(sees_fault_kind | sees_swap);
    }
    bool look(std::span<const Watched> processes, int pages, std::span<const Kept> kept,
              Observation& out, std::string& problem) override;
    void weigh(Watched& process) override;
    std::uint64_t frame_at(int pid, int page) override;

  private:
    struct Links {
        bpf_link *task = nullptr, *vma = nullptr;
    };
    static void drop(Links& links) {
        bpf_link__destroy(links.task);
        bpf_link__destroy(links.vma);
    }
    static bool run(int program) {
        LIBBPF_OPTS(bpf_test_run_opts, options);
        return bpf_prog_test_run_opts(program, &options) == 0;
    }
    int program(const char* name) const {
        return bpf_program__fd(bpf_object__find_program_by_name(object_, name));
    }
    bool load(bool modern);
    bool snap();
    bool snap_by_iterators();
    static void drive(bpf_link* link);
    bool snap_frames();
    bool is_zero_page(std::uint64_t pfn) const;

    void see_entries(const fl_process& from, int pages, fuzz::SeenProcess& out) const;
    void see_vma(const fl_vma& from, fuzz::SeenProcess& out) const;
    void see_frame(std::uint64_t pfn, const fl_frame& from, fuzz::SeenFrame& out) const;
    const fl_frame& frame(std::uint64_t pfn) const { return s_->frame[rows_.at(pfn)]; }
    void want_frame(std::uint64_t pfn);

    bpf_object* object_ = nullptr;
    fl_snapshot* s_ = nullptr;
    std::size_t mapped_ = 0;
    bool modern_ = true;
    int processes_program_ = -1, frames_program_ = -1;
    std::map<int, Links> links_;
    std::map<std::uint64_t, std::size_t> rows_;   ///< of s_->frame
    x86::Kernel kernel_ = running_kernel();
};

bool BpfEye::load(bool modern) {
    const auto bytes = embedded_bpf();
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "faultline");
    object_ = bpf_object__open_mem(bytes.data(), bytes.size(), &options);
    if (object_ == nullptr) return false;
    const auto use = [&](const char* name, bool wanted) {
        bpf_program__set_autoload(bpf_object__find_program_by_name(object_, name), wanted);
    };
    use("look_at_processes", modern);
    use("look_at_task", !modern);
    use("look_at_vma", !modern);
    if (bpf_object__load(object_) == 0) return true;
    bpf_object__close(object_);
    object_ = nullptr;
    return false;
}
bool BpfEye::open(std::string& why_not) {
    if (embedded_bpf().empty()) {
        why_not = "this build has no BPF programs";
        return false;
    }
    if (geteuid() != 0) {
        why_not = "BPF needs root";
        return false;
    }
    libbpf_set_print(quiet);
    modern_ = load(true);
    if (!modern_ && !load(false)) {
        why_not = "the kernel refuses the BPF programs";
        return false;
    }
    const int map = bpf_object__find_map_fd_by_name(object_, "snapshot");
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (sizeof(fl_snapshot) + page - 1) / page * page;
    void* at = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (at == MAP_FAILED) {
        why_not = "the BPF map cannot be mapped";
        return false;
    }
    s_ = static_cast<fl_snapshot*>(at);
    s_->direct_map = default_direct_map;
    s_->page_array = default_page_array;
    s_->here_descriptor =
        static_cast<fl_u32>(bpf_object__find_map_fd_by_name(object_, "here"));
    if (modern_) processes_program_ = program("look_at_processes");
    frames_program_ = program("look_at_frames");
    if (!run(program("look_around"))) {
        why_not = "the BPF programs do not run";
        return false;
    }
    s_->cpu_offset = s_->here_value - s_->here_base;
    return true;
}

void BpfEye::drive(bpf_link* link) {
    const int fd = bpf_iter_create(bpf_link__fd(link));
    char nothing[64];
    if (fd < 0) return;
    while (read(fd, nothing, sizeof nothing) > 0) {
    }
    close(fd);
}
bool BpfEye::snap_by_iterators() {
    s_->vma_count = s_->problems = 0;
    for (fl_u32 i = 0; i < s_->process_count; ++i) {
        const int pid = static_cast<int>(s_->pid[i]);
        s_->process[i].found = 0;
        Links& links = links_[pid];
        if (links.task == nullptr) {
            bpf_iter_link_info info{};
            info.task.pid = s_->pid[i];
            LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
                        .link_info_len = sizeof info);
            links.task = bpf_program__attach_iter(
                bpf_object__find_program_by_name(object_, "look_at_task"), &options);
            links.vma = bpf_program__attach_iter(
                bpf_object__find_program_by_name(object_, "look_at_vma"), &options);
        }
        if (links.task == nullptr || links.vma == nullptr) return false;
        drive(links.task);
        drive(links.vma);
    }
    for (auto it = links_.begin(); it != links_.end();) {   // processes that left
        const bool here = std::find(s_->pid, s_->pid + s_->process_count,
                                    static_cast<fl_u32>(it->first)) != s_->pid + s_->process_count;
        if (!here) drop(it->second);
        it = here ? std::next(it) : links_.erase(it);
    }
    return true;
}
bool BpfEye::snap() {
    if (!modern_) return snap_by_iterators();
    for (int tries = 0; tries < 1000; ++tries) {
        if (!run(processes_program_)) return false;
        if ((s_->problems & FL_BUSY) == 0) return true;
    }
    return false;
}
bool BpfEye::snap_frames() { return s_->frame_count == 0 || run(frames_program_); }

void BpfEye::want_frame(std::uint64_t pfn) {
    if (rows_.size() >= FL_FRAMES || !rows_.emplace(pfn, s_->frame_count).second) return;
    s_->pfn[s_->frame_count++] = pfn;
}
bool BpfEye::is_zero_page(std::uint64_t pfn) const {
    return (frame(pfn).page[0] >> s_->bit_reserved & 1) != 0;
}

void BpfEye::see_entries(const fl_process& from, int pages, fuzz::SeenProcess& out) const {
    out.entries.resize(static_cast<std::size_t>(pages));
    for (std::size_t n = 0; n < out.entries.size(); ++n) {
        const std::uint64_t raw = from.entry[n];
        fuzz::SeenEntry& e = out.entries[n];
        e = {};
        if (!x86::pte_present(raw)) continue;
        const std::uint64_t pfn = x86::pte_pfn(raw);
        const bool zero = is_zero_page(pfn);
        e.kind = zero ? fuzz::EntryKind::zero : fuzz::EntryKind::present;
        e.write = x86::pte_write(raw);
        // PROT_NONE leaves XD clear: what nobody can reach is not executable.
        e.exec = !x86::has(raw, x86::entry_bit::no_execute) && !x86::is_prot_none(raw);
        e.protnone = x86::is_prot_none(raw);
        e.dirty = x86::pte_dirty(raw, kernel_);
        if (zero) continue;
        e.frame = pfn;
        const fl_frame& f = frame(pfn);
        e.value = f.first == f.last && f.first < 256 ? static_cast<int>(f.first) : -1;
    }
}
void BpfEye::see_vma(const fl_vma& from, fuzz::SeenProcess& out) const {
    namespace vm = kernel::vm;
    const auto page_of = [](std::uint64_t at) {
        return static_cast<int>((static_cast<std::int64_t>(at - arena_base)) / 4096);
    };
    fuzz::SeenVma& v = out.vmas.emplace_back();
    v.lo = page_of(from.start);
    v.hi = page_of(from.end);
    v.pgoff = static_cast<int>(from.pgoff - (arena_base >> 12));
    const auto flag = [&](std::uint64_t bit, fuzz::VmaFlag seen) {
        if ((from.flags & bit) != 0) v.flags = static_cast<std::uint16_t>(v.flags | seen);
    };
    flag(vm::read, fuzz::vma_read);
    flag(vm::write, fuzz::vma_write);
    flag(vm::exec, fuzz::vma_exec);
    flag(vm::growsdown, fuzz::vma_growsdown);
    flag(vm::locked, fuzz::vma_locked);
    flag(vm::dontcopy, fuzz::vma_dontfork);
    flag(vm::wipeonfork, fuzz::vma_wipeonfork);
    v.anon_vma = from.anon_vma;
    for (fl_u32 i = from.links; i-- > 0;) v.chain.push_back(from.chain[i].self);
}
void BpfEye::see_frame(std::uint64_t pfn, const fl_frame& from, fuzz::SeenFrame& out) const {
    out.frame = pfn;
    out.mapcount = static_cast<int>(from.page[6] & 0xffffffff) + 1;
    out.refcount = static_cast<int>(from.page[6] >> 32);
    out.lru = (from.page[0] >> s_->bit_lru & 1) != 0;
    if (out.mapcount == 0) return;   // what a page nobody maps remembers is not looked at
    out.exclusive = s_->bit_exclusive < 64 && (from.page[0] >> s_->bit_exclusive & 1) != 0;
    if ((from.page[3] & mapping_mask) == mapping_anon) out.anon_vma = from.page[3] & ~mapping_mask;
    out.index = static_cast<int>(from.page[4] - (arena_base >> 12));
}

bool BpfEye::look(std::span<const Watched> processes, int pages, std::span<const Kept> kept,
                  Observation& out, std::string& problem) {
    s_->lo = arena_base;
    s_->hi = arena_base + static_cast<std::uint64_t>(pages) * page_bytes;
    s_->process_count = static_cast<fl_u32>(processes.size());
    s_->frame_count = 0;
    rows_.clear();
    for (std::size_t i = 0; i < processes.size(); ++i)
        s_->pid[i] = static_cast<fl_u32>(processes[i].pid);
    if (!snap() || s_->problems != 0) {
        problem = "the look at the kernel failed, problem " + std::to_string(s_->problems);
        return false;
    }
    for (std::size_t i = 0; i < processes.size(); ++i)
        for (int n = 0; n < pages; ++n)
            if (x86::pte_present(std::uint64_t{s_->process[i].entry[n]}))
                want_frame(x86::pte_pfn(std::uint64_t{s_->process[i].entry[n]}));
    for (const Kept& k : kept)
        if (k.kept && k.frame != 0) want_frame(k.frame);
    if (!snap_frames()) {
        problem = "the look at page frames failed";
        return false;
    }
    for (std::size_t i = 0; i < processes.size(); ++i) {
        const Watched& w = processes[i];
        const fl_process& p = s_->process[i];
        fuzz::SeenProcess& seen = out.processes[static_cast<std::size_t>(w.row)];
        seen.alive = p.found != 0;
        seen.rss_anon = static_cast<int>(p.rss_anon - w.rss_anon);
        seen.locked_vm = static_cast<int>(p.locked_vm);
        seen.map_count = static_cast<int>(p.map_count) - w.map_count;
        seen.brk = static_cast<int>((static_cast<std::int64_t>(p.brk - arena_base)) / 4096);
        seen.vmas.clear();
        see_entries(p, pages, seen);
    }
    std::map<std::uint64_t, fl_anon_vma> known;
    for (fl_u32 i = 0; i < s_->vma_count; ++i) {
        const fl_vma& v = s_->vma[i];
        see_vma(v, out.processes[static_cast<std::size_t>(processes[v.process].row)]);
        for (fl_u32 n = 0; n < v.links; ++n) known.emplace(v.chain[n].self, v.chain[n]);
    }
    out.frames.clear();
    for (const auto& [pfn, row] : rows_)
        if (!is_zero_page(pfn)) see_frame(pfn, s_->frame[row], out.frames.emplace_back());
    out.anon_vmas.clear();
    for (const auto& [self, a] : known)
        out.anon_vmas.push_back({self, a.root, a.parent, static_cast<int>(a.refcount),
                                 static_cast<int>(a.num_children),
                                 static_cast<int>(a.num_active_vmas)});
    return true;
}
void BpfEye::weigh(Watched& process) {
    s_->lo = arena_base;
    s_->hi = arena_base + page_bytes;
    s_->process_count = 1;
    s_->pid[0] = static_cast<fl_u32>(process.pid);
    if (!snap()) return;
    process.rss_anon = static_cast<long>(s_->process[0].rss_anon);
    process.map_count = static_cast<int>(s_->process[0].map_count);
}
std::uint64_t BpfEye::frame_at(int pid, int page) {
    s_->lo = arena_base;
    s_->hi = arena_base + page_bytes;
    s_->process_count = 1;
    s_->pid[0] = static_cast<fl_u32>(pid);
    s_->frame_count = 0;
    rows_.clear();
    if (!snap()) return 0;
    const std::uint64_t raw = s_->process[0].entry[page];
    if (!x86::pte_present(raw)) return 0;
    const std::uint64_t pfn = x86::pte_pfn(raw);
    want_frame(pfn);
    return snap_frames() && !is_zero_page(pfn) ? pfn : 0;
}

}  // namespace

std::unique_ptr<Eye> open_internal_eye(std::string& why_not) {
    auto eye = std::make_unique<BpfEye>();
    if (!eye->open(why_not)) return nullptr;
    return eye;
}
}  // namespace faultline::live

#else
namespace faultline::live {
std::unique_ptr<Eye> open_internal_eye(std::string& why_not) {
    why_not = "this build has no BPF programs (clang, bpftool or libbpf-dev was missing)";
    return nullptr;
}
}  // namespace faultline::live
#endif
