// tools/version.cpp - which commit, compiler and build this program is.
//
// Why: a result without the program that made it cannot be repeated. The commit is written by
//      cmake/Version.cmake at build time; only this file is compiled again for it.
#include "faultline_commit.hpp"
#include "tools/document.hpp"

namespace faultline {

ToolInfo tool_info() {
#if defined(__clang__)
    const std::string compiler = "clang " __clang_version__;
#else
    const std::string compiler = "g++ " __VERSION__;
#endif
#if defined(FAULTLINE_SANITIZED)
    const std::string build = "sanitizers";
#elif defined(NDEBUG)
    const std::string build = "Release";
#else
    const std::string build = "Debug";
#endif
    return {"faultline", FAULTLINE_VERSION, FAULTLINE_COMMIT, compiler, build};
}

}  // namespace faultline
