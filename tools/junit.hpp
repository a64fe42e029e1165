// tools/junit.hpp - a document as JUnit XML, for continuous integration.
//
// Why: every CI server shows this format; one test case per cell, exploration, exhibit and run, and
//      the failure block as the message.
#pragma once
#include <string>

#include "tools/document.hpp"

namespace faultline {

std::string to_junit(const Document& document);

}  // namespace faultline
