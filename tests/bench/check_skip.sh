#!/bin/sh
# SPDX-License-Identifier: MIT
# Every scenario with and without idle skip: waves and events have to be the same bytes. A scenario
# may end as it likes, also in a failure, as long as both runs end alike. One of more than 20 M cycles
# is not stepped as a whole, which takes minutes to hours, but in the first and last 16 cycles of each
# gap. Each line tells which way it was. JOBS scenarios at a time, 2 unless told, in any order.
# usage: check_skip.sh GUCSIM DIR [SCENARIO.lua]...
set -u
max_cycles=20000000

field() { # DIR KEY
  sed -n "s/^.*\"$2\":[[:space:]]*\(.*[^,]\),*\$/\1/p" "$1/report.json" 2> /dev/null
}

# Runs one both ways and prints its line.
check() { # GUCSIM DIR SCENARIO.lua
  gucsim=$1
  scenario=$3
  name=${scenario#tests/scenarios/}
  name=${name%.lua}
  dir=$2/$name
  rm -rf "$dir"
  "$gucsim" run "$scenario" --quiet --out "$dir/skip" > /dev/null 2>&1
  cycles=$(field "$dir/skip" cycles)
  stepping=--no-skip
  way='every cycle stepped'
  if [ "${cycles:-0}" -gt $max_cycles ]; then
    stepping='--skip-check 16'
    way='ends of gaps stepped'
  fi
  # shellcheck disable=SC2086
  "$gucsim" run "$scenario" --quiet $stepping --out "$dir/no-skip" > /dev/null 2>&1
  verdict=same
  for key in result cycles trace_sha256 events_sha256; do
    one=$(field "$dir/skip" $key)
    other=$(field "$dir/no-skip" $key)
    [ -n "$one" ] && [ "$one" = "$other" ] || verdict="DIFFERENT $key"
  done
  printf '%-32s %11s cycles, %s: %s\n' "$name" "$cycles" "$way" "$verdict"
  [ "$verdict" = same ] || return 1
  rm -f "$dir"/*/trace.vcd.gz # of all scenarios, some gigabytes
}

if [ "$1" = --one ]; then
  shift
  check "$@"
  exit
fi

gucsim=$1
dir=$2
shift 2
[ $# -gt 0 ] || set -- $(find tests/scenarios -name '*.lua' ! -path '*/lib/*' | LC_ALL=C sort)
if printf '%s\n' "$@" | xargs -P "${JOBS:-2}" -n 1 "$0" --one "$gucsim" "$dir"; then
  echo "$# scenarios, none different"
else
  echo "$# scenarios, see those DIFFERENT" >&2
  exit 1
fi
