#!/usr/bin/env bash
# fuzz.sh FOLDER SECONDS: runs every libFuzzer target of a fuzz build for that long, starting from its corpus. New
# inputs stay in FOLDER/found; a finding ends it with the input's path.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1 seconds=$2
targets=("$folder"/bin/fuzz_*)
[ -x "${targets[0]}" ] || { echo "fuzz: no targets in $folder/bin" >&2; exit 1; }
for target in "${targets[@]}"; do
  name=${target##*/fuzz_}
  found=$folder/found/$name
  mkdir -p "$found"
  echo "== $name, $seconds s"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="$found/finding-" "$found" "tests/fuzz/corpus/$name"
done
echo "${#targets[@]} passed, 0 failed"
