#!/usr/bin/env bash
# Measures the message store next to plain files: appends, time to acknowledge, reads, starts. About three minutes; 12 GB of disk with --big.
#   perf/storage.sh [--big]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build perf/Storage -c Release -v quiet --nologo -clp:NoSummary < /dev/null
measure() { dotnet perf/Storage/bin/Release/net10.0/Gateway.Perf.Storage.dll "$@"; }
measure flat-out --packet 25 --writers 64
measure flat-out --packet 1 --writers 256
measure flat-out --packet 1 --writers 1000 --channels 1000
measure paced --channels 1000 --rate 1 --seconds 30
measure scan
measure start --channels 2000
if [ "${1:-}" = --big ]; then measure start --channels 2000 --gigabytes 10; fi
