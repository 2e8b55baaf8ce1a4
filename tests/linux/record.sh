#!/bin/sh
# SPDX-License-Identifier: MIT
# record.sh [NAME...]: records the sessions that 'make check' replays anew. Time goes by slowly for
# the device, and the guest waits for each doorbell until what it wanted is done: so a session is
# small, and tells what came of what.
set -eu

cd "$(dirname "$0")/../.."
dir=build/linux
gucsim=${GUCSIM:-build/gucsim}
sockets=$dir/sid/tmp/sockets
[ $# -gt 0 ] || set -- bind rebind faults move

tests/linux/setup.sh
tests/linux/initrd.sh
mkdir -p "$dir/out" "$sockets"
for name; do
    scenario=bind
    case $name in
        bind) steps=batches ;;
        rebind) steps=batches,rebind,batches,flr,batches ;;
        faults) steps=faults,batches ;;
        move) scenario=hold steps=hold2 ;;
        *) echo "record: no session $name" && exit 1 ;;
    esac
    "$gucsim" serve tests/linux/$scenario.lua --vf 1 --socket "$sockets/$name" --trace off \
        --pace 0.003 --settle 10 --quiet --out "$dir/out/$name" --record "$dir/out/$name.session" &
    server=$!
    sleep 1
    WAIT=true timeout "${LIMIT:-600}" tests/linux/guest.sh "$name" "$dir/out/$name.guest" "steps=$steps"
    wait $server
    grep -aq '^batches: all ok' "$dir/out/$name.guest"
    "$gucsim" replay "$dir/out/$name.session" --loose --quiet --trace off --out "$dir/out/$name.again"
    cp "$dir/out/$name.session" tests/linux/sessions/
    ls -l "tests/linux/sessions/$name.session"
done
