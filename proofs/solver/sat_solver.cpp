// proofs/solver/sat_solver.cpp - CaDiCaL, with its DRAT proof kept in memory.
//
// Why: under assumptions CaDiCaL 1.5.3 never logs an empty clause. Its answer "unsatisfiable" under
//      the single assumption `s` means that `-s` follows by unit propagation from what it has
//      logged, so `lemma` writes that unit between CaDiCaL's own lines; the checker decides whether
//      this is true.
// Source: CaDiCaL 1.5.3 cadical.hpp, and spec/SOURCES.md, "Manuals and papers".
#include "proofs/solver/sat_solver.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <cadical.hpp>

#include "proofs/solver/drat_checker.hpp"

namespace faultline::proofs {
namespace {

/// A growing memory file that CaDiCaL can write to.
class ProofBuffer {
public:
    ProofBuffer() : file_(open_memstream(&data_, &size_)) {
        if (file_ == nullptr) throw std::runtime_error("no memory for a proof");
    }
    ProofBuffer(const ProofBuffer&) = delete;
    ProofBuffer& operator=(const ProofBuffer&) = delete;
    ~ProofBuffer() {
        std::fclose(file_);
        std::free(data_);
    }
    std::FILE* file() { return file_; }
    std::span<const unsigned char> bytes() {
        if (std::fflush(file_) != 0) throw std::runtime_error("a proof could not be written");
        return {reinterpret_cast<const unsigned char*>(data_), size_};
    }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

class Cadical final : public SatSolver {
public:
    explicit Cadical(bool keep_proof) {
        solver_.set("quiet", 1);
        solver_.set("stabilize", 0);    // thousands of short refutations: 8 % faster, measured
        if (!keep_proof) return;
        buffer_ = std::make_unique<ProofBuffer>();
        solver_.set("binary", 1);
        if (!solver_.trace_proof(buffer_->file(), "proof in memory")) {
            throw std::runtime_error("CaDiCaL refused to trace a proof");
        }
    }
    ~Cadical() override {
        if (buffer_) solver_.close_proof_trace();
    }
    void add(std::span<const int> clause) override {
        for (int l : clause) solver_.add(l);
        solver_.add(0);
    }
    void freeze(int variable) override { solver_.freeze(variable); }
    SatAnswer solve(std::span<const int> assumptions, std::uint64_t conflict_limit) override {
        for (int l : assumptions) solver_.assume(l);
        constexpr std::uint64_t most = std::numeric_limits<int>::max();
        solver_.limit("conflicts", static_cast<int>(std::min(conflict_limit, most)));
        switch (solver_.solve()) {
            case 10: return SatAnswer::satisfiable;
            case 20: return SatAnswer::unsatisfiable;
            default: return SatAnswer::unknown;
        }
    }
    bool value(int variable) override { return solver_.val(variable) > 0; }
    void lemma(std::span<const int> clause) override {
        if (buffer_) {
            solver_.flush_proof_trace();
            std::vector<unsigned char> line;
            append_lemma(line, clause);
            if (std::fwrite(line.data(), 1, line.size(), buffer_->file()) != line.size()) {
                throw std::runtime_error("a proof could not be written");
            }
        }
        add(clause);
    }
    std::vector<unsigned char> proof() override {
        if (!buffer_) return {};
        solver_.flush_proof_trace();
        const std::span<const unsigned char> b = buffer_->bytes();
        return {b.begin(), b.end()};
    }

private:
    // Declared first, destroyed last: CaDiCaL writes to it until its own destructor has run.
    std::unique_ptr<ProofBuffer> buffer_;
    CaDiCaL::Solver solver_;
};

}  // namespace

std::unique_ptr<SatSolver> make_cadical(bool keep_proof) {
    return std::make_unique<Cadical>(keep_proof);
}

}  // namespace faultline::proofs
