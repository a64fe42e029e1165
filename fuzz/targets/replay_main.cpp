// fuzz/targets/replay_main.cpp - a plain main for a fuzz target: performs files, each once.
//
// Why: every compiler runs every corpus and every regression, whether it has a fuzzer or not. An
//      empty replay is a mistake, not a pass; so is a directory that is not there.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/targets/target.hpp"

namespace {
namespace fs = std::filesystem;

bool collect(const char* argument, std::vector<fs::path>& files) {
    std::error_code error;
    const fs::path path(argument);
    if (fs::is_regular_file(path, error)) {
        files.push_back(path);
        return true;
    }
    if (!fs::is_directory(path, error)) return false;
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(path))
        if (entry.is_regular_file()) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
    return !found.empty();
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        if (argv[i][0] == '-') continue;   // an engine's options
        if (!collect(argv[i], files)) {
            std::fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 2;
        }
    }
    std::size_t wanted = 0;
    for (const fs::path& path : files) {
        std::fprintf(stderr, "%s\n", path.c_str());
        std::ifstream in(path, std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        wanted += LLVMFuzzerTestOneInput(data, bytes.size()) == 0;
    }
    std::printf("replayed %zu inputs, %zu of them fit for a corpus\n", files.size(), wanted);
    if (wanted != 0) return 0;
    std::fprintf(stderr, "%s\n", files.empty() ? "nothing to replay" : "no input did anything");
    return 1;
}
