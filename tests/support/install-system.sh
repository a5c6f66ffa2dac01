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
[ -x /usr/bin/obs ] || need+=(obs-studio)
compgen -G '/usr/lib/*/obs-plugins/obs-websocket.so' >/dev/null || need+=(obs-plugins)
[ -x /usr/bin/xvfb-run ] || need+=(xvfb)
[ -x /usr/bin/xauth ] || need+=(xauth)
compgen -G '/usr/lib/*/dri/swrast_dri.so' >/dev/null || need+=(libgl1-mesa-dri)
[ -x /usr/bin/mosquitto_pub ] || need+=(mosquitto-clients)
[ -x /lib/systemd/systemd ] || need+=(systemd)
[ -x /usr/sbin/adduser ] || need+=(adduser)
command -v ip >/dev/null || need+=(iproute2)
[ -x /usr/bin/pdftotext ] || need+=(poppler-utils)
[ -x /usr/bin/zbarimg ] || need+=(zbar-tools)
[ -x /usr/bin/wakeonlan ] || need+=(wakeonlan)
[ -x /usr/bin/ipmitool ] || need+=(ipmitool)
[ -x /usr/bin/ipmi_sim ] || need+=(openipmi)
[ -x /usr/bin/swtpm ] || need+=(swtpm)
[ -x /usr/bin/tpm2_createek ] || need+=(tpm2-tools)
/usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || need+=(python3-venv)
/usr/bin/python3 -c 'import PyQt5.QtNetwork, chardet, appdirs' 2>/dev/null || need+=(python3-pyqt5 python3-chardet python3-appdirs)
if [ ${#need[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: ${need[*]} (install them to run every test)"
  else
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
  fi
fi

# Clients from PyPI, pinned by hash, outside the repository. They are made and run without privileges: as nobody where this is root.
here="$(cd "$(dirname "$0")" && pwd)"
if [ "$(id -u)" = 0 ]; then
  judges=/var/cache/edufleet-judges
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
else
  judges="${XDG_CACHE_HOME:-$HOME/.cache}/edufleet-judges"
  as=()
fi
if ! cmp -s "$here/judges/clients.txt" "$judges/clients.txt" && /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null; then
  rm -rf "$judges"
  mkdir -p "$judges"
  cp "$here"/judges/*.txt "$judges/"
  if [ "$(id -u)" = 0 ]; then chown 65534:65534 "$judges"; fi
  pip=("${as[@]}" env HOME="$judges" "$judges/venv/bin/python" -m pip install -q --disable-pip-version-check --no-cache-dir --no-deps --require-hashes)
  if ! {
    "${as[@]}" /usr/bin/python3 -m venv "$judges/venv" &&
      "${pip[@]}" -r "$judges/build.txt" &&
      "${pip[@]}" --no-build-isolation -r "$judges/clients.txt"
  }; then
    rm -f "$judges/clients.txt"
    echo "missing: the clients of tests/support/judges (PyPI could not be reached)"
  fi
fi

# OpenLP's client of PJLink: the package unpacked. Installed, it would bring 590 MB of players and a browser that nothing here needs.
if [ ! -d "$judges/openlp" ] && command -v apt-get >/dev/null; then
  mkdir -p "$judges"
  unpacked="$(mktemp -d)"
  if (cd "$unpacked" && apt-get download -qq openlp 2>/dev/null) && dpkg -x "$unpacked"/openlp_*.deb "$unpacked/openlp"; then
    chmod 755 "$unpacked/openlp"
    mv "$unpacked/openlp" "$judges/openlp"
  else
    echo "missing: the package openlp (Debian's archive could not be reached)"
  fi
  rm -rf "$unpacked"
fi

# The client of ATEM switchers from npm, pinned by its lock file. No script of it runs: its font library would compile where it has
# no built file, and nothing here draws text.
if ! cmp -s "$here/judges/atem/package-lock.json" "$judges/atem/package-lock.json"; then
  rm -rf "$judges/atem"
  mkdir -p "$judges/atem"
  cp "$here"/judges/atem/*.json "$judges/atem/"
  if [ "$(id -u)" = 0 ]; then chown -R 65534:65534 "$judges/atem"; fi
  if ! "${as[@]}" env HOME="$judges/atem" npm ci --prefix "$judges/atem" --ignore-scripts --no-audit --no-fund --silent; then
    rm -rf "$judges/atem"
    echo "missing: atem-connection (the registry of npm could not be reached)"
  fi
  rm -rf "$judges/atem/.npm"
fi
