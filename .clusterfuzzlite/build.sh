#!/bin/bash -eu
# .clusterfuzzlite/build.sh - what ClusterFuzzLite calls.
#
# Why: one script builds the targets for everybody.
exec "$SRC/faultline/fuzz/targets/build.sh"
