#!/bin/sh
# SPDX-License-Identifier: MIT
# Linux's own xe driver on the simulated VF, in a real QEMU: 'make test-linux'. Each case is a
# scenario of this folder, what the guest does, and lines that its console must show. Minutes; skipped
# with a reason where root or Debian sid cannot be had. CASE=name runs one.
set -u

cd "$(dirname "$0")/../.."
dir=build/linux
out=$dir/out
sockets=$dir/sid/tmp/sockets
passed=0 failed=0

tests/linux/setup.sh || exit "$([ $? = 77 ] && echo 0 || echo 1)"
tests/linux/initrd.sh || exit 1
mkdir -p "$out" "$sockets"

# check NAME FILE PATTERN...: each pattern stands in the file.
check()
{
    name=$1
    file=$2
    shift 2
    for pattern in "$@"; do
        if grep -aq "$pattern" "$file"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "test-linux: $name: not seen: $pattern ($file)"
        fi
    done
}

# run NAME SCENARIO STEPS PATTERN...: one guest on VF 1. SET is a key of the scenario and its value,
# VECTORS and ENGINES are those of MSI-X, and of the driver; MAP=on lets QEMU map the GGTT's entries.
run()
{
    name=$1
    scenario=$2
    steps=$3
    shift 3
    [ -z "${CASE:-}" ] || [ "$CASE" = "$name" ] || return 0
    build/gucsim serve "tests/linux/$scenario.lua" --vf 1 --socket "$sockets/$name" --trace off \
        ${SET:+--set "$SET"} --vectors "${VECTORS:-0}" --map-ggtt "${MAP:-off}" --out "$out/$name" --record "$out/$name.session" > "$out/$name.log" 2>&1 &
    server=$!
    sleep 1
    timeout "${LIMIT:-240}" tests/linux/guest.sh "$name" "$out/$name.guest" "steps=$steps" \
        ${ENGINES:+"engines=$ENGINES"}
    (sleep 10 && kill -INT $server) 2> /dev/null &
    wait $server
    code=$?
    kill $! 2> /dev/null
    echo "test-linux: $name: exit $code; $(grep -a '^guest: done\|^batches: all' "$out/$name.guest" | tr '\n' ';')"
    [ $code = 0 ] && passed=$((passed + 1)) || failed=$((failed + 1))
    check "$name" "$out/$name.guest" "$@"
}

# recovered NAME COUNT: the profile tells that many recoveries, on both GTs, to their ends.
recovered()
{
    [ -z "${CASE:-}" ] || [ "$CASE" = "$1" ] || return 0
    build/gucsim profile "$out/$1" > "$out/$1.profile" 2> /dev/null
    grep -c '^ gt[01]$' "$out/$1.profile" | sed 's/^/recoveries: /' >> "$out/$1.profile"
    check "$1" "$out/$1.profile" "recoveries: $2"
}

bound='Initialized xe' card='guest: /dev/dri/renderD128'
run bind bind pci,batches "$bound" "$card" 'pci reset_method: flr' 'pci power_state: D0' \
    'batches: RCS0 on GT0, sync object: ok' \
    'batches: RCS0 on GT0, user fence: ok' 'batches: BCS0 on GT0, sync object: ok' \
    'batches: BCS0 on GT0, user fence: ok' 'batches: CCS0 on GT0, sync object: ok' \
    'batches: CCS0 on GT0, user fence: ok' 'batches: VCS0 on GT1, sync object: ok' \
    'batches: VCS0 on GT1, user fence: ok' 'batches: VECS0 on GT1, sync object: ok' \
    'batches: VECS0 on GT1, user fence: ok' 'batches: all ok'
run rebind bind batches,rebind,batches,flr,batches 'guest: unbound' 'guest: function reset' \
    'guest: bound'
run reset bind gtreset,batches 'reset done' 'batches: all ok'
# Without its second copy engine, whose interrupts this driver loses: see docs/outside.md.
VECTORS=8 ENGINES=rcs0,bcs0,ccs0,vcs0,vecs0 run msix migrate batches,8,batches \
    'Tile0: GT0: migration recovery ended' 'Tile0: GT1: migration recovery ended' \
    'batches: stream of 8 s: ok' 'CCS0 on GT0, sync object: ok' 'VECS0 on GT1, sync object: ok'
recovered msix 4
run faults bind faults,batches 'RCS0 on GT0, page faults: ok' 'BCS0 on GT0, page faults: ok' \
    'CCS0 on GT0, page faults: ok' 'VCS0 on GT1, page faults: ok' 'VECS0 on GT1, page faults: ok' \
    'batches: stray on RCS0: no signal' 'batches: all ok'
[ -n "${CASE:-}" ] && [ "$CASE" != faults ] ||
    check faults "$out/faults/events.jsonl" '"name":"REPORT_PAGE_FAULT_REQ_DESC"' \
        '"name":"PAGE_FAULT_RES_DESC"'
run suspend bind batches,suspend,batches 'guest: awake, D0'
run hang bind hang,batches 'Timedout job' 'batches: hang on RCS0: given up' 'batches: all ok'
run migrate migrate batches,8,batches 'Tile0: GT0: migration recovery ended' \
    'Tile0: GT1: migration recovery ended' 'batches: stream of 8 s: ok'

recovered migrate 4
# Every engine is in the middle of a job that the guest lets go on after the recovery.
run hold hold hold2 'batches: round 2: recovered' 'batches: held on RCS0: ok' \
    'batches: held on BCS0: ok' 'batches: held on CCS0: ok' 'batches: held on VCS0: ok' \
    'batches: held on VECS0: ok' 'batches: all ok'
recovered hold 4
MAP=on SET=moves=1 run mapped migrate batches,8,batches 'Tile0: GT0: migration recovery ended' \
    'Tile0: GT1: migration recovery ended' 'batches: stream of 8 s: ok' 'batches: all ok'
recovered mapped 2
# Each move finds an engine that waits for a page; the driver's answer is for the GPU left behind.
SET=fault=true run faultmove migrate faults,faults8,faults 'Tile0: GT0: migration recovery ended' \
    'batches: faults of 8 s.*: ok' 'batches: all ok'
run double double batches,8,batches 'Re-queuing migration recovery' 'migration recovery ended' \
    'batches: stream of 8 s: ok'

# Two guests at once; the first is killed with jobs in flight.
two()
{
    [ -z "${CASE:-}" ] || [ "$CASE" = two ] || return 0
    build/gucsim serve tests/linux/two.lua --vf 1 --socket "$sockets/a" --vf 2 \
        --socket "$sockets/b" --trace off --out "$out/two" > "$out/two.log" 2>&1 &
    server=$!
    sleep 1
    rm -f "$out/two1.guest" "$out/two2.guest" # an earlier run's would be taken for theirs
    tests/linux/guest.sh a "$out/two1.guest" steps=100 &
    first=$!
    timeout "${LIMIT:-240}" tests/linux/guest.sh b "$out/two2.guest" steps=batches,8,batches &
    second=$!
    for _ in $(seq "${LIMIT:-240}"); do
        grep -aqs 'step 100' "$out/two1.guest" && grep -aqs 'step 8' "$out/two2.guest" && break
        sleep 1
    done
    sleep 2
    kill -9 $first
    wait $second
    (sleep 10 && kill -INT $server) 2> /dev/null &
    wait $server
    code=$?
    kill $! 2> /dev/null
    echo "test-linux: two: exit $code"
    [ $code = 0 ] && passed=$((passed + 1)) || failed=$((failed + 1))
    check two "$out/two1.guest" 'step 100'
    check two "$out/two2.guest" 'batches: stream of 8 s: ok' 'guest: done'
}
two

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
