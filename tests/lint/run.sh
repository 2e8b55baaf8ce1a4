#!/bin/sh
# SPDX-License-Identifier: MIT
# All static checks; every step runs even when one before it failed. Under 3 minutes on 2 cores.
# tests/lint/run.sh [STEP...]: only those steps, named as their scripts are.
set -u

cd "$(dirname "$0")/../.." || exit 2
make --silent build/gen/gpu_regs.h build/gen/gpu_regs_pkg.sv || exit 2

failed=
for step in ${*:-words lengths include_table abi headers covered format rtl cppcheck clang_tidy}; do
    start=$(date +%s)
    if "tests/lint/$step.sh"; then
        echo "lint: $step: ok ($(($(date +%s) - start)) s)"
    else
        echo "lint: $step: FAILED ($(($(date +%s) - start)) s)" >&2
        failed="$failed $step"
    fi
done
[ -z "$failed" ] || { echo "lint: failed:$failed" >&2; exit 1; }
