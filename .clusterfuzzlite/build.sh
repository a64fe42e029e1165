#!/usr/bin/env bash
# .clusterfuzzlite/build.sh - ClusterFuzzLite looks for it here; the work is fuzz/targets/build.sh.
#
# Why: one build for both services.
set -euo pipefail
exec bash "$SRC/faultline/fuzz/targets/build.sh"
