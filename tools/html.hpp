// tools/html.hpp - the report: a document as one self-contained page.
//
// Why: the page is mailed, archived and opened years later without a network, so it has no script,
//      no link it depends on, and says at its top what was proved within which bounds.
#pragma once
#include <cstddef>
#include <string>

#include "tools/document.hpp"

namespace faultline {

std::string to_html(const Document& document);

/// Sections of the page; each is complete markup.
namespace html {
std::string style_sheet();
std::string matrix_section(const Document& document);
std::string exploration_section(const Document& document);
std::string museum_section(const Document& document);
std::string hammer_section(const Document& document);
std::string bench_section(const Document& document);
/// `budget` counts down the bytes that pictures of single steps may still take.
std::string story_article(const StoryRef& story, std::size_t number, std::size_t& budget);
/// "<span class=badge ...>holds</span>"
std::string badge(Exit exit, const std::string& words);
/// An id that is safe in an attribute and a fragment.
std::string anchor(const std::string& id);
}  // namespace html

}  // namespace faultline
