// fuzz/systems/linux_live/proc_eye.cpp - the tier of /proc: smaps, pagemap, kpagecount, kpageflags.
//
// Why:    works without BPF. Root sees frame numbers, and with them sharing and counts; others see
//         VMAs and which entries are present.
// Source: linux Documentation/admin-guide/mm/pagemap.rst; Documentation/filesystems/proc.rst
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "fuzz/systems/linux_live/eye.hpp"
#include "fuzz/systems/linux_live/protocol.hpp"

namespace faultline::live {
namespace {

namespace pagemap {
constexpr unsigned present = 63;
constexpr std::uint64_t frame_mask = (std::uint64_t{1} << 55) - 1;
}
/// KPF_*. linux include/uapi/linux/kernel-page-flags.h
namespace kpf {
constexpr unsigned lru = 5, zero_page = 24;
/// KPF_MAPPEDTODISK shows the flag that anonymous pages use as PG_anon_exclusive.
constexpr unsigned anon_exclusive = 34;
}

class ProcEye final : public Eye {
  public:
    ~ProcEye() override {
        for (const auto& [pid, fd] : pagemaps_) close(fd);
        if (counts_ >= 0) close(counts_);
        if (flags_ >= 0) close(flags_);
    }
    bool open(std::string& why_not) {
        counts_ = ::open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
        flags_ = ::open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
        std::uint64_t word = 0;
        frames_ = geteuid() == 0 && counts_ >= 0 && flags_ >= 0 &&
                  pread(flags_, &word, sizeof word, 8 * 256) == sizeof word;
        const int smaps = ::open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
        if (smaps < 0) {
            why_not = "/proc shows no smaps";
            return false;
        }
        close(smaps);
        return true;
    }
    std::string_view tier() const override { return "proc"; }
    std::uint32_t sees() const override {
        using namespace fuzz;
        // Contents are seen by loads alone.
        const std::uint32_t all = (seen_by_user & ~std::uint32_t{sees_contents}) | sees_vmas |
                                  sees_rss | sees_locked;
        if (!frames_) return all;
        return all | sees_entries | sees_sharing | sees_mapcount | sees_exclusive | sees_lru;
    }
    bool look(std::span<const Watched> processes, int pages, std::span<const Kept> kept,
              fuzz::Observation& out, std::string& problem) override;
    void weigh(Watched&) override {}
    std::uint64_t frame_at(int pid, int page) override;

  private:
    int pagemap_of(int pid);
    bool see_vmas(int pid, int pages, fuzz::SeenProcess& out);
    std::uint64_t word(int file, std::uint64_t frame) const {
        std::uint64_t value = 0;
        return pread(file, &value, sizeof value, static_cast<off_t>(frame * 8)) == sizeof value
                   ? value
                   : 0;
    }
    int counts_ = -1, flags_ = -1;
    bool frames_ = false;
    std::map<int, int> pagemaps_;
    std::string text_;
};

int ProcEye::pagemap_of(int pid) {
    const auto [it, fresh] = pagemaps_.try_emplace(pid, -1);
    if (fresh) {
        const std::string path = "/proc/" + std::to_string(pid) + "/pagemap";
        it->second = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    return it->second;
}
std::uint16_t flag_of(std::string_view word) {
    using namespace fuzz;
    if (word == "rd") return vma_read;
    if (word == "wr") return vma_write;
    if (word == "ex") return vma_exec;
    if (word == "gd") return vma_growsdown;
    if (word == "lo") return vma_locked;
    if (word == "dc") return vma_dontfork;
    if (word == "wf") return vma_wipeonfork;
    return 0;
}
bool ProcEye::see_vmas(int pid, int pages, fuzz::SeenProcess& out) {
    const std::string path = "/proc/" + std::to_string(pid) + "/smaps";
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) return false;
    char line[512];
    bool inside = false;
    const std::uint64_t hi = arena_base + static_cast<std::uint64_t>(pages) * page_bytes;
    while (std::fgets(line, sizeof line, file) != nullptr) {
        unsigned long from = 0, to = 0, kilobytes = 0;
        if (std::sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            inside = from < hi && to > arena_base;
            if (!inside) continue;
            fuzz::SeenVma& v = out.vmas.emplace_back();
            v.lo = static_cast<int>((from - arena_base) / page_bytes);
            v.hi = static_cast<int>((to - arena_base) / page_bytes);
        } else if (inside && std::sscanf(line, "Anonymous: %lu", &kilobytes) == 1) {
            out.rss_anon += static_cast<int>(kilobytes / 4);
        } else if (inside && std::strncmp(line, "VmFlags:", 8) == 0) {
            for (char* w = std::strtok(line + 8, " \n"); w != nullptr;
                 w = std::strtok(nullptr, " \n"))
                out.vmas.back().flags |= flag_of(w);
            if ((out.vmas.back().flags & fuzz::vma_locked) != 0)
                out.locked_vm += out.vmas.back().hi - out.vmas.back().lo;
        }
    }
    std::fclose(file);
    return true;
}
bool ProcEye::look(std::span<const Watched> processes, int pages, std::span<const Kept> kept,
                   fuzz::Observation& out, std::string& problem) {
    std::map<std::uint64_t, fuzz::SeenFrame> seen;
    std::vector<std::uint64_t> words(static_cast<std::size_t>(pages));
    const auto see_frame = [&](std::uint64_t frame) {
        const std::uint64_t flags = word(flags_, frame);
        fuzz::SeenFrame f;
        f.frame = frame;
        f.mapcount = static_cast<int>(word(counts_, frame));
        f.lru = (flags >> kpf::lru & 1) != 0;
        f.exclusive = f.mapcount > 0 && (flags >> kpf::anon_exclusive & 1) != 0;
        seen.emplace(frame, f);
    };
    for (const Watched& w : processes) {
        fuzz::SeenProcess& p = out.processes[static_cast<std::size_t>(w.row)];
        p = {};
        p.alive = true;
        if (!see_vmas(w.pid, pages, p)) {
            problem = "/proc/PID/smaps cannot be read";
            return false;
        }
        p.entries.resize(words.size());
        const auto bytes = static_cast<ssize_t>(words.size() * 8);
        if (!frames_ || pread(pagemap_of(w.pid), words.data(), static_cast<std::size_t>(bytes),
                              static_cast<off_t>(arena_base / page_bytes * 8)) != bytes)
            continue;
        for (std::size_t n = 0; n < words.size(); ++n) {
            if ((words[n] >> pagemap::present & 1) == 0) continue;
            const std::uint64_t frame = words[n] & pagemap::frame_mask;
            const bool zero = (word(flags_, frame) >> kpf::zero_page & 1) != 0;
            p.entries[n].kind = zero ? fuzz::EntryKind::zero : fuzz::EntryKind::present;
            if (zero) continue;
            p.entries[n].frame = frame;
            see_frame(frame);
        }
    }
    for (const Kept& k : kept)
        if (k.kept && k.frame != 0) see_frame(k.frame);
    out.frames.clear();
    for (const auto& [frame, f] : seen) out.frames.push_back(f);
    out.anon_vmas.clear();
    std::erase_if(pagemaps_, [&](const auto& entry) {
        for (const Watched& w : processes)
            if (w.pid == entry.first) return false;
        close(entry.second);
        return true;
    });
    return true;
}
std::uint64_t ProcEye::frame_at(int pid, int page) {
    std::uint64_t w = 0;
    const auto at = static_cast<off_t>((arena_base / page_bytes + static_cast<unsigned>(page)) * 8);
    if (!frames_ || pread(pagemap_of(pid), &w, sizeof w, at) != sizeof w) return 0;
    if ((w >> pagemap::present & 1) == 0) return 0;
    const std::uint64_t frame = w & pagemap::frame_mask;
    return (word(flags_, frame) >> kpf::zero_page & 1) != 0 ? 0 : frame;
}

}  // namespace

std::unique_ptr<Eye> open_proc_eye(std::string& why_not) {
    auto eye = std::make_unique<ProcEye>();
    if (!eye->open(why_not)) return nullptr;
    return eye;
}

}  // namespace faultline::live
