// fuzz/lockstep/corpus.hpp - histories worth continuing, kept as files of records.
//
// Why: a run that is stopped goes on where it was, and what a night reached is there in the
//      morning. The files are the fuzz targets' own format, so that both feed on one corpus.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "fuzz/lockstep/lockstep.hpp"

namespace faultline::fuzz {

class Corpus {
  public:
    /// Reads a directory, made if it is not there. False, with one line, if that fails.
    bool open(const std::string& directory, std::string& problem);
    bool kept() const { return !directory_.empty(); }

    /// Takes a history with what it did; writes it if something in that is new.
    void offer(const std::vector<Record>& records, const Features& features);
    /// Some history to continue; empty if there is none.
    std::vector<Record> pick(std::uint64_t random);
    /// Removes files whose features others have too, longest first.
    void minimise();
    /// How many histories earlier runs took, so that this one draws others.
    std::uint64_t histories_before() const { return histories_before_; }
    void close(std::uint64_t histories);

    /// What was read from the directory, to be performed and offered once.
    std::vector<std::vector<Record>> take_read();
    std::size_t size() const;
    std::size_t features() const;
    std::size_t read() const { return read_; }
    std::size_t added() const { return added_; }

  private:
    struct Entry {
        std::vector<Record> records;
        std::vector<std::uint16_t> features;
        std::string file;
    };
    mutable std::mutex mutex_;
    std::string directory_;
    std::vector<std::vector<Record>> unread_;
    std::vector<std::string> old_files_;
    std::vector<Entry> entries_;
    std::vector<bool> seen_ = std::vector<bool>(Features::count, false);
    std::size_t features_ = 0, read_ = 0, added_ = 0;
    std::uint64_t histories_before_ = 0;
};

}  // namespace faultline::fuzz
