// tests/structure/structure_test.cpp - no arrow against the drawing, no giant file, in this tree.
//
// Why: see structure.hpp. The bad examples come first: a silent checker proves nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/structure/structure.hpp"

namespace faultline::structure {
namespace {

std::size_t count_bad(const std::string& path, const std::string& text) {
    return bad_includes(path, text).size();
}

TEST(Includes, AreReadInEveryForm) {
    const auto found = includes("#include \"a/b.hpp\"\n  #  include <c>\n// #include \"no\"\n"
                                "#include MACRO\n#define include\n");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].path, "a/b.hpp");
    EXPECT_TRUE(found[0].quoted);
    EXPECT_EQ(found[1].line, 2u);
    EXPECT_FALSE(found[1].quoted);
}

TEST(Arrows, AgainstTheDrawingAreFound) {
    EXPECT_EQ(count_bad("spec/a.hpp", "#include \"model/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("model/a.hpp", "#include \"invariants/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("invariants/a.hpp", "#include \"proofs/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("proofs/a.hpp", "#include \"fuzz/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("fuzz/a.hpp", "#include \"proofs/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("proofs/a.hpp", "#include \"tools/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("tools/a.hpp", "#include \"tests/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("tests/model/a.cpp", "#include \"tools/b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("spec/a.hpp", "#include <model/b.hpp>\n"), 1u);
}

TEST(Arrows, WithTheDrawingAreFine) {
    EXPECT_EQ(count_bad("proofs/x86/a.cpp", "#include \"spec/b.hpp\"\n#include \"model/c.hpp\"\n"
                                            "#include \"proofs/solver/d.hpp\"\n"),
              0u);
    EXPECT_EQ(count_bad("tools/engines.cpp", "#include \"proofs/a.hpp\"\n"
                                             "#include \"fuzz/b.hpp\"\n"), 0u);
    EXPECT_EQ(count_bad("tests/tools/a.cpp", "#include \"tools/b.hpp\"\n"), 0u);
}

TEST(Arrows, NeighboursAreNamedFromTheRoot) {
    EXPECT_EQ(count_bad("proofs/a.cpp", "#include \"b.hpp\"\n"), 1u);
    EXPECT_EQ(count_bad("proofs/a.cpp", "#include \"../spec/b.hpp\"\n"), 1u);
}

TEST(Libraries, StayInTheirLayer) {
    EXPECT_EQ(count_bad("model/a.hpp", "#include <z3++.h>\n"), 1u);
    EXPECT_EQ(count_bad("tests/solver/a.cpp", "#include <z3++.h>\n"), 1u);
    EXPECT_EQ(count_bad("proofs/solver/a.cpp", "#include <z3++.h>\n#include <cadical.hpp>\n"), 0u);
    EXPECT_EQ(count_bad("invariants/a.hpp", "#include <rapidcheck.h>\n"), 1u);
    EXPECT_EQ(count_bad("fuzz/a.cpp", "#include <rapidcheck/state.h>\n"), 0u);
    EXPECT_EQ(count_bad("model/reference/fault.hpp", "#include <boost/hana.hpp>\n"), 1u);
    EXPECT_EQ(count_bad("invariants/registry.hpp", "#include <boost/hana.hpp>\n"), 0u);
    EXPECT_EQ(count_bad("tools/html.cpp", "#include <nlohmann/json.hpp>\n"), 1u);
    EXPECT_EQ(count_bad("model/fast/a.hpp", "#include <sys/syscall.h>\n"), 1u);
    EXPECT_EQ(count_bad("fuzz/systems/linux_local.cpp", "#include <sys/syscall.h>\n"), 0u);
    EXPECT_EQ(count_bad("proofs/a.cpp", "#include <gtest/gtest.h>\n"), 1u);
}

TEST(Sizes, LongLinesAndFilesAreFound) {
    EXPECT_EQ(bad_size("a.hpp", std::string(101, 'x') + "\n").size(), 1u);
    EXPECT_TRUE(bad_size("a.hpp", std::string(100, 'x') + "\n").empty());
    std::string wide;
    for (int i = 0; i < 100; ++i) wide += "é";  // a hundred columns, two hundred bytes
    EXPECT_TRUE(bad_size("a.hpp", wide).empty());
    std::string tall;
    for (int i = 0; i < 600; ++i) tall += "x\n";
    EXPECT_TRUE(bad_size("a.hpp", tall).empty());
    EXPECT_EQ(bad_size("a.hpp", tall + "x\n").size(), 1u);
}

TEST(Openings, NameTheFile) {
    EXPECT_TRUE(bad_opening("spec/a.hpp", "// spec/a.hpp - what it is.\n").empty());
    EXPECT_EQ(bad_opening("spec/a.hpp", "// spec/b.hpp - what it is.\n").size(), 1u);
    EXPECT_EQ(bad_opening("spec/a.hpp", "// spec/a.hpp\n").size(), 1u);
    EXPECT_EQ(bad_opening("spec/a.hpp", "#pragma once\n").size(), 1u);
    EXPECT_EQ(bad_opening("spec/a.hpp", "").size(), 1u);
    EXPECT_TRUE(bad_opening("faultline", "#!/usr/bin/env bash\n# faultline - a script.\n").empty());
    EXPECT_TRUE(bad_opening("cmake/A.cmake", "# cmake/A.cmake - a module.\n").empty());
}

TEST(Tree, FollowsTheRules) {
    namespace fs = std::filesystem;
    const fs::path root = FAULTLINE_SOURCE_DIR;
    std::size_t looked = 0;
    for (auto it = fs::recursive_directory_iterator(root); it != fs::end(it); ++it) {
        const std::string path = fs::relative(it->path(), root).generic_string();
        if (it->is_directory() && (path == "build" || path == "report" || path == ".git")) {
            it.disable_recursion_pending();
            continue;
        }
        if (!it->is_regular_file() || !is_source(path)) continue;
        std::ifstream in(it->path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        for (const std::string& c : complaints(path, text)) ADD_FAILURE() << c;
        ++looked;
    }
    EXPECT_GE(looked, 40u) << "the tree was not found";
}

}  // namespace
}  // namespace faultline::structure
