#!/bin/sh
# SPDX-License-Identifier: MIT
# Every C and C++ file must be what clang-format (.clang-format) would write; 'make format' makes it so.
set -eu

cd "$(dirname "$0")/../.."
tests/lint/sources.sh c h cpp hpp | xargs -r -P2 -n8 sh -c '
    status=0
    for file; do
        clang-format --dry-run -Werror "$file" 2>/dev/null && continue
        echo "$file:1: not as clang-format writes it"
        status=1
    done
    exit $status' sh
