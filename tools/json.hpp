// tools/json.hpp - a document as one JSON object, and back.
//
// Why: scripts read this and not our printed tables; `faultline report` reads it to write the page
//      again. The keys are documented in tools/schema.md and tools/report.schema.json.
#pragma once
#include <string>

#include "tools/document.hpp"

namespace faultline {

std::string to_json_text(const Document& document);
/// Throws UsageError when the text is no JSON, of another schema version, or lacks a key.
Document from_json_text(const std::string& text);

}  // namespace faultline
