// fuzz/targets/make_corpus.cpp - writes seed corpora and dictionaries for the fuzz targets from
// traces.
//
// Why: the repository keeps texts that people can read; what engines eat is made from them, so a
//      change of the record format loses no corpus. Regressions are traces too.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fuzz/shrink/trace_records.hpp"
#include "fuzz/reference/perform.hpp"
#include "spec/trace_words.hpp"

namespace faultline::fuzz {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out << bytes;
    if (!out) throw std::runtime_error("cannot write " + path.string());
}
/// The byte that chooses the kernel, then records.
std::string input_of(const std::string& kernel, const std::vector<Record>& records) {
    char which = 0;
    for (std::size_t i = 0; i < named_kernels.size(); ++i)
        if (named_kernels[i].name == kernel) which = static_cast<char>(i);
    return which + bytes_of(records);
}
std::string escaped(const std::string& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto b = static_cast<std::uint8_t>(c);
        out += "\\x";
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return "\"" + out + "\"\n";
}

class Seeds {
  public:
    explicit Seeds(fs::path out) : out_(std::move(out)) {}
    bool add(const fs::path& file) {
        Trace trace;
        TraceError error;
        Arena arena;
        std::string problem;
        if (!load_trace(file.string(), trace, error)) {
            std::cerr << error.text() << "\n";
            return false;
        }
        const auto records = records_of_trace(trace, arena, problem);
        if (!records) {
            std::cerr << file.string() << ": " << problem << "\n";
            return false;
        }
        const std::string name = file.stem().string();
        const std::string input = input_of(trace.kernel, *records);
        for (const char* target : {"fault_path_fuzzer", "system_c_fuzzer", "schedule_fuzzer"})
            write(out_ / target / name, input);
        write(out_ / "trace_parser_fuzzer" / name, write_trace(trace));
        ++files_;
        return true;
    }
    /// Each kind of record once, and each word of the trace format.
    void dictionaries() const {
        std::string records = "# made by make_corpus\n", words = records;
        for (int row = 0; row < verb_count; ++row) {
            Record r;
            r.verb = verb_of_row(row);
            r.flags = flag_read | flag_write;
            r.end = 2;
            r.span = 1;
            r.value = 1;
            r.op = r.verb == operation_id<OpMmap>() ? op_mmap_hint : op_none;
            records += escaped(bytes_of({r}));
        }
        for (const auto& v : trace_words::verbs) words += "\"" + std::string(v.word) + " \"\n";
        for (const auto& q : trace_words::queries)
            words += "\"expect " + std::string(q.word) + "\"\n";
        for (const char* w : {"faultline trace 1", "kernel linux_6_12", "bounds f1", "P0 ", "H0 ",
                              "T0 ", " -> 0", " -> P1", "private anon", " deny", " begin", "0+1"})
            words += "\"" + std::string(w) + "\"\n";
        for (const char* target : {"fault_path_fuzzer", "system_c_fuzzer", "schedule_fuzzer"})
            write(out_ / (std::string(target) + ".dict"), records);
        write(out_ / "trace_parser_fuzzer.dict", words);
    }
    /// Paths whose every entry allows, in 4 and 5 levels, for the codec target.
    void codec() const {
        for (unsigned choice = 0; choice < 16; ++choice) {
            std::string bytes;
            const auto word = [&](std::uint64_t value) {
                for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
            };
            word(choice | (choice & 7u) << 16 | 0xfe00);
            for (const std::uint64_t w : {0ull, 0ull, 0x7f0000123ull, 0x1067ull, 0x2067ull,
                                          0x3067ull, 0x4067ull, 0x8000000000005067ull})
                word(w);
            write(out_ / "codec_fuzzer" / ("path" + std::to_string(choice)), bytes);
        }
    }
    std::size_t files() const { return files_; }

  private:
    fs::path out_;
    std::size_t files_ = 0;
};

int make(const std::vector<std::string>& arguments) {
    if (arguments.size() < 2) {
        std::cerr << "make_corpus OUTPUT TRACES...: directories of .fl files\n";
        return 2;
    }
    Seeds seeds(arguments[0]);
    bool ok = true;
    for (std::size_t i = 1; i < arguments.size(); ++i)
        for (const auto& file : fs::directory_iterator(arguments[i]))
            if (file.path().extension() == ".fl") ok = seeds.add(file.path()) && ok;
    seeds.dictionaries();
    seeds.codec();
    std::cout << seeds.files() << " traces made into seeds\n";
    return ok && seeds.files() > 0 ? 0 : 1;
}

}  // namespace
}  // namespace faultline::fuzz

int main(int argc, char** argv) {
    try {
        return faultline::fuzz::make({argv + 1, argv + argc});
    } catch (const std::exception& e) {
        std::cerr << "make_corpus: " << e.what() << "\n";
        return 5;
    }
}
