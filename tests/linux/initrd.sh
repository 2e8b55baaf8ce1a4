#!/bin/sh
# SPDX-License-Identifier: MIT
# build/linux/initrd.gz: busybox, xe with the modules that it needs, our init and test program.
set -eu

cd "$(dirname "$0")/../.."
dir=build/linux
tree=$dir/sid
version=$(cat "$tree/opt/kernel/version")
modules=/opt/kernel/usr/lib/modules/$version
root=$dir/root

rm -rf "$root"
mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cp "$tree/bin/busybox" "$root/bin/busybox"
cp tests/linux/init.sh "$root/init"
chmod +x "$root/init"
# Its headers are the tree's: those of the host may be too old to know xe.
gcc -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -static -idirafter "$tree/usr/include" \
    -o "$root/bin/xe_batches" tests/linux/xe_batches.c

# Dependencies first; each name once, in the order of loading.
order=
add()
{
    case " $order " in *" $1 "*) return ;; esac
    # Module names have underscores, file names either.
    file=$(find "$tree$modules" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko*" | head -n 1)
    [ -n "$file" ] || return 0
    for need in $(chroot "$tree" modinfo -F depends "${file#"$tree"}" | tr , ' '); do
        add "$need"
    done
    file=$(find "$tree$modules" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko*" | head -n 1)
    order="$order $1"
    case $file in
        *.xz) xz -dc "$file" > "$root/modules/$1.ko" ;;
        *) cp "$file" "$root/modules/$1.ko" ;;
    esac
}
add xe
echo "$order" | tr -s ' ' '\n' | sed '/^$/d' > "$root/modules/order"
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc | gzip -1) > "$dir/initrd.gz"
