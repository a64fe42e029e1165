#!/usr/bin/env bash
# oss-fuzz/build.sh - OSS-Fuzz looks for it here; the work is fuzz/targets/build.sh.
#
# Why: one build for both services.
set -euo pipefail
exec bash "$SRC/faultline/fuzz/targets/build.sh"
