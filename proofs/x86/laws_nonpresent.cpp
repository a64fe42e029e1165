// proofs/x86/laws_nonpresent.cpp - laws of entries that are not present: one kind each, told apart.
#include "proofs/x86/law.hpp"
#include "spec/x86_64/nonpresent.hpp"

namespace faultline::x86 {
namespace {

constexpr const char* layout = "linux arch/x86/include/asm/pgtable_64.h:__swp_entry@v6.1";
constexpr const char* types_source =
    "linux include/linux/swap.h:MAX_SWAPFILES@v5.10, @v6.1, @v6.12";

/// A release with all options and 5 levels, or with Debian's options and 4.
struct Config {
    Kernel kernel;
    std::string suffix;  ///< of law names: "linux_6_1" or "linux_6_1.debian"
    std::string rules() const { return std::string(release_name(kernel.release)); }
};
std::vector<Config> configs() {
    std::vector<Config> all;
    for (Release r : {Release::v5_10, Release::v6_1, Release::v6_12, Release::v6_18}) {
        const std::string name(release_name(r));
        all.push_back({Kernel{.release = r, .phys_bits = 52}, name});
        all.push_back({Kernel{.release = r, .device_private = false}, name + ".debian"});
    }
    return all;
}

template <class W>
W code(Kind kind) {
    return W(static_cast<unsigned>(kind));
}
template <class In>
auto any_swap(In& in, unsigned type_width, unsigned offset_width) {
    using W = typename In::W;
    return SwapEntry<W>{in.word("type", type_width), in.word("offset", offset_width),
                        in.truth("soft_dirty"), in.truth("uffd_wp"), in.truth("exclusive")};
}
template <class W>
Truth<W> equal(const SwapEntry<W>& a, const SwapEntry<W>& b) {
    return a.type == b.type && a.offset == b.offset && same_truth(a.soft_dirty, b.soft_dirty) &&
           same_truth(a.uffd_wp, b.uffd_wp) && same_truth(a.exclusive, b.exclusive);
}

void add_swap_laws(Laws& laws) {
    const auto fields = [](unsigned offset_width) {
        return statement([offset_width](auto& in) {
            const auto e = any_swap(in, 5, offset_width);
            return equal(decode_swap(encode(e)), e);
        });
    };
    laws.push_back({"swap.fields", "type, offset and the three bits of a swap entry survive",
                    layout, fields(50), "even an offset of 51 bits", fields(51), ""});
    const auto word = [](std::uint64_t must_be_zero) {
        return statement([must_be_zero](auto& in) {
            const auto w = in.word("w");
            return implies(!has_any(w, must_be_zero), encode(decode_swap(w)) == w);
        });
    };
    laws.push_back({"swap.word", "an entry with the unused bits clear survives decoding", layout,
                    word(swap_zero_bits | swap_stray_bits), "even with stray A or D",
                    word(swap_zero_bits), ""});
    laws.push_back({"swap.not_present",
                    "no swap entry is present, to the processor, to pte_present or to pmd_present",
                    layout, statement([](auto& in) {
                        return !pmd_present(encode(any_swap(in, 5, 50)));
                    }),
                    "nor is one ever a hole (type 0 with all offset bits set is 0)",
                    statement([](auto& in) {
                        const auto w = encode(any_swap(in, 5, 50));
                        return !pmd_present(w) && !pte_none(w);
                    }),
                    ""});
    laws.push_back({"swap.pte_write", "pte_write of a swap entry reads its soft-dirty bit",
                    "linux arch/x86/include/asm/pgtable_types.h:_PAGE_SWP_SOFT_DIRTY@v6.1",
                    statement([](auto& in) {
                        const auto e = any_swap(in, 5, 50);
                        return same_truth(pte_write(encode(e)), e.soft_dirty) &&
                               same_truth(pte_write(encode(e), true), e.soft_dirty);
                    }),
                    "it is never true, as one would expect", statement([](auto& in) {
                        return !pte_write(encode(any_swap(in, 5, 50)));
                    }),
                    ""});
    const auto cleared = [](std::uint64_t mask) {
        return statement([mask](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const auto e = any_swap(in, 5, 50);
            const auto d = decode_swap(encode(e) & W(~mask));
            return d.type == e.type && d.offset == e.offset && !d.soft_dirty && !d.uffd_wp &&
                   !d.exclusive;
        });
    };
    laws.push_back({"swap.clear_flags", "clearing the three bits leaves type and offset",
                    "linux include/linux/swapops.h:pte_swp_clear_flags@v6.1", cleared(0xe),
                    "clearing one bit more, at 9", cleared(0x20e), ""});
    const auto l1tf = [](unsigned width) {
        return statement([width](auto& in) {
            const auto w = encode(any_swap(in, 5, width));
            return has(w, entry_bit::frame_high);
        });
    };
    laws.push_back({"swap.l1tf", "while the offset is below 2^42 a swap entry points above 2^51",
                    "linux arch/x86/mm/init.c:arch_max_swapfile_size@v6.1", l1tf(42),
                    "below 2^43", l1tf(43), ""});
}

/// How many kinds claim `w`, leaving out `left_out`.
template <class W>
W claimants(const W& w, const Kernel& k, unsigned left_out) {
    W sum = W(0);
    for (unsigned n = 0; n < kind_count; ++n)
        if (n != left_out) sum = sum + select(is_kind(w, static_cast<Kind>(n), k), W(1), W(0));
    return sum;
}

void add_kind_laws(Laws& laws, const Config& config) {
    const Kernel k = config.kernel;
    const std::string suffix = "." + config.suffix, rules = config.rules();
    const auto exactly_one = [k](unsigned left_out) {
        return statement([k, left_out](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            return claimants<W>(in.word("w"), k, left_out) == W(1);
        });
    };
    laws.push_back({"kind.exactly_one" + suffix, "every 64-bit value is of exactly one kind",
                    types_source, exactly_one(kind_count), "without hwpoison",
                    exactly_one(static_cast<unsigned>(Kind::hwpoison)), rules});
    const auto agrees = [k](Kernel other) {
        return statement([k, other](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const W w = in.word("w"), kind = kind_of(w, other);
            auto all = Truth<W>(true);
            for (unsigned n = 0; n < kind_count; ++n)
                all = all && same_truth(is_kind(w, static_cast<Kind>(n), k), kind == W(n));
            return all;
        });
    };
    Kernel other = k;
    other.release = k.release == Release::v6_1 ? Release::v6_12 : Release::v6_1;
    laws.push_back({"kind.classify" + suffix, "the classifier says the kind and no other",
                    types_source, agrees(k), "by the type numbers of another kernel",
                    agrees(other), rules});
    const unsigned areas = swap_types(k).swap_areas;
    const auto is_swap = [k, areas](unsigned limit_off) {
        return statement([k, areas, limit_off](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const auto e = any_swap(in, 5, 50);
            auto real = Truth<W>(false);
            for (unsigned t = 0; t < areas + (limit_off == 1 ? 1 : 0); ++t)
                real = real || e.type == W(t);
            const auto sane = Truth<W>(limit_off == 2) || e.offset != W(bits_between(0, 49));
            return implies(real && sane, kind_of(encode(e), k) == code<W>(Kind::swap));
        });
    };
    laws.push_back({"kind.swap" + suffix,
                    "an entry of a real swap area with an offset below 2^50-1 is a swap entry",
                    types_source, is_swap(0), "for one type more", is_swap(1), rules});
    laws.push_back({"kind.swap_edge" + suffix,
                    "the only swap entry taken for a hole is type 0 with all offset bits set",
                    layout, statement([k](auto& in) {
                        using W = typename std::decay_t<decltype(in)>::W;
                        const auto e = any_swap(in, 5, 50);
                        const auto edge = e.type == W(0) && e.offset == W(bits_between(0, 49)) &&
                                          !e.soft_dirty && !e.uffd_wp && !e.exclusive;
                        return same_truth(kind_of(encode(e), k) == code<W>(Kind::none), edge);
                    }),
                    "there is no such entry", is_swap(2), rules});
}

/// Special entries: each kind this kernel has, holding a frame, or marker bits.
void add_special_laws(Laws& laws, const Config& config) {
    const Kernel k = config.kernel;
    const SwapTypes types = swap_types(k);
    const std::string rules = config.rules();
    for (unsigned n = static_cast<unsigned>(Kind::hwpoison); n < kind_count; ++n) {
        const Kind kind = static_cast<Kind>(n);
        if (!types.has(kind)) continue;
        const unsigned pfn_bits = swap_pfn_bits(k);
        const bool marker = kind == Kind::pte_marker;
        const auto survives = [k, kind](unsigned width) {
            return statement([k, kind, width](auto& in) {
                using W = typename std::decay_t<decltype(in)>::W;
                const bool ad = at_least(k, Release::v6_1);
                const PfnEntry<W> e{in.word("pfn", width), Truth<W>(ad) && in.truth("young"),
                                    Truth<W>(ad) && in.truth("dirty")};
                const W w = make_special(kind, pfn_offset(e, k), k);
                const PfnEntry<W> d = decode_pfn_offset(decode_swap(w).offset, k);
                return kind_of(w, k) == code<W>(kind) && d.pfn == e.pfn &&
                       same_truth(d.young, e.young) && same_truth(d.dirty, e.dirty);
            });
        };
        const auto marks = [k, kind](std::uint64_t mask) {
            return statement([k, kind, mask](auto& in) {
                using W = typename std::decay_t<decltype(in)>::W;
                const W bits = in.word("bits") & W(mask);
                const W w = make_special(kind, bits, k);
                return kind_of(w, k) == code<W>(kind) &&
                       (decode_swap(w).offset & W(marker_mask(k))) == bits;
            });
        };
        const std::string name =
            "kind.special." + std::string(kind_name(kind)) + "." + config.suffix;
        if (marker)
            laws.push_back({name, "a marker entry is a marker and keeps its bits",
                            "linux include/linux/swapops.h:pte_marker_get@v6.1, @v6.12",
                            marks(marker_mask(k)), "with one bit more than this kernel has",
                            marks(marker_mask(k) * 2 + 1), rules});
        else
            laws.push_back({name, "the entry is of its kind and keeps frame, young and dirty",
                            "linux include/linux/swapops.h:SWP_PFN_BITS@v6.1, swap.h@v5.10",
                            survives(pfn_bits), "a frame number one bit wider",
                            survives(pfn_bits + 1), rules});
    }
}

void add_cross_version_laws(Laws& laws) {
    const auto stable = [](unsigned areas) {
        return statement([areas](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const W w = in.word("w"), type = decode_swap(w).type;
            auto below = Truth<W>(false);
            for (unsigned t = 0; t < areas; ++t) below = below || type == W(t);
            const W kind = kind_of(w, Kernel{.release = Release::v6_1});
            auto same = Truth<W>(true);
            for (Release r : {Release::v5_10, Release::v6_12, Release::v6_18})
                same = same && kind_of(w, Kernel{.release = r}) == kind;
            return implies(below, same);
        });
    };
    laws.push_back({"kind.stable",
                    "an entry of type below 22 means the same to 5.10, 6.1, 6.12 and 6.18",
                    types_source, stable(22), "of type below 23", stable(23), ""});
}

}  // namespace

void add_nonpresent_laws(Laws& laws) {
    add_swap_laws(laws);
    for (const Config& config : configs()) {
        add_kind_laws(laws, config);
        add_special_laws(laws, config);
    }
    add_cross_version_laws(laws);
}

}  // namespace faultline::x86
