// proofs/x86/laws.cpp - runs the list of laws through the solver, and through plain numbers.
#include "proofs/x86/laws.hpp"

namespace faultline::x86 {
namespace {

std::string show(const Assignment& model) {
    std::string text;
    for (const auto& [name, value] : model) {
        if (!text.empty()) text += ' ';
        text += name + "=0x";
        int shift = 60;
        while (shift > 0 && (value >> shift) == 0) shift -= 4;
        for (; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15];
    }
    return text.empty() ? "any values" : text;
}

Cell make_cell(const char* kind, const Law& law, const Decision& decision) {
    Cell cell;
    cell.kind = kind;
    cell.claim = law.name;
    cell.kernel = law.kernel;
    cell.bounds = "64-bit words";
    cell.verdict = decision.verdict;
    cell.second_solver = decision.second_solver;
    cell.certificate = decision.certificate;
    cell.note = decision.note;
    return cell;
}

/// Clauses about sums of 64-bit words have no short refutation, where Z3 only rewrites the words.
bool is_arithmetic(const Law& law) { return law.name.starts_with("pages."); }

Cell prove(const Law& law, const X86LawOptions& options) {
    SymbolicInputs inputs;
    DecideOptions how = options;
    how.certify = options.certify && !is_arithmetic(law);
    const Decision decision = decide(law.holds.symbolic(inputs), law.name, how);
    Cell cell = make_cell("law", law, decision);
    if (decision.verdict == Verdict::violated)
        cell.note = law.says + " [" + law.source + "] fails for " + show(decision.model);
    return cell;
}

/// Refutes the broken neighbour and replays the countermodel on numbers.
Cell bites(const Law& law, const X86LawOptions& options) {
    SymbolicInputs inputs;
    const Decision decision = decide(law.broken.symbolic(inputs), law.name + ".broken", options);
    Cell cell = make_cell("bites", law, decision);
    if (decision.verdict == Verdict::holds) {
        cell.verdict = Verdict::vacuous;
        cell.note = "the broken neighbour holds too: " + law.broken_says;
    } else if (decision.verdict == Verdict::violated) {
        ConcreteInputs numbers{decision.model};
        const bool replayed = !law.broken.concrete(numbers);
        cell.verdict = replayed ? Verdict::holds : Verdict::unknown;
        cell.note = law.broken_says + ": refuted by " + show(decision.model);
        if (!replayed) cell.note += ", which the same text on numbers does not confirm";
    }
    return cell;
}

}  // namespace

Laws x86_laws() {
    Laws laws;
    add_entry_laws(laws);
    add_address_laws(laws);
    add_software_laws(laws);
    add_nonpresent_laws(laws);
    add_page_laws(laws);
    return laws;
}

std::vector<Cell> prove_x86_laws(const X86LawOptions& options) {
    std::vector<Cell> cells;
    for (const Law& law : x86_laws()) {
        if (law.name.find(options.only) == std::string::npos) continue;
        cells.push_back(prove(law, options));
        cells.push_back(bites(law, options));
    }
    return cells;
}

std::vector<std::string> run_x86_laws(std::uint64_t seed, unsigned runs) {
    const auto random = [&seed] {  // SplitMix64 (public domain, Vigna)
        std::uint64_t z = (seed += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    };
    const auto word = [&random]() -> std::uint64_t {
        const std::uint64_t r = random(), shift = random() % 64;
        switch (random() % 6) {
            case 0: return r;
            case 1: return r & random() & random();          // few bits
            case 2: return r | random() | random();          // many bits
            case 3: return std::uint64_t{1} << shift;        // one bit
            case 4: return (std::uint64_t{1} << shift) - 1;  // an edge
            default: return r >> shift;
        }
    };
    std::vector<std::string> failed;
    for (const Law& law : x86_laws())
        for (unsigned i = 0; i < runs; ++i) {
            ConcreteInputs inputs{{}, word};
            if (law.holds.concrete(inputs)) continue;
            failed.push_back(law.name + " fails for " + show(inputs.values));
            break;
        }
    return failed;
}

}  // namespace faultline::x86
