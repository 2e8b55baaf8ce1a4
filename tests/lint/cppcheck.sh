#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over C and C++; what is suppressed, and why, stands in cppcheck.txt.
set -eu

cd "$(dirname "$0")/../.."
build_dir=build/lint/cppcheck
mkdir -p "$build_dir"
# Its build dir remembers unchanged files between runs. Config dead code by -D: one build is checked.
# shellcheck disable=SC2046
cppcheck --quiet -j2 --enable=warning,style,performance,portability --error-exitcode=1 \
    --suppressions-list=tests/lint/cppcheck.txt --cppcheck-build-dir="$build_dir" \
    --std=c11 --std=c++17 -D_GNU_SOURCE -I. -Ibuild/gen $(tests/lint/sources.sh c cpp)
