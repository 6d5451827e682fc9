#!/usr/bin/env bash
# build.sh PRESET FOLDER JOBS [CMAKE_ARGUMENT ...]: configures FOLDER with the preset once, then builds what changed of
# TARGETS (default all).
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1 folder=$2 jobs=$3
shift 3
# Ninja itself runs cmake again when a CMakeLists.txt changed; given arguments are for cmake at any time.
if [ ! -f "$folder/build.ninja" ] || [ $# -gt 0 ]; then
  cmake --preset "$preset" -B "$folder" "$@"
fi
cmake --build "$folder" --parallel "$jobs" --target ${TARGETS:-all}
