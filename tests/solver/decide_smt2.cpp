// tests/solver/decide_smt2.cpp - decides obligations from SMT-LIB files and prints the cost.
//
// Why: the back-end is measured on real steps without building the model; and a query that went
//      wrong can be sent to someone as one file. An assertion `(=> |goal!name| term)` is a goal,
//      any other is a premise.
// Usage: decide_smt2 [--certify] [--second] [--all-at-once] [--models] [--drop=N] [--cache=DIR]
//        FILE...
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>

#include "proofs/solver/obligation.hpp"
#include "proofs/solver/z3_terms.hpp"

namespace {

using namespace faultline::proofs;

struct Totals {
    std::size_t goals = 0, distinct = 0, queries = 0, holds = 0, certified = 0, second = 0;
    std::size_t other = 0;
    std::size_t lemmas = 0, checked = 0, bytes = 0, cached = 0;
    double encode = 0, solve = 0, certify = 0, second_seconds = 0, all = 0;
};

Obligation read(Z3_context z, const std::string& path) {
    Obligation ob;
    ob.name = path;
    ob.z = z;
    const Z3_ast_vector v =
        Z3_parse_smtlib2_file(z, path.c_str(), 0, nullptr, nullptr, 0, nullptr, nullptr);
    require_z3(z, "parsing");
    Z3_ast_vector_inc_ref(z, v);
    for (unsigned i = 0; i < Z3_ast_vector_size(z, v); ++i) {
        const Z3_ast t = Z3_ast_vector_get(z, v, i);
        if (kind_of(z, t) == Z3_OP_IMPLIES) {
            const Z3_app app = Z3_to_app(z, t);
            const Z3_ast left = Z3_get_app_arg(z, app, 0);
            if (kind_of(z, left) == Z3_OP_UNINTERPRETED) {
                const std::string name = name_of(z, Z3_get_app_decl(z, Z3_to_app(z, left)));
                if (name.rfind("goal!", 0) == 0) {
                    ob.goals.push_back({name, Z3_get_app_arg(z, app, 1)});
                    continue;
                }
            }
        }
        ob.premises.push_back(t);
    }
    return ob;
}

void show(const std::string& path, const Decision& d, Totals& t) {
    std::size_t holds = 0, refuted = 0, unknown = 0;
    for (const GoalResult& g : d.goals) {
        holds += g.answer == Answer::holds ? 1U : 0U;
        refuted += g.answer == Answer::refuted ? 1U : 0U;
        unknown += g.answer == Answer::unknown ? 1U : 0U;
        t.certified += g.certified ? 1U : 0U;
        t.second += g.second == "cvc5 unsat" ? 1U : 0U;
    }
    std::printf("%-34s %s %4zu holds %3zu refuted %3zu unknown %4zu distinct %6zu vars "
                "%7zu clauses %7zu lemmas %7zu checked | "
                "enc %.2f solve %.2f cert %.2f 2nd %.2f all %.2f s\n",
                path.substr(path.rfind('/') + 1).c_str(),
                d.premises_satisfiable == Answer::holds ? "sat" : "VACUOUS?", holds, refuted,
                unknown, d.distinct, d.variables, d.clauses, d.lemmas, d.lemmas_checked,
                d.encode_seconds, d.solve_seconds, d.certify_seconds, d.second_seconds, d.seconds);
    for (const std::string& n : d.notes) std::printf("    %s\n", n.c_str());
    for (const GoalResult& g : d.goals) {
        if (!g.note.empty()) std::printf("    %s\n", g.note.c_str());
    }
    t.goals += d.goals.size();
    t.distinct += d.distinct;
    t.queries += d.queries;
    t.cached += d.cached;
    t.holds += holds;
    t.other += refuted + unknown;
    t.lemmas += d.lemmas;
    t.checked += d.lemmas_checked;
    t.bytes += d.proof_bytes;
    t.encode += d.encode_seconds;
    t.solve += d.solve_seconds;
    t.certify += d.certify_seconds;
    t.second_seconds += d.second_seconds;
    t.all += d.seconds;
}

/// Finds a counterexample for each refuted goal; they throw if they do not fit.
void find_models(const Obligation& ob, const Decision& d, const DecideOptions& options) {
    std::size_t found = 0;
    const std::clock_t start = std::clock();
    for (std::size_t i = 0; i < d.goals.size(); ++i) {
        if (d.goals[i].answer != Answer::refuted) continue;
        if (!counterexample(ob, i, options)) throw std::runtime_error("no model of " + ob.name);
        ++found;
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("    %zu models in %.2f s\n", found, seconds);
}

int run(int argc, char** argv) {
    DecideOptions options;
    Totals t;
    bool models = false;
    std::size_t drop = 0;    // premise to leave out, counted from 1
    for (int i = 1; i < argc; ++i) {
        const std::string a = argv[i];
        if (a == "--certify") options.certify = true;
        else if (a == "--second") options.second_solver = true;
        else if (a == "--all-at-once") options.all_at_once = true;
        else if (a == "--models") models = true;
        else if (a.rfind("--drop=", 0) == 0) drop = std::stoul(a.substr(7));
        else if (a.rfind("--cache=", 0) == 0) options.cache_dir = a.substr(8);
        else if (a.rfind("--", 0) == 0) throw std::runtime_error("unknown option " + a);
        else {
            const Z3_config c = Z3_mk_config();
            const Z3_context z = Z3_mk_context(c);
            Z3_del_config(c);
            Z3_set_error_handler(z, [](Z3_context, Z3_error_code) {});
            Obligation ob = read(z, a);
            if (drop != 0 && drop <= ob.premises.size()) {
                ob.premises.erase(ob.premises.begin() + static_cast<std::ptrdiff_t>(drop) - 1);
            }
            const Decision d = decide(ob, options);
            show(a, d, t);
            if (models) find_models(ob, d, options);
            Z3_del_context(z);
        }
    }
    std::printf("TOTAL goals %zu distinct %zu cached %zu queries %zu holds %zu certified %zu "
                "second %zu not-holds %zu lemmas %zu checked %zu proof-MB %.1f | "
                "enc %.2f solve %.2f cert %.2f 2nd %.2f all %.2f s\n",
                t.goals, t.distinct, t.cached, t.queries, t.holds, t.certified, t.second, t.other,
                t.lemmas, t.checked, static_cast<double>(t.bytes) / 1e6, t.encode, t.solve,
                t.certify, t.second_seconds, t.all);
    return t.other == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "decide_smt2: %s\n", e.what());
        return 5;
    }
}
