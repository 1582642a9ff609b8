#!/usr/bin/env bash
# Installs what the tests with real programs need: install.sh WHAT...
#   tools    OpenLDAP's command-line programs, Python's binding to libldap and Django's sign-in over it (Debian)
#   python   a private Python with the clients from PyPI, under target/clients
#   node     npm and the clients from npm, under target/clients
#   m365     CLI for Microsoft 365, under target/clients/m365 (it is large)
#   samba    a domain controller to compare with (Debian)
#   slapd    OpenLDAP's server (Debian)
set -euo pipefail
cd "$(dirname "$0")/../.."
TARGET=${CARGO_TARGET_DIR:-target}
PYPI="ldap3==2.9.1 flask-ldap3-login==1.1.0 PyYAML==6.0.3 pycryptodome==4.4.0 impacket==0.13.1 msldap==0.5.15 msgraph-sdk==1.65.0 azure-identity==1.27.0 azure-mgmt-resource-subscriptions==1.0.0 aiohttp==3.14.5 Deprecated==1.3.1 msal==1.39.0 o365==2.1.10 wcf==0.5.5"
NPM="activedirectory2@2.2.0 ldapts@8.2.0 @microsoft/microsoft-graph-client@3.0.7 @azure/identity@4.13.1 @azure/msal-node@5.6.0"
M365=@pnp/cli-microsoft365@11.11.0

# debian PROGRAM-OR-FILE PACKAGE...: installs the packages unless the first is there
debian() {
  local probe=$1; shift
  if command -v "$probe" >/dev/null || [ -e "$probe" ]; then return 0; fi
  local sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# fresh FOLDER PINS: whether the folder holds just these
fresh() { [ "$(cat "$1/.installed" 2>/dev/null)" = "$2" ]; }

tools() {
  debian ldapsearch ldap-utils
  debian /usr/lib/python3/dist-packages/ldap python3-ldap
  debian /usr/lib/python3/dist-packages/django_auth_ldap python3-django-auth-ldap
}

python() {
  local venv=$TARGET/clients/venv
  fresh "$venv" "$PYPI" && return 0
  python3 -c 'import ensurepip' 2>/dev/null || debian /usr/share/python-wheels python3-venv
  rm -rf "$venv"; python3 -m venv "$venv"
  # shellcheck disable=SC2086
  "$venv/bin/pip" install -q --disable-pip-version-check $PYPI
  printf %s "$PYPI" >"$venv/.installed"
}

node() {
  local folder=$TARGET/clients/node
  debian npm nodejs npm
  fresh "$folder" "$NPM" && return 0
  rm -rf "$folder"; mkdir -p "$folder"
  # shellcheck disable=SC2086
  (cd "$folder" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --ignore-scripts --silent $NPM)
  printf %s "$NPM" >"$folder/.installed"
}

m365() {
  local folder=$TARGET/clients/m365
  debian npm nodejs npm
  fresh "$folder" "$M365" && return 0
  rm -rf "$folder"; mkdir -p "$folder"
  (cd "$folder" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --ignore-scripts --silent "$M365")
  printf %s "$M365" >"$folder/.installed"
}

samba() {
  debian /usr/bin/samba-tool samba samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba
  debian ip iproute2
  debian openssl openssl
  command -v samba >/dev/null || [ -x /usr/sbin/samba ]
}

# the package would start a server of its own
slapd() {
  debian /usr/sbin/slapd slapd
}

for what in "$@"; do
  case $what in tools | python | node | m365 | samba | slapd) "$what" ;; *) echo "install.sh: nothing is called $what" >&2; exit 2 ;; esac
done
