// invariants/run_questions.hpp - what a trace may ask of a state between two lines.
//
// Why: the other half of the runner's templates: run_player.hpp performs, this looks.
#pragma once
#include "invariants/run_player.hpp"

namespace faultline::running {

template <class M>
const typename M::Vma* Player<M>::vma_of(int mm, int page) const {
    for (const auto& v : s_.mms[static_cast<std::size_t>(mm)].vmas)
        if (covers(v, page)) return &v;
    return nullptr;
}
/// The frame a page maps or has in the swap cache, -1 if none.
template <class M>
int Player<M>::frame_at(int mm, int page) const {
    const auto& pte = s_.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    if constexpr (M::has_swap)
        for (int f = 0; f < M::B.frames; ++f)
            if (pte.slot.some() && s_.frames[static_cast<std::size_t>(f)].slot == pte.slot)
                return f;
    return row_of(pte.frame);
}
template <class M>
bool Player<M>::locate(int line, const Subject& subject, int& mm, int& page, int& frame) {
    mm = page = frame = -1;
    if (subject.inode >= 0) {
        page = run_.page_of(line, subject.page);
        if (run_.off() || !file_there(line, subject.inode, page)) return false;
        frame = row_of(cached_frame<M>(s_, subject.inode, page));
        return true;
    }
    if (subject.handle >= 0) {
        const int row = run_.handle_row(line, subject.handle);
        if (row >= 0) frame = row_of(s_.handles[static_cast<std::size_t>(row)].frame);
        return row >= 0;
    }
    mm = run_.process_row(line, subject.process);
    page = run_.page_of(line, subject.page);
    if (run_.off() || !inside(line, page, 1)) return false;
    frame = frame_at(mm, page);
    return true;
}
/// The answer in words, as the expectation would write it.
template <class M>
std::string Player<M>::ask(int line, const Expectation& e) {
    int mm = -1, page = -1, frame = -1;
    if (!e.subjects.empty() && !locate(line, e.subjects[0], mm, page, frame)) return "";
    const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
    switch (e.query) {
        case Query::anon_vmas:
            return std::to_string(count<M>(s_.anon_vmas, [](const auto& a) { return a.live; }));
        case Query::frames:
            return std::to_string(
                count<M>(s_.frames, [](const auto& f) { return f.refcount != 0; }));
        case Query::min_flt: return std::to_string(counted_.min_flt);
        case Query::maj_flt: return std::to_string(counted_.maj_flt);
        case Query::pgfault: return std::to_string(counted_.pgfault);
        case Query::vm_fault: return vm_fault_ < 0 ? "none" : std::to_string(vm_fault_);
        case Query::vmas:
            return std::to_string(count<M>(s_.mms[static_cast<std::size_t>(mm)].vmas,
                                           [](const auto& v) { return in_tree(v); }));
        case Query::rss: return std::to_string(s_.mms[static_cast<std::size_t>(mm)].rss_anon);
        case Query::major: return yes(major_);
        case Query::swap:
        case Query::slots:
        case Query::swapcount:
        case Query::swapcache: return ask_swap(e, mm, page, frame);
        case Query::dirty:
        case Query::writeback:
            if constexpr (M::has_backing) {
                if (frame < 0) return "no";
                const auto& f = s_.frames[static_cast<std::size_t>(frame)];
                return yes(e.query == Query::dirty ? f.dirty : f.writeback);
            } else {
                return "nothing to write back to";
            }
        case Query::rss_file:
        case Query::rss_shmem:
            if constexpr (M::has_files) {
                const auto& of = s_.mms[static_cast<std::size_t>(mm)];
                return std::to_string(e.query == Query::rss_file ? of.rss_file : of.rss_shmem);
            } else {
                return "no files";
            }
        case Query::cached:
        case Query::data:
        case Query::size:
        case Query::blocks:
        case Query::writers: return ask_file(e, page, frame);
        case Query::locked: return std::to_string(s_.mms[static_cast<std::size_t>(mm)].locked_vm);
        case Query::same_frame:
        case Query::same_anon_vma: {
            int mm2 = -1, page2 = -1, frame2 = -1;
            if (!locate(line, e.subjects[1], mm2, page2, frame2)) return "";
            if (e.query == Query::same_frame) return yes(frame >= 0 && frame == frame2);
            const auto* a = mm >= 0 ? vma_of(mm, page) : nullptr;
            const auto* b = mm2 >= 0 ? vma_of(mm2, page2) : nullptr;
            return yes(a && b && a->anon_vma.some() && a->anon_vma == b->anon_vma);
        }
        default: return ask_page(e, mm, page, frame);
    }
}
template <class M>
std::string Player<M>::ask_swap(const Expectation& e, int mm, int page, int frame) {
    if constexpr (!M::has_swap) {
        return "no swap space";
    } else {
        const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
        if (e.query == Query::swap)
            return std::to_string(s_.mms[static_cast<std::size_t>(mm)].rss_swap);
        if (e.query == Query::slots)
            return std::to_string(
                count<M>(s_.slots, [](const auto& slot) { return !slot_unused(slot); }));
        int slot = frame >= 0 ? row_of(s_.frames[static_cast<std::size_t>(frame)].slot) : -1;
        if (e.query == Query::swapcache) return yes(slot >= 0);
        if (mm >= 0 && slot < 0)
            slot = row_of(s_.mms[static_cast<std::size_t>(mm)]
                              .ptes[static_cast<std::size_t>(page)].slot);
        if (slot < 0) return "no slot";
        return std::to_string(s_.slots[static_cast<std::size_t>(slot)].count);
    }
}
template <class M>
std::string Player<M>::ask_file(const Expectation& e, int page, int frame) {
    if constexpr (!M::has_files) {
        return "no files";
    } else {
        const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
        if (e.subjects[0].inode < 0) return "no file";
        const int inode = e.subjects[0].inode;
        const auto& i = s_.inodes[static_cast<std::size_t>(inode)];
        switch (e.query) {
            case Query::cached: return yes(frame >= 0);
            case Query::data: return yes(holds_data<M>(s_, inode, page));
            case Query::size: return std::to_string(i.size);
            case Query::blocks: return std::to_string(i.blocks);
            default: return std::to_string(i.writable);
        }
    }
}
template <class M>
std::string Player<M>::ask_page(const Expectation& e, int mm, int page, int frame) {
    const auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
    const auto* f = frame >= 0 ? &s_.frames[static_cast<std::size_t>(frame)] : nullptr;
    const auto* v = mm >= 0 ? vma_of(mm, page) : nullptr;
    switch (e.query) {
        case Query::refcount: return f ? std::to_string(f->refcount) : "no frame";
        case Query::mapcount: return f ? std::to_string(f->mapcount) : "no frame";
        case Query::exclusive: return yes(f && f->exclusive);
        case Query::visits: return f ? std::to_string(visits<M>(s_, frame)) : "no frame";
        case Query::batched: return yes(f && f->batched);
        case Query::lru: return yes(f && f->lru);
        case Query::active:
        case Query::children: {
            if (!f || f->anon_vma.none()) return "no anon_vma";
            const auto& a = s_.anon_vmas[static_cast<std::size_t>(row_of(f->anon_vma))];
            return std::to_string(e.query == Query::active ? a.num_active_vmas : a.num_children);
        }
        default: break;
    }
    if (mm < 0) return "no page";
    const auto& pte = s_.mms[static_cast<std::size_t>(mm)].ptes[static_cast<std::size_t>(page)];
    if (e.query == Query::writable) return yes(pte.write);
    if (e.query == Query::entry)
        return pte.zero ? "zero" : pte.frame.some() ? "present" : pte.slot.some() ? "swap" : "none";
    if (!v) return "no VMA";
    switch (e.query) {
        case Query::range: return std::to_string(v->lo) + "+" + std::to_string(v->hi - v->lo);
        case Query::pgoff: return std::to_string(v->pgoff + page - v->lo);
        case Query::chain: return std::to_string(count<M>(v->links, [](bool l) { return l; }));
        case Query::prot: {
            const std::string bits =
                std::string(v->read ? "r" : "") + (v->write ? "w" : "") + (v->exec ? "x" : "");
            return bits.empty() ? "none" : bits;
        }
        default: return "";
    }
}
template <class M>
void Player<M>::check(int line, const Expectation& e) {
    const std::string text = write_expectation(e);
    run_.set_line(line, text);
    if (e.query == Query::violated) {
        if (!run_.seen(e.word)) run_.unmet(line, "'" + e.word + "' violated", "it holds");
        return;
    }
    const std::string found = ask(line, e);
    if (run_.off()) return;
    std::string expected = e.word;
    if (e.query == Query::range)
        expected = std::to_string(e.number) + "+" + std::to_string(e.length);
    else if (found == "yes" || found == "no")
        expected = "yes";
    else if (e.word.empty())
        expected = std::to_string(e.number);
    if ((found == expected) == e.negated) run_.unmet(line, "'" + text.substr(7) + "'", found);
}

}  // namespace faultline::running
