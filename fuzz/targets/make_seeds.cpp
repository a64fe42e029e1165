// fuzz/targets/make_seeds.cpp - writes seed corpora: make_seeds TRACES OUT [NAME...].
//
// Why: `fuzz/targets/build.sh` makes all of them where a service builds; of these, a few are
//      committed, and `make_seeds tests/.. fuzz/targets NAME...` writes those again after the
//      format or the traces have changed (fuzz/targets/README.md).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/targets/seeds.hpp"

namespace {
namespace fs = std::filesystem;
using faultline::fuzz::Files;

/// Every trace below the folder but those of known_wrong; all of them, or those named.
Files read_traces(const fs::path& folder, const std::vector<std::string>& names) {
    Files out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const fs::path& path = entry.path();
        if (path.extension() != ".fl" || path.parent_path().filename() == "known_wrong") continue;
        const std::string name = path.stem().string();
        if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
        std::ifstream in(path, std::ios::binary);
        out[name] = {std::istreambuf_iterator<char>(in), {}};
    }
    return out;
}
std::size_t write(const Files& files, const fs::path& folder) {
    fs::create_directories(folder);
    for (const auto& [name, text] : files) {
        std::ofstream out(folder / name, std::ios::binary);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
    }
    return files.size();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: make_seeds TRACES OUT [NAME...]\n");
        return 2;
    }
    const Files traces = read_traces(argv[1], {argv + 3, argv + argc});
    const fs::path out(argv[2]);
    const std::size_t calls =
        write(faultline::fuzz::fault_path_seeds(traces), out / "corpus/fault_path");
    const std::size_t schedules =
        write(faultline::fuzz::schedule_seeds(traces), out / "corpus/schedule");
    const std::size_t codecs = write(faultline::fuzz::codec_seeds(), out / "corpus/codec");
    write(faultline::fuzz::dictionaries(), out);
    std::printf("%zu traces: %zu seeds for fault_path, %zu for schedule, %zu for codec\n",
                traces.size(), calls, schedules, codecs);
    return calls != 0 && schedules != 0 && codecs != 0 ? 0 : 1;
}
