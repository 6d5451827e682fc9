#!/usr/bin/env bash
# fuzz.sh FOLDER SECONDS JOBS [NAME ...]: runs the libFuzzer targets of a fuzz build (all without names) for that long
# each, JOBS side by side, from their corpora. New inputs and a log a target stay in FOLDER/found; a finding fails it
# and leaves the input there as finding-*.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1 seconds=$2 jobs=$3
shift 3
if [ $# -eq 0 ]; then
  mapfile -t names < <(find "$folder/bin" -name 'fuzz_*' -printf '%f\n' | sed 's/^fuzz_//' | sort)
  set -- "${names[@]}"
fi
for name in "$@"; do
  [ -x "$folder/bin/fuzz_$name" ] || { echo "fuzz: no target $name in $folder/bin" >&2; exit 2; }
done
export folder seconds

fuzz_one() {
  local name=$1 found=$folder/found/$1 status=0
  mkdir -p "$found"
  "$folder/bin/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="$found/finding-" "$found" "tests/fuzz/corpus/$name" >"$found.log" 2>&1 || status=$?
  if [ $status -eq 0 ]; then
    echo "== $name: no finding in $seconds s, $(sed -n 's/.*number_of_executed_units: *//p' "$found.log") runs"
  else
    echo "== $name: FAILED"
    tail -n 40 "$found.log"
  fi
  return $status
}
export -f fuzz_one

printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {}'  # goes on after a failure, then ends with 123
echo "$# passed, 0 failed"
