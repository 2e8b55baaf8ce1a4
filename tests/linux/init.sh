#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# The guest's first program: loads xe and does what the command line's "case=" says.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2> /dev/null
mkdir -p /sys/kernel/debug
mount -t debugfs debug /sys/kernel/debug 2> /dev/null

word()
{
    sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

echo "guest: up after $(cut -d' ' -f1 /proc/uptime) s"
for module in $(cat /modules/order); do
    options=
    [ "$module" = xe ] && options=$(word xe_options | tr , ' ')
    # shellcheck disable=SC2086
    insmod "/modules/$module.ko" $options || echo "guest: $module: insmod failed"
done
echo "guest: xe loaded after $(cut -d' ' -f1 /proc/uptime) s"
sleep 1
ls /dev/dri 2> /dev/null | sed 's/^/guest: \/dev\/dri\//'
case $(word case) in
    shell) sh ;;
    *) [ -x /bin/xe_batches ] && /bin/xe_batches ;;
esac
echo "guest: done after $(cut -d' ' -f1 /proc/uptime) s"
poweroff -f
