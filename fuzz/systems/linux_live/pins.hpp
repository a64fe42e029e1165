// fuzz/systems/linux_live/pins.hpp - references that a caller keeps, by what Linux offers for it.
//
// Why:    a fixed buffer of io_uring is a write pin that lasts until it is given back, and a device
//         can store through it; a page given to a pipe by vmsplice is a plain read reference.
// Source: linux io_uring/rsrc.c:io_pin_pages (FOLL_PIN, FOLL_WRITE, FOLL_LONGTERM)@v6.1;
//         fs/splice.c:vmsplice_to_pipe (get_user_pages_fast)@v6.1
#pragma once
#include <cstdint>
#include <vector>

#include "fuzz/systems/linux_live/crew.hpp"

namespace faultline::live {

class Pins {
  public:
    explicit Pins(int handles);
    ~Pins();
    Pins(const Pins&) = delete;
    Pins& operator=(const Pins&) = delete;

    /// Every handle can be a pin and a get.
    bool usable() const { return usable_; }
    /// What the helpers need to have open.
    const std::vector<int>& descriptors() const { return inherited_; }
    /// Takes a reference on the page at `address` for handle h; 0, or -errno.
    std::int64_t pin(Crew& crew, int slot, int h, std::uint64_t address);
    std::int64_t get(Crew& crew, int slot, int h, std::uint64_t address);
    void release(int h);
    void release_all();
    /// The device writes a page of `value` through pin h.
    bool store(int h, std::uint64_t value);

  private:
    /// Where a ring keeps its words, as the kernel said when it was made.
    struct Offsets {
        std::uint32_t mask, tail, array, done_head, done_tail, done_mask, done;
    };
    struct Handle {
        int ring = -1, pipe_in = -1, pipe_out = -1;
        void *queue = nullptr, *entries = nullptr;
        Offsets offsets{};
        std::uint64_t address = 0;
        bool pinned = false, gotten = false;
    };
    bool open(Handle& h);
    static void close_all(Handle& h);

    std::vector<Handle> handles_;
    std::vector<int> inherited_;
    int feed_in_ = -1, feed_out_ = -1;   ///< the pipe a device's data comes from
    bool usable_ = false;
};

}  // namespace faultline::live
