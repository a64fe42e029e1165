#!/usr/bin/env bash
# fuzz/targets/coverage.sh - which lines a target's corpus reaches: report, lcov file, HTML.
#
# Why: what no input reaches is not fuzzed, whatever the clock says.
#
#   fuzz/targets/coverage.sh TARGET OUT [CORPUS...]     needs clang-19 and llvm-19
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
target=$1 out=$2
shift 2
build=${FAULTLINE_BUILD:-$root/build}/coverage
flags="-fprofile-instr-generate -fcoverage-mapping"
export LIB_FUZZING_ENGINE=
cmake -S "$root" -B "$build" -DFAULTLINE_FUZZ=ON -DFAULTLINE_FUZZ_REPLAY=ON \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
cmake --build "$build" -j "${FAULTLINE_JOBS:-$(nproc)}" --target "${target}_fuzzer" >/dev/null
program=$(find "$build" -type f -name "${target}_fuzzer" -perm -u+x)
if (($# == 0)); then
    set -- "$root/fuzz/targets/corpus/$target"
fi
mkdir -p "$out"
LLVM_PROFILE_FILE=$out/replay.profraw "$program" "$@" 2>/dev/null
llvm-profdata-19 merge -sparse "$out/replay.profraw" -o "$out/replay.profdata"
common=("$program" "-instr-profile=$out/replay.profdata" "-ignore-filename-regex=/usr/|/tests/")
llvm-cov-19 show "${common[@]}" -format=html -output-dir="$out/html"
llvm-cov-19 export "${common[@]}" -format=lcov >"$out/lcov.info"
llvm-cov-19 report "${common[@]}" | tee "$out/report.txt"
