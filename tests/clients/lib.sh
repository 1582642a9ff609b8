# Sourced by the real-client tests: steps that print PASS or FAIL, and witnesses of PARITY.md.
# Needs the environment of `forestbed exec`.
: "${FORESTBED_LDAP_URL:?run me under: forestbed exec -- bash $0}"
PASSED=0 FAILED=0
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PARITY_DIR=${CARGO_TARGET_DIR:-$REPO/target}/parity
NAME=$(basename "$0")
export LDAPTLS_REQCERT=demand

# witness ROW...: a step that passed witnesses these rows (one exchange a client call at least)
witness() { mkdir -p "$PARITY_DIR"; for row in "$@"; do
  grep -q "^| $row |" "$REPO/PARITY.md" || { echo "FAIL $NAME: PARITY.md has no row $row"; FAILED=$((FAILED+1)); continue; }
  local n=0; [ -s "$PARITY_DIR/$row" ] && n=$(cut -f1 "$PARITY_DIR/$row"); printf '%s\ttests/clients/%s\n' $((n+1)) "$NAME" >"$PARITY_DIR/$row"; done; }
pass() { PASSED=$((PASSED+1)); echo "PASS $NAME: $1"; shift; witness "$@"; }
fail() { FAILED=$((FAILED+1)); echo "FAIL $NAME: $1"; }
# eq TEXT GOT WANT ROW...
eq() { local text=$1 got=$2 want=$3; shift 3; if [ "$got" = "$want" ]; then pass "$text ($got)" "$@"; else fail "$text: got [$got], want [$want]"; fi; }
# has TEXT HAYSTACK REGEX ROW...
has() { local text=$1 hay=$2 re=$3; shift 3; if printf '%s' "$hay" | grep -qE -- "$re"; then pass "$text" "$@"; else fail "$text: no /$re/ in [$(printf '%s' "$hay" | tail -4 | tr '\n' ' ' | cut -c1-400)]"; fi; }
# lacks TEXT HAYSTACK REGEX ROW...
lacks() { local text=$1 hay=$2 re=$3; shift 3; [ -n "$hay" ] || { fail "$text: no output"; return; }; if printf '%s' "$hay" | grep -qE -- "$re"; then fail "$text: found /$re/"; else pass "$text" "$@"; fi; }
finish() { echo "$PASSED passed, $FAILED failed"; [ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]; exit $?; }
