#!/usr/bin/env bash
# fuzz/targets/build.sh - builds every fuzz target where OSS-Fuzz or ClusterFuzzLite asks for it.
#
# Why: one script for both services and for the local check of the contract (check_contract.sh).
#      The services set CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, SRC, WORK and OUT; the
#      targets need the C++ standard library and the Boost headers, nothing that must be linked.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
build=$WORK/faultline
targets=(fault_path schedule codec trace_parser system_c)

cmake -S "$source_dir" -B "$build" -DFAULTLINE_FUZZ=ON -DFAULTLINE_WERROR=OFF \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_EXE_LINKER_FLAGS="${LDFLAGS-}"
programs=("${targets[@]/%/_fuzzer}")
cmake --build "$build" -j "${FAULTLINE_JOBS:-$(nproc)}" --target "${programs[@]}" make_seeds

find_built() { find "$build" -type f -name "$1" -perm -u+x | head -n 1; }
"$(find_built make_seeds)" "$source_dir/tests" "$WORK/seeds"
mkdir -p "$WORK/seeds/corpus/trace_parser"
find "$source_dir/tests/traces" "$source_dir/tests/museum" -name '*.fl' \
    -exec cp {} "$WORK/seeds/corpus/trace_parser/" \;
cp -r "$WORK/seeds/corpus/fault_path" "$WORK/seeds/corpus/system_c"

for target in "${targets[@]}"; do
    name=${target}_fuzzer
    cp "$(find_built "$name")" "$OUT/$name"
    # Seeds go by their hash, as the services name what they find; regressions are seeds too.
    staged=$WORK/staged/$target
    rm -rf "$staged" && mkdir -p "$staged"
    while IFS= read -r -d '' file; do
        cp "$file" "$staged/$(sha1sum <"$file" | cut -d ' ' -f 1)"
    done < <(find "$WORK/seeds/corpus/$target" "$source_dir/fuzz/targets/regressions/$target" \
                  -type f -print0)
    [[ -n $(ls "$staged") ]] || { echo "build.sh: no seeds for $target" >&2; exit 1; }
    rm -f "$OUT/${name}_seed_corpus.zip"
    (cd "$staged" && zip -q "$OUT/${name}_seed_corpus.zip" ./*)
    for extra in dict options; do
        if [[ -e $source_dir/fuzz/targets/$name.$extra ]]; then
            cp "$source_dir/fuzz/targets/$name.$extra" "$OUT/"
        fi
    done
done
