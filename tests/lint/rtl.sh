#!/bin/sh
# SPDX-License-Identifier: MIT
# Every module of the chip as its own top under verilator -Wall; what is waived, and why, stands in
# rtl/lint.vlt. Also: one module a file of the same name.
set -eu

cd "$(dirname "$0")/../.."
packages="build/gen/gpu_regs_pkg.sv $(ls rtl/*_pkg.sv)"
modules=$(ls rtl/*.sv | grep -v '_pkg\.sv$')
failed=0

for file in $modules; do
    top=$(basename "$file" .sv)
    if [ "$(grep -cE '^module ' "$file")" != 1 ] || ! grep -qE "^module $top\\>" "$file"; then
        echo "$file: must hold module $top and no other"
        failed=1
    fi
    # shellcheck disable=SC2086
    verilator --lint-only -Wall --assert --top-module "$top" rtl/lint.vlt $packages $modules ||
        failed=1
done
exit $failed
