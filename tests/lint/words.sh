#!/bin/sh
# SPDX-License-Identifier: MIT
# What no formatter sees: postponed work, trailing blanks, tabs, long lines, a missing licence line.
# Prints file:line: reason for each, exits 1 when there was one.
set -eu

cd "$(dirname "$0")/../.."
sources=$(tests/lint/sources.sh c h cpp hpp sv svh vlt def lua sh awk py)
code=$(tests/lint/sources.sh c h cpp hpp sv svh lua)
texts=$(find . -maxdepth 1 -type f \( -name '*.md' -o -name LICENSE -o -name '.editorconfig' \);
        find docs -type f -name '*.md'; tests/lint/sources.sh md)
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT

# Characters, not bytes: a comment may hold a sign of more than one byte.
LC_ALL=C.UTF-8
export LC_ALL

# find_lines PATTERN REASON FILES...
find_lines()
{
    pattern=$1
    reason=$2
    shift 2
    [ $# -gt 0 ] || return 0
    grep -HnE "$pattern" "$@" | cut -d: -f1,2 | sed "s|\$|: $reason|" | tee -a "$failed"
}

tab=$(printf '\t')
# The word list is written in pieces so that this file passes its own check.
# shellcheck disable=SC2086
{
    find_lines '\<(TO''DO|FIX''ME|X''XX|HA''CK)\>' 'postponed work: do it, or leave it out' \
        Makefile $sources $texts
    find_lines '[[:blank:]]$' 'trailing blank' Makefile $sources $texts
    find_lines "$tab" 'tab' $sources
    find_lines '.{101}' 'longer than 100 columns' $code
}

for file in Makefile $sources; do
    # A script's first line names its interpreter; the licence follows.
    if ! head -n 2 "$file" | sed '1{/^#!/d}' | sed -n 1p | grep -q 'SPDX-License-Identifier: MIT'; then
        echo "$file:1: first line is not the SPDX licence line" | tee -a "$failed"
    fi
done

[ ! -s "$failed" ]
