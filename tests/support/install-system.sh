#!/usr/bin/env bash
# System programs that the tests use as independent judges. Debian 12, as root; elsewhere it only tells what is missing.
set -euo pipefail
need=()
[ -x /usr/bin/chromium ] || need+=(chromium)
[ -x /usr/lib/postgresql/15/bin/postgres ] || need+=(postgresql)
[ -x /usr/bin/xmllint ] || need+=(libxml2-utils)
[ -x /usr/bin/adb ] || need+=(adb)
[ -x /usr/sbin/snmpd ] || need+=(snmpd)
[ -x /usr/bin/snmpget ] || need+=(snmp)
[ -x /usr/bin/snmpsimd ] || need+=(snmpsim)
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: ${need[*]} (install them to run every test)"
  exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
