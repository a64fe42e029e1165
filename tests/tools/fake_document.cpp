// tests/tools/fake_document.cpp - a matrix, an exploration, a museum and speeds, all made up.
//
// Why: every verdict, sign and special case of the report occurs here at least once.
#include "tests/tools/fake_document.hpp"

#include <utility>

namespace faultline::fake {
namespace {

struct ClaimText {
    const char *id, *text, *source, *kind;
};
constexpr ClaimText claim_texts[] = {
    {"anon_vma.parent-alive", "The parent of a live anon_vma is alive.",
     "linux mm/rmap.c:unlink_anon_vmas@v6.1", "state"},
    {"anon_vma.children-exact", "num_children is the number of live anon_vmas that name this one "
     "as parent.", "commit linux 2555283eb40d", "state"},
    {"anon_vma.active-exact", "num_active_vmas is the number of VMAs whose anon_vma is this one.",
     "commit linux 2555283eb40d", "state"},
    {"cow.private-isolation", "What one process stores into private memory is never read by "
     "another.", "man 2 mmap, MAP_PRIVATE", "state"},
    {"cow.no-lost-store", "A process reads what it stored last.", "man 2 mmap", "state"},
    {"frame.refcount-exact", "A frame's refcount is its maps, the batch that holds it, its handles "
     "and the references tasks hold.", "linux include/linux/mm.h:page_ref_count@v6.1", "state"},
    {"frame.mapcount-exact", "A frame's mapcount is the number of entries that map it.",
     "linux include/linux/mm.h:page_mapcount@v6.1", "state"},
    {"frame.free-clean", "A free frame has no owner, no index and no flags.",
     "linux mm/page_alloc.c:free_pages_prepare@v6.1", "state"},
    {"frame.no-leak", "A frame without references is free.", "", "derived"},
    {"gup.pin-exclusive", "A frame that is pinned for writing stays exclusive to the process that "
     "pinned it.", "linux mm/gup.c:sanity_check_pinned_pages@v6.1", "state"},
    {"gup.pin-coherent", "While a process holds a pin, its own accesses hit the pinned frame.",
     "commit linux 6c287605fd56", "state"},
    {"rmap.complete", "Every page-table entry that maps an anonymous page is reachable from the "
     "page's anon_vma.", "linux mm/rmap.c:anon_vma_clone@v6.1", "state"},
    {"rmap.chain-closed", "A VMA linked to an anon_vma is linked to its root.",
     "linux mm/rmap.c:anon_vma_fork@v6.1", "state"},
    {"rss.exact", "rss_anon is the number of anonymous pages mapped.",
     "linux mm/memory.c:add_mm_counter@v6.1", "state"},
    {"vma.sorted", "VMAs are sorted and do not overlap.", "linux mm/mmap.c:validate_mm@v6.1",
     "state"},
    {"vma.pgoff-linear", "Two VMAs that merge have consecutive offsets.",
     "linux mm/mmap.c:can_vma_merge_after@v6.1", "step"},
};
constexpr const char* step_names[] = {
    "exit.begin",    "exit.page",     "exit.finish",  "fault.lookup",  "fault.alloc",
    "fault.install", "fault.reuse",   "fault.copy",   "fork.begin",    "fork.vma",
    "fork.page",     "fork.finish",   "gup.sample",   "gup.pin",       "gup.recheck",
    "gup.put",       "madvise.dontneed", "madvise.free", "mmap.map",   "mmap.merge",
    "mprotect.split", "mprotect.page", "mprotect.merge", "mremap.move", "mremap.finish",
    "munmap.split",  "munmap.page",   "munmap.finish", "read.load",    "write.store"};

/// Some cells are not plain: a verdict for this claim, step and kernel.
void adjust(Cell& c) {
    const bool old = c.kernel == "linux_5_10";
    if (c.claim == "gup.pin-exclusive") {
        if (old) c.verdict = Verdict::not_applicable, c.certificate = "", c.second_solver = "";
        else if (c.step == "fork.page") c.verdict = Verdict::violated, c.certificate = "";
    }
    if (old && (c.claim == "gup.pin-coherent" || c.claim == "rmap.complete") &&
        (c.step == "fault.copy" || c.step == "mprotect.merge")) {
        c.verdict = Verdict::violated;
        c.expected_violation = true;
        c.exhibit = c.step == "fault.copy" ? "cow_breaks_gup" : "anon_vma_degree";
        c.certificate = c.second_solver = "";
    }
    if (!old && c.claim == "cow.no-lost-store" && c.step == "mremap.move") {
        c.verdict = Verdict::unknown;
        c.note = "rlimit 20000000 used up";
        c.certificate = c.second_solver = "";
    }
    if (!old && c.claim == "frame.no-leak" && c.kind == "bites") {
        c.verdict = Verdict::vacuous;
        c.note = "no state violates it while the others hold";
        c.certificate = "";
    }
}

Cell cell(const std::string& kind, const std::string& claim, const std::string& step,
          const std::string& kernel) {
    Cell c{kind, claim, step, kernel, "b1", Verdict::holds, false, "", "", "", ""};
    if (kind == "step") {
        // A step that has nothing to do with the claim's area changes nothing it reads.
        const bool same = (claim.size() * 7 + step.size() * 5 + step[0]) % 3 != 0;
        c.certificate = same ? "unchanged" : "drat-checked";
        c.second_solver = same ? "" : "cvc5 unsat";
    }
    adjust(c);
    return c;
}

}  // namespace

std::vector<ListItem> items() {
    std::vector<ListItem> all;
    for (const ClaimText& c : claim_texts) all.push_back({"claim", c.id, c.text, c.source, c.kind});
    for (const char* s : step_names) all.push_back({"step", s, "", "", ""});
    all.push_back({"kernel", "linux_5_10", "Debian 11's kernel", "", ""});
    all.push_back({"kernel", "linux_6_12", "Debian 13's kernel", "", ""});
    all.push_back({"exhibit", "M02", "A page its reverse map does not find.", "2555283eb40d", ""});
    all.push_back({"rule", "anon_vma_reuse", "When a fork child may adopt an anon_vma.",
                   "commit linux 2555283eb40d", "never degree split"});
    all.push_back({"bounds", "b1", "two processes, two VMAs, two pages, two tasks", "", ""});
    all.push_back({"bounds", "e1", "exploration to the end of the state space", "", ""});
    return all;
}

std::vector<Cell> cells() {
    std::vector<Cell> all;
    for (const char* kernel : {"linux_6_12", "linux_5_10"}) {
        for (const ClaimText& claim : claim_texts) {
            all.push_back(cell("init", claim.id, "", kernel));
            all.push_back(cell("bites", claim.id, "", kernel));
            for (const char* step : step_names) all.push_back(cell("step", claim.id, step, kernel));
        }
        for (const char* step : step_names) all.push_back(cell("enabled", "", step, kernel));
    }
    all.push_back({"refine", "walk equals map", "", "linux_6_12", "b1", Verdict::holds, false, "",
                   "drat-checked", "", ""});
    all.push_back({"law", "swap offset round trip", "", "linux_6_12", "b1", Verdict::holds, false,
                   "", "drat-checked", "", "all 2^50 offsets"});
    return all;
}

ExploreReport exploration() {
    ExploreReport e;
    e.kernel = "linux_6_12";
    e.bounds = "e1";
    e.mode = "fingerprint";
    e.verdict = Verdict::holds;
    e.complete = true;
    e.states = 1'204'511;
    e.states_without_symmetry = 6'980'332;
    e.transitions = 9'882'104;
    e.depth = 41;
    e.peak_bytes = 480'000'000;
    e.claim_checks = 57'816'528;
    e.cpu_seconds = 9.1;
    e.wall_seconds = 5.2;
    e.collision_bound = 3.9e-8;
    e.outcomes = {{"fault.install/ok", 410'000}, {"fault.alloc/ENOMEM", 11'402},
                  {"fork.vma/ENOMEM", 820},      {"mprotect.split/ENOMEM", 0},
                  {"munmap.page/ok", 73'110}};
    return e;
}

std::vector<MuseumRow> museum() {
    const Story story = degree_story();
    return {
        {"anon_vma_degree", "CVE-2022-42703: one counter for children and users", "rmap.complete",
         "anon_vma_reuse=degree", "m1", "run", true, true, "13 steps", {}},
        {"anon_vma_degree", "CVE-2022-42703: one counter for children and users", "rmap.complete",
         "anon_vma_reuse=degree", "m1", "explore", true, true, "13 steps, 4.1 s", {story}},
        {"cow_mapcount", "CVE-2020-29374: reuse decided by mapcount", "cow.private-isolation",
         "cow_reuse=mapcount", "e1", "run", true, true, "6 steps", {}},
        {"cow_mapcount", "CVE-2020-29374: reuse decided by mapcount", "cow.private-isolation",
         "cow_reuse=mapcount", "e1", "prove", true, true, "fault.reuse, 0.3 s", {}},
        {"cow_breaks_gup", "A pinned page is copied away from its owner", "gup.pin-coherent",
         "cow_reuse=page_count", "e1", "explore", false, true,
         "no violation in 40,112 states; depth limit 9", {}},
    };
}

FuzzReport hammered(const std::string& system) {
    FuzzReport f;
    f.system = system;
    f.kernel = "linux_6_12";
    f.bounds = "f1";
    f.seed = 1;
    f.operations = 400'000;
    f.refused = 31'000;
    f.histories = 200;
    f.looks = 6'400;
    f.claim_checks = 6'400;
    f.wall_seconds = 0.8;
    f.cpu_seconds = 1.6;
    f.verdict = system == "reference" ? Verdict::holds : Verdict::violated;
    if (f.verdict == Verdict::holds) return f;
    Story s = degree_story();
    s.claim = "lockstep.answer";
    s.differs = {"answer  value  reference 0  system 1"};
    s.replay = "faultline fuzz --system " + system + " --replay build/failures/fuzz.fl";
    f.stories.push_back(s);
    return f;
}

std::vector<MutantRow> mutants() {
    return {{1, "fork_forgets_refcount", "fork", "fork does not count the new mapping", true,
             "frame.refcount-exact", 640, 0.01, {"P0 fork -> P1"}},
            {2, "zap_keeps_dirty", "zap", "a zapped entry keeps its dirty bit", true,
             "lockstep.observation dirty", 9'000, 0.1, {"P0 exit"}}};
}

std::vector<BenchRow> bench() {
    return {{"explore e1, one core", "states/s", 231'000, "exact mode"},
            {"reference under random operations", "operations/s", 1'420'000, "cheap claims on"},
            {"prove b1, linux_6_12", "s of CPU", 11.4, "480 queries"}};
}

Document document() {
    Document d;
    d.tool = {"faultline", "0.1.0", "0123456789ab", "g++ 12.2.0", "Release"};
    d.command = "check";
    d.arguments = {"--kernel", "all"};
    d.kernel = "all";
    d.bounds = "b1, e1";
    d.items = items();
    d.explorations = {exploration()};
    ProveReport p;
    p.cells = cells();
    p.stories = {induction_story()};
    p.queries = 342;
    p.queries_cached = 12;
    p.queries_unchanged = 640;
    p.max_variables = 48'210;
    p.max_clauses = 201'554;
    p.certificates = 340;
    p.second_opinions = 338;
    p.cpu_seconds = 96.4;
    d.proof = std::move(p);
    d.museum = museum();
    d.fuzz = {hammered("reference")};
    d.mutants = mutants();
    d.bench = bench();
    d.exit = combined_exit(d);
    return d;
}

}  // namespace faultline::fake
