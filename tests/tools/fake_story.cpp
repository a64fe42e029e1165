// tests/tools/fake_story.cpp - the anon_vma degree bug, played by hand on views.
//
// Why: thirteen states typed out would be wrong somewhere; thirteen edits are readable. This is
//      made-up input for printers, not a second model: nothing is checked here.
// Source: commit linux 2555283eb40d
#include <algorithm>

#include "tests/tools/fake_document.hpp"

namespace faultline::fake {
namespace {

class Player {
  public:
    Story story;
    StateView now;

    MmView& mm(int id) {
        for (MmView& m : now.mms)
            if (m.id == id) return m;
        now.mms.push_back({id, "alive", 0, 0, 0, {}, {}});
        return now.mms.back();
    }
    AnonVmaView& anon_vma(int id) {
        for (AnonVmaView& a : now.anon_vmas)
            if (a.id == id) return a;
        now.anon_vmas.push_back({id, id, id, 0, 0, 0, 0});
        return now.anon_vmas.back();
    }
    FrameView& frame(int id) {
        for (FrameView& f : now.frames)
            if (f.id == id) return f;
        now.frames.push_back({id, 0, 0, "anon uptodate", -1, 0, 0});
        return now.frames.back();
    }
    void child_of(int id, int parent) {
        anon_vma(id) = {id, parent, 0, 1, 0, 1, 0};
        ++anon_vma(parent).num_children;
    }
    void map(int process, int page, int frame_id, int want, const std::string& bits) {
        mm(process).ptes.push_back({page, "present", frame_id, bits, want});
        ++frame(frame_id).refcount;
        ++frame(frame_id).mapcount;
        ++mm(process).rss_anon;
    }
    void exit(int process) {
        for (const PteView& p : mm(process).ptes) {
            --frame(p.frame).refcount;
            --frame(p.frame).mapcount;
        }
        for (const VmaView& v : mm(process).vmas)
            if (v.anon_vma >= 0) --anon_vma(v.anon_vma).num_active_vmas;
        std::erase_if(now.mms, [&](const MmView& m) { return m.id == process; });
        std::erase_if(now.frames, [](const FrameView& f) { return f.refcount == 0; });
    }
    void count_maps() {
        for (MmView& m : now.mms) m.map_count = static_cast<int>(m.vmas.size());
    }
    void step(const std::string& text, const std::string& result = "-> 0") {
        count_maps();
        story.steps.push_back({text, result, now});
    }
};

void first_forks(Player& p) {
    p.mm(0).vmas = {{0, 2, 0, "rw- p", -1, {}}};
    p.step("P0 mmap 0+2 rw private anon");
    p.anon_vma(0) = {0, 0, 0, 1, 1, 1, 0};
    p.mm(0).vmas[0] = {0, 2, 0, "rw- p", 0, {0}};
    p.map(0, 0, 0, 1, "wd");
    p.frame(0) = {0, 1, 1, "excl anon uptodate", 0, 0, 1};
    p.step("P0 write 0 = 1");
    p.child_of(1, 0);
    p.mm(1).vmas = {{0, 2, 0, "rw- p", 1, {0, 1}}};
    p.mm(0).ptes[0].bits = "d";
    p.frame(0).flags = "anon uptodate";
    p.map(1, 0, 0, 1, "d");
    p.step("P0 fork", "-> P1");
    p.child_of(2, 1);
    p.mm(2).vmas = {{0, 2, 0, "rw- p", 2, {0, 1, 2}}};
    p.map(2, 0, 0, 1, "d");
    p.step("P1 fork", "-> P2");
    p.exit(1);
    p.step("P1 exit");
    p.mm(3).vmas = {{0, 2, 0, "rw- p", 1, {0, 1, 2}}};
    p.anon_vma(1).num_active_vmas = 1;
    p.map(3, 0, 0, 1, "d");
    p.step("P2 fork", "-> P3");
}

void splits_and_reuse(Player& p) {
    p.mm(2).vmas = {{0, 1, 0, "r-- p", 2, {0, 1, 2}}, {1, 2, 1, "rw- p", 2, {0, 1, 2}}};
    p.anon_vma(2).num_active_vmas = 2;
    p.step("P2 mprotect 0+1 r");
    p.mm(3).vmas = {{0, 1, 0, "r-- p", 1, {0, 1, 2}}, {1, 2, 1, "rw- p", 1, {0, 1, 2}}};
    p.anon_vma(1).num_active_vmas = 2;
    p.step("P3 mprotect 0+1 r");
    p.child_of(4, 1);
    p.child_of(5, 1);
    p.mm(4).vmas = {{0, 1, 0, "r-- p", 4, {0, 1, 2, 4}}, {1, 2, 1, "rw- p", 5, {0, 1, 2, 5}}};
    p.map(4, 0, 0, 1, "d");
    p.step("P3 fork", "-> P4");
    p.exit(2);
    p.step("P2 exit");
    p.map(4, 1, 1, 2, "wd");
    p.frame(1) = {1, 1, 1, "excl anon uptodate", 5, 1, 2};
    p.step("P4 write 1 = 2");
    p.mm(5).vmas = {{0, 1, 0, "r-- p", 2, {0, 1, 2, 4}}, {1, 2, 1, "rw- p", 2, {0, 1, 2, 5}}};
    p.anon_vma(2).num_active_vmas = 2;
    p.mm(4).ptes[1].bits = "d";
    p.frame(1).flags = "anon uptodate";
    p.map(5, 0, 0, 1, "d");
    p.map(5, 1, 1, 2, "d");
    p.step("P4 fork", "-> P5");
    p.mm(5).vmas = {{0, 2, 0, "rw- p", 2, {0, 1, 2, 4}}};
    p.anon_vma(2).num_active_vmas = 1;
    p.step("P5 mprotect 0+1 rw");
}

}  // namespace

Story degree_story() {
    Player p;
    p.story.claim = "rmap.complete";
    p.story.says = "Every page-table entry that maps an anonymous page is reachable from the "
                   "page's anon_vma.";
    p.story.source = "linux mm/rmap.c:anon_vma_clone@v6.1 ; commit linux 2555283eb40d";
    p.story.headline = "linux_6_1 with anon_vma_reuse=degree, bounds m1";
    p.story.found_by = "explore";
    p.story.trace_path = "build/failures/3f2a.fl";
    p.story.shortest = true;
    p.now.mms.push_back({0, "alive", 0, 0, 0, {}, {}});
    p.story.before = p.now;
    first_forks(p);
    splits_and_reuse(p);
    return p.story;
}

Story induction_story() {
    Player p;
    p.story.claim = "gup.pin-exclusive";
    p.story.says = "A frame that is pinned for writing stays exclusive to the process that pinned "
                   "it, as long as its page-table entry maps it.";
    p.story.source = "linux mm/gup.c:sanity_check_pinned_pages@v6.1";
    p.story.headline = "linux_6_1, bounds b1";
    p.story.found_by = "prove step fork.page";
    p.story.from_initial = false;
    p.mm(0).vmas = {{0, 2, 0, "rw- p", 0, {0}}};
    p.anon_vma(0) = {0, 0, 0, 1, 1, 1, 0};
    p.map(0, 1, 2, 1, "wd");
    p.frame(2) = {2, 17, 1, "excl anon uptodate", 0, 1, 1};
    p.mm(1).state = "busy";
    p.mm(1).vmas = {{0, 2, 0, "rw- p", 1, {0, 1}}};
    p.child_of(1, 0);
    p.now.handles = {{0, "pin", true, true, 0, 1, 2}};
    p.now.tasks = {{0, "fork.page", "page=1 mm=0 child=1"}, {1, "idle", ""}};
    p.count_maps();
    p.story.before = p.now;
    p.frame(2).flags = "anon uptodate";
    p.mm(0).ptes[0].bits = "d";
    p.map(1, 1, 2, 1, "d");
    p.now.tasks[0] = {0, "fork.finish", "mm=0 child=1"};
    p.step("T0 fork.page", "");
    return p.story;
}

}  // namespace faultline::fake
