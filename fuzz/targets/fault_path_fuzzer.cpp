// fuzz/targets/fault_path_fuzzer.cpp - the fast path beside the reference, over any bytes.
//
// Why: coverage of the fast path guides the engine to what random histories do not reach.
#include "fuzz/systems/fast.hpp"
#include "fuzz/targets/lockstep_target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static faultline::fuzz::LockstepTarget target(faultline::fuzz::make_fast(), 0);
    return target(data, size);
}
