// proofs/explore/store.hpp - the set of states seen: keys in one array, an open-addressing table
// of their numbers.
//
// Why: one cache line to find that a state is new. A slot holds the state's number and 32 bits of
//      its hash; the key is compared only if those agree. Threads insert with one compare-and-
//      swap; only growing stops them.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace faultline::explore {

/// Address space for an array that is touched from its beginning on; pages cost memory when first
/// written.
class LazyArray {
  public:
    explicit LazyArray(std::uint64_t bytes);
    ~LazyArray();
    LazyArray(const LazyArray&) = delete;
    LazyArray& operator=(const LazyArray&) = delete;
    void* data() const { return data_; }

  private:
    void* data_ = nullptr;
    std::uint64_t bytes_ = 0;
};

class StateStore {
  public:
    static constexpr std::uint32_t none = 0xFFFFFFFFu;
    static constexpr std::uint32_t batch = 256;   ///< numbers a thread takes at a time

    /// The numbers a thread may give out next.
    struct Numbers {
        std::uint32_t next = 0, end = 0;
    };
    struct Inserted {
        std::uint32_t id = none;
        bool fresh = false;
    };

    StateStore(std::size_t key_words, std::uint64_t max_states);

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
    /// Finds the key or adds it; {none, false} when the numbers ran out.
    Inserted insert(const std::uint64_t* key, std::uint64_t hash, std::uint32_t parent,
                    Numbers& mine);

    const std::uint64_t* key(std::uint32_t id) const { return keys_ + std::size_t{id} * words_; }
    std::uint32_t parent(std::uint32_t id) const { return parents_[id]; }
    std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }
    void add_size(std::uint64_t n) { size_.fetch_add(n, std::memory_order_relaxed); }
    /// Fuller than six in ten, counting what `slack` more inserts would add.
    bool crowded(std::uint64_t slack) const { return (size() + slack) * 10 > (mask_ + 1) * 6; }
    /// Doubles the table; nobody else may be inside. Rehashes with `hash_of(key)`.
    template <class HashOf>
    void grow(HashOf hash_of) {
        const std::size_t mask = mask_ * 2 + 1;
        auto bigger = std::make_unique<std::atomic<std::uint64_t>[]>(mask + 1);
        for (std::size_t i = 0; i <= mask_; ++i) {
            const std::uint64_t slot = slots_[i].load(std::memory_order_relaxed);
            if (slot == 0) continue;
            const std::uint64_t h = hash_of(key(static_cast<std::uint32_t>(slot) - 1));
            std::size_t at = h & mask;
            while (bigger[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & mask;
            bigger[at].store(slot, std::memory_order_relaxed);
        }
        slots_ = std::move(bigger);
        mask_ = mask;
    }
    std::uint64_t table_bytes() const { return (mask_ + 1) * sizeof(std::uint64_t); }
    std::uint64_t bytes_per_state() const { return words_ * 8 + 4; }
    std::uint64_t bytes() const { return size() * bytes_per_state() + table_bytes(); }

  private:
    std::size_t words_;
    std::uint64_t max_states_;
    LazyArray key_memory_, parent_memory_;
    std::uint64_t* keys_;
    std::uint32_t* parents_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> slots_;
    std::size_t mask_;
    std::atomic<std::uint64_t> size_{0}, next_number_{0};
};

inline StateStore::Inserted StateStore::insert(const std::uint64_t* key_in, std::uint64_t hash,
                                               std::uint32_t parent_in, Numbers& mine) {
    const std::uint64_t tag = hash & 0xFFFFFFFF00000000ull;
    bool written = false;
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
        std::uint64_t slot = slots_[at].load(std::memory_order_acquire);
        if (slot == 0) {
            if (!written) {
                if (mine.next == mine.end) {
                    const std::uint64_t first = next_number_.fetch_add(batch);
                    if (first + batch > max_states_) return {};
                    mine = {static_cast<std::uint32_t>(first),
                            static_cast<std::uint32_t>(first) + batch};
                }
                std::memcpy(keys_ + std::size_t{mine.next} * words_, key_in, words_ * 8);
                parents_[mine.next] = parent_in;
                written = true;
            }
            const std::uint64_t value = tag | (std::uint64_t{mine.next} + 1);
            if (slots_[at].compare_exchange_strong(slot, value, std::memory_order_acq_rel))
                return {mine.next++, true};
        }
        const auto id = static_cast<std::uint32_t>(slot) - 1;
        if ((slot & 0xFFFFFFFF00000000ull) == tag && std::memcmp(key(id), key_in, words_ * 8) == 0)
            return {id, false};
    }
}

}  // namespace faultline::explore
