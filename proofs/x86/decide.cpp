// proofs/x86/decide.cpp - terms into Z3's API and SMT-LIB files, answers out of them.
//
// Why:    the only file of this directory that names Z3.
#include "proofs/x86/decide.hpp"

#include <unistd.h>
#include <z3++.h>

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <vector>

#include "proofs/solver/obligation.hpp"

namespace faultline::x86 {
namespace {

/// Builds Z3 expressions from terms, each shared node once.
class Translator {
  public:
    explicit Translator(z3::context& context) : context_(context) {}
    z3::expr operator()(const Term& term) {
        std::vector<std::pair<const Node*, bool>> stack{{term.get(), false}};
        while (!stack.empty()) {
            const auto [n, ready] = stack.back();
            stack.pop_back();
            if (built_.contains(n)) continue;
            if (ready) {
                built_.emplace(n, build(*n));
                continue;
            }
            stack.push_back({n, true});
            for (const Term* t : {&n->a, &n->b, &n->c})
                if (*t) stack.push_back({t->get(), false});
        }
        return built_.at(term.get());
    }

  private:
    z3::expr build(const Node& n) {
        const auto in = [this](const Term& t) { return built_.at(t.get()); };
        const auto number = [this](std::uint64_t v) { return context_.bv_val(v, 64); };
        switch (n.op) {
            case Op::word_constant: return number(n.value);
            case Op::word_variable: return context_.bv_const(n.name.c_str(), 64);
            case Op::word_and: return in(n.a) & in(n.b);
            case Op::word_or: return in(n.a) | in(n.b);
            case Op::word_xor: return in(n.a) ^ in(n.b);
            case Op::word_not: return ~in(n.a);
            case Op::word_add: return in(n.a) + in(n.b);
            case Op::word_sub: return in(n.a) - in(n.b);
            case Op::word_shl: return z3::shl(in(n.a), number(n.value));
            case Op::word_lshr: return z3::lshr(in(n.a), number(n.value));
            case Op::word_ite: return z3::ite(in(n.a), in(n.b), in(n.c));
            case Op::truth_constant: return context_.bool_val(n.value != 0);
            case Op::truth_eq: return in(n.a) == in(n.b);
            case Op::truth_and: return in(n.a) && in(n.b);
            case Op::truth_or: return in(n.a) || in(n.b);
            case Op::truth_not: return !in(n.a);
        }
        return context_.bool_val(false);
    }
    z3::context& context_;
    std::unordered_map<const Node*, z3::expr> built_;
};

Assignment read_model(const z3::model& model) {
    Assignment values;
    for (unsigned i = 0; i < model.num_consts(); ++i) {
        const z3::func_decl variable = model.get_const_decl(i);
        std::uint64_t value = 0;
        const z3::expr e = model.get_const_interp(variable);
        if (e.is_bv() && e.is_numeral_u64(value)) values[variable.name().str()] = value;
    }
    return values;
}

std::uint64_t rlimit_count(z3::solver& solver) {
    const z3::stats statistics = solver.statistics();
    for (unsigned i = 0; i < statistics.size(); ++i)
        if (statistics.key(i) == "rlimit count" && statistics.is_uint(i))
            return statistics.uint_value(i);
    return 0;
}

void ask_z3(const Bool& claim, const DecideOptions& options, Decision& decision) {
    z3::context context;  // a fresh one for each query: nothing leaks from one to the next
    Translator translate(context);
    z3::solver solver(context, "QF_BV");
    z3::params limits(context);
    if (options.rlimit != 0) limits.set("rlimit", options.rlimit);
    solver.set(limits);
    solver.add(!translate(claim.term()));
    const z3::check_result answer = solver.check();
    decision.rlimit_used = rlimit_count(solver);
    if (answer == z3::unsat) {
        decision.verdict = Verdict::holds;
    } else if (answer == z3::sat) {
        decision.model = read_model(solver.get_model());
        const bool confirmed = evaluate(claim.term(), decision.model) == 0;
        decision.verdict = confirmed ? Verdict::violated : Verdict::unknown;
        if (!confirmed) decision.note = "Z3's countermodel does not make the claim false";
    } else {
        decision.note = solver.reason_unknown();
    }
}

/// The claim once more as clauses, refuted by CaDiCaL with a proof that our checker accepts.
void certify(const Bool& claim, const std::string& name, std::uint64_t conflicts,
             Decision& decision) {
    z3::context context;
    Translator translate(context);
    const z3::expr term = translate(claim.term());
    proofs::Obligation query;
    query.name = name;
    query.z = context;
    query.goals.push_back({name, term});
    proofs::DecideOptions options;
    options.certify = true;
    options.conflict_limit = conflicts;
    const proofs::GoalResult result = proofs::decide(query, options).goals[0];
    if (result.answer == proofs::Answer::holds && (result.certified || result.constant)) {
        decision.certificate = result.certified ? "drat-checked" : "constant";
        return;
    }
    if (result.note == "conflict limit reached") {
        decision.note = "not certified: no refutation within " + std::to_string(conflicts) +
                        " conflicts";
        return;
    }
    decision.verdict = Verdict::unknown;
    decision.note = result.answer == proofs::Answer::refuted ? "Z3 and CaDiCaL disagree"
                    : result.note.empty()                    ? "no certificate"
                                                             : result.note;
}

/// First word a program prints for a file; empty when it could not be run.
std::string first_word_of(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::array<char, 256> line{};
    std::string word;
    if (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) word = line.data();
    pclose(pipe);
    while (!word.empty() && (word.back() == '\n' || word.back() == ' ')) word.pop_back();
    return word;
}

void ask_second(const std::string& path, const DecideOptions& options, Decision& decision) {
    const std::string limits = options.second_solver.find("cvc5") != std::string::npos
                                   ? " --lang=smt2 --rlimit=20000000"
                                   : "";
    const std::string answer =
        first_word_of(options.second_solver + limits + " '" + path + "' 2>&1");
    const std::string name = std::filesystem::path(options.second_solver).filename().string();
    decision.second_solver = name + " " + (answer.empty() ? "no answer" : answer);
    const bool agrees = (answer == "unsat" && decision.verdict == Verdict::holds) ||
                        (answer == "sat" && decision.verdict == Verdict::violated);
    const bool contradicts = !agrees && (answer == "sat" || answer == "unsat") &&
                             decision.verdict != Verdict::unknown;
    if (contradicts) {
        decision.verdict = Verdict::unknown;
        decision.note = "Z3 and " + name + " disagree";
    }
}

std::string file_name(const std::string& name) {
    std::string safe;
    for (char c : name)
        safe += (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_') ? c : '-';
    return safe + ".smt2";
}

}  // namespace

Decision decide(const Bool& claim, const std::string& name, const DecideOptions& options) {
    namespace fs = std::filesystem;
    Decision decision;
    decision.nodes = node_count(claim.term());
    const auto start = std::chrono::steady_clock::now();
    try {
        ask_z3(claim, options, decision);
        if (options.certify && decision.verdict == Verdict::holds)
            certify(claim, name, options.certify_conflicts, decision);
    } catch (const z3::exception& problem) {
        decision.verdict = Verdict::unknown;
        decision.note = problem.msg();
    }
    decision.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const bool keep = !options.smt2_dir.empty();
    if (!keep && options.second_solver.empty()) return decision;
    const fs::path directory = keep ? fs::path(options.smt2_dir) : fs::temp_directory_path();
    fs::create_directories(directory);
    const fs::path path =
        directory / (keep ? file_name(name)
                          : "faultline-" + std::to_string(getpid()) + "-" + file_name(name));
    std::ofstream(path) << smtlib(claim.term(), name);
    if (!options.second_solver.empty()) ask_second(path.string(), options, decision);
    if (!keep) fs::remove(path);
    return decision;
}

}  // namespace faultline::x86
