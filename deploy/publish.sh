#!/usr/bin/env bash
# Publishes the gateway as one self-contained file for Linux: deploy/publish.sh [OUT] [RID]
# OUT  folder for the file (artifacts/publish)
# RID  linux-x64, linux-arm64, linux-musl-x64, ... (linux-x64)
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out="$(mkdir -p "${1:-$root/artifacts/publish}" && cd "${1:-$root/artifacts/publish}" && pwd)"
rid="${2:-linux-x64}"

dotnet publish "$root/src/Host" -c Release -r "$rid" --self-contained -p:PublishSingleFile=true -o "$out" -v quiet -nologo

# One file is the promise: anything beside it means that a native library escaped the bundle.
extra="$(find "$out" -mindepth 1 -maxdepth 1 ! -name gateway -printf '%f ')"
if [ -n "$extra" ]; then
  echo "publish.sh: unexpected files beside the binary: $extra" >&2
  exit 1
fi
ls -l "$out/gateway"
