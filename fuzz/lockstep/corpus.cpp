// fuzz/lockstep/corpus.cpp - the files, and which of them are worth their place.
//
// Why: see the header.
#include "fuzz/lockstep/corpus.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "fuzz/shrink/trace_records.hpp"

namespace faultline::fuzz {
namespace {

namespace fs = std::filesystem;
constexpr const char* extension = ".records";
constexpr const char* state_file = "state";

std::string name_of(const std::string& bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : bytes)
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
    char text[24];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(mixed(hash)));
    return text;
}

}  // namespace

bool Corpus::open(const std::string& directory, std::string& problem) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (!fs::is_directory(directory, error)) {
        problem = "cannot make the directory " + directory;
        return false;
    }
    directory_ = directory;
    std::vector<std::string> files;
    for (const auto& file : fs::directory_iterator(directory, error))
        if (file.path().extension() == extension) files.push_back(file.path().string());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
        std::ifstream in(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        unread_.push_back(records_of(
            {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    }
    old_files_ = files;
    read_ = files.size();
    std::ifstream state(fs::path(directory) / state_file);
    state >> histories_before_;
    return true;
}
std::vector<std::vector<Record>> Corpus::take_read() {
    const std::lock_guard lock(mutex_);
    return std::exchange(unread_, {});
}
void Corpus::offer(const std::vector<Record>& records, const Features& features) {
    const std::lock_guard lock(mutex_);
    Entry entry;
    std::uint32_t needed = 0;
    bool fresh = false;
    for (const Features::Hit& hit : features.here())
        if (!seen_[hit.feature]) {
            seen_[hit.feature] = fresh = true;
            ++features_;
            needed = std::max(needed, hit.records);
        }
    if (!fresh) return;
    for (const Features::Hit& hit : features.here())
        if (hit.records <= needed) entry.features.push_back(hit.feature);
    const auto size = static_cast<std::ptrdiff_t>(records.size());
    entry.records.assign(records.begin(),
                         records.begin() + std::min<std::ptrdiff_t>(needed, size));
    if (kept()) {
        const std::string bytes = bytes_of(entry.records);
        entry.file = (fs::path(directory_) / (name_of(bytes) + extension)).string();
        const bool old = std::find(old_files_.begin(), old_files_.end(), entry.file) !=
                         old_files_.end();
        added_ += !old;
        std::ofstream(entry.file, std::ios::binary) << bytes;
    }
    entries_.push_back(std::move(entry));
}
std::vector<Record> Corpus::pick(std::uint64_t random) {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return {};
    return entries_[random % entries_.size()].records;
}
void Corpus::minimise() {
    const std::lock_guard lock(mutex_);
    std::vector<std::size_t> order(entries_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(entries_[a].records.size(), a) < std::pair(entries_[b].records.size(), b);
    });
    std::vector<bool> covered(Features::count, false);
    std::vector<Entry> kept;
    std::error_code ignored;
    for (const std::size_t i : order) {
        bool needed = false;
        for (const std::uint16_t f : entries_[i].features) {
            needed = needed || !covered[f];
            covered[f] = true;
        }
        if (needed) kept.push_back(std::move(entries_[i]));
        else if (!entries_[i].file.empty()) fs::remove(entries_[i].file, ignored);
    }
    entries_ = std::move(kept);
    for (const std::string& file : old_files_) {   // what a new entry says shorter
        const bool used = std::any_of(entries_.begin(), entries_.end(),
                                      [&](const Entry& e) { return e.file == file; });
        if (!used) fs::remove(file, ignored);
    }
}
void Corpus::close(std::uint64_t histories) {
    if (!kept()) return;
    std::ofstream(fs::path(directory_) / state_file) << histories_before_ + histories << "\n";
}
std::size_t Corpus::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}
std::size_t Corpus::features() const {
    const std::lock_guard lock(mutex_);
    return features_;
}

}  // namespace faultline::fuzz
