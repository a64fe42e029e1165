// spec/trace_write.cpp - the canonical text of a trace.
//
// Why: what one engine finds another must replay, byte for byte the same thing.
#include "spec/trace.hpp"
#include "spec/trace_words.hpp"

namespace faultline {
namespace {

using namespace trace_words;

std::string text_of(const PageRef& p) {
    if (p.name.empty()) return std::to_string(p.page);
    return "@" + p.name + (p.page == 0 ? std::string() : "[" + std::to_string(p.page) + "]");
}
std::string range_text(const Operation& op) {
    return text_of(op.page) + "+" + std::to_string(op.length);
}
std::string text_of(const Protection& p) {
    const std::string bits =
        std::string(p.read ? "r" : "") + (p.write ? "w" : "") + (p.exec ? "x" : "");
    return bits.empty() ? "none" : bits;
}
std::string text_of(const Subject& s) {
    if (s.handle >= 0) return "H" + std::to_string(s.handle);
    if (s.inode >= 0) return "I" + std::to_string(s.inode) + ":" + text_of(s.page);
    return "P" + std::to_string(s.process) + ":" + text_of(s.page);
}
std::string mmap_text(const Operation& op) {
    std::string text;
    if (op.place == Place::fixed) text += " fixed";
    if (op.place == Place::noreplace) text += " noreplace";
    text += " " + (op.place == Place::anywhere ? std::to_string(op.length) : range_text(op));
    text += " " + text_of(op.prot) + (op.growsdown ? " growsdown" : "");
    text += op.shared ? " shared " : " private ";
    if (op.file < 0) return text + "anon";
    text += "I" + std::to_string(op.file);
    return text + (op.offset == 0 ? "" : " at " + std::to_string(op.offset));
}
std::string open_text(const Operation& op) {
    return " " + std::string(file_kinds[static_cast<std::size_t>(op.kind)]) + " " +
           std::to_string(op.length) + (op.value < 0 ? "" : " = " + std::to_string(op.value)) +
           (op.executable ? " exec" : "");
}
std::string operands(const Operation& op, Form form) {
    const auto value = [&] { return " = " + std::to_string(op.value); };
    switch (form) {
        case Form::mmap: return mmap_text(op);
        case Form::range: return " " + range_text(op);
        case Form::range_prot: return " " + range_text(op) + " " + text_of(op.prot);
        case Form::range_advice:
            return " " + range_text(op) + " " +
                   std::string(advices[static_cast<std::size_t>(op.advice)]);
        case Form::page: return " " + text_of(op.page);
        case Form::mremap:
            return " " + range_text(op) + " size " + std::to_string(op.size) +
                   (op.maymove ? " maymove" : "") +
                   (op.fixed ? " fixed " + text_of(op.target) : "") +
                   (op.dontunmap ? " dontunmap" : "");
        case Form::access:
            return " " + text_of(op.page) + " " +
                   std::string(accesses[static_cast<std::size_t>(op.access)]) +
                   (op.force ? " force" : "");
        case Form::load: return " " + text_of(op.page) + (op.value < 0 ? "" : value());
        case Form::store: return " " + text_of(op.page) + value();
        case Form::handle_load: return op.value < 0 ? "" : value();
        case Form::handle_store: return " " + std::to_string(op.value);
        case Form::frame: return op.frame >= 0 ? "" : " " + text_of(op.page);
        case Form::device:
            return std::string(op.synchronous ? " sync" : "") + (op.stable ? " stable" : "");
        case Form::file_open: return open_text(op);
        case Form::file_page: return " " + text_of(op.page);
        case Form::file_read: return " " + text_of(op.page) + (op.value < 0 ? "" : value());
        case Form::file_write: return " " + text_of(op.page) + value();
        case Form::file_size: return " " + std::to_string(op.size);
        case Form::file_range: return " " + range_text(op);
        case Form::file_seal:
            return " " + std::string(seals[static_cast<std::size_t>(op.which)]);
        case Form::nothing:
        case Form::handle:
        case Form::file:
        case Form::machine: return "";
    }
    return "";
}
std::string deny_text(int deny) {
    if (deny == 0) return "";
    return deny == 1 ? " deny" : " deny " + std::to_string(deny);
}
std::string answer_suffix(const Answer& answer) {
    const std::string text = write_answer(answer);
    return text.empty() ? "" : " " + text;
}

struct Writer {
    std::string operator()(const Operation& op) const { return write_operation(op); }
    std::string operator()(const ScheduledStep& step) const { return write_step(step); }
    std::string operator()(const Expectation& e) const { return write_expectation(e); }
    std::string operator()(const Comment& c) const { return "#" + c.text; }
};
std::string pairs_text(const Pairs& pairs) {
    std::string text;
    for (const auto& [name, option] : pairs) text += " " + name + "=" + option;
    return text;
}

}  // namespace

std::string write_answer(const Answer& a) {
    using Kind = Answer::Kind;
    switch (a.kind) {
        case Kind::unsaid: return "";
        case Kind::any: return "-> ?";
        case Kind::word: return "-> " + a.word;
        case Kind::number: return "-> " + std::to_string(a.number);
        case Kind::name: return "-> @" + a.word;
        case Kind::process: return "-> P" + std::to_string(a.number);
        case Kind::handle: return "-> H" + std::to_string(a.number);
        case Kind::blocked: return "-> blocked";
    }
    return "";
}
std::string write_operation(const Operation& op, bool with_answer) {
    const VerbWord& verb = word_of(op.verb);
    std::string text;
    if (op.task >= 0) text += "T" + std::to_string(op.task) + " ";
    if (on_handle(verb.form))
        text += "H" + std::to_string(op.handle) + " ";
    else if (op.frame >= 0)
        text += "F" + std::to_string(op.frame) + " ";
    else if (op.device >= 0)
        text += "D" + std::to_string(op.device) + " ";
    else if (op.inode >= 0)
        text += "I" + std::to_string(op.inode) + " ";
    else if (verb.form != Form::machine)
        text += "P" + std::to_string(op.process) + " ";
    text += std::string(verb.word) + operands(op, verb.form);
    if (op.begin) text += " begin";
    text += deny_text(op.deny);
    return with_answer ? text + answer_suffix(op.answer) : text;
}
std::string write_step(const ScheduledStep& step, bool with_answer) {
    const std::string text =
        "T" + std::to_string(step.task) + " " + step.step + deny_text(step.deny);
    return with_answer ? text + answer_suffix(step.answer) : text;
}
std::string write_expectation(const Expectation& e) {
    const QueryWord& query = word_of(e.query);
    std::string text = std::string("expect ") + (e.negated ? "not " : "") + std::string(query.word);
    for (const Subject& s : e.subjects)
        text += " " + (query.process_only ? "P" + std::to_string(s.process)
                       : query.file_only  ? "I" + std::to_string(s.inode)
                                          : text_of(s));
    switch (query.shape) {
        case Shape::truth: break;
        case Shape::number: text += " = " + std::to_string(e.number); break;
        case Shape::entry:
        case Shape::prot: text += " = " + e.word; break;
        case Shape::range:
            text += " = " + std::to_string(e.number) + "+" + std::to_string(e.length);
            break;
        case Shape::claim: text += " " + e.word; break;
    }
    return text;
}

std::string write_trace(const Trace& t) {
    std::string text = "faultline trace 1\n";
    for (const std::string& remark : t.remarks) text += "#" + remark + "\n";
    if (!t.title.empty()) text += "title " + t.title + "\n";
    text += "kernel " + t.kernel + "\n";
    for (const auto& rule : t.rules) text += "rule" + pairs_text({rule}) + "\n";
    text += "bounds " + t.bounds;
    for (const auto& [name, value] : t.limits) text += " " + name + "=" + std::to_string(value);
    text += "\n";
    if (!t.exhibit.empty()) text += "exhibit " + t.exhibit + "\n";
    for (const std::string& commit : t.commits) text += "commit " + commit + "\n";
    for (const std::string& source : t.sources) text += "source " + source + "\n";
    if (!t.claim.empty()) text += "claim " + t.claim + "\n";
    if (!t.engines.empty()) {
        text += "engines";
        for (const std::string& engine : t.engines) text += " " + engine;
        text += "\n";
    }
    if (t.explore_prefix >= 0) {
        text += "explore prefix=" + std::to_string(t.explore_prefix);
        for (std::size_t i = 0; i < t.explore_ops.size(); ++i)
            text += (i == 0 ? " ops=" : ",") + t.explore_ops[i];
        text += "\n";
    }
    if (!t.fixed.empty()) text += "fixed" + pairs_text(t.fixed) + "\n";
    text += "\n";
    for (const Item& item : t.items) text += std::visit(Writer{}, item.what) + "\n";
    return text;
}

}  // namespace faultline
