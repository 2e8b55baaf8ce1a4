#!/bin/sh
# SPDX-License-Identifier: MIT
# What docs/failures.md and docs/coverage.md name exists: scenarios, tests (`suite::test`), files of
# tests (`unit/test_x`). Prints file: name for each that does not, exits 1 when there was one.
set -eu

cd "$(dirname "$0")/../.."
tests=$(mktemp)
trap 'rm -f "$tests"' EXIT
cat tests/unit/*.c tests/system/*.c | tr '\n' ' ' |
    grep -oE 'Test\([a-z0-9_]+, *[a-z0-9_]+' | sed 's/Test(//; s/, */::/' >"$tests"

exists()
{
    case $1 in
    *::*) grep -qx "$1" "$tests" ;;
    unit/* | system/*) [ -f "tests/$1.c" ] ;;
    *) [ -f "tests/scenarios/$1.lua" ] ;;
    esac
}

failed=0
for doc in docs/failures.md docs/coverage.md; do
    # The last cell of each row, and of that what stands in quotes and looks like a name of ours.
    for name in $(grep '^|' "$doc" | sed 's/ *|$//; s/.*| *//' | grep -oE '`[a-z0-9_/:]+`' |
        tr -d '\140' | sort -u); do
        exists "$name" || {
            echo "$doc: $name does not exist"
            failed=1
        }
    done
done
exit $failed
