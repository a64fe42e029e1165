// spec/trace_parse.hpp - what the file reader asks of the line reader.
//
// Why: header lines and body lines are read in two files of readable length.
#pragma once
#include "spec/trace_reader.hpp"

namespace faultline::trace_reader {

/// The first word of a line of the body.
bool starts_body(std::string_view word);
bool read_item(Words& w, Item& item);
bool is_claim(std::string_view word);
bool is_operation_word(std::string_view word);

}  // namespace faultline::trace_reader
