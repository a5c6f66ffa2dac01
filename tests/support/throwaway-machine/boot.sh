#!/bin/bash
# Process 1 of a throwaway machine: this machine's own root below, a folder in memory above, systemd on top. Called in namespaces
# of its own; what it may not do (clock, modules, kernel settings) it cannot.
set -euo pipefail
place=$1
mount --make-rprivate /
mount -t tmpfs -o size=2g tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
cd "$place/root"

mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  umount sys/fs/cgroup
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# Nothing of this machine's own starts; what is installed here may.
rm -f usr/sbin/policy-rc.d
: >etc/fstab
rm -rf etc/systemd/system
mkdir -p etc/systemd/system
for unit in systemd-udevd systemd-udev-trigger systemd-sysctl systemd-modules-load systemd-timesyncd systemd-networkd \
  modprobe@ systemd-random-seed systemd-update-utmp systemd-binfmt systemd-logind; do
  ln -s /dev/null "etc/systemd/system/$unit.service"
done
for unit in dev-hugepages dev-mqueue sys-kernel-debug sys-kernel-tracing sys-fs-fuse-connections sys-kernel-config; do
  ln -s /dev/null "etc/systemd/system/$unit.mount"
done
ln -s /dev/null etc/systemd/system/systemd-journald-audit.socket
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' >etc/systemd/system/throwaway.target

# A root of its own and not a chroot: services get namespaces that are made from it.
mkdir -p run/old
pivot_root . run/old
cd /
umount -l run/old
rmdir run/old
exec env -i container=throwaway PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-syslog,-wake_alarm \
  /lib/systemd/systemd --unit=throwaway.target --show-status=no
