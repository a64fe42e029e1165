// fuzz/targets/replay_main.cpp - a fuzz target without an engine: performs the files it is given.
//
// Why: every compiler can replay a corpus, and every crash that was found stays a test. A run that
//      performed nothing has shown nothing, and fails.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool replay(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return false;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    // A copy of its own size, so that a sanitizer sees every byte read beyond it.
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    std::fprintf(stderr, "%s: %zu bytes\n", path.c_str(), bytes.size());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        std::error_code error;
        if (fs::is_directory(argv[i], error)) {
            for (const auto& file : fs::recursive_directory_iterator(argv[i], error))
                if (file.is_regular_file()) files.push_back(file.path().string());
        } else {
            files.emplace_back(argv[i]);
        }
    }
    std::sort(files.begin(), files.end());
    std::size_t done = 0;
    for (const std::string& file : files) done += replay(file);
    std::printf("replayed %zu of %zu inputs\n", done, files.size());
    return done > 0 && done == files.size() ? 0 : 1;
}
