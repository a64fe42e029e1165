// tests/trace/corpus.cpp - walks the folders.
//
// Why: one place knows where traces live.
#include "tests/trace/corpus.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace faultline::corpus {
namespace {

namespace fs = std::filesystem;
const std::string tests = std::string(FAULTLINE_SOURCE_DIR) + "/tests/";

std::vector<std::string> traces_below(const std::string& folder) {
    std::vector<std::string> found;
    if (!fs::exists(tests + folder)) return found;
    for (const auto& entry : fs::recursive_directory_iterator(tests + folder))
        if (entry.path().extension() == ".fl") found.push_back(entry.path().string());
    std::sort(found.begin(), found.end());
    return found;
}
bool is_wrong(const std::string& path) { return path.find("/known_wrong/") != std::string::npos; }

}  // namespace

std::vector<std::string> good_traces() {
    std::vector<std::string> all = traces_below("traces");
    for (std::string& path : traces_below("museum")) all.push_back(std::move(path));
    all.erase(std::remove_if(all.begin(), all.end(), is_wrong), all.end());
    return all;
}
std::vector<std::string> wrong_traces() { return traces_below("traces/known_wrong"); }

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::string short_name(const std::string& path) {
    std::string name = path.substr(tests.size());
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

}  // namespace faultline::corpus
