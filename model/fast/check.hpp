// model/fast/check.hpp - the engine's structures against each other.
//
// Why:  what an observation cannot show: an index out of order, a count that a table keeps of
//       itself, a tree node with a stale maximum, a page on two lists, a translation that outlived
//       its entry. The structures are redundant, and each redundancy is a check. Costs time in the
//       size of the machine; never called by the engine itself.
#pragma once
#include <vector>

#include "model/fast/engine.hpp"

namespace faultline::FL_FAST {

class Checker {
  public:
    explicit Checker(Engine& e);
    /// One sentence, nullptr if nothing is wrong.
    const char* run();

  private:
    bool wrong(bool bad, const char* sentence) {
        if (bad && problem_ == nullptr) problem_ = sentence;
        return bad;
    }
    // check_vma.cpp
    void address_space(MmId id);
    void vma(MmId id, VmaId v);
    unsigned node(const Mm& mm, NodeId at, VmaId& expected);
    void chain(VmaId id);
    u64 subtree(AnonId anon, AvcId at, u32& size);
    void anon_vmas();
    // check.cpp
    void tables(MmId id);
    /// What the entries of an address space come to.
    struct Totals {
        u64 pages = 0, swapped = 0;
    };
    void table(const Mm& mm, TableId at, unsigned h, Vpn base, Totals& totals);
    void entry(const Mm& mm, Vpn vpn, Entry e, Totals& totals);
    void swap_entry(Entry e, Totals& totals);   // check_swap.cpp
    void pages();
    void lists();
    void translations();
    void swap();   // check_swap.cpp

    Engine& e_;
    const char* problem_ = nullptr;
    std::vector<u32> maps_, refs_, listed_;         // by page
    std::vector<u32> slots_;                        // entries by slot
    std::vector<u32> active_, children_, below_;    // by anon_vma
    u32 nodes_ = 0, tables_ = 0, vmas_ = 0, avcs_ = 0;
};

}  // namespace faultline::FL_FAST
