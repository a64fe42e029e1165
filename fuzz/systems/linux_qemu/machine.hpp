// fuzz/systems/linux_qemu/machine.hpp - a second kernel, in a virtual machine, judged by the same
// program.
//
// Why: the kernel that runs here is one version, perhaps a patched one. The judge and the reference
//      go into the machine as one static program: what is asked goes in with it, the report comes
//      out.
#pragma once
#include <string>

#include "fuzz/conform/conform.hpp"

namespace faultline::fuzz {

/// `kernel` is "6.1" or a path of an image (a bzImage). Returns "", or one line of why it was not
/// possible.
std::string conform_in_machine(const std::string& kernel, const ConformOptions& options,
                               const ProgressFn& progress, ConformReport& report);

/// An archive in the newc format that the kernel unpacks into its first file system.
class CpioArchive {
  public:
    void directory(const std::string& path);
    void file(const std::string& path, const std::string& bytes, unsigned mode);
    void device(const std::string& path, unsigned major, unsigned minor);   ///< a character device
    std::string finished();

  private:
    void entry(const std::string& path, const std::string& bytes, unsigned mode,
               unsigned major = 0, unsigned minor = 0);
    std::string bytes_;
    unsigned inode_ = 1;
};

}  // namespace faultline::fuzz
