#!/usr/bin/env bash
# demo.sh BUILD: fine-tunes all-MiniLM-L6-v2 on movie lines, evaluates on lines it never saw, predicts three sentences.
set -euo pipefail
cd "$(dirname "$0")/.."

strop=$1/bin/strop
run=build/demo/run
data=build/assets/vader-movies
rm -rf $run
mkdir -p build/demo

show() {  # runs strop with these arguments, after showing them
  printf '\n$ strop %s\n' "$*"
  "$strop" "$@"
}

show train --model build/assets/all-MiniLM-L6-v2 --data $data --out $run --method lora time=2m
show eval --model $run --data $data/test.tsv
printf '%s\n' \
  "A quiet film that stays with you for days." \
  "Two hours of noise, and not one idea." \
  "I laughed, I cried, I want to see it again." >build/demo/sentences.txt
show predict --model $run --data - <build/demo/sentences.txt
printf '\nThe report: %s\n' "$PWD/$run/report.html"
