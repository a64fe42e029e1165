// tools/diff.cpp - matches the rows of two states and compares their fields.
//
// Why: one description of each row (name, fields as text) serves the diff, the appearance of a row
//      and the printed state, so that they cannot call the same thing by two names.
#include "tools/diff.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace faultline {
namespace {

struct Field {
    std::string name, value;
};
/// A row as a person reads it.
struct Row {
    std::string object;
    std::vector<Field> fields;
};

std::string id_or_none(int id) { return id < 0 ? "none" : std::to_string(id); }
std::string number(int n) { return std::to_string(n); }
std::string yes_no(bool b) { return b ? "yes" : "no"; }
std::string or_dash(const std::string& s) { return s.empty() ? "-" : s; }

Row mm_row(const MmView& m) {
    Row row{"mm P" + number(m.id),
            {{"state", m.state},
             {"rss_anon", number(m.rss_anon)},
             {"map_count", number(m.map_count)},
             {"brk", number(m.brk)}}};
    if (m.rss_file >= 0) {
        row.fields.push_back({"rss_file", number(m.rss_file)});
        row.fields.push_back({"rss_shmem", number(m.rss_shmem)});
    }
    if (m.rss_swap >= 0) row.fields.push_back({"rss_swap", number(m.rss_swap)});
    return row;
}
Row vma_row(int mm, const VmaView& v) {
    return {"vma " + vma_name(mm, v),
            {{"range", "[" + number(v.lo) + ".." + number(v.hi) + ")"},
             {"flags", v.flags},
             {"pgoff", number(v.pgoff)},
             {"anon_vma", id_or_none(v.anon_vma)},
             {"chain", set_text(v.chain)}}};
}
Row pte_row(int mm, const PteView& p) {
    return {"pte P" + number(mm) + ":" + number(p.page),
            {{"kind", p.kind + (p.slot < 0 ? "" : " s" + number(p.slot))},
             {"frame", id_or_none(p.frame)},
             {"bits", or_dash(p.bits)},
             {"want", number(p.want)}}};
}
Row frame_row(const FrameView& f) {
    return {"frame " + number(f.id),
            {{"refcount", number(f.refcount)},
             {"mapcount", number(f.mapcount)},
             {"flags", or_dash(f.flags) + (f.slot < 0 ? "" : " s" + number(f.slot))},
             {"anon_vma", id_or_none(f.anon_vma)},
             {"index", number(f.index)},
             {"value", number(f.value)}}};
}
Row anon_vma_row(const AnonVmaView& a) {
    return {"anon_vma " + number(a.id),
            {{"parent", number(a.parent)},
             {"root", number(a.root)},
             {"refcount", number(a.refcount)},
             {"num_children", number(a.num_children)},
             {"num_active_vmas", number(a.num_active_vmas)},
             {"age", number(a.age)}}};
}
Row handle_row(const HandleView& h) {
    return {"handle " + number(h.id),
            {{"kind", h.kind},
             {"write", yes_no(h.write)},
             {"attached", yes_no(h.attached)},
             {"mm", h.mm < 0 ? "none" : "P" + number(h.mm)},
             {"page", number(h.page)},
             {"frame", number(h.frame)}}};
}
Row slot_row(const SlotView& s) {
    return {"slot " + number(s.id),
            {{"count", number(s.count)},
             {"cache", yes_no(s.cache)},
             {"value", number(s.value)}}};
}
Row device_row(const DeviceView& d) {
    return {"device " + number(d.id), {{"state", d.state}}};
}
Row inode_row(const InodeView& i) {
    return {"inode I" + number(i.id),
            {{"kind", i.kind},
             {"flags", or_dash(i.flags)},
             {"size", number(i.size)},
             {"blocks", number(i.blocks)},
             {"writable", number(i.writable)},
             {"pages", set_text(i.pages)},
             {"disk", set_text(i.disk)},
             {"want", set_text(i.want)}}};
}
Row task_row(const TaskView& t) {
    return {"task T" + number(t.id), {{"step", t.step}, {"fields", or_dash(t.fields)}}};
}

std::string summary(const Row& row) {
    std::string text;
    for (const Field& f : row.fields) {
        if (!text.empty()) text += ", ";
        text += f.name + " " + f.value;
    }
    return text;
}

class Differ {
  public:
    void rows(const Row& before, const Row& after) {
        for (std::size_t i = 0; i < after.fields.size(); ++i)
            if (before.fields[i].value != after.fields[i].value)
                out.push_back({Change::Kind::changed, after.object, after.fields[i].name,
                               before.fields[i].value, after.fields[i].value});
    }
    void added(const Row& row) {
        out.push_back({Change::Kind::added, row.object, "", "", summary(row)});
    }
    void removed(const Row& row) {
        out.push_back({Change::Kind::removed, row.object, "", summary(row), ""});
    }
    /// Rows that carry an identity: matched by `key`, shown by `show`.
    template <class T, class Key, class Show>
    void table(const std::vector<T>& before, const std::vector<T>& after, Key key, Show show) {
        const auto find = [&](const std::vector<T>& in, const T& like) -> const T* {
            const auto at = std::find_if(in.begin(), in.end(),
                                         [&](const T& x) { return key(x) == key(like); });
            return at == in.end() ? nullptr : &*at;
        };
        for (const T& b : before)
            if (!find(after, b)) removed(show(b));
        for (const T& a : after) {
            if (const T* b = find(before, a)) rows(show(*b), show(a));
            else added(show(a));
        }
    }
    void vmas(int mm, const std::vector<VmaView>& before, const std::vector<VmaView>& after);
    std::vector<Change> out;
};

/// The row that shares the most pages with `like`, null if none shares any.
const VmaView* nearest(const std::vector<VmaView>& in, const VmaView& like) {
    const VmaView* best = nullptr;
    int most = 0;
    for (const VmaView& v : in) {
        const int shared = std::min(v.hi, like.hi) - std::max(v.lo, like.lo);
        if (shared > most) {
            most = shared;
            best = &v;
        }
    }
    return best;
}

/// Pages decide what a VMA is compared with: the halves of a split with the whole, the whole of a
/// merge with each half. A page that lost its chain in a merge so shows as a change of the chain.
void Differ::vmas(int mm, const std::vector<VmaView>& before, const std::vector<VmaView>& after) {
    std::vector<const VmaView*> used;
    for (const VmaView& a : after) {
        const VmaView* b = nearest(before, a);
        used.push_back(b);
        if (b) rows(vma_row(mm, *b), vma_row(mm, a));
        else added(vma_row(mm, a));
    }
    for (const VmaView& b : before) {
        if (std::find(used.begin(), used.end(), &b) != used.end()) continue;
        if (const VmaView* a = nearest(after, b)) rows(vma_row(mm, b), vma_row(mm, *a));
        else removed(vma_row(mm, b));
    }
}

}  // namespace

std::string vma_name(int mm, const VmaView& v) {
    return "P" + number(mm) + "[" + number(v.lo) + ".." + number(v.hi) + ")";
}

std::string set_text(const std::vector<int>& ids) {
    std::string text = "{";
    for (std::size_t i = 0; i < ids.size(); ++i) text += (i ? "," : "") + number(ids[i]);
    return text + "}";
}

std::vector<Change> diff(const StateView& before, const StateView& after) {
    Differ d;
    const auto by_id = [](const auto& row) { return row.id; };
    d.table(before.mms, after.mms, by_id, mm_row);
    // The rows inside an mm: an mm that is not there has none.
    std::vector<int> ids;
    for (const MmView& m : before.mms) ids.push_back(m.id);
    for (const MmView& m : after.mms) ids.push_back(m.id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (int id : ids) {
        const auto inside = [&](const StateView& s) {
            for (const MmView& m : s.mms)
                if (m.id == id) return m;
            return MmView{};
        };
        const MmView b = inside(before), a = inside(after);
        d.vmas(id, b.vmas, a.vmas);
        d.table(b.ptes, a.ptes, [](const PteView& p) { return p.page; },
                [&](const PteView& p) { return pte_row(id, p); });
    }
    d.table(before.frames, after.frames, by_id, frame_row);
    d.table(before.anon_vmas, after.anon_vmas, by_id, anon_vma_row);
    d.table(before.handles, after.handles, by_id, handle_row);
    d.table(before.slots, after.slots, by_id, slot_row);
    d.table(before.devices, after.devices, by_id, device_row);
    d.table(before.inodes, after.inodes, by_id, inode_row);
    d.table(before.tasks, after.tasks, by_id, task_row);
    return std::move(d.out);
}

std::vector<std::string> diff_lines(const std::vector<Change>& changes) {
    std::size_t object_width = 0, field_width = 0;
    for (const Change& c : changes) {
        object_width = std::max(object_width, c.object.size());
        field_width = std::max(field_width, c.field.size());
    }
    const auto padded = [](const std::string& s, std::size_t width) {
        return s + std::string(width - std::min(width, s.size()), ' ');
    };
    std::vector<std::string> lines;
    for (const Change& c : changes) {
        std::string line = padded(c.object, object_width) + "   ";
        if (c.kind == Change::Kind::changed)
            line += padded(c.field, field_width) + "  - " + c.before + "   + " + c.after;
        else if (c.kind == Change::Kind::added)
            line += "+ " + c.after;
        else
            line += "- " + c.before;
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> state_lines(const StateView& state) {
    std::vector<std::string> lines;
    const auto add = [&](const Row& row) { lines.push_back(row.object + ": " + summary(row)); };
    for (const MmView& m : state.mms) {
        add(mm_row(m));
        for (const VmaView& v : m.vmas) add(vma_row(m.id, v));
        for (const PteView& p : m.ptes) add(pte_row(m.id, p));
    }
    for (const FrameView& f : state.frames) add(frame_row(f));
    for (const AnonVmaView& a : state.anon_vmas) add(anon_vma_row(a));
    for (const HandleView& h : state.handles) add(handle_row(h));
    for (const SlotView& s : state.slots) add(slot_row(s));
    for (const DeviceView& x : state.devices) add(device_row(x));
    for (const InodeView& i : state.inodes) add(inode_row(i));
    for (const TaskView& t : state.tasks) add(task_row(t));
    return lines;
}

}  // namespace faultline
