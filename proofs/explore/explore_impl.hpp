// proofs/explore/explore_impl.hpp - the search: levels of states, threads that expand them, a
// store of what was seen.
//
// Why: breadth first gives shortest paths. A thread computes all successors of a state before it
//      looks any of them up, so that the table's cache lines arrive meanwhile; claims are checked
//      on states never seen before.
#pragma once
#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <thread>

#include "invariants/registry.hpp"
#include "proofs/explore/canon.hpp"
#include "proofs/explore/finding.hpp"
#include "proofs/explore/stepper.hpp"
#include "proofs/explore/store.hpp"

namespace faultline::explore {

/// No further predicate. Tests plug one of their own: an id and holds<M>(env, state).
struct NoExtra {
    static constexpr const char* id = "";
    template <class M>
    static constexpr bool holds(const Env&, const typename M::State&) {
        return true;
    }
};

/// The claims asked for, as a mask over the registry.
template <class M, class Extra>
class ClaimChecker {
  public:
    explicit ClaimChecker(const ExploreConfig& config)
        : env_(config.env), mask_(claim_mask(config.claims)) {}
    /// Index of the first claim that fails, `extra_claim` for the extra predicate, -1 if all hold.
    int operator()(const typename M::State& s) const {
        int bad = -1;
        each_claim<M>(env_, s, [&](int index, auto, bool ok) {
            if (!ok && bad < 0 && mask_[static_cast<std::size_t>(index)]) bad = index;
        });
        if (bad < 0 && !Extra::template holds<M>(env_, s)) bad = extra_claim;
        return bad;
    }

  private:
    const Env& env_;
    std::vector<char> mask_;
};

/// The states of one level; packed ones only if the store keeps fingerprints.
struct Frontier {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint64_t> packed;
    std::uint64_t bytes() const { return ids.capacity() * 4 + packed.capacity() * 8; }
};

template <class M, class Extra = NoExtra>
class Search {
  public:
    static constexpr Bounds B = M::B;
    static constexpr std::size_t words = layout<B>.words();
    using State = typename M::State;
    using Packed = PackedState<B>;

    Search(const ExploreConfig& config, const ProgressFn& progress)
        : config_(config),
          progress_(progress),
          check_(config),
          key_words_(config.fingerprint ? 1 : words),
          store_(key_words_, numbers_for(config)) {}

    SearchResult run() {
        clock_ = Stopwatch{};
        SearchResult result;
        start_ = start_state(result.path);
        for (int i = 0; i < std::max(1, config_.jobs); ++i)
            workers_.push_back(std::make_unique<Worker>(*this));
        slack_ = workers_.size() * sources_a_batch * (workers_[0]->stepper.moves().size() * 8 + 64);
        seed();
        while (!stop_ && level_size() != 0) {
            if (config_.max_depth != 0 && depth_ >= static_cast<std::uint64_t>(config_.max_depth)) {
                end("depth limit reached");
                break;
            }
            run_level();
            ++depth_;
        }
        if (finding_) rebuild(result);
        fill(result);
        return result;
    }

  private:
    static constexpr std::size_t sources_a_batch = 16;

    /// A successor waiting to be looked up.
    struct Pending {
        State state;
        Packed packed;
        std::uint64_t hash;
        std::uint64_t fingerprint;
        Taken taken;
    };

    struct Worker {
        Search& search;
        Stepper<M> stepper;
        Canonicalizer<B> canon;
        std::vector<Pending> pending;
        std::size_t used = 0;
        StateStore::Numbers numbers;
        Frontier next;
        const State* source = nullptr;
        std::uint32_t source_id = StateStore::none;
        std::uint64_t fresh = 0;
        std::atomic<std::uint64_t> next_bytes{0};   ///< of `next`, for the other threads

        explicit Worker(Search& s) : search(s), stepper(s.config_), pending(128) {}

        bool done() const { return search.stop_.load(std::memory_order_relaxed); }
        void defect(Defect kind, const Taken& taken) {
            search.found({source_id, code_of_defect(kind), taken, kind == Defect::stuck});
        }
        bool between(const State& n, const Taken& taken) {
            if (!search.config_.check_between) return true;
            ++stepper.counters().claim_checks;
            const int bad = search.check_(n);
            if (bad != -1) search.found({source_id, bad, taken, false});
            return bad == -1;
        }
        void reached(const State& n, const Taken& taken) {
            if (same_state<B>(n, *source)) return;
            if (used == pending.size()) flush();
            Pending& p = pending[used];
            if (!fits<B>(bytes_of<B>(n))) return defect(Defect::unfit, taken);
            search.prepare(canon, n, p);
            p.taken = taken;
            search.store_.prefetch(p.hash);
            ++used;
        }
        void flush() {
            for (std::size_t i = 0; i < used && !done(); ++i) {
                Pending& p = pending[i];
                const auto in = search.store_.insert(search.key_of(p), p.hash, source_id, numbers);
                if (in.id == StateStore::none) search.end("memory bound reached");
                if (!in.fresh) continue;
                ++fresh;
                next.ids.push_back(in.id);
                if (search.config_.fingerprint)
                    next.packed.insert(next.packed.end(), p.packed.begin(), p.packed.end());
                ++stepper.counters().claim_checks;
                const int bad = search.check_(p.state);
                if (bad != -1) search.found({in.id, bad, p.taken, true});
            }
            used = 0;
        }
        void expand(const State& s, std::uint32_t id) {
            source = &s;
            source_id = id;
            stepper.successors(s, *this);
            flush();
        }
    };

    const ExploreConfig& config_;
    const ProgressFn& progress_;
    ClaimChecker<M, Extra> check_;
    std::size_t key_words_;
    StateStore store_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Frontier> level_;
    std::size_t level_total_ = 0;
    std::uint64_t slack_ = 0, depth_ = 0, peak_bytes_ = 0;
    std::atomic<std::size_t> cursor_{0};
    std::atomic<bool> stop_{false}, growing_{false};
    std::atomic<int> inside_{0};
    std::mutex mutex_;
    std::optional<Finding> finding_;
    std::string note_;
    State start_{};
    Stopwatch clock_;
    std::chrono::steady_clock::time_point last_progress_{};

    static std::uint64_t numbers_for(const ExploreConfig& c) {
        const std::uint64_t state = (c.fingerprint ? 1 : words) * 8 + 4;
        return std::max<std::uint64_t>(c.max_bytes / state, 1 << 16);
    }
    void prepare(Canonicalizer<B>& canon, const State& n, Pending& p) {
        if (config_.symmetry) canon(bytes_of<B>(n), bytes_of<B>(p.state));
        else p.state = n;
        p.packed = pack<B>(p.state);
        p.hash = p.fingerprint = hash_words(p.packed.data(), words);
        if (config_.fingerprint) p.hash = mix(p.fingerprint, 0x589965CC75374CC3ull);
    }
    const std::uint64_t* key_of(const Pending& p) const {
        return config_.fingerprint ? &p.fingerprint : p.packed.data();
    }
    std::uint64_t hash_of_key(const std::uint64_t* key) const {
        return config_.fingerprint ? mix(*key, 0x589965CC75374CC3ull) : hash_words(key, words);
    }
    void found(const Finding& f) {
        const std::lock_guard lock(mutex_);
        if (!finding_) finding_ = f;
        stop_ = true;
    }
    void end(const std::string& why) {
        const std::lock_guard lock(mutex_);
        if (note_.empty()) note_ = why;
        stop_ = true;
    }

    /// The initial state, or the one behind the prefix.
    State start_state(std::vector<PathStep>& path) {
        State s = initial_state<M>();
        Stepper<M> stepper(config_);
        for (PathStep p : config_.prefix) {
            replay_step<M>(stepper, s, p);
            path.push_back(p);
        }
        return s;
    }
    void seed() {
        Worker& w = *workers_[0];
        Pending p;
        prepare(w.canon, start_, p);
        const auto in = store_.insert(key_of(p), p.hash, StateStore::none, w.numbers);
        w.next.ids.push_back(in.id);
        if (config_.fingerprint) w.next.packed.assign(p.packed.begin(), p.packed.end());
        store_.add_size(1);
        ++w.stepper.counters().claim_checks;
        const int bad = check_(start_);
        if (bad != -1) found({in.id, bad, {}, true});
        take_level();
    }
    void take_level() {
        level_.clear();
        level_total_ = 0;
        for (auto& w : workers_) {
            level_total_ += w->next.ids.size();
            level_.push_back(std::move(w->next));
            w->next = {};
            w->next_bytes = 0;
        }
        cursor_ = 0;
    }
    std::size_t level_size() const { return level_total_; }

    void run_level() {
        if (workers_.size() == 1) {
            work(*workers_[0]);
        } else {
            std::vector<std::thread> threads;
            for (auto& w : workers_) threads.emplace_back([this, &w] { work(*w); });
            for (auto& t : threads) t.join();
        }
        if (!stop_) take_level();
    }
    void work(Worker& w) {
        while (!stop_) {
            enter();
            const std::size_t first = cursor_.fetch_add(sources_a_batch);
            for (std::size_t i = first; i < first + sources_a_batch && i < level_total_; ++i) {
                if (stop_) break;
                expand(w, i);
            }
            store_.add_size(w.fresh);
            w.fresh = 0;
            --inside_;
            w.next_bytes = w.next.bytes();
            after_batch(w);
            if (first + sources_a_batch >= level_total_) break;
        }
    }
    void expand(Worker& w, std::size_t i) {
        std::size_t part = 0;
        while (i >= level_[part].ids.size()) i -= level_[part++].ids.size();
        const Frontier& f = level_[part];
        State s;
        unpack<B>(config_.fingerprint ? f.packed.data() + i * words : store_.key(f.ids[i]),
                  bytes_of<B>(s));
        w.expand(s, f.ids[i]);
    }
    /// A thread works on the table only while nobody grows it.
    void enter() {
        for (;;) {
            while (growing_) std::this_thread::yield();
            ++inside_;
            if (!growing_) return;
            --inside_;
        }
    }
    void after_batch(Worker& w) {
        if (store_.crowded(slack_) && !growing_.exchange(true)) {
            while (inside_ != 0) std::this_thread::yield();
            while (store_.crowded(slack_) && !stop_) grow();
            growing_ = false;
        }
        if (config_.max_states != 0 && store_.size() >= config_.max_states)
            end("state limit reached");
        if (memory_exceeded(0)) end("memory bound reached");
        if (&w != workers_[0].get()) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - last_progress_ < std::chrono::milliseconds(250)) return;
        last_progress_ = now;
        if (progress_) progress_(progress_now());
    }
    void grow() {
        try {
            if (memory_exceeded(2 * store_.table_bytes())) end("memory bound reached");
            else store_.grow([this](const std::uint64_t* k) { return hash_of_key(k); });
        } catch (const std::bad_alloc&) {
            end("memory bound reached: no memory for the table");
        }
    }
    bool memory_exceeded(std::uint64_t more) {
        const std::lock_guard lock(mutex_);
        const std::uint64_t now = memory() + more;
        if (now <= config_.max_bytes) peak_bytes_ = std::max(peak_bytes_, now);
        return now > config_.max_bytes;
    }
    std::uint64_t memory() const {
        std::uint64_t frontier = 0;
        for (const Frontier& f : level_) frontier += f.bytes();
        for (const auto& w : workers_) frontier += w->next_bytes;
        return store_.bytes() + frontier;
    }
    Progress progress_now() const {
        Progress p;
        p.what = "explore";
        p.done = store_.size();
        p.rate_per_second = static_cast<double>(p.done) / std::max(clock_.wall(), 1e-3);
        const std::size_t left = level_total_ - std::min<std::size_t>(level_total_, cursor_);
        p.extra = "depth " + std::to_string(depth_) + ", " + std::to_string(left) +
                  " left in this level, " + std::to_string(memory() >> 20) + " MB";
        return p;
    }

    void rebuild(SearchResult& result) {
        std::vector<std::uint32_t> ids;
        for (std::uint32_t id = finding_->state; id != StateStore::none; id = store_.parent(id))
            ids.push_back(id);
        std::reverse(ids.begin(), ids.end());
        State s = start_;
        PathFinder<M, Search> finder(*this);
        for (std::size_t i = 1; i < ids.size(); ++i)
            if (!finder.to_key(s, store_.key(ids[i]), result.path)) {
                result.path_broken = true;
                break;
            }
        if (!result.path_broken && !finding_->whole)
            result.path_broken = !finder.to_finding(s, finding_->claim, result.path);
        if (result.path_broken)
            result.note = "the path could not be rebuilt: a step does not commute with renaming";
        else if (finder.renumbered())
            result.note = "VMA rows were renumbered along the path: a step prefers low rows";
        result.claim = finding_->claim;
    }
    void fill(SearchResult& r) {
        r.extra_id = Extra::id;
        for (auto& w : workers_) r.counters.add(w->stepper.counters());
        r.states = store_.size();
        r.depth = depth_;
        r.complete = !stop_ && note_.empty();
        r.queue_left = r.complete ? 0 : level_total_ - std::min<std::size_t>(level_total_, cursor_);
        for (auto& w : workers_) r.queue_left += r.complete ? 0 : w->next.ids.size();
        r.bytes_per_state = store_.bytes_per_state();
        r.peak_bytes = std::max(peak_bytes_, memory());
        r.cpu_seconds = clock_.cpu();
        r.wall_seconds = clock_.wall();
        if (r.note.empty()) r.note = note_;
        if (finding_) fill_views(r);
    }
    void fill_views(SearchResult& r) {
        State s = initial_state<M>();
        Stepper<M> stepper(config_);
        r.views.push_back(view_of<M>(s));
        for (PathStep p : r.path) {
            replay_step<M>(stepper, s, p);
            r.views.push_back(view_of<M>(s));
        }
    }

    template <class, class>
    friend class PathFinder;
};

}  // namespace faultline::explore
