#!/usr/bin/env bash
# Every Real or Partial row of PARITY.md has a record of its witness, made since the records were last cleared.
set -u
cd "$(dirname "$0")/../.."
PARITY=${CARGO_TARGET_DIR:-target}/parity; PASSED=0 FAILED=0
while IFS='|' read -r _ row _ state _; do
  row=${row// /} state=${state// /}
  case $state in Real|Partial) ;; *) continue ;; esac
  if [ -s "$PARITY/$row" ] && [ "$(cut -f1 "$PARITY/$row")" -gt 0 ]; then PASSED=$((PASSED+1)); else FAILED=$((FAILED+1)); echo "FAIL no witness recorded PARITY row $row"; fi
done < <(grep -E '^\| [A-Z0-9]+-[A-Z0-9-]+ \|' PARITY.md)
echo "$PASSED passed, $FAILED failed"
[ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]
