#!/bin/bash -eu
# fuzz/targets/build.sh - the build contract of OSS-Fuzz and ClusterFuzzLite: targets into $OUT.
#
# Why: compiler, flags and engine are theirs ($CC, $CXX, $CFLAGS, $CXXFLAGS, $LIB_FUZZING_ENGINE);
#      everything is compiled here, into the program, with no library but the standard one. Boost is
#      used for its headers only. Try it locally with the command in fuzz/README.md.
cd "$(dirname "$0")/../.."
work=${WORK:-$(mktemp -d)}
jobs=${JOBS:-$(nproc)}
cxx=(-std=c++20 -O1 -DNDEBUG -I.)
read -r -a c_flags <<<"${CFLAGS:-}"
read -r -a cxx_flags <<<"${CXXFLAGS:-}"
read -r -a engine <<<"${LIB_FUZZING_ENGINE:-fuzz/targets/replay_main.cpp}"

mkdir -p "$work/objects" "$OUT"
"$CC" "${c_flags[@]}" -std=c11 -I. -c fuzz/examples/cowfork.c -o "$work/objects/cowfork.o"
export CXX work
compile() {
    local source=$1
    shift
    local object=$work/objects/${source//\//_}.o
    [[ $object -nt $source ]] || "$CXX" "$@" -c "$source" -o "$object"
}
export -f compile
sources=(spec/trace*.cpp fuzz/systems/*.cpp fuzz/lockstep/*.cpp fuzz/shrink/*.cpp model/fast/*.cpp)
printf '%s\n' "${sources[@]}" |
    xargs -P "$jobs" -I{} bash -c 'compile "$@"' _ {} "${cxx[@]}" "${cxx_flags[@]}"

link() {   # OUTPUT SOURCE ENGINE...
    local output=$1 source=$2
    shift 2
    "$CXX" "${cxx[@]}" "${cxx_flags[@]}" "$source" "$@" "$work"/objects/*.o -pthread -o "$output"
}
for target in fault_path schedule trace_parser system_c; do
    link "$OUT/${target}_fuzzer" "fuzz/targets/${target}_fuzzer.cpp" "${engine[@]}"
done
"$CXX" "${cxx[@]}" "${cxx_flags[@]}" tests/x86/codec_fuzzer.cpp "${engine[@]}" \
    -o "$OUT/codec_fuzzer"

link "$work/make_corpus" fuzz/targets/make_corpus.cpp
"$work/make_corpus" "$work/corpus" tests/traces tests/museum fuzz/regressions
for target in fault_path schedule trace_parser system_c codec; do
    (cd "$work/corpus/${target}_fuzzer" && zip -q -r "$OUT/${target}_fuzzer_seed_corpus.zip" .)
    cp "fuzz/targets/${target}_fuzzer.options" "$OUT/"
    dictionary=$work/corpus/${target}_fuzzer.dict
    [[ ! -e $dictionary ]] || cp "$dictionary" "$OUT/"
done
