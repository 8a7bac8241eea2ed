#!/bin/sh
# Writes src/pb, or the directory that is named, from proto/. Needs protoc ($PROTOC or on the PATH) and protoc-gen-rsrpc
# (cargo install --path ../../protoc-gen-rsrpc). Run it when a .proto file or rsrpc.toml changes, and commit the result.
set -eu
out=$(mkdir -p "${1:-$(dirname "$0")/src/pb}" && cd "${1:-$(dirname "$0")/src/pb}" && pwd)
cd "$(dirname "$0")"
"${PROTOC:-protoc}" --rsrpc_out="$out" --rsrpc_opt=config=rsrpc.toml -I proto proto/notes.proto
