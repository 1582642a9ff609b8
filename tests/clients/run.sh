#!/usr/bin/env bash
# The real-client tests: installs the clients (Debian's ldap-utils; PyPI packages into target/clients), then
# runs each against an estate of its own. Needs the release binary: cargo build --release.
set -eu
cd "$(dirname "$0")/../.."
TARGET=${CARGO_TARGET_DIR:-target}; V=$TARGET/clients/venv
if ! command -v ldapsearch >/dev/null; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq; $sudo apt-get install -y -qq --no-install-recommends ldap-utils python3-venv
fi
REQUIREMENTS="ldap3==2.9.1 pycryptodome==4.4.0 impacket==0.13.1 msldap==0.5.15 msgraph-sdk==1.65.0 azure-identity==1.27.0 aiohttp==3.14.5 Deprecated==1.3.1"
if [ "$(cat "$V/.installed" 2>/dev/null)" != "$REQUIREMENTS" ]; then
  rm -rf "$V"; python3 -m venv "$V"
  # shellcheck disable=SC2086
  "$V/bin/pip" install -q --disable-pip-version-check $REQUIREMENTS; printf %s "$REQUIREMENTS" >"$V/.installed"
fi
F=$TARGET/release/forestbed
# every client test names its estate in a line of its own: "# estate: OPTIONS OF exec"
for test in tests/clients/*; do
  options=$(sed -n 's/^# estate: //p' "$test" | head -1)
  [ -n "$options" ] || continue
  case $test in *.py) with=$V/bin/python ;; *) with=bash ;; esac
  echo "-- $test"
  # shellcheck disable=SC2086
  "$F" exec $options -- "$with" "$test"
done
