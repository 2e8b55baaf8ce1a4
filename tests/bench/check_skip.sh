#!/bin/sh
# SPDX-License-Identifier: MIT
# Every scenario with and without idle skip: waves and events have to be the same bytes. A scenario
# may end as it likes, also in a failure, as long as both runs end alike. One of more than 20 M cycles
# is left out and says so: stepping it takes minutes.
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
  if [ "${cycles:-0}" -gt $max_cycles ]; then
    printf '%-32s %10s cycles  left out: too long\n' "$name" "$cycles"
    continue
  fi
  "$gucsim" run "$scenario" --quiet --no-skip --out "$dir/$name/no-skip" > /dev/null 2>&1
  verdict=same
  for key in result cycles trace_sha256 events_sha256; do
    one=$(field "$dir/$name/skip" $key)
    other=$(field "$dir/$name/no-skip" $key)
    [ -n "$one" ] && [ "$one" = "$other" ] || verdict="different $key"
  done
  printf '%-32s %10s cycles  %s\n' "$name" "$cycles" "$verdict"
  [ "$verdict" = same ] || bad=1
done
exit $bad
