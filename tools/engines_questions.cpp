// tools/engines_questions.cpp - the questions of the source notes, for `faultline list questions`.
//
// Why: the index is a file of the tree, found like the museum.
#include <fstream>
#include <iterator>

#include "tools/engines_common.hpp"
#include "tools/questions.hpp"

namespace faultline {

void list_questions(std::vector<ListItem>& out, std::vector<std::string>& problems) {
    try {
        const std::string path = questions_file();
        std::ifstream in(path, std::ios::binary);
        const std::string json{std::istreambuf_iterator<char>(in), {}};
        if (!in) throw std::runtime_error("cannot read " + path);
        for (const Question& q : read_questions(json, path)) out.push_back(list_item_of(q));
    } catch (const std::exception& e) {
        problems.push_back(e.what());
    }
}

}  // namespace faultline
