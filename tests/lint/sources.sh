#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the project's files with one of the suffixes named as arguments, sorted, from the root: what
# every other script here works on. Generated files (build/) are nobody's style.
set -eu

cd "$(dirname "$0")/../.."
for suffix in "$@"; do
    find firmware guest host rtl sim tests traces -type f -name "*.$suffix"
done | LC_ALL=C sort
