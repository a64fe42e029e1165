#!/usr/bin/env bash
# fuzz/targets/check_contract.sh - the build contract of the services, simulated without them.
#
# Why: a build that breaks there is seen a day later. Variables are set as the services set them:
#      clang, libc++, AddressSanitizer, an engine that is an archive (here our replay program).
#      Debian's libFuzzer is built for libstdc++, so that libc++ is checked with that engine, and
#      libFuzzer with the other library by `faultline test --clang`.
#
#   fuzz/targets/check_contract.sh [WORK]     needs clang-19 libc++-19-dev libc++abi-19-dev zip
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work/src" "$work/work" "$work/out"

export CC=clang-19 CXX=clang++-19
export CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=address,fuzzer-no-link"
export CXXFLAGS="$CFLAGS -stdlib=libc++"
export SRC=$work/src WORK=$work/work OUT=$work/out
export LIB_FUZZING_ENGINE=$work/libFuzzingEngine.a
# shellcheck disable=SC2086  # several flags
"$CXX" $CXXFLAGS -std=c++20 -I"$root" -c "$here/replay_main.cpp" -o "$work/replay_main.o"
rm -f "$LIB_FUZZING_ENGINE" && ar rcs "$LIB_FUZZING_ENGINE" "$work/replay_main.o"
ln -sfn "$root" "$SRC/faultline"
bash "$root/.clusterfuzzlite/build.sh"

checked=0
for zip in "$OUT"/*_seed_corpus.zip; do
    name=$(basename "$zip" _seed_corpus.zip)
    [[ $name =~ ^[A-Za-z0-9_-]+$ ]] || { echo "$name is no name for a target" >&2; exit 1; }
    rm -rf "$work/corpus" && mkdir "$work/corpus"
    unzip -q "$zip" -d "$work/corpus"
    "$OUT/$name" "$work/corpus" 2>"$work/log" || { tail -n 30 "$work/log" >&2; exit 1; }
    [[ -e $OUT/$name.options ]] || { echo "$name has no options file" >&2; exit 1; }
    # What must be there at run time: nothing but the system's own libraries and libc++.
    if ldd "$OUT/$name" | grep -Ev 'linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|gcc_s|resolv)\.so' |
           grep -Ev 'libc\+\+(abi)?\.so|libunwind'; then
        echo "$name needs a library that no service has" >&2
        exit 1
    fi
    checked=$((checked + 1))
done
((checked == 5)) || { echo "$checked targets, not 5" >&2; exit 1; }
echo "the contract holds for $checked targets"
