#!/usr/bin/env bash
# A Samba Active Directory domain controller on loopback: the second arm of the conformance test.
#   samba.sh start   provisions CONTOSO.LOCAL from nothing and starts it (389, 636, 3268, 3269 of $SAMBA_ADDRESS)
#   samba.sh stop    ends it
# Needs root, for the ports below 1024, and Debian's samba, samba-ad-provision, samba-dsdb-modules,
# samba-vfs-modules, python3-samba, openssl and iproute2. All it writes lies in $SAMBA_HOME.
set -eu
: "${SAMBA_HOME:?a folder of its own}"
ADDRESS=${SAMBA_ADDRESS:-127.0.0.30}
mkdir -p "$SAMBA_HOME"; SAMBA_HOME=$(cd "$SAMBA_HOME" && pwd); DC=$SAMBA_HOME/dc TLS=$SAMBA_HOME/tls

stop() {
  [ -f "$SAMBA_HOME/samba.pid" ] || return 0
  local pid; pid=$(cat "$SAMBA_HOME/samba.pid")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 1 40); do kill -0 "$pid" 2>/dev/null || break; sleep .25; done
  rm -f "$SAMBA_HOME/samba.pid"
  [ ! -f "$SAMBA_HOME/address.added" ] || { ip addr del "$ADDRESS/32" dev lo; rm -f "$SAMBA_HOME/address.added"; }
}

certificates() {
  rm -rf "$TLS"; mkdir -p "$TLS"; cd "$TLS"
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Contoso Test CA" -keyout ca.key -out ca.pem \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj "/CN=dc1.contoso.local" -keyout key.pem -out dc.csr 2>/dev/null
  printf 'subjectAltName=DNS:dc1.contoso.local,DNS:localhost,IP:%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$ADDRESS" >extensions
  openssl x509 -req -in dc.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out cert.pem 2>/dev/null
  chmod 600 key.pem ca.key
}

provision() {
  rm -rf "$DC"
  samba_tool domain provision --targetdir="$DC" --realm=CONTOSO.LOCAL --domain=CONTOSO --server-role=dc --dns-backend=SAMBA_INTERNAL \
    --adminpass="$SAMBA_PASSWORD" --host-name=dc1 --host-ip="$ADDRESS" --function-level=2008_R2 \
    --option="interfaces=$ADDRESS" --option='bind interfaces only=yes' >"$SAMBA_HOME/provision.log" 2>&1 ||
    { tail -20 "$SAMBA_HOME/provision.log" >&2; return 1; }
  cat >"$DC/etc/smb.conf" <<CONF
[global]
	workgroup = CONTOSO
	realm = CONTOSO.LOCAL
	netbios name = DC1
	server role = active directory domain controller
	interfaces = $ADDRESS/8
	bind interfaces only = yes
	server services = ldap, cldap
	dcerpc endpoint servers = none
	ldap server require strong auth = no
	dsdb:schema update allowed = yes
	tls enabled = yes
	tls certfile = $TLS/cert.pem
	tls keyfile = $TLS/key.pem
	tls cafile = $TLS/ca.pem
	tls verify peer = no_check
	cache directory = $DC/cache
	lock directory = $DC
	private dir = $DC/private
	state directory = $DC/state
	pid directory = $DC/run
	ncalrpc dir = $DC/run/ncalrpc
	winbindd socket directory = $DC/run/winbindd
	ntp signd socket directory = $DC/run/ntp
	log file = $DC/log.samba
	max log size = 0
	allow dns updates = disabled
	dns update command = /bin/true
	spn update command = /bin/true
CONF
  mkdir -p "$DC/run" "$DC/cache"
}

# Debian's modules belong to the system's Python
samba_tool() { env -u PYTHONPATH -u PYTHONHOME /usr/bin/python3 /usr/bin/samba-tool "$@"; }

start() {
  : "${SAMBA_PASSWORD:?of its Administrator}"
  stop; certificates; provision
  ip addr show lo | grep -q "$ADDRESS/32" || { ip addr add "$ADDRESS/32" dev lo; touch "$SAMBA_HOME/address.added"; }
  /usr/sbin/samba -s "$DC/etc/smb.conf" -F --no-process-group -M prefork >"$SAMBA_HOME/samba.out" 2>&1 &
  echo $! >"$SAMBA_HOME/samba.pid"
  for _ in $(seq 1 120); do
    if (exec 3<>"/dev/tcp/$ADDRESS/389") 2>/dev/null && (exec 3<>"/dev/tcp/$ADDRESS/636") 2>/dev/null; then return 0; fi
    kill -0 "$(cat "$SAMBA_HOME/samba.pid")" 2>/dev/null || break
    sleep .25
  done
  echo "Samba did not come up:" >&2; tail -20 "$SAMBA_HOME/samba.out" >&2; stop; return 1
}

case ${1:-} in start) start ;; stop) stop ;; *) echo "samba.sh start|stop" >&2; exit 2 ;; esac
