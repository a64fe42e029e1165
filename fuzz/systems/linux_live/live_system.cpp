// fuzz/systems/linux_live/live_system.cpp - operations as system calls and accesses of helpers.
//
// Why:    one function an operation, from a record's fields to the call's arguments and back; no
//         rule of Linux is said here.
// Source: mmap(2), mremap(2), madvise(2), mlock(2), brk(2)
#include "fuzz/systems/linux_live/live_system.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "fuzz/reference/perform.hpp"
#include "fuzz/systems/linux_live/crew.hpp"
#include "fuzz/systems/linux_live/eye.hpp"
#include "fuzz/systems/linux_live/pins.hpp"
#include "spec/kernel_bits.hpp"

namespace faultline::fuzz {
namespace {

using live::Ask;
using live::Slot;

constexpr std::uint64_t end_of_addresses = 0x7ffffffff000;

std::uint64_t address(int page) {
    return live::arena_base + static_cast<std::uint64_t>(page) * live::page_bytes;
}
std::int64_t word(std::uint64_t x) { return static_cast<std::int64_t>(x); }
std::int64_t bytes(int pages) { return std::int64_t{pages} * 4096; }
std::int64_t protection(const Record& r) {
    return (r.has(flag_read) ? PROT_READ : 0) | (r.has(flag_write) ? PROT_WRITE : 0) |
           (r.has(flag_exec) ? PROT_EXEC : 0);
}
int result_of(std::int64_t answer) {
    if (answer >= 0) return res_ok;
    switch (-answer) {
        case ENOMEM: return res_enomem;
        case EINVAL: return res_einval;
        case EEXIST: return res_eexist;
        case EFAULT: return res_efault;
        case EAGAIN: return res_eagain;
        case EPERM: return res_eperm;
        default: return res_pending;   // an error the reference does not know
    }
}
int result_of(const Slot& s) {
    if (s.signal == 0) return res_ok;
    if (s.signal == SIGSEGV && s.code == SEGV_MAPERR) return res_segv_maperr;
    if (s.signal == SIGSEGV && s.code == SEGV_ACCERR) return res_segv_accerr;
    return s.signal == SIGBUS ? res_oom : res_pending;
}

class Live final : public LiveSystem {
  public:
    explicit Live(LiveTier most) : pins_(bounds_live.handles) {
        std::string why;
        if (most == LiveTier::internal) eye_ = live::open_internal_eye(why);
        if (!eye_ && most != LiveTier::user) {
            std::string more;
            eye_ = live::open_proc_eye(more);
            shortfall_ = why.empty() ? more : why;
        }
        page_ = mmap(nullptr, live::page_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    ~Live() override {
        crew_.stop();
        if (page_ != MAP_FAILED) munmap(page_, live::page_bytes);
    }

    std::string_view name() const override { return "live"; }
    Capabilities capabilities() const override {
        return {eye_ ? eye_->sees() : live::seen_by_user, has_pins() ? std::uint32_t{can_gup} : 0};
    }
    LiveTier tier() const override {
        if (!eye_) return LiveTier::user;
        return eye_->tier() == "internal" ? LiveTier::internal : LiveTier::proc;
    }
    const std::string& shortfall() const override { return shortfall_; }
    const std::string& trouble() const override { return trouble_; }
    bool has_heap() const override { return crew_.heap(); }
    bool has_pins() const override {
        // A get of the zero page keeps nothing, and only who sees frames can tell.
        return pins_.usable() && eye_ && (eye_->sees() & sees_sharing) != 0;
    }

    bool reset(const Bounds& bounds, const Rules& rules, std::string& problem) override;
    Answered apply(const Record& r) override;
    void observe(Observation& out) override;

  private:
    int living(int row) const {
        return row >= 0 && row < bounds_.mms && crew_.alive(row) ? row : -1;
    }
    std::int64_t call(int who, std::int64_t number, std::array<std::int64_t, 6> args) {
        return crew_.call(who, number, args);
    }
    Answered plain(std::int64_t answer) {
        Answered a;
        a.result = result_of(answer);
        if (a.result == res_pending) wonder("a call answered errno " + std::to_string(-answer));
        return a;
    }
    Answered placed(std::int64_t answer) {
        Answered a = plain(answer);
        if (answer >= 0)
            a.page = static_cast<int>((answer - word(live::arena_base)) / 4096);
        return a;
    }
    void wonder(const std::string& what) {
        if (trouble_.empty()) trouble_ = what;
    }
    Answered map(const Record& r);
    Answered advise(const Record& r);
    Answered heap_end(const Record& r);
    Answered remap(const Record& r);
    Answered access(const Record& r, Ask what);
    Answered fork(const Record& r);
    Answered leave(const Record& r);
    Answered keep(const Record& r);
    bool set_limits();

    Bounds bounds_ = bounds_live;
    live::OneCpu cpu_;
    live::Crew crew_;
    live::Pins pins_;
    std::unique_ptr<live::Eye> eye_;
    std::vector<live::Watched> weights_;   ///< by row
    std::vector<live::Watched> watched_;
    std::vector<live::Kept> kept_;
    std::string shortfall_, trouble_;
    void* page_ = MAP_FAILED;   ///< advice about it drains this CPU's batch
};

bool Live::set_limits() {
    const auto limit = [&](int which, int pages) {
        crew_.scratch()[0] = crew_.scratch()[1] = static_cast<std::uint64_t>(bytes(pages));
        return call(0, SYS_prlimit64, {0, which, live::Crew::scratch_address(), 0}) == 0;
    };
    return limit(RLIMIT_MEMLOCK, bounds_.memlock_limit) && limit(RLIMIT_STACK, bounds_.stack_limit);
}
bool Live::reset(const Bounds& bounds, const Rules&, std::string& problem) {
    const Bounds& most = bounds_live;
    if (bounds.mms > most.mms || bounds.pages > most.pages || bounds.handles > most.handles) {
        problem = "these bounds exceed those of the live system";
        return false;
    }
    if (bounds.stack_guard_gap != most.stack_guard_gap || bounds.pin_bias != most.pin_bias ||
        bounds.map_count_limit <= bounds.pages + bounds.move_slack + bounds.target_slack) {
        problem = "a live kernel's limits cannot be scaled";
        return false;
    }
    bounds_ = bounds;
    trouble_.clear();
    pins_.release_all();
    if (!crew_.start(pins_.descriptors(), problem)) return false;
    if (crew_.fence(0, address(0), address(bounds_.pages)) != 0) {
        problem = "the address space outside the arena cannot be taken";
        return false;
    }
    if (!set_limits()) {
        problem = "the limits of the helper process cannot be set";
        return false;
    }
    weights_.assign(static_cast<std::size_t>(bounds_.mms), {});
    kept_.assign(static_cast<std::size_t>(bounds_.handles), {});
    weights_[0] = {0, crew_.pid(0), 0, 0};
    if (eye_) eye_->weigh(weights_[0]);
    return true;
}

Answered Live::map(const Record& r) {
    std::int64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (r.has(flag_grows)) flags |= MAP_GROWSDOWN;
    if (r.op == op_mmap_fixed) flags |= MAP_FIXED;
    if (r.op == op_mmap_noreplace) flags |= MAP_FIXED_NOREPLACE;
    const std::int64_t where = r.op == op_mmap ? 0 : word(address(r.page));
    return placed(call(r.who, SYS_mmap,
                       {where, bytes(r.end - r.page), protection(r), flags, -1, 0}));
}
Answered Live::advise(const Record& r) {
    const std::int64_t at = word(address(r.page)), length = bytes(r.end - r.page);
    switch (r.op) {
        case op_dontfork: return plain(call(r.who, SYS_madvise, {at, length, MADV_DONTFORK}));
        case op_dofork: return plain(call(r.who, SYS_madvise, {at, length, MADV_DOFORK}));
        case op_wipeonfork: return plain(call(r.who, SYS_madvise, {at, length, MADV_WIPEONFORK}));
        case op_keeponfork: return plain(call(r.who, SYS_madvise, {at, length, MADV_KEEPONFORK}));
        case op_mlock: return plain(call(r.who, SYS_mlock, {at, length}));
        default: return plain(call(r.who, SYS_munlock, {at, length}));
    }
}
Answered Live::heap_end(const Record& r) {
    const std::int64_t wanted = word(address(r.end));
    const std::int64_t answer = call(r.who, SYS_brk, {wanted});
    Answered a;   // brk answers with the end it has: another one is a refusal
    a.result = answer == wanted ? res_ok : res_enomem;
    if (answer == wanted) a.page = r.end;
    return a;
}
Answered Live::remap(const Record& r) {
    const std::int64_t flags = (r.has(flag_maymove) ? MREMAP_MAYMOVE : 0) |
                               (r.has(flag_fixed) ? MREMAP_FIXED : 0) |
                               (r.has(flag_dontunmap) ? kernel::mremap::dontunmap : 0);
    std::uint64_t to = r.has(flag_fixed) ? address(r.to) : 0;
    // What the arena's end is to the model, the end of all addresses is to Linux.
    if (r.has(flag_fixed) && r.to + r.span > bounds_.pages)
        to = end_of_addresses - static_cast<std::uint64_t>(bytes(bounds_.pages - r.to));
    return placed(call(r.who, SYS_mremap, {word(address(r.page)), bytes(r.end - r.page),
                                           bytes(r.span), flags, word(to)}));
}
Answered Live::access(const Record& r, Ask what) {
    const Slot& s = crew_.access(r.who, what, address(r.page), r.value);
    Answered a;
    a.result = result_of(s);
    if (a.result == res_pending) wonder("an access got signal " + std::to_string(s.signal));
    if (what == Ask::load && s.signal == 0)
        a.value = s.word == s.last_word && s.word < 256 ? static_cast<int>(s.word) : -1;
    return a;
}
Answered Live::fork(const Record& r) {
    int child = 0;
    while (child < bounds_.mms && crew_.alive(child)) ++child;
    Answered a;
    if (child == bounds_.mms) {
        a.blocked = true;
        return a;
    }
    a = plain(crew_.fork(r.who, child));
    if (a.result != res_ok) return a;
    a.child = child;
    live::Watched& w = weights_[static_cast<std::size_t>(child)];
    w = weights_[r.who];
    w.row = child;
    w.pid = crew_.pid(child);
    return a;
}
Answered Live::leave(const Record& r) {
    crew_.leave(r.who);
    Answered a;
    a.result = res_ok;
    return a;
}
Answered Live::keep(const Record& r) {
    Answered a;
    int h = 0;
    while (h < bounds_.handles && kept_[static_cast<std::size_t>(h)].kept) ++h;
    const bool offered = r.gup == gup_pin ? r.has(flag_write) : !r.has(flag_write);
    if (h == bounds_.handles || !offered || !has_pins()) {
        a.blocked = true;
        return a;
    }
    a = plain(r.gup == gup_pin ? pins_.pin(crew_, r.who, h, address(r.page))
                               : pins_.get(crew_, r.who, h, address(r.page)));
    if (a.result != res_ok) return a;
    const std::uint64_t frame = eye_->frame_at(crew_.pid(r.who), r.page);
    if (frame == 0) {
        pins_.release(h);   // the zero page: the caller keeps nothing
        return a;
    }
    a.handle = h;
    kept_[static_cast<std::size_t>(h)] = {true, frame};
    return a;
}
Answered Live::apply(const Record& r) {
    Answered blocked;
    blocked.blocked = true;
    const int row = verb_row(r.verb);
    if (r.verb == operation_id<OpDrain>()) {
        Answered a;
        a.result = res_ok;   // done before every look
        return a;
    }
    if (r.verb == operation_id<OpUnpin>() || r.verb == operation_id<OpDma>()) {
        if (r.who >= bounds_.handles || !kept_[r.who].kept) return blocked;
        Answered a;
        a.result = res_ok;
        if (r.verb == operation_id<OpUnpin>()) {
            pins_.release(r.who);
            kept_[r.who] = {};
        } else if (!pins_.store(r.who, r.value)) {
            wonder("the device could not store");
        }
        return a;
    }
    if (row < 0 || living(r.who) < 0 || r.has(flag_begin)) return blocked;
    switch (row) {
        case operation_id<OpMmap>(): return map(r);
        case operation_id<OpMunmap>():
            return plain(call(r.who, SYS_munmap, {word(address(r.page)), bytes(r.end - r.page)}));
        case operation_id<OpMprotect>():
            return plain(call(r.who, SYS_mprotect, {word(address(r.page)), bytes(r.end - r.page),
                                                    protection(r)}));
        case operation_id<OpAdvise>(): return advise(r);
        case operation_id<OpDontneed>():
            return plain(call(r.who, SYS_madvise, {word(address(r.page)), bytes(r.end - r.page),
                                                   MADV_DONTNEED}));
        case operation_id<OpBrk>(): return heap_end(r);
        case operation_id<OpMremap>(): return remap(r);
        case operation_id<OpFork>(): return fork(r);
        case operation_id<OpExit>(): return leave(r);
        case operation_id<OpGup>():
        case operation_id<OpGupFast>(): return keep(r);
        case operation_id<OpFault>():
            return access(r, r.has(flag_write)  ? Ask::touch
                             : r.has(flag_exec) ? Ask::fetch
                                                : Ask::load);
        case operation_id<OpStore>():
        case user_write: return access(r, Ask::store);
        case user_load: return access(r, Ask::load);
        case user_fetch: return access(r, Ask::fetch);
        default: return blocked;
    }
}
void Live::observe(Observation& out) {
    out.processes.resize(static_cast<std::size_t>(bounds_.mms));
    out.handles.resize(static_cast<std::size_t>(bounds_.handles));
    watched_.clear();
    for (int row = 0; row < bounds_.mms; ++row) {
        out.processes[static_cast<std::size_t>(row)].alive = crew_.alive(row);
        if (crew_.alive(row)) watched_.push_back(weights_[static_cast<std::size_t>(row)]);
    }
    for (std::size_t h = 0; h < kept_.size(); ++h)
        out.handles[h] = {kept_[h].kept, kept_[h].frame};
    if (crew_.lost()) wonder("a helper process died");
    if (!eye_) return;
    madvise(page_, live::page_bytes, MADV_COLD);   // lru_add_drain on this CPU
    std::string problem;
    if (!eye_->look(watched_, bounds_.pages, kept_, out, problem)) wonder(problem);
}

}  // namespace

LiveKernel live_kernel() {
    LiveKernel k;
    utsname name{};
    int major = 0, minor = 0, patch = 0;
    if (uname(&name) == 0) std::sscanf(name.release, "%d.%d.%d", &major, &minor, &patch);
    k.release = name.release;
    const int version = major * 100 + minor;
    for (const NamedRules& r : named_kernels) {
        int rules_major = 0, rules_minor = 0;
        std::sscanf(std::string(r.name).c_str(), "linux_%d_%d", &rules_major, &rules_minor);
        if (rules_major * 100 + rules_minor <= version || k.rules.empty()) k.rules = r.name;
        k.assumed = version > rules_major * 100 + rules_minor;
    }
    // mm/mremap.c: vrm_stat_account adds the copy to locked_vm, dontunmap_complete subtracts
    // nothing.
    if (version >= 616) k.faults.emplace_back("dontunmap_locked", "counts_twice");
    // The page offset that starts anew came to 6.12 with a stable release; not in 6.12.107.
    if (version == 612 && patch <= 107) k.faults.emplace_back("dontunmap_unlinks", "yes");
    return k;
}
std::unique_ptr<LiveSystem> make_live_system(LiveTier most) {
    return std::make_unique<Live>(most);
}

}  // namespace faultline::fuzz
