// proofs/x86/law.hpp - what a law of the codecs is, and from where it draws its words.
//
// Why:    a law is written once as a generic function of its inputs. Fed with variables it is a
//         formula for Z3; fed with numbers it is a test of the same text. Beside each law stands a
//         broken neighbour, plausible and false, which must be refuted: a law whose neighbour also
//         "holds" says nothing.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "proofs/x86/term.hpp"
#include "spec/x86_64/word.hpp"

namespace faultline::x86 {

/// Inputs as variables.
struct SymbolicInputs {
    using W = Word;
    Word word(const std::string& name) const { return Word(word_variable(name)); }
    /// A word that fits in `width` bits.
    Word word(const std::string& name, unsigned width) const {
        return word(name) & Word(bits_between(0, width - 1));
    }
    Bool truth(const std::string& name) const { return has(word(name), 0); }
};
/// Inputs as numbers: from an assignment, or from a generator for names it does not hold.
struct ConcreteInputs {
    using W = std::uint64_t;
    Assignment values;
    std::function<std::uint64_t()> generate = [] { return std::uint64_t{0}; };
    std::uint64_t word(const std::string& name) {
        const auto found = values.find(name);
        return found != values.end() ? found->second : values[name] = generate();
    }
    std::uint64_t word(const std::string& name, unsigned width) {
        return word(name) & bits_between(0, width - 1);
    }
    bool truth(const std::string& name) { return has(word(name), 0); }
};

struct Statement {
    std::function<Bool(SymbolicInputs&)> symbolic;
    std::function<bool(ConcreteInputs&)> concrete;
};
/// Both readings of one generic function.
template <class F>
Statement statement(F f) {
    return {[f](SymbolicInputs& in) { return f(in); }, [f](ConcreteInputs& in) { return f(in); }};
}

struct Law {
    std::string name;
    std::string says;
    std::string source;
    Statement holds;
    std::string broken_says;  ///< what the false neighbour gets wrong
    Statement broken;
    std::string kernel;       ///< "" when it does not depend on one
};
using Laws = std::vector<Law>;

template <class B>
B implies(const B& premise, const B& conclusion) {
    return !premise || conclusion;
}
template <class B>
B same_truth(const B& a, const B& b) {
    return (a && b) || (!a && !b);
}

void add_entry_laws(Laws& laws);
void add_address_laws(Laws& laws);
void add_software_laws(Laws& laws);
void add_nonpresent_laws(Laws& laws);
void add_page_laws(Laws& laws);
/// Every law, in a fixed order, names unique.
Laws x86_laws();

}  // namespace faultline::x86
