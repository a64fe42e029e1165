// fuzz/systems/linux_live/pins.cpp - io_uring and pipes without their libraries; see pins.hpp.
//
// Why:    one entry, submitted and waited for, needs no more than this.
// Source: io_uring_setup(2), io_uring_register(2), io_uring_enter(2), vmsplice(2)
#include "fuzz/systems/linux_live/pins.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace faultline::live {
namespace {

constexpr std::size_t queue_bytes = 4096;
constexpr unsigned ring_entries = 2;

std::uint32_t* word(void* base, std::uint32_t offset) {
    return reinterpret_cast<std::uint32_t*>(static_cast<char*>(base) + offset);
}

}  // namespace

Pins::Pins(int handles) : handles_(static_cast<std::size_t>(handles)) {
    int feed[2];
    if (pipe2(feed, O_CLOEXEC) != 0) return;
    feed_in_ = feed[1];
    feed_out_ = feed[0];
    usable_ = true;
    for (Handle& h : handles_) usable_ = usable_ && open(h);
}
Pins::~Pins() {
    for (Handle& h : handles_) close_all(h);
    if (feed_in_ >= 0) close(feed_in_);
    if (feed_out_ >= 0) close(feed_out_);
}
bool Pins::open(Handle& h) {
    io_uring_params p{};
    h.ring = static_cast<int>(syscall(SYS_io_uring_setup, ring_entries, &p));
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == 0) {
        h.pipe_out = ends[0];
        h.pipe_in = ends[1];
    }
    if (h.ring < 0 || h.pipe_in < 0 || (p.features & IORING_FEAT_SINGLE_MMAP) == 0) return false;
    void* queue = mmap(nullptr, queue_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, h.ring,
                       IORING_OFF_SQ_RING);
    void* entries = mmap(nullptr, ring_entries * sizeof(io_uring_sqe), PROT_READ | PROT_WRITE,
                         MAP_SHARED, h.ring, IORING_OFF_SQES);
    if (queue == MAP_FAILED || entries == MAP_FAILED) return false;
    h.offsets = {p.sq_off.ring_mask, p.sq_off.tail, p.sq_off.array, p.cq_off.head, p.cq_off.tail,
                 p.cq_off.ring_mask, p.cq_off.cqes};
    h.queue = queue;
    h.entries = entries;
    inherited_.push_back(h.ring);
    inherited_.push_back(h.pipe_in);
    return true;
}
void Pins::close_all(Handle& h) {
    if (h.queue != nullptr) munmap(h.queue, queue_bytes);
    if (h.entries != nullptr) munmap(h.entries, ring_entries * sizeof(io_uring_sqe));
    for (const int fd : {h.ring, h.pipe_in, h.pipe_out})
        if (fd >= 0) close(fd);
}

std::int64_t Pins::pin(Crew& crew, int slot, int row, std::uint64_t address) {
    Handle& h = handles_[static_cast<std::size_t>(row)];
    crew.scratch()[0] = address;
    crew.scratch()[1] = page_bytes;
    const auto r = crew.call(slot, SYS_io_uring_register,
                             {h.ring, IORING_REGISTER_BUFFERS, Crew::scratch_address(), 1});
    h.pinned = r >= 0;
    h.address = address;
    return r < 0 ? r : 0;
}
std::int64_t Pins::get(Crew& crew, int slot, int row, std::uint64_t address) {
    Handle& h = handles_[static_cast<std::size_t>(row)];
    crew.scratch()[0] = address;
    crew.scratch()[1] = page_bytes;
    const auto r = crew.call(slot, SYS_vmsplice, {h.pipe_in, Crew::scratch_address(), 1, 0});
    h.gotten = r > 0;
    return r < 0 ? r : 0;
}
void Pins::release(int row) {
    Handle& h = handles_[static_cast<std::size_t>(row)];
    if (h.pinned) syscall(SYS_io_uring_register, h.ring, IORING_UNREGISTER_BUFFERS, nullptr, 0);
    std::array<char, page_bytes> sink;
    if (h.gotten && read(h.pipe_out, sink.data(), sink.size()) < 0) usable_ = false;
    h.pinned = h.gotten = false;
}
void Pins::release_all() {
    for (std::size_t i = 0; i < handles_.size(); ++i) release(static_cast<int>(i));
}
bool Pins::store(int row, std::uint64_t value) {
    Handle& h = handles_[static_cast<std::size_t>(row)];
    std::array<std::uint64_t, page_bytes / 8> page{};
    page.front() = page.back() = value;
    if (!h.pinned || write(feed_in_, page.data(), page_bytes) != page_bytes) return false;
    io_uring_sqe entry{};
    entry.opcode = IORING_OP_READ_FIXED;
    entry.fd = feed_out_;
    entry.addr = h.address;
    entry.len = page_bytes;
    const Offsets& p = h.offsets;
    const std::uint32_t mask = *word(h.queue, p.mask);
    std::uint32_t* tail = word(h.queue, p.tail);
    const std::uint32_t at = __atomic_load_n(tail, __ATOMIC_RELAXED);
    const std::uint32_t slot = at & mask;
    std::memcpy(static_cast<io_uring_sqe*>(h.entries) + slot, &entry, sizeof entry);
    word(h.queue, p.array)[slot] = slot;
    __atomic_store_n(tail, at + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, h.ring, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) != 1)
        return false;
    std::uint32_t* head = word(h.queue, p.done_head);
    const std::uint32_t first = __atomic_load_n(head, __ATOMIC_RELAXED);
    if (__atomic_load_n(word(h.queue, p.done_tail), __ATOMIC_ACQUIRE) == first) return false;
    const auto* done = reinterpret_cast<const io_uring_cqe*>(static_cast<char*>(h.queue) +
                                                             p.done);
    const int result = done[first & *word(h.queue, p.done_mask)].res;
    __atomic_store_n(head, first + 1, __ATOMIC_RELEASE);
    return result == static_cast<int>(page_bytes);
}

}  // namespace faultline::live
