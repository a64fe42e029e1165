// spec/reflect.hpp - folds over the leaves of a state: the one place that knows how structs are
// declared.
//
// Why: a state struct names each field once (Boost.Hana); equality, hash, diff, packing, canonical
//      form and symbolic lifting are folds over its leaves and cannot forget a field.
#pragma once
#include <array>
#include <boost/hana.hpp>
#include <type_traits>
#include <utility>

#include "spec/domain.hpp"

namespace faultline {

template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

template <class T>
concept Struct = boost::hana::Struct<std::remove_cvref_t<T>>::value;
template <class T>
concept Array = IsArray<std::remove_cvref_t<T>>::value;

/// Not there in this machine: no leaf.
template <class T>
struct IsNoRows : std::false_type {};
template <class Row>
struct IsNoRows<NoRows<Row>> : std::true_type {};
template <class T>
concept Vacant = AbsentField<T> || IsNoRows<std::remove_cvref_t<T>>::value;

/// Calls fn(name, field&) for each field the machine has of one struct, in declaration order.
template <Struct T, class Fn>
constexpr void each_field(T& object, Fn&& fn) {
    boost::hana::for_each(boost::hana::accessors<std::remove_cvref_t<T>>(), [&](auto pair) {
        auto& field = boost::hana::second(pair)(object);
        if constexpr (!Vacant<decltype(field)>)
            fn(boost::hana::to<const char*>(boost::hana::first(pair)), field);
    });
}
/// Calls fn(leaf&) for each leaf of a struct, array or leaf.
template <class T, class Fn>
constexpr void each_leaf(T& object, Fn&& fn) {
    if constexpr (Array<T>) {
        for (auto& x : object) each_leaf(x, fn);
    } else if constexpr (Struct<T>) {
        boost::hana::for_each(boost::hana::accessors<std::remove_cvref_t<T>>(),
                              [&](auto pair) { each_leaf(boost::hana::second(pair)(object), fn); });
    } else if constexpr (!Vacant<T>) {
        fn(object);
    }
}
/// Calls fn(a_leaf, b_leaf) for corresponding leaves of two objects of the same shape.
template <class A, class B, class Fn>
constexpr void each_leaf_pair(A& a, B& b, Fn&& fn) {
    if constexpr (Array<A>) {
        for (std::size_t i = 0; i < a.size(); ++i) each_leaf_pair(a[i], b[i], fn);
    } else if constexpr (Struct<A>) {
        constexpr auto ma = boost::hana::accessors<std::remove_cvref_t<A>>();
        constexpr auto mb = boost::hana::accessors<std::remove_cvref_t<B>>();
        boost::hana::for_each(
            boost::hana::make_range(boost::hana::size_c<0>, boost::hana::length(ma)), [&](auto i) {
                each_leaf_pair(boost::hana::second(boost::hana::at(ma, i))(a),
                               boost::hana::second(boost::hana::at(mb, i))(b), fn);
            });
    } else if constexpr (!Vacant<A>) {
        fn(a, b);
    }
}

}  // namespace faultline
