#!/bin/bash
# Starts a throwaway machine in the folder $1, prints the number of its first process, and stays. The machine ends with the
# standard input of this script, so also with whoever started it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$1
# In control groups of its own, so that nothing of it is left on this machine.
name=throwaway-$$
groups=()
for tree in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -e "$tree/cgroup.procs" ] && mkdir "$tree/$name" && groups+=("$tree/$name")
done
# shellcheck disable=SC2329
clean() {
  for group in "${groups[@]}"; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.2
    done
  done
}
trap clean EXIT
(
  for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
  exec unshare --mount --pid --ipc --uts --cgroup --fork --kill-child=SIGKILL "$here/boot.sh" "$place" </dev/null
) &
inside=$!
until first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null) && [ -n "$first" ]; do
  kill -0 "$inside"
  sleep 0.05
done
echo "${first// /}"
read -r _ || true
kill -KILL "$inside" 2>/dev/null || true
wait "$inside" 2>/dev/null || true
