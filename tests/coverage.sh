#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the scenarios together go through: states, arcs and actions by their event logs, and by Verilator's
# counters the lines and toggles of the chip. Usage: coverage.sh BUILD, of a build with COV=1.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
rm -rf "$build/out" "$build/annotated"
"$build/gucsim" regress --coverage --out "$build/out" || true # holes are told also when something fails
find "$build/out" -name coverage.dat | sort > "$build/runs.txt"
[ -s "$build/runs.txt" ] || { echo "coverage: no run left coverage.dat; was this built with COV=1?" >&2; exit 2; }
xargs verilator_coverage --write "$build/coverage.dat" < "$build/runs.txt" > /dev/null
printf '\nchip, lines and toggles:\n'
verilator_coverage --annotate-min 1 --annotate "$build/annotated" "$build/coverage.dat"
# A line of the annotated sources begins with % where something on it was never seen.
for file in "$build"/annotated/*.sv; do
    awk -v file="$(basename "$file")" '/^[ %~+][0-9]/ { all++ } /^%0/ { holes++ }
        END { if (holes) printf "  hole     %-32s %5d of %5d lines that count\n", file, holes, all }' "$file"
done
printf '  annotated sources: %s/annotated\n' "$build"
