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
# "engines=rcs0,bcs0": no others are the driver's. It is told before it sees the device.
[ -n "$(word engines)" ] && echo 0 > /sys/bus/pci/drivers_autoprobe
for module in $(cat /modules/order); do
    options=
    [ "$module" = xe ] && options=$(word xe_options | tr , ' ')
    # shellcheck disable=SC2086
    insmod "/modules/$module.ko" $options || echo "guest: $module: insmod failed"
done
if [ -n "$(word engines)" ]; then
    mount -t configfs config /sys/kernel/config
    device=$(basename "$(dirname "$(grep -l 0xb080 /sys/bus/pci/devices/*/device)")")
    mkdir "/sys/kernel/config/xe/$device"
    word engines > "/sys/kernel/config/xe/$device/engines_allowed"
    echo "$device" > /sys/bus/pci/drivers/xe/bind
fi
echo "guest: xe loaded after $(cut -d' ' -f1 /proc/uptime) s"
sleep 1
ls /dev/dri 2> /dev/null | sed 's/^/guest: \/dev\/dri\//'
device=/sys/bus/pci/devices/$(basename "$(readlink -f /sys/class/drm/card0/device)")
driver=/sys/bus/pci/drivers/xe

rebind()
{
    basename "$device" > $driver/unbind
    echo "guest: unbound after $(cut -d' ' -f1 /proc/uptime) s"
    [ "$1" = flr ] && echo 1 > "$device/reset" && echo "guest: function reset"
    basename "$device" > $driver/bind
    echo "guest: bound after $(cut -d' ' -f1 /proc/uptime) s"
}

# "steps=batches,rebind,batches": one after the other. A number streams that many seconds.
for step in $(word steps | tr , ' '); do
    echo "guest: step $step after $(cut -d' ' -f1 /proc/uptime) s"
    case $step in
        batches) xe_batches ;;
        pci) for file in vendor device class resource reset_method power_state; do
            echo "guest: pci $file: $(tr '\n' ' ' < "$device/$file")"
        done ;;
        suspend) echo devices > /sys/power/pm_test # they sleep for 5 s, the rest stays awake
            echo freeze > /sys/power/state && echo "guest: awake, $(cat "$device/power_state")" ;;
        hang) xe_batches hang ;;
        rebind | flr) rebind $step ;;
        gtreset) for file in $(find /sys/kernel/debug/dri -name force_reset_sync); do
            echo "guest: $file"
            cat "$file"
        done ;;
        shell) sh ;;
        *) xe_batches "$step" ;;
    esac
done
echo "guest: done after $(cut -d' ' -f1 /proc/uptime) s"
poweroff -f
