// proofs/explore/canon.hpp - one representative for all states that differ only in the names of
// rows.
//
// Why: processes, frames, anon_vmas and contents are interchangeable, so exploring one state of
//      each orbit is enough. The representative is found by ordering, not by trying permutations:
//      VMAs by address, processes by what can be said of them without names, everything else by
//      the first reference in a fixed traversal. Only processes that look alike are permuted. Any
//      choice is sound (it is a relabelling, and steps commute with relabelling); an imperfect
//      one only visits more states.
#pragma once
#include "proofs/explore/relabel.hpp"

namespace faultline::explore {

template <Bounds B>
class Canonicalizer {
  public:
    /// Writes the representative of `in` to `out`; returns the relabelling that leads there.
    const Relabelling<B>& operator()(const std::uint8_t* in, std::uint8_t* out) {
        in_ = in;
        sort_vmas();
        skeleton();
        order_mms();
        if (ties_ == 0) {
            label();
            relabel<B>(in_, map_, out);
            return map_;
        }
        refine_ties();
        out_ = out;
        have_best_ = false;
        tries_ = 0;
        permute(0);
        map_ = best_;
        return map_;
    }

  private:
    static constexpr const Layout<B>& L = layout<B>;
    static constexpr int max_tries = 120;
    using Bytes = ByteState<B>;
    static constexpr std::size_t code(SortCode s) { return static_cast<std::size_t>(s); }
    static constexpr std::size_t sz(int n) { return static_cast<std::size_t>(n); }

    const std::uint8_t* in_ = nullptr;
    std::uint8_t* out_ = nullptr;
    Bytes bones_, scratch_;   ///< the state without names; a candidate
    Relabelling<B> map_{}, best_{};
    /// By process: new row -> old row.
    std::array<std::array<std::uint8_t, sz(B.vmas)>, sz(B.mms)> vma_order_{};
    std::array<std::uint8_t, sz(B.mms)> mm_order_{};
    std::array<std::uint8_t, sz(B.mms)> group_{};   ///< position -> first position of its tie group
    std::array<std::array<std::uint8_t, sz(most_rows<B>)>, sort_codes> order_{};
    std::array<int, sort_codes> labelled_{};
    int ties_ = 0, tries_ = 0;
    bool have_best_ = false;

    /// VMA rows in use first, by address; a detached one may overlap its successor, then by its
    /// flags.
    void sort_vmas() {
        for (int mm = 0; mm < B.mms; ++mm) {
            auto& order = vma_order_[sz(mm)];
            const Table t = vma_table<B>(mm);
            for (int v = 0; v < B.vmas; ++v) {
                int at = v;
                for (; at > 0 && vma_before(t, v, order[sz(at - 1)]); --at)
                    order[sz(at)] = order[sz(at - 1)];
                order[sz(at)] = static_cast<std::uint8_t>(v);
            }
        }
        each_pair<B>(in_, [&](int original, int copy) {
            vma_order_[sz(copy)] = vma_order_[sz(original)];
        });
        for (int mm = 0; mm < B.mms; ++mm)
            for (int v = 0; v < B.vmas; ++v)
                map_.vma[sz(mm)][vma_order_[sz(mm)][sz(v)]] = static_cast<std::uint8_t>(v);
    }
    bool vma_before(const Table& t, int a, int b) const {
        const std::uint8_t *x = in_ + t.at(a), *y = in_ + t.at(b);
        if (x[L.used_at] != y[L.used_at]) return x[L.used_at] > y[L.used_at];
        if (!x[L.used_at]) return false;
        if (x[L.lo_at] != y[L.lo_at]) return x[L.lo_at] < y[L.lo_at];
        // Leaves before `lo` are flags; none is a reference.
        return std::memcmp(x, y, sz(L.lo_at)) < 0;
    }

    /// The state with each reference reduced to "some", each set to its size, VMA rows in their
    /// new order.
    void skeleton() {
        std::memcpy(bones_.data(), in_, bones_.size());
        if constexpr (B.vmas > 1)
            for (int mm = 0; mm < B.mms; ++mm) {
                const Table t = vma_table<B>(mm);
                for (int v = 0; v < B.vmas; ++v)
                    std::memcpy(bones_.data() + t.at(v), in_ + t.at(vma_order_[sz(mm)][sz(v)]),
                                sz(t.stride));
            }
        strip<TableCode::mms>();
        strip<TableCode::frames>();
        strip<TableCode::anon_vmas>();
        strip<TableCode::handles>();
        strip<TableCode::tasks>();
        if constexpr (B.has_files()) strip<TableCode::inodes>();
        if constexpr (B.has_swap()) {
            strip<TableCode::slots>();
            strip<TableCode::devices>();
        }
    }
    template <TableCode T>
    void strip() {
        constexpr Table t = L.table(T);
        for (int row = 0; row < t.rows; ++row) {
            std::uint8_t* x = bones_.data() + t.at(row);
            each_ref_of<B, T>([&](auto i, auto) { x[i] = x[i] != 0; },
                              [&](auto i, auto) {
                                  unsigned n = 0;
                                  for (int k = 0; k < L.set_size; ++k) n += x[i + k];
                                  std::memset(x + i, 0, sz(L.set_size));
                                  x[i] = static_cast<std::uint8_t>(n);
                              });
        }
    }
    template <TableCode T>
    int compare_bones(int a, int b) const {
        constexpr Table t = L.table(T);
        return std::memcmp(bones_.data() + t.at(a), bones_.data() + t.at(b), sz(t.stride));
    }
    template <TableCode T>
    bool blank(int row) const {
        constexpr Table t = L.table(T);
        const std::uint8_t* x = bones_.data() + t.at(row);
        unsigned any = 0;
        for (int i = 0; i < t.stride; ++i) any |= x[i];
        return any == 0;
    }

    /// Processes by their skeletons, live before free; ties are counted.
    void order_mms() {
        ties_ = 0;
        for (int mm = 0; mm < B.mms; ++mm) {
            int at = mm;
            for (; at > 0 && compare_bones<TableCode::mms>(mm, mm_order_[sz(at - 1)]) > 0; --at)
                mm_order_[sz(at)] = mm_order_[sz(at - 1)];
            mm_order_[sz(at)] = static_cast<std::uint8_t>(mm);
        }
        for (int i = 0; i < B.mms; ++i) {
            group_[sz(i)] = static_cast<std::uint8_t>(i);
            if (i == 0 || blank<TableCode::mms>(mm_order_[sz(i)])) continue;
            const int mine = mm_order_[sz(i)], before = mm_order_[sz(i - 1)];
            if (compare_bones<TableCode::mms>(mine, before) != 0) continue;
            group_[sz(i)] = group_[sz(i - 1)];
            ++ties_;
        }
    }

    /// What a process looks like through its references: colours of the rows it names and that
    /// name it.
    std::uint64_t colour_of_mm(int mm) const {
        constexpr Table t = L.table(TableCode::mms);
        std::uint64_t h = 0;
        // Rows in their old places: VMA positions are those of the new order.
        for (int v = 0; v < B.vmas; ++v) {
            const Table vmas = vma_table<B>(mm);
            const std::uint8_t* x = in_ + vmas.at(vma_order_[sz(mm)][sz(v)]);
            const auto place = static_cast<std::uint64_t>(v + 1) << 16;
            constexpr Table first = vma_table<B>(0);
            each_ref<B, first.base, first.stride>(
                [&](auto i, auto sort) { h += mix(place + i, colour(sort.value, x[i])); },
                [&](auto i, auto sort) {
                    for (int k = 0; k < L.set_size; ++k)
                        if (x[i + k]) h += mix(place + i, colour(sort.value, k + 1));
                });
        }
        const std::uint8_t* row = in_ + t.at(mm);
        constexpr Table vmas = L.table(TableCode::vmas);
        each_ref_of<B, TableCode::mms>(
            [&](auto i, auto sort) {
                constexpr bool in_vma = i >= vmas.base && i < vmas.base + vmas.stride * vmas.rows;
                if constexpr (!in_vma) h += mix(sz(i), colour(sort.value, row[i]));
            },
            [](auto, auto) {});
        h += colours_naming<TableCode::handles>(mm) + colours_naming<TableCode::tasks>(mm);
        return h;
    }
    std::uint64_t colour(SortCode sort, int which) const {
        if (which == 0) return 0;
        const auto row = [&]<TableCode T>(std::integral_constant<TableCode, T>) {
            constexpr Table t = L.table(T);
            return hash_bytes(bones_.data() + t.at(which - 1), t.stride);
        };
        switch (sort) {
            case SortCode::frame:
                return row(std::integral_constant<TableCode, TableCode::frames>{});
            case SortCode::anon_vma:
                return row(std::integral_constant<TableCode, TableCode::anon_vmas>{});
            case SortCode::mm: return row(std::integral_constant<TableCode, TableCode::mms>{});
            case SortCode::slot:
                if constexpr (B.has_swap())
                    return row(std::integral_constant<TableCode, TableCode::slots>{});
                return 1;
            default: return 1;
        }
    }
    template <TableCode T>
    std::uint64_t colours_naming(int mm) const {
        constexpr Table t = L.table(T);
        std::uint64_t h = 0;
        for (int r = 0; r < t.rows; ++r) {
            const std::uint8_t* x = in_ + t.at(r);
            each_ref_of<B, T>(
                [&](auto i, auto sort) {
                    if constexpr (sort.value == SortCode::mm)
                        if (x[i] == mm + 1)
                            h += mix(sz(i) + 77, hash_bytes(bones_.data() + t.at(r), t.stride));
                },
                [](auto, auto) {});
        }
        return h;
    }
    void refine_ties() {
        std::array<std::uint64_t, sz(B.mms)> colours{};
        for (int i = 0; i < B.mms; ++i) {
            const bool tied = group_[sz(i)] != i || (i + 1 < B.mms && group_[sz(i + 1)] == i);
            if (tied) colours[sz(mm_order_[sz(i)])] = colour_of_mm(mm_order_[sz(i)]);
        }
        for (int i = 1; i < B.mms; ++i)   // stable insertion within each group
            for (int at = i; at > group_[sz(i)]; --at) {
                if (colours[mm_order_[sz(at)]] >= colours[mm_order_[sz(at - 1)]]) break;
                std::swap(mm_order_[sz(at)], mm_order_[sz(at - 1)]);
            }
        for (int i = B.mms - 1; i > 0; --i) {   // split groups where colours differ, from the end
            if (group_[sz(i)] == i) continue;
            int first = i;
            while (first > group_[sz(i)] &&
                   colours[mm_order_[sz(first - 1)]] == colours[mm_order_[sz(i)]])
                --first;
            for (int j = first; j <= i; ++j) group_[sz(j)] = static_cast<std::uint8_t>(first);
            i = first;
            if (i == 0) break;
        }
    }
    /// Every order of the processes within their groups; keeps the least result.
    void permute(int at) {
        if (at == B.mms) {
            label();
            std::uint8_t* to = have_best_ ? scratch_.data() : out_;
            relabel<B>(in_, map_, to);
            if (!have_best_ || std::memcmp(to, out_, scratch_.size()) < 0) {
                if (have_best_) std::memcpy(out_, to, scratch_.size());
                best_ = map_;
            }
            have_best_ = true;
            ++tries_;
            return;
        }
        for (int other = at; other < B.mms && group_[sz(other)] == group_[sz(at)]; ++other) {
            if (tries_ >= max_tries) return;
            std::swap(mm_order_[sz(at)], mm_order_[sz(other)]);
            permute(at + 1);
            std::swap(mm_order_[sz(at)], mm_order_[sz(other)]);
        }
    }

    void note(SortCode sort, int which) {
        auto& to = map_.to[code(sort)];
        if (which == 0 || to[sz(which)] != 0) return;
        order_[code(sort)][sz(labelled_[code(sort)])] = static_cast<std::uint8_t>(which);
        to[sz(which)] = static_cast<std::uint8_t>(++labelled_[code(sort)]);
    }
    /// New members of a set, in the order of their skeletons (ages order the anon_vmas of a root).
    void note_set(const std::uint8_t* set, SortCode sort) {
        std::array<std::uint8_t, sz(B.anon_vmas)> fresh{};
        int n = 0;
        for (int k = 0; k < L.set_size; ++k) {
            if (!set[k] || map_.to[code(sort)][sz(k) + 1] != 0) continue;
            int at = n++;
            for (; at > 0 && compare_bones<TableCode::anon_vmas>(k, fresh[sz(at - 1)]) < 0; --at)
                fresh[sz(at)] = fresh[sz(at - 1)];
            fresh[sz(at)] = static_cast<std::uint8_t>(k);
        }
        for (int i = 0; i < n; ++i) note(sort, fresh[sz(i)] + 1);
    }
    template <TableCode T>
    void visit(int row) {
        const std::uint8_t* x = in_ + L.table(T).at(row);
        each_ref_of<B, T>([&](auto i, auto sort) { note(sort.value, x[i]); },
                          [&](auto i, auto sort) { note_set(x + i, sort.value); });
    }
    void visit_mm(int mm) {
        if constexpr (B.vmas == 1) {
            visit<TableCode::mms>(mm);
        } else {
            constexpr Table mms = L.table(TableCode::mms);
            Bytes& x = scratch_row_;   // the row with its VMAs in their new order
            std::memcpy(x.data(), in_ + mms.at(mm), sz(mms.stride));
            const Table from = vma_table<B>(mm);
            constexpr Table vmas = L.table(TableCode::vmas);
            for (int v = 0; v < B.vmas; ++v)
                std::memcpy(x.data() + vmas.at(v), in_ + from.at(vma_order_[sz(mm)][sz(v)]),
                            sz(vmas.stride));
            each_ref_of<B, TableCode::mms>(
                [&](auto i, auto sort) { note(sort.value, x[sz(i)]); },
                [&](auto i, auto sort) { note_set(x.data() + i, sort.value); });
        }
    }
    Bytes scratch_row_;

    /// Follows references from frames and anon_vmas found so far until nothing new is found.
    void drain() {
        while (seen_frames_ < labelled_[code(SortCode::frame)] ||
               seen_anon_ < labelled_[code(SortCode::anon_vma)] ||
               seen_slots_ < labelled_[code(SortCode::slot)]) {
            if constexpr (B.has_swap())
                while (seen_slots_ < labelled_[code(SortCode::slot)])
                    visit<TableCode::slots>(order_[code(SortCode::slot)][sz(seen_slots_++)] - 1);
            while (seen_frames_ < labelled_[code(SortCode::frame)])
                visit<TableCode::frames>(order_[code(SortCode::frame)][sz(seen_frames_++)] - 1);
            while (seen_anon_ < labelled_[code(SortCode::anon_vma)])
                visit<TableCode::anon_vmas>(order_[code(SortCode::anon_vma)][sz(seen_anon_++)] - 1);
        }
    }
    int seen_frames_ = 0, seen_anon_ = 0, seen_slots_ = 0;

    /// Rows of a table nothing reached yet, by skeleton; blank ones last.
    template <TableCode T>
    void leftovers(SortCode sort) {
        constexpr Table t = L.table(T);
        while (labelled_[code(sort)] < t.rows) {
            int best = -1;
            for (int r = 0; r < t.rows; ++r) {
                if (map_.to[code(sort)][sz(r) + 1] != 0) continue;
                if (best < 0 || compare_bones<T>(r, best) > 0) best = r;
            }
            note(sort, best + 1);
            drain();
        }
    }
    /// Handles or tasks: by skeleton and by names already given; what they name gets its label in
    /// that order.
    template <TableCode T, std::size_t N>
    void order_holders(std::array<std::uint8_t, N>& place) {
        if constexpr (N == 1) {
            place[0] = 0;
            visit<T>(0);
            drain();
        } else {
            constexpr Table t = L.table(T);
            std::array<std::array<std::uint8_t, sz(t.stride) * 2 + 8>, N> keys{};
            std::array<std::uint8_t, N> order{};
            for (std::size_t r = 0; r < N; ++r) {
                holder_key<T>(static_cast<int>(r), keys[r].data());
                std::size_t at = r;
                for (; at > 0 && keys[r] > keys[order[at - 1]]; --at) order[at] = order[at - 1];
                order[at] = static_cast<std::uint8_t>(r);
            }
            for (std::size_t i = 0; i < N; ++i) {
                place[order[i]] = static_cast<std::uint8_t>(i);
                visit<T>(order[i]);
                drain();
            }
        }
    }
    template <TableCode T>
    void holder_key(int row, std::uint8_t* key) const {
        constexpr Table t = L.table(T);
        std::memcpy(key, bones_.data() + t.at(row), sz(t.stride));
        std::memcpy(key + t.stride, in_ + t.at(row), sz(t.stride));
        std::uint8_t* named = key + t.stride;
        std::uint64_t colours = 0;
        each_ref_of<B, T>(
            [&](auto i, auto sort) {
                const int which = named[i];
                named[i] = map_.to[code(sort.value)][sz(which)];
                if (which != 0 && named[i] == 0) {
                    named[i] = 255;
                    colours += mix(sz(i), colour(sort.value, which));
                }
            },
            [](auto, auto) {});
        std::memcpy(named + t.stride, &colours, sizeof colours);
    }

    void label() {
        for (auto& to : map_.to) to.fill(0);
        labelled_.fill(0);
        seen_frames_ = seen_anon_ = seen_slots_ = 0;
        for (int i = 0; i < B.mms; ++i) note(SortCode::mm, mm_order_[sz(i)] + 1);
        for (int i = 0; i < B.mms; ++i)
            if (!blank<TableCode::mms>(mm_order_[sz(i)])) visit_mm(mm_order_[sz(i)]);
        if constexpr (B.has_files())
            for (int i = 0; i < B.inodes; ++i) visit<TableCode::inodes>(i);
        drain();
        order_holders<TableCode::handles>(map_.handle);
        order_holders<TableCode::tasks>(map_.task);
        leftovers<TableCode::frames>(SortCode::frame);
        leftovers<TableCode::anon_vmas>(SortCode::anon_vma);
        if constexpr (B.has_swap()) leftovers<TableCode::slots>(SortCode::slot);
        for (int v = 1; v <= B.values; ++v) note(SortCode::value, v);
    }
};

/// The representative of a state; tests and tools, which do not run it per transition.
template <Bounds B>
inline StateRow<Concrete, B> canonical(const StateRow<Concrete, B>& s) {
    Canonicalizer<B> canon;
    StateRow<Concrete, B> out;
    canon(bytes_of<B>(s), bytes_of<B>(out));
    return out;
}

}  // namespace faultline::explore
