#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over C and C++; what is suppressed, and why, stands in cppcheck.txt.
set -eu

cd "$(dirname "$0")/../.."
# Remembers unchanged files between runs.
build_dir=build/lint/cppcheck
mkdir -p "$build_dir"
# A -D given means that only this one configuration is checked: the one that is built. Criterion's macros
# that begin a function are told what they begin.
# shellcheck disable=SC2046
cppcheck --quiet -j2 --enable=warning,style,performance,portability --error-exitcode=1 \
    --suppressions-list=tests/lint/cppcheck.txt --cppcheck-build-dir="$build_dir" \
    --std=c11 --std=c++17 -I. -Ibuild/gen -D_GNU_SOURCE \
    '-DTest(suite,name,...)=static void suite##_##name(void)' '-DTestSuite(...)=' \
    '-DParameterizedTest(type,suite,name,...)=static void suite##_##name(type)' \
    '-DParameterizedTestParameters(suite,name)=static struct parameters suite##_##name##_all(void)' \
    $(tests/lint/sources.sh c cpp)
