#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy (.clang-tidy) over the C files with the flags of the build, two at a time.
# C++ is left out: sim/core includes SystemC and Verilated headers, which take clang-tidy half a minute a
# file and can only be parsed after the chip was verilated; the compiler's warnings and cppcheck stay.
# tests/ is left out: Criterion's macros expand to declarations that the checks are not meant for.
set -eu

cd "$(dirname "$0")/../.."
flags="-std=c11 -D_GNU_SOURCE -I. -Ibuild/gen $(pkg-config --cflags lua5.4)"
# clang-tidy counts the warnings it hid on stderr even when nothing is wrong; show that on failure only.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! tests/lint/sources.sh c | grep -v '^tests/' |
     xargs -r -P2 -n1 sh -c 'clang-tidy --quiet "$@" -- '"$(echo $flags)"' 2>&1' sh > "$log"; then
    grep -v 'warnings\{0,1\} generated' "$log"
    exit 1
fi
