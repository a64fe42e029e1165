// proofs/solver/second_solver.cpp - writes SMT-LIB 2 and runs cvc5 on it.
//
// Why: see second_solver.hpp. The writer is our own, so the text does not pass through Z3's
//      printer. Bindings of one height share one `let`, which keeps the nesting as deep as the term
//      and not as long as it is large.
// Source: SMT-LIB 2.6 sections 3.6 and theory FixedSizeBitVectors.
#include "proofs/solver/second_solver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <unordered_map>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proofs/solver/z3_terms.hpp"

namespace faultline::proofs {
namespace {

const char* plain_operator(Z3_decl_kind k) {
    switch (k) {
        case Z3_OP_TRUE: return "true";
        case Z3_OP_FALSE: return "false";
        case Z3_OP_NOT: return "not";
        case Z3_OP_AND: return "and";
        case Z3_OP_OR: return "or";
        case Z3_OP_XOR: return "xor";
        case Z3_OP_IMPLIES: return "=>";
        case Z3_OP_EQ:
        case Z3_OP_IFF: return "=";
        case Z3_OP_DISTINCT: return "distinct";
        case Z3_OP_ITE: return "ite";
        case Z3_OP_BNEG: return "bvneg";
        case Z3_OP_BADD: return "bvadd";
        case Z3_OP_BSUB: return "bvsub";
        case Z3_OP_BMUL: return "bvmul";
        case Z3_OP_BUDIV: return "bvudiv";
        case Z3_OP_BSDIV: return "bvsdiv";
        case Z3_OP_BUREM: return "bvurem";
        case Z3_OP_BSREM: return "bvsrem";
        case Z3_OP_BSMOD: return "bvsmod";
        case Z3_OP_ULEQ: return "bvule";
        case Z3_OP_SLEQ: return "bvsle";
        case Z3_OP_UGEQ: return "bvuge";
        case Z3_OP_SGEQ: return "bvsge";
        case Z3_OP_ULT: return "bvult";
        case Z3_OP_SLT: return "bvslt";
        case Z3_OP_UGT: return "bvugt";
        case Z3_OP_SGT: return "bvsgt";
        case Z3_OP_BAND: return "bvand";
        case Z3_OP_BOR: return "bvor";
        case Z3_OP_BNOT: return "bvnot";
        case Z3_OP_BXOR: return "bvxor";
        case Z3_OP_BNAND: return "bvnand";
        case Z3_OP_BNOR: return "bvnor";
        case Z3_OP_BXNOR: return "bvxnor";
        case Z3_OP_BCOMP: return "bvcomp";
        case Z3_OP_CONCAT: return "concat";
        case Z3_OP_BSHL: return "bvshl";
        case Z3_OP_BLSHR: return "bvlshr";
        case Z3_OP_BASHR: return "bvashr";
        default: return nullptr;
    }
}

const char* indexed_operator(Z3_decl_kind k) {
    switch (k) {
        case Z3_OP_EXTRACT: return "extract";
        case Z3_OP_ZERO_EXT: return "zero_extend";
        case Z3_OP_SIGN_EXT: return "sign_extend";
        case Z3_OP_REPEAT: return "repeat";
        case Z3_OP_ROTATE_LEFT: return "rotate_left";
        case Z3_OP_ROTATE_RIGHT: return "rotate_right";
        default: return nullptr;
    }
}

class Writer {
public:
    explicit Writer(Z3_context z) : z_(z) {}

    std::string query(const std::string& name, const std::vector<Z3_ast>& premises,
                      const std::vector<Z3_ast>& goals) {
        std::vector<Z3_ast> roots = premises;
        roots.insert(roots.end(), goals.begin(), goals.end());
        const std::vector<Z3_ast> order = postorder(z_, roots);
        count(order);
        for (Z3_ast t : roots) ++nodes_.at(t).uses;
        std::string declarations;
        std::vector<std::string> levels;
        for (Z3_ast t : order) write(t, declarations, levels);
        std::string out = "; " + printable(name) + "\n(set-logic QF_BV)\n" + declarations;
        out += "(assert\n";
        for (const std::string& level : levels) out += "(let (" + level + ")\n";
        out += "(and true";
        for (Z3_ast p : premises) out += "\n" + text_of(p);
        out += "\n(not (and true";
        for (Z3_ast g : goals) out += "\n" + text_of(g);
        out += ")))" + std::string(levels.size(), ')') + ")\n(check-sat)\n";
        return out;
    }

private:
    struct Node {
        std::string text;
        unsigned uses = 0;
        std::size_t level = 0;    // height in bound names below
    };

    // A goal that is left out would make the query unsatisfiable by accident: never write nothing.
    const std::string& text_of(Z3_ast root) const {
        const std::string& text = nodes_.at(root).text;
        if (text.empty()) throw std::runtime_error("a term was lost while writing");
        return text;
    }

    void count(const std::vector<Z3_ast>& order) {
        for (Z3_ast t : order) {
            nodes_[t];
            const Z3_app app = Z3_to_app(z_, t);
            const unsigned n = Z3_get_app_num_args(z_, app);
            for (unsigned i = 0; i < n; ++i) ++nodes_[Z3_get_app_arg(z_, app, i)].uses;
        }
    }

    // A term used twice, or grown long, gets a name; anything else is written where it is used.
    void write(Z3_ast t, std::string& declarations, std::vector<std::string>& levels) {
        Node& node = nodes_.at(t);
        if (kind_of(z_, t) == Z3_OP_BNUM) {
            node.text = numeral(t);
            return;
        }
        const Z3_app app = Z3_to_app(z_, t);
        const Z3_func_decl f = Z3_get_app_decl(z_, app);
        const unsigned n = Z3_get_app_num_args(z_, app);
        if (Z3_get_decl_kind(z_, f) == Z3_OP_UNINTERPRETED) {
            if (n != 0) throw std::runtime_error("an uninterpreted function: " + name_of(z_, f));
            node.text = quoted(name_of(z_, f));
            declarations += "(declare-const " + node.text + " " + sort(Z3_get_sort(z_, t)) + ")\n";
            return;
        }
        if (n == 0) {
            node.text = head(f);
            return;
        }
        std::string text = "(" + head(f);
        std::size_t level = 0;
        for (unsigned i = 0; i < n; ++i) {
            Node& child = nodes_.at(Z3_get_app_arg(z_, app, i));
            text += " " + child.text;
            level = std::max(level, child.level);
            if (child.uses == 1) child.text = {};
        }
        text += ")";
        node.level = level;
        if (node.uses < 2 && text.size() < 400) {
            node.text = std::move(text);
            return;
        }
        node.text = "n" + std::to_string(named_++) + "!";
        node.level = level + 1;
        if (levels.size() < node.level) levels.resize(node.level);
        levels[level] += "(" + node.text + " " + text + ")";
    }

    std::string head(Z3_func_decl f) {
        const Z3_decl_kind k = Z3_get_decl_kind(z_, f);
        if (const char* plain = plain_operator(k)) return plain;
        const char* indexed = indexed_operator(k);
        if (indexed == nullptr) throw std::runtime_error("operator not written: " + name_of(z_, f));
        std::string out = std::string("(_ ") + indexed;
        const unsigned n = Z3_get_decl_num_parameters(z_, f);
        for (unsigned i = 0; i < n; ++i) {
            out += " " + std::to_string(Z3_get_decl_int_parameter(z_, f, i));
        }
        return out + ")";
    }

    std::string sort(Z3_sort s) {
        if (Z3_get_sort_kind(z_, s) == Z3_BOOL_SORT) return "Bool";
        if (Z3_get_sort_kind(z_, s) != Z3_BV_SORT) throw std::runtime_error("a sort not written");
        return "(_ BitVec " + std::to_string(Z3_get_bv_sort_size(z_, s)) + ")";
    }
    std::string numeral(Z3_ast t) {
        const std::string digits = Z3_get_numeral_string(z_, t);
        const unsigned width = Z3_get_bv_sort_size(z_, Z3_get_sort(z_, t));
        return "(_ bv" + digits + " " + std::to_string(width) + ")";
    }
    static std::string printable(std::string s) {
        std::replace_if(s.begin(), s.end(), [](unsigned char c) { return c < 32; }, ' ');
        return s;
    }
    // Always quoted, so that no name of the model meets a reserved word or a name of ours.
    static std::string quoted(const std::string& s) {
        if (s.find_first_of("|\\") != std::string::npos) throw std::runtime_error("a name with |");
        return "|v." + s + "|";
    }

    Z3_context z_;
    std::unordered_map<Z3_ast, Node> nodes_;
    std::size_t named_ = 0;
};

/// A file that is removed when its use is over.
class QueryFile {
public:
    QueryFile(const std::string& dir, const std::string& text) {
        path_ = (std::filesystem::path(dir) / "faultline-XXXXXX.smt2").string();
        const int fd = mkstemps(path_.data(), 5);
        if (fd < 0) throw std::runtime_error("cannot make a query file in " + dir);
        std::size_t done = 0;
        while (done < text.size()) {
            const ssize_t n = write(fd, text.data() + done, text.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            done += static_cast<std::size_t>(n);
        }
        close(fd);
        if (done == text.size()) return;
        unlink(path_.c_str());
        throw std::runtime_error("cannot write " + path_);
    }
    QueryFile(const QueryFile&) = delete;
    QueryFile& operator=(const QueryFile&) = delete;
    ~QueryFile() { unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Run {
    std::string output;
    int status = 0;
    double seconds = 0;
};

// Runs a program and collects what it prints. Between fork and exec only async-signal-safe calls
// are made.
Run run_program(std::vector<std::string> words, unsigned cpu_seconds) {
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        throw std::runtime_error("no process");
    }
    if (child == 0) {
        const rlimit cpu{cpu_seconds, cpu_seconds};
        setrlimit(RLIMIT_CPU, &cpu);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    close(ends[1]);
    Run run;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t n = read(ends[0], buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (run.output.size() > 65536) continue;
        run.output.append(buffer.data(), static_cast<std::size_t>(n));
    }
    close(ends[0]);
    rusage used{};
    while (wait4(child, &run.status, 0, &used) < 0 && errno == EINTR) {
    }
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    run.seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    return run;
}

std::string why_unknown(const Run& run) {
    if (WIFSIGNALED(run.status)) {
        return "stopped by signal " + std::to_string(WTERMSIG(run.status));
    }
    if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 127) return "the program is not there";
    std::string first = run.output.substr(0, run.output.find('\n'));
    if (first.empty() || first == "unknown") return "a resource limit, or it gave up";
    return first.substr(0, 200);
}

}  // namespace

std::string smtlib_query(Z3_context z, const std::string& name, const std::vector<Z3_ast>& premises,
                         const std::vector<Z3_ast>& goals) {
    return Writer(z).query(name, premises, goals);
}

SecondOpinion ask_second(const std::string& query, const DecideOptions& options) {
    const std::string dir = options.work_dir.empty()
                                ? std::filesystem::temp_directory_path().string()
                                : options.work_dir;
    std::filesystem::create_directories(dir);
    const QueryFile file(dir, query);
    std::vector<std::string> words{options.second_program, "--lang=smt2", "--bitblast=eager",
                                   "--bv-sat-solver=cadical"};
    if (options.second_rlimit != 0) {
        words.push_back("--rlimit=" + std::to_string(options.second_rlimit));
    }
    words.push_back(file.path());
    const Run run = run_program(std::move(words), options.second_cpu_seconds);
    SecondOpinion out;
    out.seconds = run.seconds;
    const bool clean = WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0;
    if (clean && run.output == "unsat\n") {
        out.answer = Answer::holds;
        out.text = "cvc5 unsat";
    } else if (clean && run.output == "sat\n") {
        out.answer = Answer::refuted;
        out.text = "cvc5 sat";
    } else {
        out.text = "cvc5 unknown: " + why_unknown(run);
    }
    return out;
}

}  // namespace faultline::proofs
