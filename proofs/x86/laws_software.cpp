// proofs/x86/laws_software.cpp - laws of Linux's reading of a leaf: PROT_NONE, L1TF, dirtiness.
#include "proofs/x86/law.hpp"
#include "spec/x86_64/software.hpp"

namespace faultline::x86 {
namespace {

constexpr const char* invert_source = "linux arch/x86/include/asm/pgtable-invert.h@v6.1";
constexpr const char* present_source = "linux arch/x86/include/asm/pgtable.h:pte_present@v6.1";

/// Flags without frame bits.
template <class In>
auto any_flags(In& in, const char* name) {
    using W = typename In::W;
    return in.word(name) & W(~frame_mask);
}

void add_inversion_laws(Laws& laws) {
    const auto frame_survives = [](bool not_clear) {
        return statement([not_clear](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const W pfn = in.word("pfn", 40), flags = any_flags(in, "flags");
            const auto premise = Truth<W>(!not_clear) || flags != W(0);
            return implies(premise, pte_pfn(make_pte(pfn, flags)) == pfn);
        });
    };
    laws.push_back({"l1tf.frame", "a leaf built from a frame and any flags but 0 gives it back",
                    invert_source, frame_survives(true),
                    "even with flags 0, for which the kernel inverts on reading only",
                    frame_survives(false), ""});
    laws.push_back({"l1tf.involution", "changing a leaf's flags and changing them back restores it",
                    invert_source, statement([](auto& in) {
                        using W = typename std::decay_t<decltype(in)>::W;
                        const W w = in.word("w"), flags = any_flags(in, "flags");
                        const auto premise = pte_flags(w) != W(0) && flags != W(0);
                        return implies(premise,
                                       pte_with_flags(pte_with_flags(w, flags), pte_flags(w)) == w);
                    }),
                    "even by copying the frame bits as they are", statement([](auto& in) {
                        using W = typename std::decay_t<decltype(in)>::W;
                        const W w = in.word("w"), flags = any_flags(in, "flags");
                        const W copied = (w & W(frame_mask)) | flags;
                        const auto premise = pte_flags(w) != W(0) && flags != W(0);
                        return implies(premise, pte_pfn(copied) == pte_pfn(w));
                    }),
                    ""});
    laws.push_back({"l1tf.clear", "a clear entry is never inverted", invert_source,
                    statement([](auto& in) {
                        using W = typename std::decay_t<decltype(in)>::W;
                        const W w = in.word("w");
                        return implies(w == W(0), !is_inverted(w) && pte_pfn(w) == W(0));
                    }),
                    "nor is any entry that pte_none accepts (a stray A or D is inverted)",
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return implies(pte_none(w), !is_inverted(w));
                    }),
                    ""});
    const auto out_of_reach = [](unsigned width) {
        return statement([width](auto& in) {
            using W = typename std::decay_t<decltype(in)>::W;
            const W pfn = in.word("pfn", width), flags = any_flags(in, "flags");
            const auto premise = flags != W(0) && !has(flags, entry_bit::present);
            return implies(premise, has(make_pte(pfn, flags), entry_bit::frame_high));
        });
    };
    laws.push_back({"l1tf.out_of_reach",
                    "the stored address of a leaf the processor finds not present lies above 2^51 "
                    "while the frame lies below it",
                    invert_source, out_of_reach(39), "for any frame", out_of_reach(40), ""});
}

void add_present_laws(Laws& laws) {
    laws.push_back({"present.prot_none",
                    "PROT_NONE is present to Linux and not to the processor, and nothing else is",
                    present_source, statement([](auto& in) {
                        const auto w = in.word("w");
                        return same_truth(is_prot_none(w),
                                          pte_present(w) && !has(w, entry_bit::present));
                    }),
                    "every entry the processor finds not present is PROT_NONE",
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return same_truth(is_prot_none(w), !has(w, entry_bit::present));
                    }),
                    ""});
    laws.push_back({"present.none", "no entry is both none and present", present_source,
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return !(pte_none(w) && pte_present(w));
                    }),
                    "every entry is one of the two", statement([](auto& in) {
                        const auto w = in.word("w");
                        return pte_none(w) || pte_present(w);
                    }),
                    ""});
    laws.push_back({"present.pmd", "whatever pte_present accepts, pmd_present accepts",
                    "linux arch/x86/include/asm/pgtable.h:pmd_present@v6.1",
                    statement([](auto& in) {
                        const auto w = in.word("w");
                        return implies(pte_present(w), pmd_present(w));
                    }),
                    "and the other way round", statement([](auto& in) {
                        const auto w = in.word("w");
                        return implies(pmd_present(w), pte_present(w));
                    }),
                    ""});
}

void add_wrprotect_laws(Laws& laws, const Kernel& k) {
    const std::string name(release_name(k.release)), suffix = "." + name;
    const char* source = "linux arch/x86/include/asm/pgtable.h:pte_wrprotect@v6.1, @v6.12";
    laws.push_back({"wrprotect.keeps_dirty" + suffix,
                    "write protection takes R/W away and keeps the leaf dirty or clean", source,
                    statement([k](auto& in) {
                        const auto w = in.word("w"), r = pte_wrprotect(w, k);
                        return !has(r, entry_bit::writable) &&
                               same_truth(pte_dirty(r, k), pte_dirty(w, k)) &&
                               implies(has(w, entry_bit::present), pte_pfn(r) == pte_pfn(w));
                    }),
                    "and changes nothing else", statement([k](auto& in) {
                        const auto w = in.word("w");
                        return pte_wrprotect(w, k) == w;
                    }),
                    name});
    if (!at_least(k, Release::v6_12)) return;
    laws.push_back({"wrprotect.no_shadow_stack" + suffix,
                    "write protection never leaves D set with R/W clear: that is a shadow stack",
                    source, statement([k](auto& in) {
                        const auto r = pte_wrprotect(in.word("w"), k);
                        return !pte_write(r, true);
                    }),
                    "even by the rule of 6.1", statement([](auto& in) {
                        const auto r = pte_wrprotect(in.word("w"), Kernel{});
                        return !pte_write(r, true);
                    }),
                    name});
}

}  // namespace

void add_software_laws(Laws& laws) {
    add_inversion_laws(laws);
    add_present_laws(laws);
    for (Release r : {Release::v5_10, Release::v6_1, Release::v6_12, Release::v6_18})
        add_wrprotect_laws(laws, Kernel{.release = r});
}

}  // namespace faultline::x86
