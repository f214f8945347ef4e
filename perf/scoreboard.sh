#!/usr/bin/env bash
# Makes docs/protocols.md: every protocol with the size of its spec, its scores on the recordings over real ports (where ../shared/vectors is there), its speed and its commands.
# Measure on a machine that does nothing else. Arguments are handed to the measurement, e.g. --only queclink --samples, which then only prints.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build perf/Scoreboard -c Release -v quiet --nologo -clp:NoSummary < /dev/null
if [ $# -gt 0 ]; then exec dotnet perf/Scoreboard/bin/Release/net10.0/Gateway.Perf.Scoreboard.dll "$@"; fi
conformance=()
if [ -d ../shared/vectors/decode ]; then
  dotnet build tests/Conformance.Tests -c Release -v quiet --nologo -clp:NoSummary < /dev/null
  tests/Conformance.Tests/bin/Release/net10.0/Conformance.Tests -noLogo -noColor -method '*ports_of_a_running_gateway*' < /dev/null > /dev/null || echo "Some protocol is below its threshold; its scores are written all the same."
  conformance=(--conformance tests/Conformance.Tests/bin/Release/net10.0/conformance-ports.tsv)
fi
exec dotnet perf/Scoreboard/bin/Release/net10.0/Gateway.Perf.Scoreboard.dll "${conformance[@]}" --out docs/protocols.md
