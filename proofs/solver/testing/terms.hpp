// proofs/solver/testing/terms.hpp - short ways to write Z3 terms in tests.
//
// Why: the C API is long-winded, and a test should show its formula. Here and not in tests/,
//      because nothing outside proofs/ includes Z3.
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include <z3.h>

#include "proofs/solver/obligation.hpp"

namespace faultline::proofs::test {

/// A context whose terms live as long as it does.
class Terms {
public:
    Terms() {
        const Z3_config c = Z3_mk_config();
        z = Z3_mk_context(c);
        Z3_del_config(c);
        Z3_set_error_handler(z, [](Z3_context, Z3_error_code) {});
    }
    Terms(const Terms&) = delete;
    Terms& operator=(const Terms&) = delete;
    ~Terms() { Z3_del_context(z); }

    Z3_ast word(const std::string& name, unsigned width = 8) {
        return Z3_mk_const(z, symbol(name), Z3_mk_bv_sort(z, width));
    }
    Z3_ast flag(const std::string& name) {
        return Z3_mk_const(z, symbol(name), Z3_mk_bool_sort(z));
    }
    Z3_ast number(unsigned long n, unsigned width = 8) {
        return Z3_mk_unsigned_int64(z, n, Z3_mk_bv_sort(z, width));
    }
    Z3_ast yes() { return Z3_mk_true(z); }
    Z3_ast no() { return Z3_mk_false(z); }
    Z3_ast eq(Z3_ast a, Z3_ast b) { return Z3_mk_eq(z, a, b); }
    Z3_ast ne(Z3_ast a, Z3_ast b) { return Z3_mk_not(z, eq(a, b)); }
    Z3_ast lt(Z3_ast a, Z3_ast b) { return Z3_mk_bvult(z, a, b); }
    Z3_ast le(Z3_ast a, Z3_ast b) { return Z3_mk_bvule(z, a, b); }
    Z3_ast plus(Z3_ast a, Z3_ast b) { return Z3_mk_bvadd(z, a, b); }
    Z3_ast times(Z3_ast a, Z3_ast b) { return Z3_mk_bvmul(z, a, b); }
    Z3_ast not_(Z3_ast a) { return Z3_mk_not(z, a); }
    Z3_ast and_(std::vector<Z3_ast> v) {
        return Z3_mk_and(z, static_cast<unsigned>(v.size()), v.data());
    }
    Z3_ast or_(std::vector<Z3_ast> v) {
        return Z3_mk_or(z, static_cast<unsigned>(v.size()), v.data());
    }
    Z3_symbol symbol(const std::string& s) { return Z3_mk_string_symbol(z, s.c_str()); }

    Z3_context z;
};

inline Obligation obligation(Terms& t, std::vector<Z3_ast> premises, std::vector<Z3_ast> goals) {
    Obligation ob;
    ob.name = "toy";
    ob.z = t.z;
    ob.premises = std::move(premises);
    for (Z3_ast g : goals) ob.goals.push_back({"goal " + std::to_string(ob.goals.size()), g});
    return ob;
}

}  // namespace faultline::proofs::test
