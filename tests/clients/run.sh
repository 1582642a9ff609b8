#!/usr/bin/env bash
# The real-client tests: installs the clients, then runs each against an estate of its own. Needs the release binary:
# cargo build --release. Arguments name some of the tests: run.sh ldap-utils.sh node-ldapts.cjs
set -eu
cd "$(dirname "$0")/../.."
TARGET=${CARGO_TARGET_DIR:-target}; V=$PWD/$TARGET/clients/venv
case $TARGET in /*) V=$TARGET/clients/venv ;; esac
bash tests/clients/install.sh tools python node m365
F=${FORESTBED:-$TARGET/release/forestbed}
# modules that a test of Node's requires lie in a folder of their own
NODE_PATH=$(dirname "$V")/node/node_modules; export NODE_PATH
# every client test names its estate in a line of its own: "# estate: OPTIONS OF exec"
for test in tests/clients/*; do
  options=$(sed -n 's,^\(#\|//\) estate: ,,p' "$test" | head -1)
  [ -n "$options" ] || continue
  # under a client of Graph, every answer is held against the property tables
  case $(basename "$test") in graph-*) options="${options/ --check-answers/} --check-answers" ;; esac
  [ $# = 0 ] || case " $* " in *" $(basename "$test") "*) ;; *) continue ;; esac
  # a test that needs Debian's own Python says so
  case $test in
    *.py) if grep -q '^# python: system' "$test"; then with=/usr/bin/python3; else with=$V/bin/python; fi ;;
    *.cjs) with=node ;;
    *) with=bash ;;
  esac
  echo "-- $test"
  # shellcheck disable=SC2086
  "$F" exec $options -- "$with" "$test"
done
