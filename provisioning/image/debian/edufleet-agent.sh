#!/bin/sh
# Runs the agent on the Node that came with it, and never as root: what comes from the network is read without privileges.
set -eu
home=/usr/lib/edufleet-agent
state=/var/lib/edufleet-agent
user=edufleet-agent
unset NODE_OPTIONS NODE_PATH
export EDUFLEET_CONFIG="${EDUFLEET_CONFIG-/etc/edufleet/agent.json}"
command="${1-}"
# A small young generation saves 10 MB, and costs nothing that an agent notices.
set -- "$home/node" --max-semi-space-size=2 --disable-warning=ExperimentalWarning "$home/agent.mjs" "$@"
[ "$(id -u)" = 0 ] || exec "$@"

export HOME="$state"
set -- setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs "$@"
case "$command" in enrol | prepare) ;; *) exec "$@" ;; esac

# Whoever got an identity, or is prepared for one, runs at once; who was enrolled anew begins as its new self.
identity() {
  stat -c %i "$state/identity/agent.json" "$state/identity/prepared.json" 2>/dev/null || true
}
before=$(identity)
"$@"
if [ "$(identity)" != "$before" ] && [ -d /run/systemd/system ]; then
  systemctl restart edufleet-agent.service
fi
