// proofs/x86/refine.cpp - the inductive step of the radix refinement, for symbolic trees.
//
// Why:    one step from any well-formed tree, not a walk from the empty one: what holds here holds
//         after any number of operations. Proved at a bound of levels, entries and frames.
#include "proofs/x86/refine.hpp"

#include "model/reference/radix.hpp"

namespace faultline::x86 {
namespace {

struct ForgetsParent : RadixRules {
    static constexpr bool clear_parent_on_free = false;
};
struct ClearsTooHigh : RadixRules {
    static constexpr unsigned clear_height = 2;
};
struct FreesInUse : RadixRules {
    static constexpr bool free_only_empty = false;
};
struct StaleNewTable : RadixRules {
    static constexpr bool zero_new_table = false;
};

/// Any tree and any flat map, and the premise that they are one.
template <class Table>
struct Before {
    Table tree;
    FlatMap<Table> flat;
    Word vpn{word_variable("vpn")}, leaf{word_variable("leaf")}, probe{word_variable("probe")};
    Bool premise{true};

    Before() {
        for (unsigned f = 0; f < Table::frames; ++f) {
            const std::string frame = std::to_string(f);
            tree.height[f] = Word(word_variable("height" + frame));
            for (unsigned i = 0; i < Table::entries; ++i)
                tree.entry[f][i] =
                    Word(word_variable("entry" + frame + "_" + std::to_string(i)));
        }
        for (std::uint64_t v = 0; v < Table::pages; ++v)
            flat.page[v] = Word(word_variable("page" + std::to_string(v)));
        const unsigned vpn_bits = Table::levels * Table::index_bits;
        premise = well_formed(tree) && abstracts(tree, flat) && fits(vpn, vpn_bits) &&
                  fits(probe, vpn_bits) && leaf != Word(0);
    }
};
/// After a step: the new tree, the new flat map, whether the step said yes.
template <class Table>
struct After {
    Table tree;
    FlatMap<Table> flat;
    Bool said_yes;
};

template <class Rules, class Table>
After<Table> after_map(const Before<Table>& b) {
    Table tree = b.tree;
    const Bool ok = radix_map<Rules>(tree, b.vpn, b.leaf);
    FlatMap<Table> flat = b.flat;
    flat.set(ok, b.vpn, b.leaf);
    return {tree, flat, ok};
}
template <class Rules, class Table>
After<Table> after_unmap(const Before<Table>& b) {
    Table tree = b.tree;
    const Bool reached = radix_unmap<Rules>(tree, b.vpn);
    FlatMap<Table> flat = b.flat;
    flat.set(Bool(true), b.vpn, Word(0));
    return {tree, flat, reached};
}
/// Walking finds what the flat map holds, at a page nobody chose.
template <class Table>
Bool means_the_same(const Before<Table>& b, const After<Table>& a) {
    return radix_lookup(a.tree, b.probe) == a.flat.lookup(b.probe);
}

template <class Table>
class Prover {
  public:
    Prover(const RefineOptions& options, std::vector<Cell>& cells)
        : options_(options), cells_(cells) {
        bounds_ = std::to_string(Table::levels) + " levels x " + std::to_string(Table::entries) +
                  " entries, " + std::to_string(Table::frames) + " tables";
    }
    void run() {
        init();
        const After<Table> mapped = after_map<RadixRules>(before_);
        step("map", mapped);
        const After<Table> unmapped = after_unmap<RadixRules>(before_);
        step("unmap", unmapped);
        enabled("map", "maps", mapped.said_yes);
        if (Table::frames < tables_of_a_full_tree())
            enabled("map", "runs out of tables", !mapped.said_yes);
        enabled("unmap", "reaches a leaf",
                unmapped.said_yes && before_.flat.lookup(before_.vpn) != Word(0));
        enabled("unmap", "frees a table", first_free(unmapped.tree) != first_free(before_.tree));
        canary("map without zeroing a new table", after_map<StaleNewTable>(before_));
        canary("unmap that forgets the parent's entry", after_unmap<ForgetsParent>(before_));
        canary("unmap that clears one level too high", after_unmap<ClearsTooHigh>(before_));
        canary("unmap that frees tables in use", after_unmap<FreesInUse>(before_));
    }

  private:
    static constexpr std::uint64_t tables_of_a_full_tree() {
        std::uint64_t sum = 0, row = 1;
        for (unsigned h = 0; h < Table::levels; ++h, row *= Table::entries)
            sum += row;
        return sum;
    }
    Decision ask(const Bool& claim, const std::string& name) {
        return decide(claim, "radix." + name + "." + bounds_, options_);
    }
    Cell& add(const char* kind, const std::string& claim, const std::string& step_name,
              const Decision& d) {
        Cell cell;
        cell.kind = kind;
        cell.claim = claim;
        cell.step = step_name;
        cell.bounds = bounds_;
        cell.verdict = d.verdict;
        cell.second_solver = d.second_solver;
        cell.certificate = d.certificate;
        cell.note = d.note;
        return cells_.emplace_back(std::move(cell));
    }
    void init() {
        const Table tree = empty_radix<Table>();
        const Bool claim = well_formed(tree) && abstracts(tree, FlatMap<Table>{});
        add("refine", "radix.empty", "init", ask(claim, "empty"));
    }
    void step(const std::string& name, const After<Table>& after) {
        add("refine", "radix.tree", name,
            ask(!before_.premise || well_formed(after.tree), name + ".tree"));
        add("refine", "radix.lookup", name,
            ask(!before_.premise || means_the_same(before_, after), name + ".lookup"));
    }
    /// Some state under the premise shows this outcome: asked as a claim that must be violated.
    void enabled(const std::string& name, const std::string& outcome, const Bool& happens) {
        const Decision d = ask(!(before_.premise && happens), name + "." + outcome);
        Cell& cell = add("enabled", outcome, name, d);
        if (d.verdict == Verdict::violated) cell.verdict = Verdict::holds;
        if (d.verdict == Verdict::holds) cell.verdict = Verdict::vacuous;
    }
    void canary(const std::string& what, const After<Table>& after) {
        const Bool claim = !before_.premise ||
                           (well_formed(after.tree) && means_the_same(before_, after));
        const Decision d = ask(claim, what);
        Cell& cell = add("bites", what, what.substr(0, what.find(' ')), d);
        if (d.verdict == Verdict::violated) {
            cell.verdict = Verdict::holds;
            cell.note = "refuted";
        } else if (d.verdict == Verdict::holds) {
            cell.verdict = Verdict::vacuous;
            cell.note = "the wrong step was not refuted";
        }
    }

    const RefineOptions& options_;
    std::vector<Cell>& cells_;
    std::string bounds_;
    Before<Table> before_;
};

template <unsigned LevelCount, unsigned IndexBits, unsigned FrameCount>
void prove_shape(const RefineOptions& options, std::vector<Cell>& cells) {
    Prover<RadixTable<Word, LevelCount, IndexBits, FrameCount>>(options, cells).run();
}

}  // namespace

std::vector<Cell> prove_radix_refinement(const RefineOptions& options) {
    std::vector<Cell> cells;
    prove_shape<2, 1, 3>(options, cells);
    prove_shape<2, 2, 4>(options, cells);
    if (options.large) {
        prove_shape<3, 1, 5>(options, cells);
        prove_shape<4, 1, 6>(options, cells);
    }
    return cells;
}

}  // namespace faultline::x86
