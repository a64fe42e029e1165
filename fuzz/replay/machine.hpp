// fuzz/replay/machine.hpp - what a recording is performed on: the fast path, or the reference.
//
// Why: both are asked in pages of a real address space. The fast path has such addresses itself;
//      the reference has an arena of some thousand pages, into which a recording's ranges are laid
//      (layout.hpp). Answers are those of the reference (spec/state.hpp:Result).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/replay/layout.hpp"
#include "fuzz/replay/recording.hpp"
#include "spec/rules.hpp"

namespace faultline::fuzz {

/// A move as it was recorded: to where the kernel put it.
struct Remap {
    Page lo = 0, hi = 0, to = 0, span = 0;
    bool moves = false, dontunmap = false;
};

class ReplayMachine {
  public:
    virtual ~ReplayMachine() = default;
    virtual std::string_view name() const = 0;
    /// A new, empty address space, or a copy of one; -1 if there is no room for it.
    virtual int fresh() = 0;
    virtual int fork(int mm) = 0;
    virtual void exit(int mm) = 0;
    /// Private memory at [lo, hi), in place of what is there if `replace`. Pages of a file differ
    /// from anonymous ones in nothing but `key`: VMAs of another key never merge.
    virtual int map(int mm, Page lo, Page hi, std::uint16_t flags, std::uint32_t key,
                    bool replace) = 0;
    virtual int unmap(int mm, Page lo, Page hi) = 0;
    virtual int protect(int mm, Page lo, Page hi, std::uint16_t flags) = 0;
    virtual int remap(int mm, const Remap& move) = 0;
    virtual int dontneed(int mm, Page lo, Page hi) = 0;
    virtual int advise(int mm, Deed what, Page lo, Page hi) = 0;
    virtual int access(int mm, Page page, Deed how) = 0;
    /// The flags of areas that it has.
    virtual std::uint16_t flags() const = 0;
    /// VMAs in order, with their anonymous pages; of what they are the caller knows.
    virtual std::vector<Area> areas(int mm) = 0;
    /// Which claim or structure is broken, "" if none.
    virtual std::string check() = 0;
    /// Anonymous pages in use, of all processes.
    virtual std::uint64_t frames() = 0;
    /// What it could not do for want of room, "" if nothing.
    const std::string& trouble() const { return trouble_; }

  protected:
    std::string trouble_;
};

std::unique_ptr<ReplayMachine> make_fast_machine(const Recording& recording, const Rules& rules);
/// Null with a line in `problem` if the recording is too large for the reference.
std::unique_ptr<ReplayMachine> make_reference_machine(const Recording& recording,
                                                      const Layout& layout, const Rules& rules,
                                                      std::string& problem);

}  // namespace faultline::fuzz
