#!/bin/bash -eu
# oss-fuzz/build.sh - what OSS-Fuzz calls.
#
# Why: one script builds the targets for everybody.
exec "$SRC/faultline/fuzz/targets/build.sh"
