#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs scenarios, writes their pages and looks at them in a headless browser. run.sh GUCSIM DIR; pictures
# of the pages stay in DIR.
set -eu

gucsim=$1
dir=$2
mkdir -p "$dir"
"$gucsim" run tests/scenarios/vf_restore.lua --quiet --out "$dir/vf_restore"
"$gucsim" report "$dir/vf_restore" > /dev/null
"$gucsim" timeline --format svg "$dir/vf_restore" > "$dir/vf_restore.timeline.svg"
"$gucsim" profile --format svg "$dir/vf_restore" > "$dir/vf_restore.profile.svg"
"$gucsim" run tests/scenarios/vgpu_pv_ctb.lua --quiet --out "$dir/vgpu_pv_ctb"
"$gucsim" report "$dir/vgpu_pv_ctb" > /dev/null
"$gucsim" timeline --all --format svg "$dir/vgpu_pv_ctb" > "$dir/vgpu_pv_ctb.timeline.svg"
"$gucsim" profile --format svg "$dir/vgpu_pv_ctb" > "$dir/vgpu_pv_ctb.profile.svg"
# One that fails has something else to show; its verdict is the point.
"$gucsim" run tests/browser/fails.lua --quiet --trace off --out "$dir/fails" > /dev/null 2>&1 || true
"$gucsim" report "$dir/fails" > /dev/null
exec /usr/bin/python3 tests/browser/test_report.py "$dir"
