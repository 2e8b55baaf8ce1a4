#!/bin/sh
# SPDX-License-Identifier: MIT
# No file is longer than one can keep in mind: the chip's 400 lines, all other sources 600.
set -eu

cd "$(dirname "$0")/../.."
for file in $(tests/lint/sources.sh c h cpp hpp sv svh lua sh); do
    case $file in
    rtl/*) most=400 ;;
    *) most=600 ;;
    esac
    lines=$(wc -l <"$file")
    [ "$lines" -le $most ] || echo "$file: $lines lines, at most $most"
done | {
    ! grep .
}
