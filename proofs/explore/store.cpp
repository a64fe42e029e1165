// proofs/explore/store.cpp - memory of the state store.
//
// Why: keys and parents grow to gigabytes; reserving address space keeps them contiguous without
//      ever copying.
#include "proofs/explore/store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace faultline::explore {

LazyArray::LazyArray(std::uint64_t bytes) : bytes_(std::max<std::uint64_t>(bytes, 4096)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
}
LazyArray::~LazyArray() { munmap(data_, bytes_); }

namespace {
constexpr std::size_t first_slots = std::size_t{1} << 18;
}

StateStore::StateStore(std::size_t key_words, std::uint64_t max_states)
    : words_(key_words),
      max_states_(std::min<std::uint64_t>(max_states, none - batch)),
      key_memory_(max_states_ * words_ * 8),
      parent_memory_(max_states_ * 4),
      keys_(static_cast<std::uint64_t*>(key_memory_.data())),
      parents_(static_cast<std::uint32_t*>(parent_memory_.data())),
      slots_(std::make_unique<std::atomic<std::uint64_t>[]>(first_slots)),
      mask_(first_slots - 1) {}

}  // namespace faultline::explore
