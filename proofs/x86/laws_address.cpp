// proofs/x86/laws_address.cpp - laws of linear addresses: cut into indices and put together again.
#include "proofs/x86/law.hpp"
#include "spec/x86_64/address.hpp"

namespace faultline::x86 {
namespace {

constexpr const char* canonical_source = "SDM1 \"Canonical Addressing\"";
constexpr const char* index_source =
    "SDM3A \"Linear-Address Translation with 4-Level Paging and 5-Level Paging\"";

/// All parts of `address` put back, but for the table of height `forgotten` (0: none).
template <class W>
W recomposed(const W& address, unsigned levels, unsigned forgotten) {
    W sum = page_offset(address, Level::pte);
    for (unsigned h = 1; h <= levels; ++h) {
        const Level level = static_cast<Level>(h);
        if (h != forgotten) sum = sum | index_part(table_index(address, level), level);
    }
    return sum;
}

void add_canonical_laws(Laws& laws, unsigned width) {
    const std::string suffix = "." + std::to_string(width);
    const auto fixpoint = [width](unsigned extended) {
        return statement([width, extended](auto& in) {
            const auto x = in.word("x");
            return same_truth(is_canonical(x, width), sign_extend(x, extended) == x);
        });
    };
    laws.push_back({"address.canonical" + suffix,
                    "an address is canonical exactly when sign extension leaves it alone",
                    canonical_source, fixpoint(width), "extending from one bit lower",
                    fixpoint(width - 1), ""});
    laws.push_back({"address.extend" + suffix,
                    "sign extension makes any word canonical, and a second one changes nothing",
                    canonical_source, statement([width](auto& in) {
                        const auto x = sign_extend(in.word("x"), width);
                        return is_canonical(x, width) && sign_extend(x, width) == x;
                    }),
                    "every word is canonical as it stands",
                    statement([width](auto& in) { return is_canonical(in.word("x"), width); }),
                    ""});
}

void add_index_laws(Laws& laws, unsigned levels) {
    const std::string suffix = "." + std::to_string(levels);
    const unsigned width = linear_bits(levels);
    const auto composed = [levels, width](unsigned forgotten, bool extended) {
        return statement([=](auto& in) {
            const auto x = in.word("x");
            const auto sum = recomposed(x, levels, forgotten);
            return implies(is_canonical(x, width),
                           (extended ? sign_extend(sum, width) : sum) == x);
        });
    };
    laws.push_back({"address.compose" + suffix,
                    "a canonical address is its indices and offset, sign extended", index_source,
                    composed(0, true), "without the sign extension", composed(0, false), ""});
    const auto injective = [levels](unsigned forgotten) {
        return statement([=](auto& in) {
            const unsigned bits = linear_bits(levels);
            const auto x = in.word("x"), y = in.word("y");
            auto same = page_offset(x, Level::pte) == page_offset(y, Level::pte) &&
                        is_canonical(x, bits) && is_canonical(y, bits);
            for (unsigned h = 1; h <= levels; ++h)
                if (h != forgotten)
                    same = same && table_index(x, static_cast<Level>(h)) ==
                                       table_index(y, static_cast<Level>(h));
            return implies(same, x == y);
        });
    };
    laws.push_back({"address.distinct" + suffix,
                    "two canonical addresses with equal indices and offset are one", index_source,
                    injective(0), "though the PDPTE index differs", injective(3), ""});
}

void add_level_laws(Laws& laws, Level level) {
    const std::string suffix = ".h" + std::to_string(height(level));
    laws.push_back({"address.index" + suffix, "an index is below 512", index_source,
                    statement([level](auto& in) {
                        return fits(table_index(in.word("x"), level), 9);
                    }),
                    "below 256", statement([level](auto& in) {
                        return fits(table_index(in.word("x"), level), 8);
                    }),
                    ""});
    laws.push_back({"address.index_part" + suffix, "an index put in its place is read back there",
                    index_source, statement([level](auto& in) {
                        const auto i = in.word("i", 9);
                        return table_index(index_part(i, level), level) == i;
                    }),
                    "even an index of 10 bits", statement([level](auto& in) {
                        const auto i = in.word("i", 10);
                        return table_index(index_part(i, level), level) == i;
                    }),
                    ""});
}

}  // namespace

void add_address_laws(Laws& laws) {
    add_canonical_laws(laws, 48);
    add_canonical_laws(laws, 57);
    laws.push_back({"address.canonical.48_in_57",
                    "what is canonical with 4 levels is canonical with 5", canonical_source,
                    statement([](auto& in) {
                        const auto x = in.word("x");
                        return implies(is_canonical(x, 48), is_canonical(x, 57));
                    }),
                    "and the other way round", statement([](auto& in) {
                        const auto x = in.word("x");
                        return implies(is_canonical(x, 57), is_canonical(x, 48));
                    }),
                    ""});
    add_index_laws(laws, 4);
    add_index_laws(laws, 5);
    for (unsigned h = 1; h <= 5; ++h) add_level_laws(laws, static_cast<Level>(h));
    for (Level level : {Level::pde, Level::pdpte}) {
        const auto nested = [level](bool with_ptes) {
            return statement([level, with_ptes](auto& in) {
                const auto x = in.word("x");
                auto sum = page_offset(x, Level::pte);
                for (unsigned h = with_ptes ? 1 : 2; h < height(level); ++h) {
                    const Level below = static_cast<Level>(h);
                    sum = sum | index_part(table_index(x, below), below);
                }
                return page_offset(x, level) == sum;
            });
        };
        laws.push_back({level == Level::pde ? "address.large_offset.2m" : "address.large_offset.1g",
                        "the offset in a large page is the indices below it and the small offset",
                        index_source, nested(true), "without the PTE index", nested(false), ""});
    }
}

}  // namespace faultline::x86
