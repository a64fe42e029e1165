// fuzz/systems/bijection.hpp - which object of one system is which object of another, from look to
// look.
//
// Why: rows, frame numbers and addresses are names; two systems agree if some one-to-one renaming
//      makes them equal. Computed anew at each look it would hide whether a write copied a page or
//      reused it, so what is known of an object is kept for as long as it lives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace faultline::fuzz {

/// A small map from 64-bit names to numbers: open addressing, emptied in one assignment.
class FlatMap {
  public:
    explicit FlatMap(std::size_t entries = 64) {
        std::size_t slots = 16;
        while (slots < 4 * entries) slots *= 2;
        slots_.resize(slots);
    }
    void clear() {
        if (++epoch_ == 0) {   // the counter came round: old entries would look new
            slots_.assign(slots_.size(), {});
            epoch_ = 1;
        }
        size_ = 0;
    }
    /// The value of a key, 0 if it is not there.
    std::uint64_t at(std::uint64_t key) const {
        for (std::size_t i = place(key);; i = (i + 1) & (slots_.size() - 1)) {
            if (slots_[i].epoch != epoch_) return 0;
            if (slots_[i].key == key) return slots_[i].value;
        }
    }
    /// The key must not be there yet.
    void insert(std::uint64_t key, std::uint64_t value) {
        if (2 * (size_ + 1) > slots_.size()) grow();
        ++size_;
        put(key, value);
    }

  private:
    struct Slot {
        std::uint64_t key = 0, value = 0;
        std::uint32_t epoch = 0;
    };
    std::size_t place(std::uint64_t key) const {
        return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15u) >> 32) & (slots_.size() - 1);
    }
    void put(std::uint64_t key, std::uint64_t value) {
        std::size_t i = place(key);
        while (slots_[i].epoch == epoch_) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = {key, value, epoch_};
    }
    void grow() {
        std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
        for (const Slot& s : old)
            if (s.epoch == epoch_) put(s.key, s.value);
    }
    std::vector<Slot> slots_;
    std::uint32_t epoch_ = 1;
    std::size_t size_ = 0;
};

class Bijection {
  public:
    using Pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

    void forget() {
        for (auto* map : {&there_, &back_, &old_there_, &old_back_}) map->clear();
        pairs_.clear();
    }
    /// A new look: what was known becomes what must still be so.
    void next_look() {
        std::swap(there_, old_there_);
        std::swap(back_, old_back_);
        there_.clear();
        back_.clear();
        pairs_.clear();
    }
    /// Whether `a` here may be `b` there; remembers it. `fresh`: an object made since the last look
    /// may not take the name of one that was there then (it was made before the other went).
    bool match(std::uint64_t a, std::uint64_t b, bool fresh) {
        if (a == 0 || b == 0) return a == b;
        const std::uint64_t known = there_.at(a);
        if (known != 0) return known == b;
        if (back_.at(b) != 0) return false;
        const std::uint64_t before = old_there_.at(a);
        if (before != 0 && before != b) return false;
        if (fresh && before == 0 && old_back_.at(b) != 0) return false;
        there_.insert(a, b);
        back_.insert(b, a);
        pairs_.emplace_back(a, b);
        return true;
    }
    /// The name here of an object there, 0 if it has none.
    std::uint64_t back(std::uint64_t b) const { return b == 0 ? 0 : back_.at(b); }
    /// What was matched in this look, in order.
    const Pairs& pairs() const { return pairs_; }

  private:
    FlatMap there_, back_, old_there_, old_back_;
    Pairs pairs_;
};

}  // namespace faultline::fuzz
