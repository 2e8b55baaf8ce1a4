#!/bin/sh
# SPDX-License-Identifier: MIT
# guest.sh SOCKET LOG [KERNEL WORDS...]: QEMU of the tree with a VF at the socket; the console goes
# to LOG. WAIT=true: the guest waits for each of its writes.
set -eu

cd "$(dirname "$0")/../.."
tree=build/linux/sid
version=$(cat "$tree/opt/kernel/version")
socket=$1
log=$2
shift 2

# QEMU sees the tree alone: what it needs of ours goes there.
cp -u build/linux/initrd.gz "$tree/tmp/"
mkdir -p "$tree/dev" "$tree/tmp/sockets"
[ -e "$tree/dev/null" ] || mknod -m 666 "$tree/dev/null" c 1 3
[ -e "$tree/dev/urandom" ] || mknod -m 666 "$tree/dev/urandom" c 1 9
exec chroot "$tree" qemu-system-x86_64 -nodefaults -display none -no-reboot \
    -machine q35,memory-backend=mem -cpu max -accel tcg -icount "shift=${SHIFT:-1},sleep=on" -m "${RAM:-256M}" \
    -object "memory-backend-memfd,id=mem,size=${RAM:-256M},share=on" \
    -device "{\"driver\":\"vfio-user-pci\",\"x-msg-timeout\":60000,\"x-no-posted-writes\":${WAIT:-false},\"socket\":{\"type\":\"unix\",\"path\":\"/tmp/sockets/$socket\"}}" \
    -serial stdio -monitor none \
    -kernel "/opt/kernel/usr/lib/modules/$version/vmlinuz" -initrd /tmp/initrd.gz \
    -append "console=ttyS0 panic=-1 loglevel=7 $*" > "$log" 2>&1 < /dev/null
