#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each header alone: a header that works only behind others breaks the next user's file.
set -eu

cd "$(dirname "$0")/../.."
flags="-std=c11 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
       -D_GNU_SOURCE -I. -Ibuild/gen $(pkg-config --cflags lua5.4)"

# Of sim/core only sim.h is C; the rest, and the bench, is C++ over SystemC and Verilated headers, where a compile takes
# seconds and the build already shows the same fault.
headers=$(tests/lint/sources.sh h | grep -v -e '^sim/core/' -e '^tests/bench/' || true)
[ ! -f sim/core/sim.h ] || headers="$headers sim/core/sim.h"

# shellcheck disable=SC2086
printf '%s\n' $headers | xargs -P2 -I '{}' sh -c \
    'printf "#include \"%s\"\n" "$1" | gcc '"$(echo $flags)"' -x c - ||
     { echo "$1:1: does not compile alone"; exit 1; }' sh '{}'
