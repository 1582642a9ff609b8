#!/usr/bin/env bash
# The conformance test: the cases of cases/ on forestbed, on a Samba domain controller, and against the transcripts of
# golden/. Installs what it needs (Debian's Samba; a private Python under target/), and fails if an arm cannot run.
#   run.sh              all arms, then the judgement
#   run.sh forestbed    only runs the cases on that arm (or samba), leaving target/conformance/ARM.jsonl
#   run.sh judge        only judges what the arms left there
# FORESTBED names another binary than target/release/forestbed; SAMBA_ADDRESS another address than 127.0.0.30.
set -euo pipefail
cd "$(dirname "$0")/../.."
HERE=tests/conformance TARGET=${CARGO_TARGET_DIR:-target}
OUT=$TARGET/conformance PYTHON=$TARGET/clients/venv/bin/python
bash tests/clients/install.sh python
mkdir -p "$OUT"

forestbed() { "${FORESTBED:-$TARGET/release/forestbed}" exec --scenario $HERE/estate.yaml -- "$PYTHON" $HERE/arm.py >"$OUT/forestbed.jsonl"; }

samba() {
  bash tests/clients/install.sh samba
  export SAMBA_HOME=$PWD/$OUT/samba SAMBA_ADDRESS=${SAMBA_ADDRESS:-127.0.0.30} SAMBA_PASSWORD='Passw0rd!Adm'
  case $OUT in /*) SAMBA_HOME=$OUT/samba ;; esac
  local sudo=; [ "$(id -u)" = 0 ] || sudo='sudo -E'
  # shellcheck disable=SC2064
  trap "$sudo bash $HERE/samba.sh stop" EXIT
  $sudo bash $HERE/samba.sh start
  env FORESTBED_BASE_DN=DC=contoso,DC=local FORESTBED_LDAP_URL="ldap://$SAMBA_ADDRESS" FORESTBED_LDAPS_URL="ldaps://$SAMBA_ADDRESS" \
    FORESTBED_GC_URL="ldap://$SAMBA_ADDRESS:3268" FORESTBED_BIND_DN=CN=Administrator,CN=Users,DC=contoso,DC=local \
    FORESTBED_BIND_PASSWORD="$SAMBA_PASSWORD" LDAPTLS_CACERT="$SAMBA_HOME/tls/ca.pem" "$PYTHON" $HERE/arm.py >"$OUT/samba.jsonl"
}

judge() { "$PYTHON" $HERE/judge.py "$OUT/forestbed.jsonl" "$OUT/samba.jsonl"; }

case ${1:-all} in
  all) rm -f "$OUT"/*.jsonl; forestbed; samba; judge ;;
  forestbed | samba | judge) "$1" ;;
  *) echo "run.sh [forestbed|samba|judge]" >&2; exit 2 ;;
esac
