// spec/trace_parse.cpp - reads operations, scheduled steps and expectations.
//
// Why: one function a form of line, in the order of spec/TRACE.md, so that the grammar and the
//      reader can be read side by side.
#include "spec/trace_parse.hpp"

#include "spec/state.hpp"
#include "spec/trace_words.hpp"

namespace faultline::trace_reader {
namespace {

using namespace trace_words;

bool is_result_word(std::string_view word) {
    for (std::size_t i = res_ok + 1; i < result_infos.size(); ++i)
        if (word == result_infos[i].text) return true;
    return false;
}
bool is_step_name(std::string_view word) {
    for (std::size_t i = pc_idle + 1; i < pc_names.size(); ++i)
        if (word == pc_names[i]) return true;
    return word == "run";
}

bool read_answer(Words& w, Answer& answer) {
    const std::string_view word = w.peek();
    if (word == "?")
        answer.kind = Answer::Kind::any;
    else if (word == "blocked")
        answer.kind = Answer::Kind::blocked;
    else if (is_result_word(word)) {
        answer.kind = Answer::Kind::word;
        answer.word = word;
    } else if (!word.empty() && word[0] == '@') {
        if (!is_name(word.substr(1))) return w.complain("a name of small letters after '@'");
        answer.kind = Answer::Kind::name;
        answer.word = word.substr(1);
    } else if (Words::is_label(word, 'P') || Words::is_label(word, 'H')) {
        answer.kind = word[0] == 'P' ? Answer::Kind::process : Answer::Kind::handle;
        if (!w.label(word, word[0], answer.number)) return false;
    } else if (!word.empty() && word[0] >= '0' && word[0] <= '9') {
        answer.kind = Answer::Kind::number;
        if (!w.number_in(word, answer.number, "a result")) return false;
    } else {
        return w.complain("a result (0, a page, @name, P1, H0, ENOMEM, copied, blocked, ...)");
    }
    w.take();
    return true;
}
/// begin, deny [n], -> result: in any order, each once, then the end of the line.
bool read_suffix(Words& w, bool* begin, int& deny, Answer& answer) {
    while (!w.at_end()) {
        if (begin && !*begin && w.accept("begin")) {
            *begin = true;
        } else if (deny == 0 && w.accept("deny")) {
            deny = 1;
            const std::string_view next = w.peek();
            if (!next.empty() && next[0] >= '0' && next[0] <= '9') {
                if (!w.number(deny, "which allocating step")) return false;
                if (deny == 0) return w.complain("an allocating step counted from 1", "0");
            }
        } else if (answer.kind == Answer::Kind::unsaid && w.accept("->")) {
            if (!read_answer(w, answer)) return false;
        } else {
            return w.complain(begin ? "'begin', 'deny', '->' or the end of the line"
                                    : "'deny', '->' or the end of the line");
        }
    }
    return true;
}

bool read_mmap(Words& w, Operation& op) {
    if (w.accept("fixed"))
        op.place = Place::fixed;
    else if (w.accept("noreplace"))
        op.place = Place::noreplace;
    if (op.place != Place::anywhere || w.peek().find('+') != std::string_view::npos) {
        if (op.place == Place::anywhere) op.place = Place::hint;
        if (!w.range(op.page, op.length)) return false;
    } else {
        if (!w.number(op.length, "a range 'page+pages' or a number of pages")) return false;
        if (op.length == 0) return w.complain("at least one page", "0");
    }
    if (!w.protection(op.prot)) return false;
    op.growsdown = w.accept("growsdown");
    op.shared = w.accept("shared");
    if (!op.shared && !w.accept("private")) return true;
    if (!Words::is_label(w.peek(), 'I')) return w.expect("anon");
    if (!w.label(w.take(), 'I', op.file)) return false;
    return !w.accept("at") || w.number(op.offset, "a page of the file");
}
bool read_open(Words& w, Operation& op) {
    std::size_t which = 0;
    if (!w.one_of(file_kinds, which, "'file', 'tmpfs' or 'memfd'")) return false;
    op.kind = static_cast<FileKind>(which);
    if (!w.number(op.length, "a number of pages")) return false;
    if (w.accept("=") && !w.number(op.value, "a value")) return false;
    op.executable = w.accept("exec");
    return true;
}
bool read_mremap(Words& w, Operation& op) {
    if (!w.range(op.page, op.length) || !w.expect("size")) return false;
    if (!w.number(op.size, "a number of pages")) return false;
    if (op.size == 0) return w.complain("at least one page", "0");
    op.maymove = w.accept("maymove");
    if (w.accept("fixed")) {
        op.fixed = true;
        if (!w.page(op.target)) return false;
    }
    op.dontunmap = w.accept("dontunmap");
    return true;
}
bool read_operands(Words& w, Form form, Operation& op) {
    std::size_t which = 0;
    switch (form) {
        case Form::mmap: return read_mmap(w, op);
        case Form::range: return w.range(op.page, op.length);
        case Form::range_prot: return w.range(op.page, op.length) && w.protection(op.prot);
        case Form::range_advice:
            if (!w.range(op.page, op.length)) return false;
            if (!w.one_of(advices, which,
                          "an advice (dontneed, dontfork, dofork, wipeonfork, "
                          "keeponfork)"))
                return false;
            op.advice = static_cast<Advice>(which);
            return true;
        case Form::page: return w.page(op.page);
        case Form::mremap: return read_mremap(w, op);
        case Form::access:
            if (!w.page(op.page)) return false;
            if (op.verb != Verb::fault && w.peek() == "fetch")
                return w.complain("'read' or 'write'");
            if (!w.one_of(accesses, which, "'read', 'write' or 'fetch'")) return false;
            op.access = static_cast<AccessKind>(which);
            op.force = op.verb == Verb::pin && w.accept("force");
            return true;
        case Form::load:
            return w.page(op.page) && (!w.accept("=") || w.number(op.value, "a value"));
        case Form::store: return w.page(op.page) && w.expect("=") && w.number(op.value, "a value");
        case Form::handle_load: return !w.accept("=") || w.number(op.value, "a value");
        case Form::handle_store: return w.number(op.value, "a value");
        case Form::frame: return op.frame >= 0 || w.page(op.page);
        case Form::device:
            if (op.verb != Verb::swapon) return true;
            op.synchronous = w.accept("sync");
            op.stable = w.accept("stable");
            return true;
        case Form::file_open: return read_open(w, op);
        case Form::file_page: return w.page(op.page);
        case Form::file_read:
            return w.page(op.page) && (!w.accept("=") || w.number(op.value, "a value"));
        case Form::file_write:
            return w.page(op.page) && w.expect("=") && w.number(op.value, "a value");
        case Form::file_size: return w.number(op.size, "a number of pages");
        case Form::file_range: return w.range(op.page, op.length);
        case Form::file_seal:
            if (!w.one_of(seals, which, "a seal (seal, shrink, grow, write, future, exec)"))
                return false;
            op.which = static_cast<Seal>(which);
            return true;
        case Form::nothing:
        case Form::handle:
        case Form::file:
        case Form::machine: return true;
    }
    return false;
}
bool read_verb(Words& w, bool handle, Operation& op) {
    for (const VerbWord& v : verbs) {
        if (v.form == Form::machine || on_handle(v.form) != handle || w.peek() != v.word) continue;
        if ((op.device >= 0) != (v.form == Form::device)) continue;
        if ((op.inode >= 0) != on_file(v.form)) continue;
        if (op.frame >= 0 && v.form != Form::frame) continue;
        w.take();
        op.verb = v.verb;
        return read_operands(w, v.form, op);
    }
    if (op.frame >= 0) return w.complain("'reclaim' or 'free_swap'");
    if (op.device >= 0) return w.complain("'swapon', 'swapoff' or 'swapoff_end'");
    if (op.inode >= 0) return w.complain("a call on a file (open, pread, truncate, seal, ...)");
    return w.complain(handle ? "'load', 'store' or 'release'"
                             : "an operation (mmap, munmap, store, fork, ...)");
}
bool read_operation(Words& w, int task, Operation& op) {
    op.task = task;
    if (w.accept("drain")) {
        op.verb = Verb::drain;
    } else if (Words::is_label(w.peek(), 'H')) {
        if (!w.label(w.take(), 'H', op.handle) || !read_verb(w, true, op)) return false;
    } else if (Words::is_label(w.peek(), 'F')) {
        if (!w.label(w.take(), 'F', op.frame) || !read_verb(w, false, op)) return false;
    } else if (Words::is_label(w.peek(), 'D')) {
        if (!w.label(w.take(), 'D', op.device) || !read_verb(w, false, op)) return false;
    } else if (Words::is_label(w.peek(), 'I')) {
        if (!w.label(w.take(), 'I', op.inode) || !read_verb(w, false, op)) return false;
    } else {
        if (!w.label(w.peek(), 'P', op.process)) return false;
        w.take();
        if (!read_verb(w, false, op)) return false;
    }
    return read_suffix(w, &op.begin, op.deny, op.answer);
}

bool read_subject(Words& w, const QueryWord& query, Subject& subject) {
    const std::string_view word = w.peek();
    const std::size_t colon = word.find(':');
    if (query.file_only) {
        if (!w.label(word, 'I', subject.inode)) return false;
    } else if (!query.process_only && Words::is_label(word, 'H')) {
        if (!w.label(word, 'H', subject.handle)) return false;
    } else if (!query.process_only && Words::is_label(word.substr(0, colon), 'I')) {
        if (colon == std::string_view::npos) return w.complain("a page of a file 'I0:0'");
        if (!w.label(word.substr(0, colon), 'I', subject.inode)) return false;
        if (!w.page_in(word.substr(colon + 1), subject.page)) return false;
    } else {
        if (query.process_only) {
            if (!w.label(word, 'P', subject.process)) return false;
        } else {
            if (colon == std::string_view::npos) return w.complain("a page of a process 'P0:0'");
            if (!w.label(word.substr(0, colon), 'P', subject.process)) return false;
            if (!w.page_in(word.substr(colon + 1), subject.page)) return false;
        }
    }
    w.take();
    return true;
}
bool is_claim_id(std::string_view word) {
    if (word.find('.') == std::string_view::npos || word.size() > 64) return false;
    for (char c : word)
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    return true;
}
bool read_expectation(Words& w, Expectation& e) {
    e.negated = w.accept("not");
    const QueryWord* query = nullptr;
    for (const QueryWord& q : queries)
        if (w.peek() == q.word) query = &q;
    if (!query)
        return w.complain("a question (refcount, mapcount, exclusive, vmas, violated, ...)");
    if (e.negated && query->shape == Shape::claim)
        return w.complain("a question that can be negated");
    w.take();
    e.query = query->query;
    for (int i = 0; i < query->subjects; ++i) {
        e.subjects.emplace_back();
        if (!read_subject(w, *query, e.subjects.back())) return false;
    }
    std::size_t which = 0;
    switch (query->shape) {
        case Shape::truth: return w.expect_end();
        case Shape::number:
            return w.expect("=") && w.number(e.number, "a number") && w.expect_end();
        case Shape::entry:
            if (!w.expect("=") ||
                !w.one_of(entry_kinds, which, "'none', 'zero', 'present' or 'swap'"))
                return false;
            e.word = entry_kinds[which];
            return w.expect_end();
        case Shape::prot: {
            Protection prot;
            if (!w.expect("=")) return false;
            e.word = w.peek();
            return w.protection(prot) && w.expect_end();
        }
        case Shape::range: {
            PageRef page;
            if (!w.expect("=")) return false;
            const std::string_view word = w.peek();
            if (!w.range(page, e.length)) return false;
            if (!page.name.empty()) return w.complain("a range of page numbers", word);
            e.number = page.page;
            return w.expect_end();
        }
        case Shape::claim:
            if (!is_claim_id(w.peek())) return w.complain("a claim id 'area.positive-fact'");
            e.word = w.take();
            return w.expect_end();
    }
    return false;
}

}  // namespace

bool is_claim(std::string_view word) { return is_claim_id(word); }
bool is_operation_word(std::string_view word) {
    for (const VerbWord& v : verbs)
        if (word == v.word) return true;
    return false;
}

bool starts_body(std::string_view word) {
    return word == "expect" || word == "drain" || Words::is_label(word, 'P') ||
           Words::is_label(word, 'H') || Words::is_label(word, 'T') ||
           Words::is_label(word, 'F') || Words::is_label(word, 'D') ||
           Words::is_label(word, 'I');
}
bool read_item(Words& w, Item& item) {
    if (w.accept("expect")) {
        Expectation e;
        if (!read_expectation(w, e)) return false;
        item.what = std::move(e);
        return true;
    }
    int task = -1;
    if (Words::is_label(w.peek(), 'T')) {
        if (!w.label(w.take(), 'T', task)) return false;
        if (is_step_name(w.peek())) {
            ScheduledStep s;
            s.task = task;
            s.step = w.take();
            if (!read_suffix(w, nullptr, s.deny, s.answer)) return false;
            item.what = std::move(s);
            return true;
        }
        if (!starts_body(w.peek()) || w.peek() == "expect")
            return w.complain("a step (fault.install, fork.share, run, ...) or an operation");
    }
    Operation op;
    if (!read_operation(w, task, op)) return false;
    item.what = std::move(op);
    return true;
}

}  // namespace faultline::trace_reader
