#!/bin/sh
# Runs the agent on the Node that came with it, and never as root: what comes from the network is read without privileges.
set -eu
home=/usr/lib/edufleet-agent
user=edufleet-agent
unset NODE_OPTIONS NODE_PATH
export EDUFLEET_CONFIG="${EDUFLEET_CONFIG-/etc/edufleet/agent.json}"
command="${1-}"
# A small young generation saves 10 MB, and costs nothing that an agent notices.
set -- "$home/node" --max-semi-space-size=2 --disable-warning=ExperimentalWarning "$home/agent.mjs" "$@"
if [ "$(id -u)" = 0 ]; then
  export HOME=/var/lib/edufleet-agent
  set -- setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs "$@"
  if [ "$command" = enrol ] && [ -d /run/systemd/system ]; then
    "$@"
    # A machine that was just enrolled runs at once; one that was enrolled anew begins as its new self.
    exec systemctl restart edufleet-agent.service
  fi
fi
exec "$@"
