#!/usr/bin/env bash
# Makes build/venv, the Python side of `make interop` and `make bench`: PyTorch, Transformers and PEFT at the pinned
# versions of scripts/requirements*.txt. Made again only when those change.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/venv
pins=$(cat scripts/requirements.txt scripts/requirements-no-deps.txt scripts/requirements-apart.txt)
[ "$(cat $venv/.pins 2>/dev/null)" != "$pins" ] || exit 0
echo "making $venv"
rm -rf $venv
python3 -m venv $venv
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
# torch alone first: nothing later may choose another build of it.
"${pip[@]}" "${STROP_TORCH_PACKAGE:-torch==2.13.0}"
"${pip[@]}" -r scripts/requirements.txt
"${pip[@]}" --no-deps -r scripts/requirements-no-deps.txt
# timm and the torchvision it wants, which breaks Transformers where both are installed: in a folder that only the
# benchmark of pictures names.
"${pip[@]}" --no-deps --target $venv/timm -r scripts/requirements-apart.txt
printf '%s' "$pins" >$venv/.pins
