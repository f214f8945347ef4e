#!/usr/bin/env bash
# Builds the solution and runs every test. The last line is "N passed, N failed"; the exit code is 0 only when all passed.
# Arguments are handed to the test runner, e.g. ./test.sh --filter-class '*Gt06*'.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

if ! dotnet build Gateway.sln -c Release -p:AnalyzeCodecs=true -v quiet --nologo -clp:NoSummary < /dev/null; then
  echo "The build failed; no test was run."
  echo "0 passed, 0 failed"
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One test project at a time: several of them measure allocation and time, and start processes of their own.
dotnet test --solution Gateway.sln -c Release --no-build --no-ansi --no-progress --max-parallel-test-modules 1 "$@" < /dev/null 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

count() { sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed)
# No summary means that the runner itself broke: never report that as a success.
if [ -z "$passed" ] || [ -z "$failed" ]; then
  [ "$status" -ne 0 ] || status=1
fi
echo "${passed:-0} passed, ${failed:-0} failed"
[ "${failed:-0}" -eq 0 ] || status=1
exit "$status"
