#!/bin/sh
# SPDX-License-Identifier: MIT
# Every scenario with and without idle skip: waves and events have to be the same bytes. A scenario
# may end as it likes, also in a failure, as long as both runs end alike. Of one of more than 20 M
# cycles, only the first and last 16 cycles of each gap are stepped: all of it takes minutes.
# usage: check_skip.sh GUCSIM DIR [SCENARIO.lua]...
gucsim=$1
dir=$2
shift 2
[ $# -gt 0 ] || set -- $(find tests/scenarios -name '*.lua' ! -path '*/lib/*' | LC_ALL=C sort)
max_cycles=20000000
bad=0

field() { # FILE KEY
  sed -n "s/^.*\"$2\":[[:space:]]*\(.*[^,]\),*\$/\1/p" "$1/report.json"
}

for scenario; do
  name=${scenario#tests/scenarios/}
  name=${name%.lua}
  "$gucsim" run "$scenario" --quiet --out "$dir/$name/skip" > /dev/null 2>&1
  cycles=$(field "$dir/$name/skip" cycles)
  stepping=--no-skip
  verdict=same
  if [ "${cycles:-0}" -gt $max_cycles ]; then
    stepping='--skip-check 16'
    verdict='same, ends of gaps alone'
  fi
  # shellcheck disable=SC2086
  "$gucsim" run "$scenario" --quiet $stepping --out "$dir/$name/no-skip" > /dev/null 2>&1
  for key in result cycles trace_sha256 events_sha256; do
    one=$(field "$dir/$name/skip" $key)
    other=$(field "$dir/$name/no-skip" $key)
    [ -n "$one" ] && [ "$one" = "$other" ] || verdict="different $key"
  done
  printf '%-32s %10s cycles  %s\n' "$name" "$cycles" "$verdict"
  case $verdict in same*) ;; *) bad=1 ;; esac
done
exit $bad
