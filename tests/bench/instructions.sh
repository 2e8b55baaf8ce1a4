#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions that a storm of CTB messages takes, counted by callgrind: the same number on a busy
# machine. Two lengths are counted and the difference taken, so that start-up does not matter.
#   outside_per_roundtrip   of one CTB round trip: kernel of time, programs, memory; not the chip
#   inside_per_eval         of one evaluated cycle of the chip
# usage: instructions.sh BENCH DIR [BASELINE]: prints "KEY VALUE" lines. With a baseline, a file of
# such lines, fails when one is more than 5 % above it.
set -eu
bench=$1
dir=$2
baseline=${3:-}
few=200
many=1200

mkdir -p "$dir"

# Prints: evaluated cycles, all instructions, those of the chip.
count() {
  evals=$(valgrind --quiet --tool=callgrind --callgrind-out-file="$dir/storm.$1" "$bench" --storm "$1" |
    awk '{ print $1 }')
  callgrind_annotate --inclusive=yes "$dir/storm.$1" | awk -v evals="$evals" '
    { gsub(/,/, "", $1) }
    /PROGRAM TOTALS/ { all = $1 }
    /Vgpu_top::eval_step\(\) \[/ { chip = $1 }
    END { print evals, all, chip; exit !(all && chip) }'
}

first=$(count $few)
second=$(count $many)
echo "$first $second $((many - few))" | awk '{
  inside = $6 - $3
  printf "outside_per_roundtrip %.0f\n", ($5 - $2 - inside) / $7
  printf "inside_per_eval %.0f\n", inside / ($4 - $1)
}' > "$dir/instructions"
cat "$dir/instructions"

[ -n "$baseline" ] || exit 0
awk 'NR == FNR { if ($1 !~ /^#/) old[$1] = $2; next }
  !($1 in old) { print $1 ": not in the baseline" > "/dev/stderr"; bad = 1; next }
  { change = 100 * ($2 / old[$1] - 1)
    printf "%-24s %9d, recorded %9d: %+.1f %%\n", $1, $2, old[$1], change
    if (change > 5) bad = 1 }
  END { if (bad) print "more than 5 % above the baseline" > "/dev/stderr"; exit bad }' \
  "$baseline" "$dir/instructions"
