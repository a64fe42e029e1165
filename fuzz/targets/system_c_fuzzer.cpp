// fuzz/targets/system_c_fuzzer.cpp - a system written in C beside the reference, over any bytes.
//
// Why: the way to fuzz a fault path of your own: put its table in place of the example's.
#include "fuzz/examples/cowfork.h"
#include "fuzz/systems/c_system.hpp"
#include "fuzz/targets/lockstep_target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace faultline::fuzz;
    static LockstepTarget target(make_c_system(*cowfork_system(0)), 10);
    return target(data, size);
}
