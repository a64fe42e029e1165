// proofs/explore/moves.cpp - the argument lists, and a path in words.
#include "proofs/explore/moves.hpp"

#include <algorithm>
#include <stdexcept>

namespace faultline::explore {

namespace {

using Args0 = std::vector<PlainArgs>;

/// Each element of `in`, varied by `vary(args, emit)`.
template <class Vary>
Args0 product(const Args0& in, bool when, Vary vary) {
    if (!when) return in;
    Args0 out;
    for (const PlainArgs& a : in) vary(a, [&](const PlainArgs& b) { out.push_back(b); });
    return out;
}
std::string prot_text(const PlainArgs& a) {
    return std::string(a.read ? "r" : "") + (a.write ? "w" : "") + (a.exec ? "x" : "");
}
bool allowed(const std::vector<std::string>& list, const std::string& x) {
    return list.empty() || std::find(list.begin(), list.end(), x) != list.end();
}
bool allowed(const std::vector<int>& list, int x) {
    return list.empty() || std::find(list.begin(), list.end(), x) != list.end();
}

Args0 vary_range(const Args0& in, const OpShape& shape, int pages) {
    Args0 args = product(in, shape.range, [&](PlainArgs a, auto emit) {
        for (a.page = 0; a.page < pages; ++a.page)
            for (a.end = a.page + 1; a.end <= pages; ++a.end) emit(a);
    });
    args = product(args, shape.page, [&](PlainArgs a, auto emit) {
        for (a.page = 0; a.page < pages; ++a.page) emit(a);
    });
    return product(args, shape.end, [&](PlainArgs a, auto emit) {
        for (a.end = 0; a.end <= pages; ++a.end) emit(a);
    });
}
Args0 vary_access(const Args0& in, const OpShape& shape, const ExploreConfig& c) {
    Args0 args = product(in, shape.access, [&](PlainArgs a, auto emit) {
        if (c.read_access) emit(a);
        a.write = true;
        emit(a);
        a.write = false;
        a.exec = true;
        if (c.exec_access) emit(a);
    });
    args = product(args, shape.prot, [&](PlainArgs a, auto emit) {
        for (int p = 0; p < 8; ++p) {
            a.read = (p & 1) != 0;
            a.write = (p & 2) != 0;
            a.exec = (p & 4) != 0;
            if (allowed(c.prots, prot_text(a))) emit(a);
        }
    });
    args = product(args, shape.grows, [&](PlainArgs a, auto emit) {
        emit(a);
        a.grows = true;
        if (c.grows) emit(a);
    });
    return product(args, shape.gup, [&](PlainArgs a, auto emit) {
        for (int kind : {gup_get, gup_pin})
            for (bool write : {false, true}) {
                a.gup = kind;
                a.write = write;
                emit(a);
            }
    });
}
Args0 vary_move(const Args0& in, const OpShape& shape, const Bounds& limits) {
    Args0 args = product(in, shape.move, [&](PlainArgs a, auto emit) {
        for (a.span = 1; a.span <= limits.pages; ++a.span)
            for (int flags = 0; flags < 8; ++flags) {
                a.fixed = (flags & 1) != 0;
                a.maymove = (flags & 2) != 0;
                a.dontunmap = (flags & 4) != 0;
                for (a.to = 0; a.to < (a.fixed ? limits.pages : 1); ++a.to) emit(a);
                a.to = 0;
            }
    });
    return product(args, shape.value, [&](PlainArgs a, auto emit) {
        for (a.value = 0; a.value <= limits.values; ++a.value) emit(a);
    });
}
Args0 vary_file(const Args0& in, const OpShape& shape, const Bounds& limits) {
    const Args0 args = product(in, shape.content, [&](PlainArgs a, auto emit) {
        for (a.end = 0; a.end <= limits.inode_pages; ++a.end)
            for (const bool exec : {false, true}) {
                a.exec = exec;
                if (!exec || a.op == op_open_memfd) emit(a);
            }
    });
    const bool may_force = shape.force && limits.has_files();
    const Args0 forced = product(args, may_force, [&](PlainArgs a, auto emit) {
        emit(a);
        a.force = true;
        if (a.write && a.gup == gup_pin) emit(a);
    });
    return product(forced, shape.file && limits.has_files(), [&](PlainArgs a, auto emit) {
        for (a.inode = 0; a.inode <= limits.inodes; ++a.inode)
            for (const bool shared : {false, true}) {
                a.shared = shared;
                for (a.to = 0; a.to < (a.inode != 0 ? limits.inode_pages : 1); ++a.to) emit(a);
            }
    });
}
Args0 vary_code(const Args0& in, const OpShape& shape, const ExploreConfig& c) {
    return product(in, shape.op_first != 0, [&](PlainArgs a, auto emit) {
        for (a.op = shape.op_first; a.op <= shape.op_last; ++a.op) {
            if (a.op == op_mmap && a.page != 0) continue;   // an address is given by hint or fixed
            if (allowed(c.op_codes, a.op)) emit(a);
        }
    });
}

}  // namespace

std::vector<Move> list_moves(const ExploreConfig& c) {
    for (const std::string& name : c.ops)
        if (std::find(op_names().begin(), op_names().end(), name) == op_names().end())
            throw std::invalid_argument("no operation is called '" + name + "'");
    const Bounds& limits = c.env.limits;
    std::vector<Move> moves;
    for (int op = 0; op < operation_count; ++op) {
        if (!allowed(c.ops, op_names()[static_cast<std::size_t>(op)])) continue;
        const OpShape& shape = op_shapes()[static_cast<std::size_t>(op)];
        Args0 args{PlainArgs{}};
        args = vary_range(args, shape, limits.pages);
        args = vary_access(args, shape, c);
        args = vary_move(args, shape, limits);
        args = vary_code(args, shape, c);
        args = product(args, shape.device, [&](PlainArgs a, auto emit) {
            for (int flags = 0; flags < 4; ++flags) {
                a.synchronous = (flags & 1) != 0;
                a.stable = (flags & 2) != 0;
                emit(a);
            }
        });
        args = vary_file(args, shape, limits);
        const int rows = operation_rows(shape, limits);
        for (int row = 0; row < rows; ++row)
            for (int child = 0; child < (shape.new_mm ? limits.mms : 1); ++child) {
                if (shape.new_mm && child == row) continue;
                for (const PlainArgs& a : args) moves.push_back({op, row, child, shape.task, a});
            }
    }
    return moves;
}

namespace {

constexpr std::array<const char*, op_code_count> code_words{
    "",     "",          "dontfork",   "dofork",         "wipeonfork", "keeponfork",
    "mlock", "munlock",  "",           "",               "hint",       "fixed",
    "fixed_noreplace",   "",           "",               "",           "",           "",
    "",     "",          "",           "",               "file",       "tmpfs",      "memfd",
    "",     "",          "",           "seal",           "shrink",     "grow",       "write",
    "future", "exec"};

std::string range_text(int from, int to) {
    return " " + std::to_string(from) + "+" + std::to_string(to - from);
}

}  // namespace

std::string path_step_text(const PathStep& p) {
    const std::string task = p.task < 0 ? "" : "T" + std::to_string(p.task) + " ";
    if (!p.start) {
        std::string text = task + pc_names[static_cast<std::size_t>(p.pc)];
        return p.deny ? text + " (allocation refused)" : text;
    }
    const OpShape& shape = op_shapes()[static_cast<std::size_t>(p.op)];
    const PlainArgs& a = p.args;
    std::string text = task;
    if (shape.by_mm) text += "P" + std::to_string(p.row) + " ";
    if (shape.by_frame) text += "F" + std::to_string(p.row) + " ";
    if (shape.by_inode) text += "I" + std::to_string(p.row) + " ";
    if (shape.by_device) text += "D" + std::to_string(p.row) + " ";
    if (shape.by_handle) text += "H" + std::to_string(p.row) + " ";
    text += op_names()[static_cast<std::size_t>(p.op)];
    const std::string code = code_words[static_cast<std::size_t>(a.op)];
    if (!code.empty()) text += " " + code;
    if (shape.new_mm) text += " P" + std::to_string(p.child);
    if (shape.range) text += range_text(a.page, a.end);
    if (shape.page) text += " " + std::to_string(a.page);
    if (shape.end) text += " " + std::to_string(a.end);
    if (shape.access) text += a.write ? " write" : a.exec ? " exec" : " read";
    if (shape.prot) text += prot_text(a).empty() ? " none" : " " + prot_text(a);
    if (shape.content) text += " of " + std::to_string(a.end) + (a.exec ? " exec" : "");
    if (a.inode != 0)
        text += " I" + std::to_string(a.inode - 1) + "@" + std::to_string(a.to);
    if (a.shared) text += " shared";
    if (a.force) text += " force";
    if (a.grows) text += " growsdown";
    if (shape.gup) text += a.gup == gup_pin ? " pin" : " get";
    if (shape.gup && a.write) text += " write";
    if (shape.move) {
        text += " to " + std::to_string(a.span) + " pages";
        if (a.fixed) text += " fixed at " + std::to_string(a.to);
        if (a.maymove) text += " maymove";
        if (a.dontunmap) text += " dontunmap";
    }
    if (a.synchronous) text += " sync";
    if (a.stable) text += " stable";
    if (shape.value) text += " = " + std::to_string(a.value);
    return text;
}
std::string path_step_result(const PathStep& p) {
    if (p.result == res_pending) return "";
    return std::string("-> ") + result_infos[static_cast<std::size_t>(p.result)].text;
}

}  // namespace faultline::explore
