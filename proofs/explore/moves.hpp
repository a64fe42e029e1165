// proofs/explore/moves.hpp - every way an operation may be called within the limits, as a list
// made once.
//
// Why: the enumeration is generic over OpShape, so a new operation is explored without a word
//      here. Combinations the start functions refuse whatever the state (an empty range, a target
//      without MREMAP_FIXED) are left out; everything else is tried in every state and refused by
//      its own REQUIRE.
#pragma once
#include <vector>

#include "model/reference/steps.hpp"
#include "proofs/explore/explore.hpp"

namespace faultline::explore {

struct Move {
    int op = 0, row = 0, child = 0;
    bool task = false;
    PlainArgs args;
};

inline const std::vector<OpShape>& op_shapes() {
    static const std::vector<OpShape> shapes = [] {
        std::vector<OpShape> v;
        boost::hana::for_each(operations, [&](auto t) { v.push_back(decltype(t)::type::shape); });
        return v;
    }();
    return shapes;
}
inline const std::vector<std::string>& op_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> v;
        boost::hana::for_each(operations, [&](auto t) { v.emplace_back(decltype(t)::type::name); });
        return v;
    }();
    return names;
}

/// Lists the moves of one configuration. Throws std::invalid_argument for an unknown operation.
std::vector<Move> list_moves(const ExploreConfig& config);

template <class M>
inline Args<M> args_of(const PlainArgs& p) {
    using Num8 = std::uint8_t;
    Args<M> a;
    a.page = static_cast<Num8>(p.page);
    a.end = static_cast<Num8>(p.end);
    a.to = static_cast<Num8>(p.to);
    a.span = static_cast<Num8>(p.span);
    a.read = p.read;
    a.write = p.write;
    a.exec = p.exec;
    a.grows = p.grows;
    a.fixed = p.fixed;
    a.maymove = p.maymove;
    a.dontunmap = p.dontunmap;
    a.gup = static_cast<Num8>(p.gup);
    a.op = static_cast<Num8>(p.op);
    a.value.v = static_cast<Num8>(p.value);
    a.synchronous = p.synchronous;
    a.stable = p.stable;
    if constexpr (M::has_files) {
        a.inode.v = static_cast<Num8>(p.inode);
        a.shared = p.shared;
        a.force = p.force;
    }
    return a;
}

/// start() of the operation with this index; returns whether it was enabled.
template <class M>
using StartFn = bool (*)(typename M::Step&, int row, int child, const Args<M>&);
template <class M>
inline const std::array<StartFn<M>, operation_count>& start_table() {
    static const auto table = [] {
        std::array<StartFn<M>, operation_count> t{};
        std::size_t i = 0;
        boost::hana::for_each(operations, [&](auto type) {
            using Op = typename decltype(type)::type;
            t[i++] = [](typename M::Step& k, int row, int child, const Args<M>& a) -> bool {
                return Op::start(k, row, child, a);
            };
        });
        return t;
    }();
    return table;
}

}  // namespace faultline::explore
