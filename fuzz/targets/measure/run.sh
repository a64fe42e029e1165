#!/usr/bin/env bash
# fuzz/targets/measure/run.sh - how soon planted bugs are found: records, profile, mutator.
#
# Why: a mutator is code to keep; this says what it buys. Prints one line a run (bug, setting, seed,
#      executions, seconds), then medians. fuzz/targets/README.md keeps the result.
#
#   fuzz/targets/measure/run.sh BUILD SEEDS SECONDS [CORPUS]
set -euo pipefail
build=$1 seeds=$2 seconds=$3 corpus=${4-}
plants=("claims anon_vma_reuse=degree" "system anon_vma_reuse=degree"
        "system merge_anon=either_singular"
        "claims fork_pinned=share" "system dontunmap_unlinks=yes")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

one() {   # PLANT SETTING PROGRAM OPTION... : for one seed
    local plant=$1 setting=$2 seed=$3 program=$4 start end execs found=no
    shift 4
    rm -rf "$work/c" && mkdir "$work/c"
    if [[ -n $corpus ]]; then cp "$corpus"/* "$work/c/"; fi
    start=$(date +%s.%N)
    FAULTLINE_PLANT=$plant "$build/fuzz/targets/$program" -seed="$seed" -max_len=1024 \
        -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$work/" "$@" "$work/c" \
        >"$work/log" 2>&1 || found=yes
    end=$(date +%s.%N)
    if [[ $found == yes ]] && ! grep -q '^VIOLATED' "$work/log"; then
        cat "$work/log" >&2
        exit 5
    fi
    execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    printf '%s\t%s\t%s\t%s\t%s\t%.1f\n' "$plant" "$setting" "$seed" "$found" "${execs:-0}" \
        "$(echo "$end - $start" | bc)"
}
for plant in "${plants[@]}"; do
    for ((seed = 1; seed <= seeds; ++seed)); do
        one "$plant" "raw" "$seed" planted_none
        one "$plant" "raw+profile" "$seed" planted_none -use_value_profile=1
        one "$plant" "mutator" "$seed" planted_record_mutator
        one "$plant" "mutator+profile" "$seed" planted_record_mutator -use_value_profile=1
    done
done | tee "$work/table"
echo "plant, setting: found of runs, median executions, median seconds (not found counts as limit)"
sort -t $'\t' -k1,1 -k2,2 -k5,5n "$work/table" | awk -F '\t' '
    function flush() {
        if (n) { printf "%-30s %-16s %d of %d %10d %8.1f\n", p, s, f, n, e[int((n + 1) / 2)],
                 t[int((n + 1) / 2)] }
        n = f = 0
    }
    $1 != p || $2 != s { flush(); p = $1; s = $2 }
    { e[++n] = $5; t[n] = $6; f += $4 == "yes" }
    END { flush() }'
