#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests of one build: tests/run.sh BUILD [FILTER] [JUNIT]. Called by 'make test'.
# FILTER is Criterion's: suite/test with wildcards. Benches of the chip run when there is no filter.
set -uo pipefail
build=$1 filter=${2:-} junit=${3:-}
failed=0 tested=0

if [ -z "$filter" ]; then
    for bench in build/tests/rtl/tb_*; do
        [ -f "$bench" ] && [ -x "$bench" ] || continue
        echo "== $(basename "$bench")"
        "$bench" || { echo "$bench failed" >&2; failed=1; }
    done
fi

scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
for binary in unit system; do
    echo "== $binary tests"
    GUCSIM=$build/gucsim "$build/tests/$binary" ${filter:+--filter "$filter"} \
        ${junit:+--xml="$scratch/$binary.xml"} 2>&1 | tee "$scratch/log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed=1
    # A binary that linked in the wrong order runs nothing and exits 0.
    tested=$((tested + $(sed -n 's/.*Synthesis: Tested: \([0-9]*\).*/\1/p' "$scratch/log" | tail -n 1 || true)))
done
[ -z "$junit" ] || awk -f tests/junit.awk "$scratch"/*.xml >"$junit"
if [ "$tested" -eq 0 ]; then
    echo "no test ran${filter:+ for FILTER=$filter}" >&2
    exit 1
fi
exit $failed
