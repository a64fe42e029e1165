// proofs/solver/query_cache.cpp - digests of queries, and the files their verdicts are kept in.
//
// Why: see query_cache.hpp. A digest is built bottom up, one per distinct subterm, so its cost is
//      linear in the shared term. `format` below changes whenever the meaning of a digest or of a
//      verdict changes.
#include "proofs/solver/query_cache.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include <unistd.h>

#include "proofs/solver/z3_terms.hpp"

namespace faultline::proofs {
namespace {

constexpr std::string_view format = "faultline verdicts 1";

// Strings are preceded by their length, so that two lists never run into the same bytes.
void add_text(Sha256& h, std::string_view s) { h.add(std::uint64_t{s.size()}).add(s); }

void add_parameters(Z3_context z, Sha256& h, Z3_func_decl f) {
    const unsigned n = Z3_get_decl_num_parameters(z, f);
    h.add(std::uint64_t{n});
    for (unsigned i = 0; i < n; ++i) {
        const Z3_parameter_kind k = Z3_get_decl_parameter_kind(z, f, i);
        h.add(static_cast<std::uint64_t>(k));
        switch (k) {
            case Z3_PARAMETER_INT:
                h.add(static_cast<std::uint64_t>(Z3_get_decl_int_parameter(z, f, i)));
                break;
            case Z3_PARAMETER_RATIONAL:
                add_text(h, Z3_get_decl_rational_parameter(z, f, i));
                break;
            default: throw std::runtime_error("an operator parameter the digest does not know");
        }
    }
}

class Digester {
public:
    explicit Digester(Z3_context z) : z_(z) {}
    void run(const std::vector<Z3_ast>& roots) {
        for (Z3_ast t : postorder(z_, roots)) known_.emplace(t, node(t));
    }
    const Digest& of(Z3_ast t) const { return known_.at(t); }

private:
    Digest node(Z3_ast t) {
        Sha256 h;
        add_text(h, sort(Z3_get_sort(z_, t)));
        // Not Z3_is_numeral_ast: it calls true and false numerals, and both print as nothing.
        if (kind_of(z_, t) == Z3_OP_BNUM) {
            h.add("numeral");
            add_text(h, Z3_get_numeral_string(z_, t));
            return h.finish();
        }
        const Z3_app app = Z3_to_app(z_, t);
        const Z3_func_decl f = Z3_get_app_decl(z_, app);
        h.add("apply").add(static_cast<std::uint64_t>(Z3_get_decl_kind(z_, f)));
        add_text(h, name_of(z_, f));
        if (Z3_get_decl_kind(z_, f) != Z3_OP_UNINTERPRETED) add_parameters(z_, h, f);
        const unsigned n = Z3_get_app_num_args(z_, app);
        h.add(std::uint64_t{n});
        for (unsigned i = 0; i < n; ++i) h.add(known_.at(Z3_get_app_arg(z_, app, i)));
        return h.finish();
    }
    std::string sort(Z3_sort s) {
        switch (Z3_get_sort_kind(z_, s)) {
            case Z3_BOOL_SORT: return "Bool";
            case Z3_BV_SORT: return "BV" + std::to_string(Z3_get_bv_sort_size(z_, s));
            default: throw std::runtime_error("a term that is neither Bool nor a bit-vector");
        }
    }

    Z3_context z_;
    std::unordered_map<Z3_ast, Digest> known_;
};

bool from_hex(const std::string& text, Digest& d) {
    if (text.size() != 64) return false;
    for (std::size_t i = 0; i < 64; ++i) {
        const char c = text[i];
        const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0) return false;
        d[i / 2] = static_cast<std::uint8_t>(i % 2 == 0 ? v << 4 : d[i / 2] | v);
    }
    return true;
}

std::string digest_of(const std::string& text) { return hex(Sha256().add(text).finish()); }

}  // namespace

QueryDigests digest_query(Z3_context z, const std::vector<Z3_ast>& premises,
                          const std::vector<Z3_ast>& goals) {
    Digester nodes(z);
    nodes.run(premises);
    nodes.run(goals);
    std::vector<Digest> each;
    for (Z3_ast p : premises) each.push_back(nodes.of(p));
    std::sort(each.begin(), each.end());
    each.erase(std::unique(each.begin(), each.end()), each.end());
    Sha256 all;
    add_text(all, format);
    all.add(std::uint64_t{each.size()});
    for (const Digest& d : each) all.add(d);
    QueryDigests out{all.finish(), {}};
    for (Z3_ast g : goals) out.goals.push_back(nodes.of(g));
    return out;
}

QueryCache::QueryCache(const std::string& dir, const Digest& premises)
    : path_((std::filesystem::path(dir) / (hex(premises) + ".verdicts")).string()),
      premises_(premises) {
    std::filesystem::create_directories(dir);
    std::ifstream in(path_, std::ios::binary);
    if (!in) return;
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad() || !parse(text.str())) {
        complaint_ = "cache file " + path_ + " is corrupt: ignored, it will be written anew";
        goals_.clear();
        premises_satisfiable_ = false;
        changed_ = true;
    }
}

const Remembered* QueryCache::find(const Digest& goal) const {
    const auto at = goals_.find(goal);
    return at == goals_.end() ? nullptr : &at->second;
}

void QueryCache::remember_premises() {
    changed_ = changed_ || !premises_satisfiable_;
    premises_satisfiable_ = true;
}

// What an entry is backed by never becomes less.
void QueryCache::remember(const Digest& goal, Remembered how) {
    Remembered& r = goals_[goal];
    r.certified = r.certified || how.certified;
    if (how.second == "cvc5 unsat") r.second = how.second;
    changed_ = true;
}

std::string QueryCache::body() const {
    std::string out(format);
    out += "\npremises " + hex(premises_) + (premises_satisfiable_ ? " satisfiable\n" : " open\n");
    for (const auto& [goal, how] : goals_) {
        out += "holds " + hex(goal) + (how.certified ? " certified" : " uncertified") +
               (how.second.empty() ? " once\n" : " cvc5-unsat\n");
    }
    return out;
}

// The text must be exactly what `body` writes for what was read from it, followed by its digest.
bool QueryCache::parse(const std::string& text) {
    const std::size_t end = text.rfind("digest ");
    if (end == std::string::npos) return false;
    const std::string lines = text.substr(0, end);
    if (text.substr(end) != "digest " + digest_of(lines) + "\n") return false;
    std::istringstream in(lines);
    std::string line;
    if (!std::getline(in, line) || line != format || !std::getline(in, line)) return false;
    premises_satisfiable_ = line.ends_with(" satisfiable");
    std::string word, goal, certified, second;
    while (in >> word >> goal >> certified >> second) {
        Digest d{};
        if (!from_hex(goal, d)) return false;
        goals_[d] = {certified == "certified", second == "cvc5-unsat" ? "cvc5 unsat" : ""};
    }
    return body() == lines;
}

void QueryCache::save() {
    if (!changed_) return;
    const std::string lines = body();
    // Its own name per process and thread: whoever renames last wins, and both files are whole.
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    const std::string fresh =
        path_ + "." + std::to_string(getpid()) + "." + std::to_string(self) + ".tmp";
    {
        std::ofstream out(fresh, std::ios::binary);
        out << lines << "digest " << digest_of(lines) << '\n';
        out.close();
        if (!out) throw std::runtime_error("cannot write cache file " + fresh);
    }
    std::filesystem::rename(fresh, path_);
    changed_ = false;
}

}  // namespace faultline::proofs
