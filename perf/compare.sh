#!/usr/bin/env bash
# Builds the gateway and the benchmarks, measures, and compares with perf/baselines. Exit code 1 when something got worse.
#   perf/compare.sh [--only micro|whole] [--gateway FILE] [--record]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
for project in src/Host perf/Benchmarks perf/LoadGenerator perf/Compare; do
  dotnet build "$project" -c Release -v quiet --nologo -clp:NoSummary < /dev/null
done
exec dotnet perf/Compare/bin/Release/net10.0/Gateway.Perf.Compare.dll "$@"
