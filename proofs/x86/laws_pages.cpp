// proofs/x86/laws_pages.cpp - laws of page numbers: index and address in a VMA, levels of guest
// frames, alignment inside a reservation.
//
// Why: formulas people recall without the shift, without the offset, or without the overflow; each
//      of these is a broken neighbour here.
#include "proofs/x86/law.hpp"
#include "spec/page_numbers.hpp"

namespace faultline::x86 {
namespace {

constexpr const char* index_source = "linux include/linux/pagemap.h:linear_page_index@v6.1";
constexpr const char* address_source = "linux mm/internal.h:vma_pgoff_address@v6.1";
constexpr const char* gfn_source = "linux arch/x86/kvm/mmu/mmu_internal.h:gfn_round_for_level@v6.8";
constexpr const char* reserve_source = "QEMU util/mmap-alloc.c:qemu_ram_mmap@v8.2";

template <class W>
W page_of(const W& address) {
    return address & W(~bits_between(0, 11));
}
template <class W>
Truth<W> page_aligned(const W& address) {
    return page_of(address) == address;
}
template <class W>
Truth<W> power_of_two(const W& w) {
    return w != W(0) && (w & (w - W(1))) == W(0);
}
/// The sign of the difference: right as long as nothing overflows, and so no order at all.
template <class W>
Truth<W> below_by_sign(const W& a, const W& b) {
    return has(a - b, 63);
}

/// The two readings of one property of an order.
template <class F>
Law order_law(const char* name, const char* says, F property) {
    return {name, says, "SDM1 \"Status Flags\" (CF: the borrow of an unsigned difference)",
            statement([property](auto& in) {
                return property(in, [](const auto& a, const auto& b) { return below(a, b); });
            }),
            "the sign of the difference",
            statement([property](auto& in) {
                return property(in,
                                [](const auto& a, const auto& b) { return below_by_sign(a, b); });
            }),
            ""};
}
/// Total, transitive, and every word is below its successor: only the unsigned order is that.
void add_order_laws(Laws& laws) {
    laws.push_back(order_law("pages.below.total", "of two different words exactly one is below",
                             [](auto& in, auto less) {
                                 const auto x = in.word("x"), y = in.word("y");
                                 return same_truth(less(x, y), !less(y, x) && x != y);
                             }));
    laws.push_back(order_law("pages.below.transitive", "what is below a lower word is below",
                             [](auto& in, auto less) {
                                 const auto x = in.word("x"), y = in.word("y"), z = in.word("z");
                                 return implies(less(x, y) && less(y, z), less(x, z));
                             }));
    laws.push_back(order_law("pages.below.successor",
                             "a word is below its successor, unless that is 0",
                             [](auto& in, auto less) {
                                 const auto x = in.word("x"), next = x + decltype(x)(1);
                                 return same_truth(less(x, next), next != decltype(x)(0));
                             }));
}

void add_index_laws(Laws& laws) {
    const auto round_trip = [](bool in_pages) {
        return statement([in_pages](auto& in) {
            const auto a = in.word("address"), start = in.word("start"), pgoff = in.word("pgoff");
            const auto index = linear_page_index(a, start, pgoff);
            const auto back =
                in_pages ? page_address(index, start, pgoff) : start + (index - pgoff);
            return implies(page_aligned(start) && !below(a, start), back == page_of(a));
        });
    };
    laws.push_back({"pages.index.round_trip",
                    "the address of the index of an address is that address's page",
                    address_source, round_trip(true), "index - vm_pgoff + vm_start, unshifted",
                    round_trip(false), ""});
    const auto created = [](bool absolute) {
        return statement([absolute](auto& in) {
            const auto a = in.word("address"), start = in.word("start");
            const auto index = linear_page_index(a, start, start >> 12);
            return implies(page_aligned(start) && !below(a, start),
                           index == (absolute ? a >> 12 : (a - start) >> 12));
        });
    };
    laws.push_back({"pages.index.created",
                    "in private anonymous memory that was never moved the index is the page number",
                    "linux mm/mmap.c:do_mmap@v6.1 (pgoff = addr >> PAGE_SHIFT)", created(true),
                    "the index counts from the VMA's start", created(false), ""});
    const auto split = [](bool adjusted) {
        return statement([adjusted](auto& in) {
            const auto a = in.word("address"), start = in.word("start"), cut = in.word("cut"),
                       pgoff = in.word("pgoff");
            const auto right = adjusted ? pgoff + ((cut - start) >> 12) : pgoff;
            return implies(page_aligned(start) && page_aligned(cut) && !below(cut, start) &&
                               !below(a, cut),
                           linear_page_index(a, cut, right) == linear_page_index(a, start, pgoff));
        });
    };
    laws.push_back({"pages.index.split", "a split changes no page's index",
                    "linux mm/mmap.c:__split_vma@v6.1", split(true),
                    "the right part keeps vm_pgoff", split(false), ""});
    const auto moved = [](bool keeps) {
        return statement([keeps](auto& in) {
            const auto a = in.word("address"), start = in.word("start"), by = in.word("by"),
                       pgoff = in.word("pgoff");
            const auto there = start + by;
            return implies(page_aligned(start) && page_aligned(by),
                           linear_page_index(a + by, there, keeps ? pgoff : there >> 12) ==
                               linear_page_index(a, start, pgoff));
        });
    };
    laws.push_back({"pages.index.move", "a move that keeps vm_pgoff changes no page's index",
                    "linux mm/mmap.c:copy_vma@v6.1", moved(true),
                    "vm_pgoff follows the new address", moved(false), ""});
}

void add_place_laws(Laws& laws) {
    const auto distinct = [](bool one_offset) {
        return statement([one_offset](auto& in) {
            const auto x = in.word("x"), y = in.word("y"), start = in.word("start"),
                       p = in.word("p"), q = one_offset ? p : in.word("q");
            return implies(page_aligned(start) && !below(x, start) && !below(y, start) &&
                               linear_page_index(x, start, p) == linear_page_index(y, start, q),
                           page_of(x) == page_of(y));
        });
    };
    laws.push_back({"pages.index.distinct", "in one VMA one index is one page", index_source,
                    distinct(true), "whatever the page offsets", distinct(false), ""});
    const auto covered = [](bool bounded) {
        return statement([bounded](auto& in) {
            const auto index = in.word("index"), start = in.word("start"), end = in.word("end"),
                       pgoff = in.word("pgoff");
            const auto distance = index - pgoff;
            auto premise = page_aligned(start) && page_aligned(end) && below(start, end) &&
                           !below(index, pgoff);
            if (bounded) premise = premise && fits(distance, 52);
            return implies(premise, same_truth(vma_holds_index(index, start, end, pgoff),
                                               below(distance, (end - start) >> 12)));
        });
    };
    laws.push_back({"pages.index.covered",
                    "a VMA holds exactly the indices that are less than its pages past vm_pgoff",
                    address_source, covered(true), "also indices 2^52 pages away, whose address "
                    "overflows into the VMA", covered(false), ""});
}

void add_gfn_laws(Laws& laws) {
    for (Level level : {Level::pde, Level::pdpte}) {
        const std::string suffix = level == Level::pde ? ".2m" : ".1g";
        const auto rounded = [level](bool down) {
            return statement([level, down](auto& in) {
                const auto gfn = in.word("gfn");
                using W = std::remove_cvref_t<decltype(gfn)>;
                const W pages(pages_per(level));
                const W r = gfn_round_for_level(down ? gfn : gfn + pages - W(1), level);
                return gfn_round_for_level(r, level) == r && (r & (pages - W(1))) == W(0) &&
                       !below(gfn, r) && below(gfn - r, pages);
            });
        };
        laws.push_back({"pages.gfn_round" + suffix,
                        "rounding is idempotent and aligned, and goes down by less than the level",
                        gfn_source, rounded(true), "rounding up", rounded(false), ""});
    }
    const auto nested = [](bool large_last) {
        return statement([large_last](auto& in) {
            const auto gfn = in.word("gfn");
            const Level first = large_last ? Level::pde : Level::pdpte;
            const Level last = large_last ? Level::pdpte : Level::pde;
            return gfn_round_for_level(gfn_round_for_level(gfn, first), last) ==
                   gfn_round_for_level(gfn, last);
        });
    };
    laws.push_back({"pages.gfn_round.nested", "rounding to 2 MiB before 1 GiB makes no difference",
                    gfn_source, nested(true), "nor does 1 GiB before 2 MiB", nested(false), ""});
}

void add_reserve_laws(Laws& laws) {
    const auto inside = [](bool with_slack) {
        return statement([with_slack](auto& in) {
            const auto base = in.word("base"), size = in.word("size"), align = in.word("align");
            const auto total = with_slack ? reserved_size(size, align) : size;
            const auto at = activated_at(base, align);
            return implies(power_of_two(align) && !below(total, size) && !below(base + total, base),
                           align_up(at, align) == at && !below(at, base) &&
                               !below(base + total, at + size));
        });
    };
    laws.push_back({"pages.reserve.inside",
                    "size bytes at a multiple of align fit into a reservation of size + align",
                    reserve_source, inside(true), "into a reservation of size", inside(false), ""});
    const auto guarded = [](bool least) {
        return statement([least](auto& in) {
            const auto base = in.word("base"), size = in.word("size"), align = in.word("align");
            using W = std::remove_cvref_t<decltype(base)>;
            const W total = reserved_size(size, align), page(4096);
            const W at = least ? activated_at(base, align) : (base + align) & (W(0) - align);
            return implies(power_of_two(align) && page_aligned(align) && page_aligned(base) &&
                               !below(total, size) && !below(base + total, base),
                           !below(base + total, at + size + page) && !below(at, base));
        });
    };
    laws.push_back({"pages.reserve.guard",
                    "a page stays free behind them, because mmap answers a whole page",
                    reserve_source, guarded(true), "also when an aligned base is rounded on",
                    guarded(false), ""});
}

}  // namespace

void add_page_laws(Laws& laws) {
    add_order_laws(laws);
    add_index_laws(laws);
    add_place_laws(laws);
    add_gfn_laws(laws);
    add_reserve_laws(laws);
}

}  // namespace faultline::x86
